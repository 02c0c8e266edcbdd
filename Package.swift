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
        .library(name: "StrataHash", targets: ["StrataHash"]),
        .library(name: "StrataIO", targets: ["StrataIO"]),
        .library(name: "StrataRefs", targets: ["StrataRefs"]),
        .library(name: "StrataFiles", targets: ["StrataFiles"]),
        .library(name: "StrataLMDB", targets: ["StrataLMDB"]),
        .library(name: "StrataObjects", targets: ["StrataObjects"]),
        .library(name: "StrataRepository", targets: ["StrataRepository"]),
        .library(name: "StrataCommand", targets: ["StrataCommand"]),
        .library(name: "StrataTesting", targets: ["StrataTesting"]),
        .library(name: "StrataObservability", targets: ["StrataObservability"]),
        .executable(name: "strata", targets: ["strata"]),
    ],
    dependencies: [
        .package(url: "https://github.com/apple/swift-system", from: "1.6.0"),
        .package(url: "https://github.com/apple/swift-log", from: "1.6.0"),
        .package(url: "https://github.com/apple/swift-metrics", from: "2.5.0"),
    ],
    targets: [
        // The ground: values without I/O, and files as the rest may use them.
        .target(name: "StrataModel", swiftSettings: settings),
        .systemLibrary(name: "CCrypto", pkgConfig: "libcrypto", providers: [.apt(["libssl-dev"])]),
        .target(name: "CObjectHash", dependencies: ["CCrypto"]),
        .target(name: "StrataHash", dependencies: ["CObjectHash", "StrataModel"], swiftSettings: settings),
        .target(name: "CStrataIO"),
        .target(name: "StrataIO", dependencies: ["CStrataIO", system], swiftSettings: settings),

        // References.
        .target(name: "StrataRefs", dependencies: ["StrataModel", "StrataIO"], swiftSettings: settings),
        .target(
            name: "StrataFiles", dependencies: ["StrataModel", "StrataIO", "StrataRefs", system],
            swiftSettings: settings),

        .target(name: "CLMDB", linkerSettings: [.linkedLibrary("lmdb")]),
        .target(
            name: "StrataLMDB", dependencies: ["CLMDB", "CStrataIO", "StrataModel", "StrataIO", "StrataRefs", system],
            swiftSettings: settings),

        // Objects.
        .systemLibrary(name: "CZlib", pkgConfig: "zlib", providers: [.apt(["zlib1g-dev"])]),
        .systemLibrary(name: "CDeflate", pkgConfig: "libdeflate", providers: [.apt(["libdeflate-dev"])]),
        .target(
            name: "StrataObjects",
            dependencies: ["StrataModel", "StrataHash", "StrataIO", "CZlib", "CDeflate", system],
            swiftSettings: settings),

        // Opening a repository, and the command.
        .target(
            name: "StrataRepository",
            dependencies: [
                "CStrataIO", "StrataModel", "StrataIO", "StrataRefs", "StrataFiles", "StrataLMDB", "StrataObjects",
                system,
            ],
            swiftSettings: settings),
        .target(
            name: "StrataCommand",
            dependencies: [
                "StrataModel", "StrataIO", "StrataRefs", "StrataFiles", "StrataLMDB", "StrataObjects",
                "StrataRepository", system,
            ],
            swiftSettings: settings),
        .target(name: "CThreadSanitizer", exclude: ["suppressions.txt"]),
        .executableTarget(
            name: "strata", dependencies: ["StrataCommand", "CThreadSanitizer"], swiftSettings: settings),

        // For services. The command does not link it.
        .target(
            name: "StrataObservability",
            dependencies: [
                "StrataModel", "StrataIO", "StrataRefs", "StrataFiles", system,
                .product(name: "Logging", package: "swift-log"),
                .product(name: "CoreMetrics", package: "swift-metrics"),
            ],
            swiftSettings: settings),

        // For whoever writes a store.
        .target(
            name: "StrataTesting", dependencies: ["StrataModel", "StrataIO", "StrataRefs", "StrataObjects"],
            swiftSettings: settings),

        // Tests.
        .target(name: "CTestSupport", path: "Tests/CTestSupport"),
        .target(name: "CReadFaults", path: "Tests/CReadFaults"),
        .target(name: "CDatabaseFaults", path: "Tests/CDatabaseFaults"),
        .target(
            name: "TestSupport",
            dependencies: ["StrataHash", "StrataModel", "CTestSupport", "CThreadSanitizer", system],
            path: "Tests/TestSupport",
            swiftSettings: settings),
        .target(
            name: "RefStoreChecks",
            dependencies: ["StrataModel", "StrataIO", "StrataRefs", "StrataTesting", "TestSupport", system],
            path: "Tests/RefStoreChecks", swiftSettings: settings),
        .target(
            name: "CrashSupport",
            dependencies: ["StrataModel", "StrataIO", "StrataRefs", "StrataFiles", "StrataLMDB", system],
            path: "Tests/CrashSupport", swiftSettings: settings),
        .executableTarget(
            name: "StrataProbe",
            dependencies: [
                "StrataModel", "StrataIO", "StrataRefs", "StrataFiles", "StrataLMDB", "StrataObjects",
                "StrataRepository", "CrashSupport", "CTestSupport", "CReadFaults", "CDatabaseFaults",
                "CThreadSanitizer", system,
            ],
            path: "Tests/StrataProbe",
            swiftSettings: settings),
        .target(
            name: "StrataFuzz",
            dependencies: [
                "StrataModel", "StrataIO", "StrataRefs", "StrataFiles", "StrataObjects", "StrataRepository",
                "StrataCommand", "TestSupport", system,
            ],
            path: "Tests/StrataFuzz", swiftSettings: settings),
        .testTarget(
            name: "FuzzTests", dependencies: ["StrataFuzz", "TestSupport", system], swiftSettings: settings),
        .testTarget(
            name: "StrataIOTests", dependencies: ["StrataIO", "StrataProbe", "TestSupport", "CTestSupport", system],
            swiftSettings: settings),
        .testTarget(
            name: "StrataModelTests", dependencies: ["StrataModel", "TestSupport", system], swiftSettings: settings),
        .testTarget(
            name: "StrataHashTests", dependencies: ["StrataHash", "CObjectHash", "StrataModel", "TestSupport", system],
            swiftSettings: settings),
        .testTarget(
            name: "StrataRefsTests",
            dependencies: [
                "StrataModel", "StrataIO", "StrataRefs", "StrataFiles", "StrataTesting", "RefStoreChecks",
                "TestSupport",
                system,
            ],
            swiftSettings: settings),
        .testTarget(
            name: "StrataObjectsTests",
            dependencies: [
                "StrataModel", "StrataHash", "StrataIO", "StrataObjects", "StrataProbe", "TestSupport", system,
            ],
            swiftSettings: settings),
        .testTarget(
            name: "StrataRepositoryTests",
            dependencies: [
                "StrataModel", "StrataIO", "StrataRefs", "StrataFiles", "StrataLMDB", "StrataRepository", "StrataProbe",
                "TestSupport", "CTestSupport", "strata", system,
            ],
            swiftSettings: settings),
        .testTarget(
            name: "StrataCommandTests",
            dependencies: [
                "StrataCommand", "StrataModel", "StrataHash", "StrataIO", "StrataRefs", "StrataObjects",
                "StrataRepository", "TestSupport", "strata", system,
            ],
            swiftSettings: settings),
        .testTarget(
            name: "StrataFilesTests",
            dependencies: [
                "StrataModel", "StrataIO", "StrataRefs", "StrataFiles", "TestSupport", system,
            ],
            swiftSettings: settings),
        .testTarget(
            name: "StrataLMDBTests",
            dependencies: [
                "CLMDB", "StrataModel", "StrataIO", "StrataRefs", "StrataFiles", "StrataLMDB", "StrataTesting",
                "StrataProbe",
                "TestSupport", system,
            ],
            swiftSettings: settings),
        .testTarget(
            name: "CrashTests",
            dependencies: [
                "StrataModel", "StrataIO", "StrataRefs", "StrataFiles", "StrataLMDB", "StrataProbe", "CrashSupport",
                "TestSupport", "CTestSupport", "CDatabaseFaults", system,
            ],
            swiftSettings: settings),
        .testTarget(
            name: "StrataTestingTests",
            dependencies: [
                "StrataTesting", "StrataModel", "StrataIO", "StrataRefs", "StrataFiles", "StrataLMDB", "StrataObjects",
                "TestSupport", system,
            ],
            swiftSettings: settings),
        .testTarget(
            name: "StrataObservabilityTests",
            dependencies: [
                "StrataObservability", "StrataModel", "StrataIO", "StrataRefs", "StrataFiles", "TestSupport", system,
                .product(name: "Logging", package: "swift-log"),
                .product(name: "CoreMetrics", package: "swift-metrics"),
            ],
            swiftSettings: settings),
        .testTarget(name: "ExampleTests", dependencies: ["TestSupport", system], swiftSettings: settings),
        .testTarget(
            name: "InteropTests",
            dependencies: [
                "CTestSupport", "TestSupport", "StrataModel", "StrataRefs", "StrataRepository", "strata", system,
            ],
            swiftSettings: settings),
    ]
)

// What `make fuzz` links with libFuzzer: SwiftPM cannot link an executable whose main function is libFuzzer's.
if Context.environment["STRATA_FUZZ_BUILD"] != nil {
    package.products.append(.library(name: "StrataFuzz", type: .static, targets: ["StrataFuzz"]))
}
