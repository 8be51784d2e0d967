import Assets
import Primitives
import TestSupport
import Testing

@Suite struct RetentionTests {
    private static func at(_ second: Int64) -> Timestamp { Timestamp(milliseconds: second * 1_000) }

    private static let schedule = RetentionSchedule(entries: [
        .init(since: at(200), retention: RetentionClass(days: 7)),
        .init(since: at(100), retention: RetentionClass(days: 90)),
        .init(since: at(300), retention: RetentionClass(days: 7)),
    ])

    @Test(arguments: [(0, 0), (99, 0), (100, 90), (199, 90), (200, 7), (1_000, 7)])
    func aTimeHasOneClass(second: Int64, days: Int16) {
        #expect(Self.schedule.retention(at: Self.at(second)).days == days)
    }

    @Test func aRangeIsSplitWhereTheClassChanges() {
        let parts = Self.schedule.stretches(from: Self.at(50), to: Self.at(400))
        #expect(parts.map(\.retention.days) == [0, 90, 7])
        #expect(parts.map(\.from) == [Self.at(50), Self.at(100), Self.at(200)])
        #expect(parts.map(\.to) == [Self.at(100), Self.at(200), Self.at(400)])
        #expect(Self.schedule.stretches(from: Self.at(5), to: Self.at(5)).isEmpty)
        #expect(RetentionSchedule().stretches(from: Self.at(1), to: Self.at(2)).map(\.retention) == [.forever])
    }

    @Test func everySplitAgreesWithTheClassOfEachTime() {
        for from in stride(from: Int64(0), to: 400, by: 25) {
            for to in stride(from: from + 25, to: 425, by: 25) {
                for part in Self.schedule.stretches(from: Self.at(from), to: Self.at(to)) {
                    #expect(Self.schedule.retention(at: part.from) == part.retention)
                    #expect(Self.schedule.retention(at: part.to.adding(seconds: -0.001)) == part.retention)
                }
            }
        }
    }

    @Test func theProfileTellsItsRetention() async throws {
        try await TemporaryPostgreSQL.withMigratedPool { pool in
            let plant = PlantStore(pool: pool)
            let profile = try #require(ResourceKey("motor"))
            func put(_ retention: JSONValue) async throws {
                _ = try await plant.putProfile(
                    key: profile,
                    document: ["name": "Motor", "metrics": [["key": "t"]], "retention": retention]
                )
            }
            try await put("P90D")
            #expect(plant.snapshot.profile(key: "motor")?.json["retention"] == "P90D")
            // Without devices there are no readings: the setting holds for all times.
            try await put("P30D")
            #expect(plant.snapshot.profile(key: "motor")?.retention.entries.map(\.retention.days) == [30])
            for wrong: JSONValue in ["PT36H", "P0D", "P1M", 90, "P9000D"] {
                await #expect(throws: InvalidInput.self) { try await put(wrong) }
            }
        }
    }

    @Test func aLaterChangeLeavesTimesThatMayHaveReadings() async throws {
        try await TemporaryPostgreSQL.withMigratedPool { pool in
            let plant = PlantStore(pool: pool)
            let (profile, device) = (try #require(ResourceKey("motor")), try #require(ResourceKey("d1")))
            func put(_ retention: JSONValue) async throws -> RetentionSchedule {
                let document: JSONValue = ["name": "Motor", "metrics": [["key": "t"]], "retention": retention]
                return try await plant.putProfile(key: profile, document: document).profile.retention
            }
            _ = try await put(nil)
            let id = try await plant.putDevice(key: device, document: ["profile": "motor"]).device.id
            let now = WallClock.system.now
            let changed = try await put("P90D")
            #expect(changed.retention(at: now.adding(seconds: 3_600)) == .forever)
            #expect(changed.retention(at: now.startOfMonth(addingMonths: 2)) == RetentionClass(days: 90))
            #expect(changed.entries.allSatisfy { $0.since == $0.since.startOfMonth() })
            #expect(plant.snapshot.retention(ofDevice: id) == changed)
            #expect(plant.snapshot.retentionClasses == [.forever, RetentionClass(days: 90)])
            // Taken back before it took effect: nothing has happened.
            #expect(try await put(nil) == RetentionSchedule())
            #expect(plant.snapshot.retention(ofDevice: id, at: now.startOfMonth(addingMonths: 2)) == .forever)
            // Another store reads the same.
            _ = try await put("P7D")
            let second = PlantStore(pool: pool)
            try await second.load()
            #expect(second.snapshot.retention(ofDevice: id) == plant.snapshot.retention(ofDevice: id))
        }
    }
}
