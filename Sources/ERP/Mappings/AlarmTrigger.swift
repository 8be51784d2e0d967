import Assets
import Foundation
import Primitives

/// An alarm as far as mappings are concerned.
///
/// The composition root makes it of what the alarm engine reports.
public struct AlarmTrigger: Sendable {
    /// The alarm's row.
    public var alarmID: UUID
    /// The rule's row.
    public var ruleID: Int32
    /// The rule's key.
    public var ruleKey: String
    /// The rule's name.
    public var ruleName: String
    /// `low`, `medium`, `high` or `critical`.
    public var severity: String
    /// Source time of the reading that raised it.
    public var raisedAt: Timestamp
    /// When the reading that raised it, or that ended it, reached us.
    public var receivedAt: Timestamp
    /// The device.
    public var deviceID: Int32
    /// The device's asset when the alarm was raised.
    public var assetID: Int32?
    /// The values of that reading.
    public var values: MetricValues
    /// Source time of the reading that ended it, when that is the event; nil when it was raised.
    public var clearedAt: Timestamp?

    /// Makes a trigger.
    public init(
        alarmID: UUID,
        ruleID: Int32,
        ruleKey: String,
        ruleName: String,
        severity: String,
        raisedAt: Timestamp,
        receivedAt: Timestamp,
        deviceID: Int32,
        assetID: Int32?,
        values: MetricValues,
        clearedAt: Timestamp? = nil
    ) {
        self.alarmID = alarmID
        self.ruleID = ruleID
        self.ruleKey = ruleKey
        self.ruleName = ruleName
        self.severity = severity
        self.raisedAt = raisedAt
        self.receivedAt = receivedAt
        self.deviceID = deviceID
        self.assetID = assetID
        self.values = values
        self.clearedAt = clearedAt
    }

    /// Source time of the event.
    var time: Timestamp { clearedAt ?? raisedAt }
}

/// An alarm whose condition a reading ended, as far as the composition root knows it.
public struct AlarmReturn: Sendable {
    /// The alarm's row.
    public var alarmID: UUID
    /// The rule's row.
    public var ruleID: Int32
    /// Source time of the reading that ended it.
    public var clearedAt: Timestamp
    /// When that reading reached us.
    public var receivedAt: Timestamp
    /// The values of that reading.
    public var values: MetricValues

    /// Makes one.
    public init(
        alarmID: UUID,
        ruleID: Int32,
        clearedAt: Timestamp,
        receivedAt: Timestamp,
        values: MetricValues
    ) {
        self.alarmID = alarmID
        self.ruleID = ruleID
        self.clearedAt = clearedAt
        self.receivedAt = receivedAt
        self.values = values
    }
}
