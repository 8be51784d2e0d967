import Assets
import Foundation
import Primitives

/// A stored alarm: one occurrence of a rule's condition for one device.
public struct Alarm: Hashable, Sendable {
    /// The row.
    public var id: UUID
    /// The rule's row.
    public var ruleID: Int32
    /// The rule's key.
    public var ruleKey: String
    /// The rule's name as it is now.
    public var ruleName: String
    /// The revision of the rule that raised it.
    public var ruleRevision: Int32
    /// The device.
    public var deviceID: Int32
    /// The device's asset when it was raised.
    public var assetID: Int32?
    /// How bad it is.
    public var severity: Severity
    /// Source time of the reading that raised it.
    public var raisedAt: Timestamp
    /// When that reading reached us.
    public var receivedAt: Timestamp
    /// When its condition ended; nil while it is open.
    public var clearedAt: Timestamp?
    /// Why it is no longer open.
    public var clearReason: ClearReason?
    /// When somebody acknowledged it.
    public var acknowledgedAt: Timestamp?
    /// Who acknowledged it.
    public var acknowledgedBy: String?
    /// What they noted.
    public var note: String?
    /// What came of its order; nil while that is not over, and without one.
    public var outcome: AlarmOutcome?

    /// Whether its condition is active, acknowledged or not.
    public var isOpen: Bool { clearedAt == nil }
}

extension Alarm {
    /// The API's form of the alarm.
    ///
    /// `durationSeconds` is null while it is open; `acknowledgedAfterSeconds` counts from when the reading reached us.
    public func json(in plant: PlantSnapshot) -> JSONValue {
        [
            "id": .string(id.uuidString.lowercased()),
            "rule": ["key": .string(ruleKey), "name": .string(ruleName), "revision": .integer(Int64(ruleRevision))],
            "device": Self.reference(plant.devices[deviceID].map { ($0.key, $0.name) }),
            "asset": Self.reference(assetID.flatMap { plant.assets[$0] }.map { ($0.key, $0.name) }),
            "severity": .string(severity.rawValue),
            "state": .string(isOpen ? AlarmState.open.rawValue : AlarmState.cleared.rawValue),
            "acknowledged": .bool(acknowledgedAt != nil),
            "raisedAt": .string(raisedAt.rfc3339),
            "receivedAt": .string(receivedAt.rfc3339),
            "clearedAt": .optional(clearedAt),
            "clearReason": .optional(clearReason?.rawValue),
            "durationSeconds": .optional(clearedAt?.seconds(since: raisedAt)),
            "acknowledgedAt": .optional(acknowledgedAt),
            "acknowledgedBy": .optional(acknowledgedBy),
            "acknowledgedAfterSeconds": .optional(acknowledgedAt.map { max(0, $0.seconds(since: receivedAt)) }),
            "note": .optional(note),
            "outcome": outcome?.json ?? .null,
        ]
    }

    private static func reference(_ entity: (key: String, name: String)?) -> JSONValue {
        entity.map { ["key": .string($0.key), "name": .string($0.name)] } ?? .null
    }
}
