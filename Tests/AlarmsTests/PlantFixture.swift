import Foundation
import Primitives
import Synchronization

@testable import Alarms
@testable import Assets

/// Two profiles, a site with two lines, three devices.
///
/// Motors (profile 1) have temperature (slot 0), mode (1) and vibration (2), tanks (profile 2) a level (0). Motors 1
/// and 2 stand on lines 11 and 12, tank 3 on line 11; site 10 has both lines.
enum PlantFixture {
    static let motor = Profile(
        id: 1,
        key: "motor",
        name: "Motor",
        reportingInterval: 1,
        metrics: [
            Metric(key: "temperature", name: "Temperature", unit: "Cel", kind: .gauge, ordinal: 0),
            Metric(key: "mode", name: "Mode", unit: "", kind: .state, ordinal: 1),
            Metric(key: "vibration", name: "Vibration", unit: "mm/s", kind: .gauge, ordinal: 2),
        ],
        retired: [],
        revision: 1
    )
    static let tank = Profile(
        id: 2,
        key: "tank",
        name: "Tank",
        reportingInterval: nil,
        metrics: [Metric(key: "level", name: "Level", unit: "%", kind: .gauge, ordinal: 0)],
        retired: [],
        revision: 1
    )

    static let states: StateTexts = {
        let texts = StateTexts()
        texts.learn([StateText(code: 2, text: "fault"), StateText(code: 3, text: "idle")])
        return texts
    }()

    static let plant = PlantSnapshot(
        profiles: [1: motor, 2: tank],
        assets: [10: asset(10, "site", nil), 11: asset(11, "line-1", 10), 12: asset(12, "line-2", 10)],
        devices: [1: device(1, "motor-1", 1, 11), 2: device(2, "motor-2", 1, 12), 3: device(3, "tank-1", 2, 11)]
    )

    static func asset(_ id: Int32, _ key: String, _ parent: Int32?) -> Asset {
        Asset(
            id: id,
            key: key,
            name: key.capitalized,
            level: .line,
            parentID: parent,
            location: nil,
            equipment: [:],
            revision: 1
        )
    }

    static func device(_ id: Int32, _ key: String, _ profile: Int32, _ asset: Int32?) -> Device {
        Device(
            id: id,
            key: key,
            name: key.capitalized,
            identifier: key,
            profileID: profile,
            assetID: asset,
            revision: 1
        )
    }

    static func rule(
        _ id: Int32,
        _ condition: String,
        hold: Int64 = 0,
        clear: String? = nil,
        scope: RuleScope = .profile(1),
        isEnabled: Bool = true
    ) -> Rule {
        Rule(
            id: id,
            key: "rule-\(id)",
            definition: RuleDefinition(
                name: "Rule \(id)",
                scope: scope,
                severity: .high,
                condition: condition,
                hold: ISODuration(milliseconds: hold),
                clear: clear,
                isEnabled: isEnabled
            ),
            revision: 1,
            updatedAt: Timestamp(milliseconds: 0)
        )
    }

    /// A reading at a second after 2026-01-01.
    static func reading(_ device: Int32, _ second: Double, _ slots: Double?...) -> Reading {
        let time = start.adding(seconds: second)
        return Reading(
            deviceID: device,
            timestamp: time,
            receivedAt: time.adding(seconds: 0.5),
            quality: 0,
            values: MetricValues(slots: slots.map { $0 ?? .nan })
        )
    }

    static let start = Timestamp(milliseconds: 1_767_225_600_000)

    static func at(_ second: Double) -> Timestamp { start.adding(seconds: second) }
}

/// Identifiers that count up.
func countingIdentifiers() -> IdentifierSource {
    let next = Atomic<UInt64>(0)
    return IdentifierSource {
        let number = next.add(1, ordering: .relaxed).newValue
        func byte(_ shift: UInt64) -> UInt8 { UInt8(truncatingIfNeeded: number >> shift) }
        return UUID(
            uuid: (0, 0, 0, 0, 0, 0, 0, 0, byte(56), byte(48), byte(40), byte(32), byte(24), byte(16), byte(8), byte(0))
        )
    }
}
