import Primitives
import Testing

@testable import Assets

@Suite struct SnapshotTests {
    private static func asset(_ id: Int32, _ parent: Int32?, _ equipment: [String: String] = [:]) -> Asset {
        Asset(
            id: id,
            key: "a\(id)",
            name: "A\(id)",
            level: .area,
            parentID: parent,
            location: nil,
            equipment: equipment,
            revision: 1
        )
    }

    private static let plant = PlantSnapshot(
        profiles: [:],
        assets: [1: asset(1, nil, ["erp": "ROOT"]), 2: asset(2, 1), 3: asset(3, 2, ["erp": "LEAF"]), 4: asset(4, nil)],
        devices: [
            7: Device(id: 7, key: "d7", name: "D7", identifier: "x/7", profileID: 1, assetID: 3, revision: 1),
            8: Device(id: 8, key: "d8", name: "D8", identifier: "d8", profileID: 1, assetID: 2, revision: 1),
            9: Device(id: 9, key: "d9", name: "D9", identifier: "d9", profileID: 1, assetID: nil, revision: 1),
        ]
    )

    @Test func findsDescendants() {
        #expect(Self.plant.descendants(of: 1) == [1, 2, 3])
        #expect(Self.plant.descendants(of: 4) == [4])
    }

    @Test func inheritsEquipmentFromAbove() throws {
        let plant = Self.plant
        #expect(plant.equipment(of: try #require(plant.device(key: "d7")), connector: "erp") == "LEAF")
        #expect(plant.equipment(of: try #require(plant.device(key: "d8")), connector: "erp") == "ROOT")
        #expect(plant.equipment(of: try #require(plant.device(key: "d9")), connector: "erp") == nil)
        #expect(plant.equipment(of: try #require(plant.device(key: "d7")), connector: "other") == nil)
    }

    @Test func findsByIdentifier() {
        #expect(Self.plant.device(identifier: "x/7")?.key == "d7")
        #expect(Self.plant.device(identifier: "d7") == nil)
    }

    @Test func valuesIgnoreTrailingAbsence() {
        #expect(MetricValues(slots: [1, .nan]) == MetricValues(slots: [1]))
        #expect(MetricValues(slots: [1, .nan]).hashValue == MetricValues(slots: [1]).hashValue)
        var values = MetricValues(count: 1)
        values[2] = 5
        #expect(values.slots.count == 3 && values[1] == nil && values[2] == 5 && values[9] == nil)
    }
}

@Suite struct DraftTests {
    @Test func profileCollectsIssuesWithPointers() {
        let document: JSONValue = [
            "name": "",
            "metrics": [["key": "1x"], ["key": "ok"], ["key": "ok"], ["key": "ts"], ["key": "k", "kind": "odd"]],
        ]
        let error = #expect(throws: InvalidInput.self) { try ProfileDraft(document) }
        #expect(
            error?.issues.map(\.pointer) == [
                "/name", "/metrics/0/key", "/metrics/2/key", "/metrics/3/key", "/metrics/4/kind",
            ]
        )
    }

    @Test func deviceDefaultsToItsKey() throws {
        let draft = try DeviceDraft(["profile": "motor"], key: "pump-7")
        #expect(draft.name == "pump-7" && draft.identifier == "pump-7")
    }

    @Test(arguments: ["a//b", "/a", "a/+/b", "+", "#", "", "a\u{0}"]) func refusesIdentifiers(identifier: String) {
        #expect(throws: InvalidInput.self) {
            try DeviceDraft(["profile": "motor", "identifier": .string(identifier)], key: "k")
        }
    }

    @Test func assetChecksItsLocation() {
        let error = #expect(throws: InvalidInput.self) {
            try AssetDraft(["name": "Hall", "level": "site", "location": ["lat": 91, "lon": 4]])
        }
        #expect(error?.issues.map(\.pointer) == ["/location/lat"])
    }
}
