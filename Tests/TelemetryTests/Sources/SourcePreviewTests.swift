import Assets
import Decoders
import Primitives
import Testing

@testable import Telemetry

@Suite struct SourcePreviewTests {
    private func preview(
        _ shop: SourceWorkshop,
        _ source: JSONValue,
        _ topic: String,
        _ payload: String
    ) throws -> JSONValue {
        let definition = try SourceDefinition(source, key: "draft", plant: shop.plant.snapshot)
        let message = SourceMessage(topic: topic, payload: Array(payload.utf8), receivedAt: SourceWorkshop.now)
        return SourcePreview(definition, in: shop.sources, plant: shop.plant.snapshot, message: message).json
    }

    private let draft: JSONValue = [
        "topicFilter": "factory/+/data", "decoder": "json",
        "fields": ["temperature": ["path": "t", "unit": "[degF]"], "mode": "m"],
    ]

    @Test func showsEveryValueAndItsMetric() async throws {
        try await SourceWorkshop.with { shop in
            let result = try preview(shop, draft, "factory/d1/data", #"{"ts":1795362000,"t":212,"m":7,"x":null}"#)
            let reading = try #require(result["readings"]?.array?.first)
            #expect(result["problem"] == .null)
            #expect(reading["identifier"] == "d1" && reading["device"] == "d1" && reading["profile"] == "motor")
            #expect(reading["ts"] == "2026-11-22T15:40:00.000Z")
            let fields = try #require(reading["fields"]?.array)
            #expect(fields.map { $0["path"] } == ["ts", "t", "m", "x"])
            #expect(fields.map { $0["metric"] } == [.null, "temperature", "mode", .null])
            #expect(abs((fields[1]["metricValue"]?.double ?? 0) - 100) < 1e-9 && fields[2]["metricValue"] == "7")
            #expect(try await shop.stored("d1").isEmpty)
        }
    }

    @Test func showsUnknownDevicesAndMisfits() async throws {
        try await SourceWorkshop.with { shop in
            let unknown = try preview(shop, draft, "factory/who/data", #"{"t":1}"#)
            #expect(unknown["readings"]?.array?.first?["device"] == .null)
            #expect(unknown["readings"]?.array?.first?["fields"]?.array?.first?["metric"] == "temperature")
            let misfit = try preview(shop, draft, "factory/d1/data", #"{"t":"hot"}"#)
            #expect(misfit["problem"]?["code"] == "wrong-type")
            #expect(misfit["readings"]?.array?.first?["fields"]?.array?.first?["problem"]?.string != nil)
        }
    }

    @Test(arguments: [
        ("factory/d1/data", "{", "bad-json"), ("factory/d1/data", #"{"ts":5,"t":1}"#, "bad-time"),
        ("factory", #"{"t":1}"#, "no-identifier"), ("factory/d1/data", #"{"z":1}"#, "no-values"),
        ("factory/d1/data", "[]", "no-values"),
    ])
    func saysWhatWouldBeRefused(topic: String, payload: String, code: String) async throws {
        try await SourceWorkshop.with { shop in
            let result = try preview(shop, draft, topic, payload)
            #expect(result["problem"]?["code"] == .string(code))
        }
    }

    @Test func decodersWithStateSayThatTheyCannot() async throws {
        try await SourceWorkshop.with { shop in
            let source: JSONValue = ["topicFilter": "spBv1.0/#", "decoder": "sparkplug-b"]
            let result = try preview(shop, source, "spBv1.0/x", "")
            #expect(result["problem"]?["code"] == "no-values")
        }
    }
}
