import ERPConnectors
import Testing

@testable import ERP

@Suite struct EquipmentMatcherTests {
    private func asset(
        _ key: String,
        _ name: String,
        path: [String] = ["Haarlem", "Line 2"],
        devices: [String] = [],
        reference: String? = nil
    ) -> AssetCandidate {
        AssetCandidate(key: key, name: name, path: path, devices: devices, reference: reference)
    }

    private func rows(_ equipment: [EquipmentRecord], _ assets: [AssetCandidate]) -> [String] {
        EquipmentMatcher(equipment: equipment, assets: assets).rows().map { row in
            "\(row.state.rawValue) \(row.asset?.key ?? "-") \(row.equipment?.reference ?? "-")"
        }
    }

    @Test func numbersDecideBeforeNames() {
        let equipment = [
            EquipmentRecord(reference: "1", name: "Pump 8", serial: "SN-70007"),
            EquipmentRecord(reference: "2", name: "Pump 7", serial: "X-1"),
        ]
        let assets = [asset("pump-a", "Pump 7", devices: ["sn70007"]), asset("pump-b", "Pump 8")]
        #expect(
            rows(equipment, assets) == ["proposed pump-a 1", "unmatched-asset pump-b -", "unmatched-equipment - 2"]
        )
    }

    @Test(arguments: [
        ("Circulation pump 07", "circulation-pump 7", true), ("Pump7", "Pump 7", true), ("Motor", "Motor", true),
        ("Fan 2", "Pump 7", false), ("Exhaust fan 2", "Exhaust fan 3", false), ("", "", false),
    ])
    func namesAreComparedByTheirWords(_ first: String, _ second: String, _ isProposed: Bool) {
        let found = rows([EquipmentRecord(reference: "1", name: first)], [asset("a", second)])
        #expect(found.contains("proposed a 1") == isProposed, "\(found)")
    }

    @Test func onlyTheBestOfBothSidesIsProposed() {
        let equipment = [EquipmentRecord(reference: "1", name: "Cooling pump line 2", tag: "P-201")]
        let assets = [asset("cooling", "Cooling pump line 2"), asset("p201", "Pump")]
        #expect(rows(equipment, assets) == ["unmatched-asset cooling -", "proposed p201 1"])
    }

    @Test func placesTipTheScale() {
        let equipment = [
            EquipmentRecord(reference: "1", name: "Mixer", location: "Utrecht"),
            EquipmentRecord(reference: "2", name: "Mixer", location: "Haarlem, line 2"),
        ]
        #expect(rows(equipment, [asset("m", "Mixer")]) == ["proposed m 2", "unmatched-equipment - 1"])
    }

    @Test func driftAndDuplicatesAreTold() {
        let equipment = [
            EquipmentRecord(reference: "1", name: "Pump"),
            EquipmentRecord(reference: "2", name: "Fan", isRetired: true),
            EquipmentRecord(reference: "3", name: "Old saw", isRetired: true),
        ]
        let assets = [
            asset("a", "Pump", reference: "1"), asset("b", "Pump too", reference: "1"),
            asset("c", "Fan", reference: "2"),
            asset("d", "Press", reference: "9"),
        ]
        #expect(rows(equipment, assets) == ["duplicate a 1", "duplicate b 1", "drift c 2", "drift d -"])
        #expect(rows(Array(equipment.prefix(1)), Array(assets.prefix(1))) == ["linked a 1"])
    }

    @Test func everyLikenessHasAReason() throws {
        let equipment = [
            EquipmentRecord(reference: "10", name: "Circulation pump 7", tag: "PUMP-7", location: "Haarlem")
        ]
        let row = try #require(
            EquipmentMatcher(equipment: equipment, assets: [asset("pump-7", "Circulation pump 7")]).rows().first
        )
        #expect(row.likeness.score == 1 && row.likeness.reasons.count == 3, "\(row.likeness)")
    }

    /// Each asset and each piece of equipment stands in exactly one row, and nothing is proposed twice.
    @Test(arguments: 1...20 as ClosedRange<UInt64>)
    func everythingStandsInOneRow(_ seed: UInt64) {
        var state = seed
        func next(_ bound: Int) -> Int {
            state = state &* 6_364_136_223_846_793_005 &+ 1_442_695_040_888_963_407
            return Int((state >> 33) % UInt64(bound))
        }
        let words = ["pump", "fan", "mixer", "line", "2", "7", "cooling", "exhaust"]
        func name() -> String { (0...next(4)).map { _ in words[next(words.count)] }.joined(separator: " ") }
        let equipment = (0..<60).map {
            EquipmentRecord(
                reference: "\($0)",
                name: name(),
                tag: next(3) == 0 ? "T\(next(40))" : nil,
                isRetired: next(9) == 0
            )
        }
        let assets = (0..<50).map { asset("t\($0)", name(), reference: next(4) == 0 ? "\(next(70))" : nil) }
        let rows = EquipmentMatcher(equipment: equipment, assets: assets).rows()
        #expect(rows.compactMap(\.asset?.key).sorted() == assets.map(\.key).sorted())
        let used = Set(assets.compactMap(\.reference))
        let free = equipment.filter { !$0.isRetired && !used.contains($0.reference) }.map(\.reference)
        let shown = rows.filter { $0.state == .proposed || $0.state == .unmatchedEquipment }
            .compactMap(\.equipment?.reference)
        #expect(shown.sorted() == free.sorted())
        #expect(rows == EquipmentMatcher(equipment: equipment, assets: assets).rows(), "the same again")
    }
}
