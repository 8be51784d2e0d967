import Assets
import Primitives

/// A row of the count of open alarms.
struct OpenAlarmCount: Sendable {
    var deviceID: Int32
    var assetID: Int32?
    var severity: Severity
    var open: Int
    var unacknowledged: Int
}

/// How many alarms are open, by severity.
public struct SeverityCounts: Hashable, Sendable {
    /// Open alarms by severity; severities without any are absent.
    public private(set) var open: [Severity: Int] = [:]
    /// How many of them nobody has acknowledged.
    public private(set) var unacknowledged = 0

    /// Makes counts of nothing.
    public init() {}

    /// The worst severity of an open alarm; nil when none is open.
    public var worst: Severity? { open.keys.max() }
    /// All open alarms.
    public var total: Int { open.values.reduce(0, +) }

    mutating func add(_ count: OpenAlarmCount) {
        open[count.severity, default: 0] += count.open
        unacknowledged += count.unacknowledged
    }

    /// The API's form: the count of each severity, the worst one, the total.
    public var json: JSONValue {
        var counts = JSONObject()
        for severity in Severity.allCases { counts[severity.rawValue] = .integer(Int64(open[severity] ?? 0)) }
        return [
            "worst": .optional(worst?.rawValue), "total": .integer(Int64(total)),
            "unacknowledged": .integer(Int64(unacknowledged)), "severities": .object(counts),
        ]
    }
}

/// The open alarms of the plant, counted: what the map and the key figures show.
public struct OpenAlarms: Sendable {
    /// Counts of everything.
    public private(set) var all = SeverityCounts()
    /// Counts by device.
    public private(set) var byDevice: [Int32: SeverityCounts] = [:]
    /// Counts by asset, those of the assets below included.
    public private(set) var byAsset: [Int32: SeverityCounts] = [:]

    init(_ counts: [OpenAlarmCount], plant: PlantSnapshot) {
        for count in counts {
            all.add(count)
            byDevice[count.deviceID, default: SeverityCounts()].add(count)
            var next = count.assetID
            var steps = 0
            while let id = next, steps < 64 {
                byAsset[id, default: SeverityCounts()].add(count)
                next = plant.assets[id]?.parentID
                steps += 1
            }
        }
    }
}
