// swift-tools-version: 6.2
import PackageDescription

let settings: [SwiftSetting] = [
    .enableUpcomingFeature("ExistentialAny"),
    .enableUpcomingFeature("InternalImportsByDefault"),
    .enableUpcomingFeature("MemberImportVisibility"),
    .strictMemorySafety(),
]

let package = Package(
    name: "Benchmarks",
    dependencies: [
        .package(name: "strata", path: ".."),
        .package(url: "https://github.com/apple/swift-system", from: "1.6.0"),
        .package(url: "https://github.com/apple/swift-metrics", from: "2.5.0"),
    ],
    targets: [
        // What Strata is measured against: the same work in C.
        .target(name: "CPackedProbe", cSettings: [.unsafeFlags(["-O2"], .when(configuration: .release))]),
        .target(
            name: "CLMDBProbe", cSettings: [.unsafeFlags(["-O2"], .when(configuration: .release))],
            linkerSettings: [.linkedLibrary("lmdb")]),
        // Empty where libgit2's header is not installed.
        .target(name: "CGit2Probe", cSettings: [.unsafeFlags(["-O2"], .when(configuration: .release))]),
        .executableTarget(
            name: "bench",
            dependencies: [
                "CPackedProbe", "CLMDBProbe", "CGit2Probe",
                .product(name: "StrataModel", package: "strata"),
                .product(name: "StrataIO", package: "strata"),
                .product(name: "StrataRefs", package: "strata"),
                .product(name: "StrataFiles", package: "strata"),
                .product(name: "StrataLMDB", package: "strata"),
                .product(name: "StrataObjects", package: "strata"),
                .product(name: "StrataRepository", package: "strata"),
                .product(name: "StrataObservability", package: "strata"),
                .product(name: "CoreMetrics", package: "swift-metrics"),
                .product(name: "SystemPackage", package: "swift-system"),
            ],
            swiftSettings: settings),
    ]
)
