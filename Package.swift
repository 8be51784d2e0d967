// swift-tools-version: 6.2
import PackageDescription

/// Settings of every target: Swift 6 language mode, warnings are errors.
let strict: [SwiftSetting] = [
    .swiftLanguageMode(.v6),
    .treatAllWarnings(as: .error),
    .enableUpcomingFeature("ExistentialAny"),
    .enableUpcomingFeature("MemberImportVisibility"),
]

func module(
    _ name: String,
    _ dependencies: [Target.Dependency] = [],
    exclude: [String] = [],
    resources: [Resource]? = nil
) -> Target {
    .target(
        name: name,
        dependencies: dependencies,
        exclude: ["README.md"] + exclude,
        resources: resources,
        swiftSettings: strict
    )
}

func tests(_ name: String, _ dependencies: [Target.Dependency] = []) -> Target {
    .testTarget(name: "\(name)Tests", dependencies: [.byName(name: name)] + dependencies, swiftSettings: strict)
}

let logging = Target.Dependency.product(name: "Logging", package: "swift-log")
let crypto = Target.Dependency.product(name: "Crypto", package: "swift-crypto")
let httpTypes = Target.Dependency.product(name: "HTTPTypes", package: "swift-http-types")
let nioCore = Target.Dependency.product(name: "NIOCore", package: "swift-nio")
let nioPosix = Target.Dependency.product(name: "NIOPosix", package: "swift-nio")
let nioTLS = Target.Dependency.product(name: "NIOTLS", package: "swift-nio")
let nioHTTP1 = Target.Dependency.product(name: "NIOHTTP1", package: "swift-nio")
let nioWebSocket = Target.Dependency.product(name: "NIOWebSocket", package: "swift-nio")
let nioEmbedded = Target.Dependency.product(name: "NIOEmbedded", package: "swift-nio")
let nioSSL = Target.Dependency.product(name: "NIOSSL", package: "swift-nio-ssl")
let protobuf = Target.Dependency.product(name: "SwiftProtobuf", package: "swift-protobuf")
let arguments = Target.Dependency.product(name: "ArgumentParser", package: "swift-argument-parser")

let package = Package(
    name: "plantwright",
    products: [
        .executable(name: "plantwright", targets: ["plantwright"]),
        // For Benchmarks/ and Fuzz/, which are packages of their own.
        .library(name: "HTTPWire", targets: ["HTTPWire"]),
        .library(name: "WireProperties", targets: ["WireProperties"]),
        .library(name: "DecoderProperties", targets: ["DecoderProperties"]),
        .library(name: "SparkplugProperties", targets: ["SparkplugProperties"]),
        .library(name: "PackingProperties", targets: ["PackingProperties"]),
    ],
    dependencies: [
        .package(url: "https://github.com/apple/swift-nio", from: "2.101.2"),
        .package(url: "https://github.com/apple/swift-nio-ssl", from: "2.37.6"),
        .package(url: "https://github.com/apple/swift-http-types", from: "1.8.0"),
        .package(url: "https://github.com/apple/swift-log", from: "1.16.2"),
        .package(url: "https://github.com/apple/swift-crypto", from: "4.5.2"),
        .package(url: "https://github.com/apple/swift-argument-parser", from: "1.8.2"),
        .package(url: "https://github.com/apple/swift-protobuf", from: "1.39.0"),
    ],
    targets: [
        // L0: C libraries of the system
        .systemLibrary(name: "CPostgreSQL", pkgConfig: "libpq", providers: [.apt(["libpq-dev"])]),
        .systemLibrary(name: "CMosquitto", pkgConfig: "libmosquitto", providers: [.apt(["libmosquitto-dev"])]),
        .systemLibrary(name: "CCurl", pkgConfig: "libcurl", providers: [.apt(["libcurl4-openssl-dev"])]),
        .systemLibrary(name: "CZlib", pkgConfig: "zlib", providers: [.apt(["zlib1g-dev"])]),
        .systemLibrary(name: "CZstd", pkgConfig: "libzstd", providers: [.apt(["libzstd-dev"])]),
        .systemLibrary(name: "CSpawn"),

        // L1: foundations
        module("Primitives"),
        module("Compression", ["CZlib", "CZstd"]),
        module("DedicatedThread"),
        module("Observability", ["Primitives", logging]),
        module("Secrets", ["Primitives", crypto]),

        // L2: adapters
        module("PostgreSQL", ["CPostgreSQL", "DedicatedThread", "Primitives", logging]),
        module("MQTT", ["CMosquitto", "DedicatedThread", "Primitives", logging]),
        module("HTTPClient", ["CCurl", "DedicatedThread", "Primitives", logging]),
        module("HTTPWire", ["Compression", nioCore, httpTypes]),
        module(
            "HTTPServer",
            [
                "HTTPWire", "Compression", "Primitives", "Observability", nioCore, nioPosix, nioTLS, nioSSL, httpTypes,
                logging,
            ]
        ),

        // L3: domain
        module("Expressions", ["Primitives"]),
        module("SparkplugB", ["Primitives", protobuf], exclude: ["sparkplug_b.proto"]),
        module("Decoders", ["Compression", "Expressions", "Primitives"]),
        module("ChartPicture", ["Compression", "Primitives"], exclude: ["DejaVu-LICENSE.txt"]),
        module("Accounts", ["PostgreSQL", "Secrets", "Primitives"]),
        module("Assets", ["PostgreSQL", "Primitives"]),
        module(
            "Telemetry",
            ["Assets", "Decoders", "Expressions", "SparkplugB", "PostgreSQL", "Primitives", "Observability", logging]
        ),
        module("Alarms", ["Assets", "Expressions", "PostgreSQL", "Primitives", "Observability", logging]),
        module(
            "ERPConnectors",
            ["Expressions", "HTTPClient", "Primitives"],
            exclude: [
                "BusinessCentral/README.md", "Dolibarr/README.md", "ERPNext/README.md", "FieldService/README.md",
                "InvenTree/README.md", "Maximo/README.md", "Odoo/README.md", "Oracle/README.md", "Rest/README.md",
                "SAP/README.md", "SupplyChain/README.md", "Tryton/README.md", "BusinessCentral/extension",
            ]
        ),
        module("ERPSimulators", ["Primitives"]),
        module(
            "ERP",
            ["ERPConnectors", "Assets", "Expressions", "HTTPClient", "PostgreSQL", "Secrets", "Primitives", logging]
        ),
        module("Outbox", ["ERP", "ERPConnectors", "HTTPClient", "PostgreSQL", "Primitives", "Observability", logging]),

        // L4: delivery
        module(
            "API",
            [
                "Accounts", "Assets", "ChartPicture", "Decoders", "Expressions", "Telemetry", "Alarms", "ERP",
                "ERPConnectors", "Outbox", "HTTPServer", "HTTPWire",
                "PostgreSQL", "Secrets", "Primitives", "Observability", httpTypes, logging,
            ]
        ),
        module("Embedded", ["CSpawn", "MQTT", "Primitives", crypto, logging]),
        module("Simulation", ["ERPSimulators", "MQTT", "HTTPServer", "Primitives", httpTypes, logging]),

        // L5: executables
        .executableTarget(
            name: "plantwright",
            dependencies: [
                "API", "Embedded", "Simulation", "ERPSimulators", "SparkplugB", "Accounts", "Assets", "Telemetry",
                "Alarms",
                "ERP", "ERPConnectors", "Outbox",
                "HTTPServer", "HTTPClient", "MQTT", "PostgreSQL", "Secrets", "Primitives", "Observability", arguments,
                logging, httpTypes,
            ],
            exclude: ["README.md"],
            swiftSettings: strict
        ),

        // Tests only
        module("TestSupport", ["PostgreSQL", "MQTT", "DedicatedThread", "Primitives", logging]),
        .executableTarget(
            name: "HTTPProbe",
            dependencies: ["HTTPServer", "Primitives", httpTypes, logging],
            path: "Tests/HTTPProbe",
            swiftSettings: strict
        ),
        .target(name: "SeededRandom", path: "Tests/SeededRandom", swiftSettings: strict),
        tests("Primitives", ["SeededRandom"]),
        tests("Compression"),
        tests("DedicatedThread"),
        tests("Observability", ["Primitives", logging]),
        tests("Secrets", ["Primitives"]),
        tests("PostgreSQL", ["SeededRandom", "TestSupport", "Primitives", logging]),
        tests("MQTT", ["SeededRandom", "TestSupport", "SparkplugB", "Primitives", logging]),
        tests("HTTPClient", ["TestSupport", "Primitives"]),
        .target(
            name: "WireProperties",
            dependencies: ["HTTPWire", nioCore, httpTypes],
            path: "Tests/WireProperties",
            swiftSettings: strict
        ),
        tests(
            "HTTPWire",
            ["SeededRandom", "WireProperties", "Compression", nioCore, nioHTTP1, nioWebSocket, nioEmbedded, httpTypes]
        ),
        tests(
            "HTTPServer",
            ["TestSupport", "HTTPWire", "Compression", "Primitives", nioCore, nioPosix, nioSSL, httpTypes]
        ),
        tests("Expressions", ["SeededRandom", "Primitives"]),
        .target(
            name: "DecoderProperties",
            dependencies: ["Decoders", "Primitives"],
            path: "Tests/DecoderProperties",
            swiftSettings: strict
        ),
        tests("ChartPicture", ["Compression", "Primitives"]),
        tests("Decoders", ["SeededRandom", "DecoderProperties", "Compression", "Expressions", "Primitives"]),
        .target(
            name: "SparkplugProperties",
            dependencies: ["SparkplugB", "Primitives"],
            path: "Tests/SparkplugProperties",
            swiftSettings: strict
        ),
        tests("SparkplugB", ["SeededRandom", "SparkplugProperties", "Primitives", protobuf]),
        tests("Accounts", ["TestSupport", "PostgreSQL", "Primitives", "Secrets"]),
        tests("Assets", ["SeededRandom", "TestSupport", "PostgreSQL", "Primitives"]),
        .target(
            name: "PackingProperties",
            dependencies: ["Telemetry", "Assets", "Primitives"],
            path: "Tests/PackingProperties",
            swiftSettings: strict
        ),
        tests(
            "Telemetry",
            [
                "PackingProperties", "SeededRandom",
                "TestSupport", "Assets", "Decoders", "MQTT", "Observability", "PostgreSQL", "Primitives", "SparkplugB",
                logging,
                protobuf,
            ]
        ),
        tests(
            "Alarms",
            [
                "SeededRandom", "TestSupport", "Assets", "Expressions", "Observability", "PostgreSQL", "Primitives",
                logging,
            ]
        ),
        tests("ERPConnectors", ["TestSupport", "ERPSimulators", "Expressions", "HTTPClient", "Primitives"]),
        tests(
            "ERP",
            [
                "ERPConnectors", "SeededRandom", "TestSupport", "Assets", "Expressions", "HTTPClient", "PostgreSQL",
                "Primitives",
                "Secrets",
            ]
        ),
        tests(
            "Outbox",
            [
                "TestSupport", "ERP", "ERPConnectors", "HTTPClient", "Observability", "PostgreSQL", "Primitives",
                "Secrets", logging,
            ]
        ),
        tests(
            "API",
            [
                "TestSupport", "Accounts", "Assets", "Telemetry", "Alarms", "ERP", "Outbox", "PostgreSQL", "HTTPServer",
                "HTTPClient", "Primitives", "Secrets", logging,
            ]
        ),
        tests("Embedded", ["TestSupport", "PostgreSQL", "MQTT", "Primitives"]),
        tests("Simulation", ["TestSupport", "MQTT", "HTTPServer", "Primitives"]),
    ]
)
