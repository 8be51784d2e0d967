import Foundation
import Primitives

/// Which alarms by their state.
public enum AlarmState: String, CaseIterable, Sendable {
    /// The condition is active, acknowledged or not.
    case open
    /// The condition has ended.
    case cleared
    /// Any.
    case all
}

/// Which alarms are wanted; nil means any.
public struct AlarmFilter: Hashable, Sendable {
    /// By state.
    public var state: AlarmState
    /// By severity.
    public var severities: [Severity]?
    /// By rule.
    public var ruleID: Int32?
    /// By device.
    public var deviceID: Int32?
    /// By the asset that the device had; name the assets below too (`PlantSnapshot.descendants`).
    public var assetIDs: [Int32]?
    /// By whether somebody has acknowledged them.
    public var isAcknowledged: Bool?

    /// Makes a filter; without arguments it lets every alarm through.
    public init(
        state: AlarmState = .all,
        severities: [Severity]? = nil,
        ruleID: Int32? = nil,
        deviceID: Int32? = nil,
        assetIDs: [Int32]? = nil,
        isAcknowledged: Bool? = nil
    ) {
        self.state = state
        self.severities = severities
        self.ruleID = ruleID
        self.deviceID = deviceID
        self.assetIDs = assetIDs
        self.isAcknowledged = isAcknowledged
    }
}

/// The place after an alarm in a list, newest first.
public struct AlarmCursor: Hashable, Sendable {
    /// Source time of the alarm before the place.
    public var raisedAt: Timestamp
    /// The row of the alarm before the place.
    public var id: UUID

    /// Makes the place after an alarm.
    public init(after alarm: Alarm) {
        raisedAt = alarm.raisedAt
        id = alarm.id
    }

    /// Reads what ``text`` gave; nil for anything else.
    public init?(_ text: String) {
        let parts = text.split(separator: "_", omittingEmptySubsequences: false)
        guard parts.count == 2, let microseconds = Int64(parts[0]), let id = UUID(uuidString: String(parts[1])) else {
            return nil
        }
        raisedAt = Timestamp(microseconds: microseconds)
        self.id = id
    }

    /// The cursor as a text for a URL; clients need not understand it.
    public var text: String { "\(raisedAt.microseconds)_\(id.uuidString.lowercased())" }
}
