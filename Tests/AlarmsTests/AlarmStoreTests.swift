import Assets
import Foundation
import Primitives
import Testing

@testable import Alarms

@Suite("Alarms as they are read", .timeLimit(.minutes(1)))
struct AlarmStoreTests {
    /// Five alarms: motor 1 at 0 (cleared at 1), 2 and 4 of low severity, motor 2 at 3, tank 1 at 5 (cleared at 6).
    private func withAlarms(_ body: (Installation) async throws -> Void) async throws {
        try await Installation.with { site in
            try await site.put("hot", "temperature > 80")
            try await site.put("shaky", "vibration > 5", ["severity": "low"])
            try await site.put("empty", "level < 5", ["profile": "tank", "severity": "critical"])
            try await site.deliver([
                PlantFixture.reading(1, 0, 90), PlantFixture.reading(1, 1, 20), PlantFixture.reading(1, 2, 90),
                PlantFixture.reading(2, 3, 90), PlantFixture.reading(1, 4, 90, nil, 9), PlantFixture.reading(3, 5, 1),
                PlantFixture.reading(3, 6, 99),
            ])
            try await body(site)
        }
    }

    private func seconds(_ alarms: [Alarm]) -> [Double] {
        alarms.map { $0.raisedAt.seconds(since: PlantFixture.start) }
    }

    @Test("Filters")
    func filters() async throws {
        try await withAlarms { site in
            func found(_ filter: AlarmFilter) async throws -> [Double] {
                seconds(try await site.alarms.alarms(filter, limit: 100).alarms)
            }
            let line1 = try #require(site.plant.snapshot.asset(key: "line-1")).id
            let whole = Array(
                site.plant.snapshot.descendants(of: try #require(site.plant.snapshot.asset(key: "site")).id)
            )
            #expect(try await found(AlarmFilter()) == [5, 4, 3, 2, 0])
            #expect(try await found(AlarmFilter(state: .open)) == [4, 3, 2])
            #expect(try await found(AlarmFilter(state: .cleared)) == [5, 0])
            #expect(try await found(AlarmFilter(severities: [.low, .critical])) == [5, 4])
            #expect(try await found(AlarmFilter(state: .open, deviceID: 1)) == [4, 2])
            #expect(try await found(AlarmFilter(assetIDs: [line1])) == [5, 4, 2, 0])
            #expect(try await found(AlarmFilter(assetIDs: whole)) == [5, 4, 3, 2, 0])
            #expect(try await found(AlarmFilter(assetIDs: [])) == [])
            let rule = try await site.rules.rule(key: site.key("shaky")).id
            #expect(try await found(AlarmFilter(ruleID: rule)) == [4])
            let newest = try #require(try await site.alarms.alarms(AlarmFilter(), limit: 1).alarms.first)
            try await site.alarms.acknowledge(newest.id, by: "ada")
            #expect(try await found(AlarmFilter(isAcknowledged: true)) == [5])
            #expect(try await found(AlarmFilter(state: .cleared, isAcknowledged: false)) == [0])
        }
    }

    @Test("The history of a rule, by the raising and by the end")
    func history() async throws {
        try await withAlarms { site in
            let rule = try await site.rules.rule(key: site.key("hot")).id
            func found(byEnd: Bool, _ from: Double, _ to: Double) async throws -> [Double] {
                var found: [Double] = []
                try await site.alarms.history(
                    ofRule: rule,
                    byEnd: byEnd,
                    from: PlantFixture.at(from),
                    to: PlantFixture.at(to)
                ) { portion in found += seconds(portion) }
                return found
            }
            #expect(try await found(byEnd: false, 0, 99) == [0, 2, 3])
            #expect(try await found(byEnd: false, 2, 3) == [2], "from inclusive, to exclusive")
            #expect(try await found(byEnd: true, 0, 99) == [0])
            #expect(try await found(byEnd: true, 2, 99) == [])
        }
    }

    @Test("Pages follow each other without gap or overlap")
    func pages() async throws {
        try await withAlarms { site in
            for state in AlarmState.allCases {
                let all = try await site.alarms.alarms(AlarmFilter(state: state), limit: 100).alarms
                for limit in 1...3 {
                    var collected: [Alarm] = []
                    var cursor: AlarmCursor?
                    repeat {
                        let page = try await site.alarms.alarms(AlarmFilter(state: state), after: cursor, limit: limit)
                        collected += page.alarms
                        cursor = page.next.flatMap { AlarmCursor($0.text) }
                        #expect(page.next == cursor, "the text keeps the cursor")
                    } while cursor != nil
                    #expect(collected == all)
                }
            }
            for text in ["", "_", "5", "5_", "x_y", "5_00000000-0000-0000-0000-00000000000"] {
                #expect(AlarmCursor(text) == nil)
            }
        }
    }

    @Test("The first acknowledgement stays")
    func acknowledgement() async throws {
        try await withAlarms { site in
            let alarm = try #require(try await site.stored(AlarmFilter(state: .open)).first)
            let acknowledged = try await site.alarms.acknowledge(alarm.id, by: "ada", note: "on my way")
            #expect(acknowledged.acknowledgedAt == Installation.now && acknowledged.isOpen)
            #expect(acknowledged.acknowledgedBy == "ada" && acknowledged.note == "on my way")
            #expect(try await site.alarms.acknowledge(alarm.id, by: "bob", note: "me too") == acknowledged)
            let nobody = UUID(uuid: (1, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0))
            await #expect(throws: ResourceFailure.notFound("alarm 01000000-0000-0000-0000-000000000000")) {
                try await site.alarms.acknowledge(nobody, by: "ada")
            }
        }
    }

    @Test("Counts by severity, device and asset, with those below")
    func counts() async throws {
        try await withAlarms { site in
            let plant = site.plant.snapshot
            let first = try #require(try await site.stored(AlarmFilter(state: .open)).first)
            try await site.alarms.acknowledge(first.id, by: "ada")
            let open = try await site.alarms.openAlarms()
            #expect(open.all.open == [.high: 2, .low: 1] && open.all.worst == .high && open.all.unacknowledged == 2)
            #expect(open.byDevice[1]?.open == [.high: 1, .low: 1] && open.byDevice[3] == nil)
            func asset(_ key: String) -> SeverityCounts? { plant.asset(key: key).flatMap { open.byAsset[$0.id] } }
            #expect(asset("line-1")?.total == 2 && asset("line-2")?.total == 1 && asset("site")?.total == 3)
            #expect(
                open.all.json == [
                    "worst": "high", "total": 3, "unacknowledged": 2,
                    "severities": ["low": 1, "medium": 0, "high": 2, "critical": 0],
                ]
            )
        }
    }

    @Test("A chart gets the alarms that were open in its range")
    func range() async throws {
        try await withAlarms { site async throws in
            func found(_ device: Int32, _ from: Double, _ to: Double) async throws -> [Double] {
                seconds(
                    try await site.alarms.alarms(ofDevice: device, from: PlantFixture.at(from), to: PlantFixture.at(to))
                )
            }
            #expect(try await found(1, 0, 100) == [0, 2, 4])
            #expect(try await found(1, 1.5, 100) == [2, 4])
            #expect(try await found(1, 50, 100) == [2, 4])
            #expect(try await found(1, 0, 2) == [0])
            #expect(try await found(3, 7, 100) == [])
        }
    }

    @Test("The API's form")
    func json() async throws {
        try await withAlarms { site in
            let alarm = try #require(try await site.stored(AlarmFilter(state: .cleared)).first)
            let acknowledged = try await site.alarms.acknowledge(alarm.id, by: "ada")
            #expect(
                site.alarms.json(acknowledged) == [
                    "id": .string(alarm.id.uuidString.lowercased()),
                    "rule": ["key": "hot", "name": "Hot", "revision": 1],
                    "device": ["key": "motor-1", "name": "Motor-1"], "asset": ["key": "line-1", "name": "Line-1"],
                    "severity": "high", "state": "cleared", "acknowledged": true,
                    "raisedAt": "2026-01-01T00:00:00.000Z", "receivedAt": "2026-01-01T00:00:00.500Z",
                    "clearedAt": "2026-01-01T00:00:01.000Z", "clearReason": "condition", "durationSeconds": 1.0,
                    "acknowledgedAt": "2026-01-01T01:00:00.000Z", "acknowledgedBy": "ada",
                    "acknowledgedAfterSeconds": 3_599.5, "note": nil, "outcome": nil,
                ]
            )
            let open = try #require(try await site.stored(AlarmFilter(state: .open)).first)
            let json = site.alarms.json(open)
            #expect(json["state"] == "open" && json["clearedAt"] == .null && json["durationSeconds"] == .null)
        }
    }
}
