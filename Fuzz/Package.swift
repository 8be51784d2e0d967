// swift-tools-version: 6.2
import PackageDescription

// Fuzzers; see README.md. A package of its own, because everything in it is built with libFuzzer's instrumentation.
let fuzzers = ["FuzzRequest", "FuzzChunked", "FuzzWebSocket", "FuzzDeflate", "FuzzMultipart", "FuzzSparkplug"]
let storeFuzzers = ["FuzzPacking"]
let decoderFuzzers = ["FuzzCBOR", "FuzzSenML", "FuzzCSV", "FuzzLineProtocol", "FuzzJSON", "FuzzExpansion", "FuzzTopic"]
let decoderProperties = Target.Dependency.product(name: "DecoderProperties", package: "plantwright")
let properties = Target.Dependency.product(name: "WireProperties", package: "plantwright")
let sparkplug = Target.Dependency.product(name: "SparkplugProperties", package: "plantwright")
let packing = Target.Dependency.product(name: "PackingProperties", package: "plantwright")
let settings: [SwiftSetting] = [.swiftLanguageMode(.v6)]

let package = Package(
    name: "fuzz",
    dependencies: [.package(name: "plantwright", path: "..")],
    targets: [
        .target(name: "CLibFuzzer"),
        .target(name: "FuzzDriver", dependencies: ["CLibFuzzer"], swiftSettings: settings),
    ]
        + fuzzers.map { name in
            .executableTarget(
                name: name,
                dependencies: ["FuzzDriver", name == "FuzzSparkplug" ? sparkplug : properties],
                swiftSettings: settings
            )
        }
        + storeFuzzers.map { name in
            .executableTarget(name: name, dependencies: ["FuzzDriver", packing], swiftSettings: settings)
        }
        + decoderFuzzers.map { name in
            .executableTarget(name: name, dependencies: ["FuzzDriver", decoderProperties], swiftSettings: settings)
        }
)
