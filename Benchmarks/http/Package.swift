// swift-tools-version: 6.2
import PackageDescription

// A package of its own, so that peers stay out of the product's manifest and lock.
let settings: [SwiftSetting] = [
    .swiftLanguageMode(.v6),
    .enableUpcomingFeature("ExistentialAny"),
    .enableUpcomingFeature("MemberImportVisibility"),
]

let nioCore = Target.Dependency.product(name: "NIOCore", package: "swift-nio")
let nioPosix = Target.Dependency.product(name: "NIOPosix", package: "swift-nio")
let nioHTTP1 = Target.Dependency.product(name: "NIOHTTP1", package: "swift-nio")
let nioWebSocket = Target.Dependency.product(name: "NIOWebSocket", package: "swift-nio")
let nioEmbedded = Target.Dependency.product(name: "NIOEmbedded", package: "swift-nio")
let httpWire = Target.Dependency.product(name: "HTTPWire", package: "plantwright")

let package = Package(
    name: "http-benchmarks",
    dependencies: [
        .package(name: "plantwright", path: "../.."),
        .package(url: "https://github.com/hummingbird-project/hummingbird", from: "2.28.1"),
        .package(url: "https://github.com/apple/swift-nio", from: "2.101.2"),
        .package(url: "https://github.com/apple/swift-nio-ssl", from: "2.37.6"),
    ],
    targets: [
        .executableTarget(
            name: "HummingbirdPeer",
            dependencies: [
                .product(name: "Hummingbird", package: "hummingbird"),
                .product(name: "HummingbirdCore", package: "hummingbird"),
                .product(name: "HummingbirdTLS", package: "hummingbird"),
                .product(name: "NIOSSL", package: "swift-nio-ssl"),
            ],
            swiftSettings: settings
        ),
        .executableTarget(
            name: "NIOWebSocketPeer",
            dependencies: [nioCore, nioPosix, nioHTTP1, nioWebSocket],
            swiftSettings: settings
        ),
        .executableTarget(
            name: "ParserCost",
            dependencies: [httpWire, nioCore, nioHTTP1, nioEmbedded],
            swiftSettings: settings
        ),
        .executableTarget(
            name: "WebSocketLoad",
            dependencies: [httpWire, nioCore, nioPosix],
            swiftSettings: settings
        ),
    ]
)
