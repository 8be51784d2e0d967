import Primitives

@testable import SparkplugB

/// 2025-11-22T16:00:00Z in milliseconds.
let start: UInt64 = 1_763_827_200_000

let press = EdgeNodeName(group: "plant", node: "press")

func at(_ seconds: Double) -> Timestamp { Timestamp(milliseconds: Int64(start)).adding(seconds: seconds) }

func metric(
    _ name: String?,
    _ value: WireValue,
    alias: UInt64? = nil,
    type: SparkplugDataType? = .int64,
    time: UInt64? = nil
) -> SparkplugMetric {
    var metric = SparkplugMetric(name: name, alias: alias, timestamp: time, dataType: type)
    metric.value = value
    return metric
}

/// A payload that was sent `time` milliseconds after the start.
func payload(_ sequence: UInt8?, _ time: UInt64, _ metrics: [SparkplugMetric] = []) -> SparkplugPayload {
    SparkplugPayload(timestamp: start + time, sequence: sequence, metrics: metrics)
}

func birth(
    _ time: UInt64,
    bdSeq: UInt64 = 1,
    sequence: UInt8 = 0,
    _ metrics: [SparkplugMetric] = []
) -> SparkplugPayload {
    payload(sequence, time, [metric("bdSeq", .long(bdSeq))] + metrics)
}

func death(bdSeq: UInt64) -> SparkplugPayload {
    SparkplugPayload(timestamp: start, metrics: [metric("bdSeq", .long(bdSeq))])
}

extension NodeSession {
    /// A node that was born at the start with the metric `speed` (alias 1), and its device `motor` with `torque` (2).
    static func running(with settings: HostSettings = HostSettings()) -> NodeSession {
        var session = NodeSession(name: press)
        _ = session.receive(.nodeBirth, birth(0, [metric("speed", .long(5), alias: 1)]), at: at(0), settings)
        _ = session.receive(
            .deviceBirth,
            device: "motor",
            payload(1, 1, [metric("torque", .long(8), alias: 2)]),
            at: at(0),
            settings
        )
        return session
    }

    /// Sends `torque`, by its alias.
    mutating func torque(_ sequence: UInt8, _ time: UInt64, _ value: UInt64, at now: Timestamp) -> NodeOutcome {
        receive(
            .deviceData,
            device: "motor",
            payload(sequence, time, [metric(nil, .long(value), alias: 2, type: nil)]),
            at: now
        )
    }
}

extension NodeOutcome {
    /// The values by name.
    var values: [String: SparkplugValue] {
        Dictionary(readings.flatMap(\.fields).map { ($0.name, $0.value) }) { first, _ in first }
    }
}
