// swift-tools-version: 6.2
import PackageDescription

let package = Package(
    name: "HostingBackend",
    dependencies: [
        .package(name: "strata", path: "../.."),
        .package(url: "https://github.com/apple/swift-system", from: "1.6.0"),
    ],
    targets: [
        .executableTarget(
            name: "HostingBackend",
            dependencies: [
                .product(name: "StrataIO", package: "strata"),
                .product(name: "StrataModel", package: "strata"),
                .product(name: "StrataRefs", package: "strata"),
                .product(name: "StrataRepository", package: "strata"),
                .product(name: "SystemPackage", package: "swift-system"),
            ])
    ]
)
