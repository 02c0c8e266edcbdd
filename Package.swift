// swift-tools-version: 6.2
import PackageDescription

let settings: [SwiftSetting] = [
    .enableUpcomingFeature("ExistentialAny"),
    .enableUpcomingFeature("InternalImportsByDefault"),
    .enableUpcomingFeature("MemberImportVisibility"),
    .enableExperimentalFeature("Lifetimes"),
    .strictMemorySafety(),
]

let system: Target.Dependency = .product(name: "SystemPackage", package: "swift-system")

let package = Package(
    name: "strata",
    products: [
        .library(name: "StrataModel", targets: ["StrataModel"]),
        .library(name: "StrataIO", targets: ["StrataIO"]),
        .library(name: "StrataRefs", targets: ["StrataRefs"]),
        .library(name: "StrataFiles", targets: ["StrataFiles"]),
        .library(name: "StrataObjects", targets: ["StrataObjects"]),
        .library(name: "StrataRepository", targets: ["StrataRepository"]),
        .library(name: "StrataCommand", targets: ["StrataCommand"]),
        .executable(name: "strata", targets: ["strata"]),
    ],
    dependencies: [
        .package(url: "https://github.com/apple/swift-system", from: "1.6.0")
    ],
    targets: [
        // The ground: values without I/O, and files as the rest may use them.
        .target(name: "StrataModel", swiftSettings: settings),
        .target(name: "CStrataIO"),
        .target(name: "StrataIO", dependencies: ["CStrataIO", system], swiftSettings: settings),

        // References.
        .target(name: "StrataRefs", dependencies: ["StrataModel", "StrataIO"], swiftSettings: settings),
        .target(
            name: "StrataFiles", dependencies: ["StrataModel", "StrataIO", "StrataRefs", system],
            swiftSettings: settings),

        // Objects.
        .systemLibrary(name: "CZlib", pkgConfig: "zlib", providers: [.apt(["zlib1g-dev"])]),
        .target(
            name: "StrataObjects", dependencies: ["StrataModel", "StrataIO", "CZlib", system],
            swiftSettings: settings),

        // Opening a repository, and the command.
        .target(
            name: "StrataRepository",
            dependencies: [
                "CStrataIO", "StrataModel", "StrataIO", "StrataRefs", "StrataFiles", "StrataObjects", system,
            ],
            swiftSettings: settings),
        .target(
            name: "StrataCommand",
            dependencies: [
                "StrataModel", "StrataIO", "StrataRefs", "StrataFiles", "StrataObjects", "StrataRepository", system,
            ],
            swiftSettings: settings),
        .executableTarget(name: "strata", dependencies: ["StrataCommand"], swiftSettings: settings),

        // Tests.
        .target(name: "CTestSupport", path: "Tests/CTestSupport"),
        .target(
            name: "TestSupport", dependencies: ["CTestSupport", system], path: "Tests/TestSupport",
            swiftSettings: settings),
        .target(
            name: "RefStoreChecks", dependencies: ["StrataModel", "StrataIO", "StrataRefs", "TestSupport", system],
            path: "Tests/RefStoreChecks", swiftSettings: settings),
        .executableTarget(
            name: "StrataProbe", dependencies: ["StrataModel", "StrataIO", "StrataRefs", "StrataFiles", system],
            path: "Tests/StrataProbe",
            swiftSettings: settings),
        .testTarget(
            name: "StrataIOTests", dependencies: ["StrataIO", "StrataProbe", "TestSupport", "CTestSupport", system],
            swiftSettings: settings),
        .testTarget(
            name: "StrataModelTests", dependencies: ["StrataModel", "TestSupport", system], swiftSettings: settings),
        .testTarget(
            name: "StrataRefsTests",
            dependencies: [
                "StrataModel", "StrataIO", "StrataRefs", "StrataFiles", "RefStoreChecks", "TestSupport", system,
            ],
            swiftSettings: settings),
        .testTarget(
            name: "StrataObjectsTests", dependencies: ["StrataModel", "StrataObjects", "TestSupport", system],
            swiftSettings: settings),
        .testTarget(
            name: "StrataRepositoryTests",
            dependencies: [
                "StrataModel", "StrataIO", "StrataRefs", "StrataFiles", "StrataRepository", "TestSupport", system,
            ],
            swiftSettings: settings),
        .testTarget(
            name: "StrataCommandTests",
            dependencies: [
                "StrataCommand", "StrataModel", "StrataRefs", "StrataObjects", "StrataRepository", "TestSupport",
                "strata",
                system,
            ],
            swiftSettings: settings),
        .testTarget(
            name: "StrataFilesTests",
            dependencies: [
                "StrataModel", "StrataIO", "StrataRefs", "StrataFiles", "StrataProbe", "TestSupport", system,
            ],
            swiftSettings: settings),
        .testTarget(name: "ExampleTests", dependencies: ["TestSupport", system], swiftSettings: settings),
        .testTarget(
            name: "InteropTests", dependencies: ["CTestSupport", "TestSupport", "strata", system],
            swiftSettings: settings),
    ]
)
