import Assets
import Foundation
import Primitives

/// An alarm of the past, as far as mappings are concerned.
public struct PastAlarm: Sendable {
    /// The alarm's row.
    public var id: UUID
    /// The device.
    public var deviceID: Int32
    /// The device's asset when it was raised.
    public var assetID: Int32?
    /// `low`, `medium`, `high` or `critical`.
    public var severity: String
    /// Source time of the reading that raised it.
    public var raisedAt: Timestamp
    /// When that reading reached us.
    public var receivedAt: Timestamp
    /// When its condition ended; nil while it is open.
    public var clearedAt: Timestamp?

    /// Makes an alarm.
    public init(
        id: UUID,
        deviceID: Int32,
        assetID: Int32?,
        severity: String,
        raisedAt: Timestamp,
        receivedAt: Timestamp,
        clearedAt: Timestamp?
    ) {
        self.id = id
        self.deviceID = deviceID
        self.assetID = assetID
        self.severity = severity
        self.raisedAt = raisedAt
        self.receivedAt = receivedAt
        self.clearedAt = clearedAt
    }
}

/// What dry runs read: the composition root gives it out of the stores of alarms and readings.
public protocol DryRunHistory: Sendable {
    /// Hands out the alarms of a rule that were raised in `[from, to)`, in that order, in portions; with `byEnd` those
    /// whose condition ended then, in the order of their ends.
    func alarms(
        ofRule ruleID: Int32,
        byEnd: Bool,
        from: Timestamp,
        to: Timestamp,
        _ body: ([PastAlarm]) async throws -> Void
    ) async throws

    /// Hands out the readings of a device in `[from, to)`, in the order of their source times, in portions.
    func readings(
        of device: Device,
        from: Timestamp,
        to: Timestamp,
        _ body: ([Reading]) async throws -> Void
    ) async throws
}
