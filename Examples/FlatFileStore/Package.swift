// swift-tools-version: 6.2
import PackageDescription

let package = Package(
    name: "FlatFileStore",
    dependencies: [
        .package(name: "strata", path: "../.."),
        .package(url: "https://github.com/apple/swift-system", from: "1.6.0"),
    ],
    targets: [
        .executableTarget(
            name: "FlatFileStore",
            dependencies: [
                .product(name: "StrataModel", package: "strata"),
                .product(name: "StrataIO", package: "strata"),
                .product(name: "StrataRefs", package: "strata"),
                .product(name: "StrataTesting", package: "strata"),
                .product(name: "SystemPackage", package: "swift-system"),
            ])
    ]
)
