import ERPConnectors
import Primitives

/// One line of the matching list: an asset, a piece of equipment, or both.
public struct MatchRow: Hashable, Sendable {
    /// How the two stand to each other.
    public enum State: String, CaseIterable, Sendable {
        /// The asset names the equipment, and the ERP has it.
        case linked
        /// They look like the same thing.
        case proposed
        /// No asset looks like this equipment.
        case unmatchedEquipment = "unmatched-equipment"
        /// No equipment looks like this asset.
        case unmatchedAsset = "unmatched-asset"
        /// Several assets name the same equipment.
        case duplicate
        /// The asset names equipment that the ERP has no longer, or has retired.
        case drift
    }

    var state: State
    var asset: AssetCandidate?
    var equipment: EquipmentRecord?
    var likeness: EquipmentMatcher.Likeness

    init(
        _ state: State,
        _ asset: AssetCandidate?,
        _ equipment: EquipmentRecord?,
        _ likeness: EquipmentMatcher.Likeness = .init(score: 0, reasons: [])
    ) {
        self.state = state
        self.asset = asset
        self.equipment = equipment
        self.likeness = likeness
    }

    /// The API's form: `{state, score, reasons, asset, equipment}`.
    public var json: JSONValue {
        [
            "state": .string(state.rawValue), "score": .number(likeness.score),
            "reasons": .array(likeness.reasons.map(JSONValue.string)),
            "asset": asset.map { asset in
                [
                    "key": .string(asset.key), "name": .string(asset.name),
                    "path": .array(asset.path.map(JSONValue.string)),
                    "reference": asset.reference.map(JSONValue.string) ?? .null,
                ]
            } ?? .null,
            "equipment": equipment.map { record in
                [
                    "reference": .string(record.reference), "name": .string(record.name),
                    "serial": record.serial.map(JSONValue.string) ?? .null,
                    "tag": record.tag.map(JSONValue.string) ?? .null,
                    "location": record.location.map(JSONValue.string) ?? .null, "retired": .bool(record.isRetired),
                ]
            } ?? .null,
        ]
    }
}
