import Assets
import Decoders
import PostgreSQL
import Primitives
import Testing

@testable import Telemetry

private let factory: JSONValue = ["topicFilter": "factory/+/data", "decoder": "json"]

@Suite struct SourceIngestTests {
    @Test func storesFreeJSONOfAKnownDevice() async throws {
        try await SourceWorkshop.with { shop in
            try await shop.put("factory", factory)
            let payload = #"{"ts":1795362000,"temperature":21.5,"mode":"run","position":{"lat":52.5,"lon":4.5}}"#
            #expect(try await shop.receive("factory/d1/data", payload).counts == [1, 0, 0, 0, 0])
            #expect(try await shop.receive("factory/d1/data", payload).counts == [0, 0, 1, 0, 0])
            let rows = try await shop.stored("d1")
            #expect(rows.map(\.ts) == [1_795_362_000_000])
            #expect(
                rows.first?.values == [
                    "temperature": 21.5, "mode": "run", "position": ["lat": 52.5, "lon": 4.5],
                ]
            )
        }
    }

    @Test func convertsUnitsAndEvaluatesExpressions() async throws {
        try await SourceWorkshop.with { shop in
            var source = try #require(factory.object)
            source["fields"] = [
                "temperature": ["path": "env.t", "unit": "[degF]", "expression": "value / 10"],
                "mode": ["path": "state", "expression": "if(value == 1, \"run\", \"stop\")"],
                "position": ["lat": "gps.0", "lon": "gps.1"], "total": ["path": "e", "unit": "MJ"],
            ]
            source["options"] = ["time": "t", "timeFormat": "s"]
            try await shop.put("factory", .object(source))
            let payload = #"{"t":1795362000,"env":{"t":680},"state":1,"gps":[52.5,4.5],"e":36,"temperature":99}"#
            #expect(try await shop.receive("factory/d1/data", payload).counts == [1, 0, 0, 0, 0])
            let values = try #require(try await shop.stored("d1").first?.values)
            #expect(abs((values["temperature"]?.double ?? 0) - 20) < 1e-9)
            #expect(values["mode"] == "run")
            #expect(abs((values["total"]?.double ?? 0) - 10) < 1e-9)
            #expect(values["position"] == ["lat": 52.5, "lon": 4.5])
        }
    }

    @Test func numbersAndFlagsOfAStateAreTextsAndFlags() async throws {
        try await SourceWorkshop.with { shop in
            try await shop.put("factory", factory)
            try await shop.receive("factory/d1/data", #"[{"ts":1795362000,"mode":3},{"ts":1795362001,"mode":true}]"#)
            #expect(try await shop.stored("d1").map { $0.values["mode"] } == ["3", true])
        }
    }

    @Test func refusesTheWholeMessageForOneWrongValue() async throws {
        try await SourceWorkshop.with { shop in
            try await shop.put("factory", factory)
            let fate = try await shop.receive(
                "factory/d1/data",
                #"[{"ts":1795362000,"temperature":1},{"ts":1795362001,"temperature":"hot"}]"#
            )
            #expect(fate.rejection?.reason == .wrongType)
            #expect(fate.rejection?.pointer == "/1")
            #expect(try await shop.stored("d1").isEmpty)
            let kept = try #require(try await shop.refused.rejected(before: nil, limit: 10).first)
            #expect(kept.sourceID == shop.sources.sources.first?.id)
            #expect(kept.deviceID == shop.plant.snapshot.device(key: "d1")?.id)
        }
    }

    @Test(arguments: [
        (#"{"ts":12,"temperature":1}"#, RefusalReason.badTime), (#"{"ts":"x","temperature":1}"#, .badTime),
        (#"{"ts":1895362000,"temperature":1}"#, .badTime), ("{", .badJSON), ("7", .badShape), ("{}", .noValues),
        (#"{"other":1}"#, .noValues), (#"{"position":{"lat":99,"lon":1},"temperature":true}"#, .wrongType),
    ])
    func tellsWhyAMessageIsRefused(payload: String, reason: RefusalReason) async throws {
        try await SourceWorkshop.with { shop in
            try await shop.put("factory", factory)
            #expect(try await shop.receive("factory/d1/data", payload).rejection?.reason == reason)
        }
    }

    @Test func aMessageThatNoSourceTakesIsRefusedUntilOneDoes() async throws {
        try await SourceWorkshop.with { shop in
            let fate = try await shop.receive("factory/d1/data", #"{"ts":1795362000,"temperature":1}"#)
            #expect(fate.rejection?.reason == .noSource)
            try await shop.put("factory", factory)
            let summary = try await shop.refused.retryAll()
            #expect(summary == RetrySummary(retried: 1, accepted: 1, rejected: 0))
            #expect(try await shop.stored("d1").count == 1)
            #expect(try await shop.refused.rejected(before: nil, limit: 10).isEmpty)
        }
    }

    @Test func knownDevicesAreStoredAndUnknownOnesQuarantined() async throws {
        try await SourceWorkshop.with { shop in
            try await shop.put(
                "hall",
                ["topicFilter": "hall", "decoder": "json", "deviceKey": "${payload.id}"]
            )
            let payload = #"""
                [{"id":"d1","ts":1795362000,"temperature":1},{"id":"new","ts":1795362000,"temperature":2},
                 {"id":"d2","temperature":3},{"id":"other","temperature":4},{"id":"new","temperature":5}]
                """#
            let message = shop.message("hall", payload)
            #expect(try await shop.receive([message])[0].counts == [2, 0, 0, 0, 0])
            #expect(message.trace?.contents.identifiers == ["d1", "new", "d2", "other"])
            #expect(message.trace?.contents.unknown == ["new", "other"])
            let waiting = try await shop.refused.quarantine(before: nil, limit: 10)
            #expect(Set(waiting.map(\.identifier)) == ["new", "other"])
            #expect(waiting.allSatisfy { $0.messages == 1 })
            try await shop.addDevice("new")
            #expect(try await shop.refused.replay(identifier: "new").map(\.counts) == [[2, 0, 0, 0, 0]])
            #expect(try await shop.stored("new").map { $0.values["temperature"] } == [2.0, 5.0])
            #expect(try await shop.stored("d1").count == 1)
            #expect(try await shop.stored("d2").count == 1)
            #expect(try await shop.refused.quarantine(before: nil, limit: 10).map(\.identifier) == ["other"])
        }
    }

    @Test func aRefusedPartIsRetriedAlone() async throws {
        try await SourceWorkshop.with { shop in
            try await shop.put("hall", ["topicFilter": "hall", "decoder": "json", "deviceKey": "${payload.id}"])
            try await shop.receive("hall", #"[{"id":"d1","temperature":1},{"id":"new","temperature":"20 C"}]"#)
            try await shop.addDevice("new")
            #expect(try await shop.refused.replay(identifier: "new").map(\.rejection?.reason) == [.wrongType])
            let kept = try #require(try await shop.refused.rejected(before: nil, limit: 10).first)
            #expect(kept.identifier == "new")
            #expect(try await shop.refused.retry(id: kept.id).rejection?.reason == .wrongType)
            try await shop.put(
                "hall",
                [
                    "topicFilter": "hall", "decoder": "json", "deviceKey": "${payload.id}",
                    "fields": ["mode": "temperature"],
                ]
            )
            #expect(try await shop.refused.retry(id: kept.id).counts == [1, 0, 0, 0, 0])
            #expect(try await shop.stored("new").map { $0.values["mode"] } == ["20 C"])
            // A reading without a time would be doubled if the other devices were replayed too.
            #expect(try await shop.stored("d1").count == 1)
        }
    }

    @Test func readingsWithoutATimeKeepTheirNumber() async throws {
        try await SourceWorkshop.with { shop in
            try await shop.put("factory", factory)
            let one = shop.message("factory/d1/data", #"{"temperature":1}"#)
            #expect(try await shop.receive([one, one])[0].counts == [1, 0, 0, 0, 0])
            #expect(try await shop.stored("d1").count == 2)
        }
    }

    @Test func theNativeTopicStaysNative() async throws {
        try await SourceWorkshop.with { shop in
            try await shop.put(
                "all",
                ["topicFilter": "#", "decoder": "json", "deviceKey": "d2", "fields": ["total": "temperature"]]
            )
            try await shop.receive("plantwright/v1/d1/telemetry", #"{"ts":1795362000000,"temperature":1}"#)
            try await shop.receive("elsewhere", #"{"ts":1795362000000,"temperature":7}"#)
            #expect(try await shop.stored("d1").map { $0.values["temperature"] } == [1.0])
            #expect(try await shop.stored("d2").map { $0.values["total"] } == [7.0])
        }
    }

    @Test func trafficShowsWhatBecameOfMessages() async throws {
        try await SourceWorkshop.with { shop in
            let source = try await shop.put("factory", factory)
            let good = #"{"ts":1795362000,"temperature":1}"#
            try await shop.receive([
                shop.message("factory/d1/data", good), shop.message("factory/d1/data", good),
                shop.message("factory/who/data", good), shop.message("factory/d1/data", "\u{FEFF}"),
                shop.message("plantwright/v1/d1/telemetry", #"{"temperature":1}"#),
            ])
            let page = shop.sources.traffic.page(of: source.id, after: 0, limit: 50)
            #expect(page.items.map(\.fate) == [.stored, .duplicate, .quarantined, .rejected])
            #expect(page.items.map(\.identifiers) == [["d1"], ["d1"], ["who"], []])
            #expect(page.received == 4)
            #expect(page.fates == [.stored: 1, .duplicate: 1, .quarantined: 1, .rejected: 1])
            #expect(page.items.last?.reason == "bad-json")
            #expect(shop.sources.traffic.page(of: source.id, after: page.nextCursor, limit: 50).items.isEmpty)
            let native = shop.sources.traffic.page(of: SourceTraffic.native, after: 0, limit: 50)
            #expect(native.items.map(\.fate) == [.stored] && native.received == 1)
        }
    }

    @Test func trafficIsBounded() async throws {
        try await SourceWorkshop.with { shop in
            let source = try await shop.put("factory", factory)
            let messages = (0..<150).map { second in
                shop.message("factory/d1/data", #"{"ts":\#(1_795_362_000 + second),"temperature":1}"#)
            }
            try await shop.receive(messages)
            let page = shop.sources.traffic.page(of: source.id, after: 0, limit: 1_000)
            #expect(page.items.count == SourceTraffic.capacity && page.received == 150)
            #expect(page.items.first?.cursor == 51 && page.nextCursor == 150)
        }
    }
}
