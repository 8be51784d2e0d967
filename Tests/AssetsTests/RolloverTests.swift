import PostgreSQL
import Primitives
import TestSupport
import Testing

@testable import Assets

@Suite struct RolloverTests {
    private static func document(_ metric: JSONValue) -> JSONValue {
        ["name": "Press", "metrics": [["key": "force"], metric]]
    }

    @Test func isKeptChangedAndTakenAway() async throws {
        try await TemporaryPostgreSQL.withMigratedPool { pool in
            let plant = PlantStore(pool: pool)
            try await plant.load()
            let key = try #require(ResourceKey("press"))
            func put(_ rollover: JSONValue) async throws -> Double? {
                let document = Self.document(["key": "cycles", "kind": "counter", "rollover": rollover])
                let profile = try await plant.putProfile(key: key, document: document).profile
                let other = PlantStore(pool: pool)
                try await other.load()
                #expect(other.snapshot.profile(key: "press") == profile)
                return profile.metric("cycles")?.rollover
            }
            #expect(try await put(65_536) == 65_536)
            let profile = try #require(plant.snapshot.profile(key: "press"))
            #expect(profile.metrics.map { $0.json["rollover"] } == [nil, .number(65_536)])
            #expect(try await put(9_999_999) == 9_999_999)
            #expect(try await plant.putProfile(key: key, document: profile.json).profile.metrics == profile.metrics)
            #expect(try await put(.null) == nil)
        }
    }

    @Test(
        arguments: [
            (["key": "cycles", "kind": "counter", "rollover": 0], "out-of-range"),
            (["key": "cycles", "kind": "counter", "rollover": -1], "out-of-range"),
            (["key": "cycles", "kind": "counter", "rollover": 1e30], "out-of-range"),
            (["key": "cycles", "kind": "counter", "rollover": "65536"], "type"),
            (["key": "cycles", "kind": "gauge", "rollover": 65_536], "not-a-counter"),
            (["key": "cycles", "rollover": 65_536], "not-a-counter"),
        ] as [(JSONValue, String)]
    )
    func mistakesAreToldAtTheirPlace(metric: JSONValue, code: String) {
        let error = #expect(throws: InvalidInput.self) { try ProfileDraft(Self.document(metric)) }
        #expect(error?.issues.map(\.pointer) == ["/metrics/1/rollover"])
        #expect(error?.issues.map(\.code) == [code])
    }
}
