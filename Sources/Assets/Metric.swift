import Primitives

/// What kind of values a metric has.
public enum MetricKind: String, CaseIterable, Sendable {
    /// A measured number.
    case gauge
    /// A number that only rises, but for resets and where it rolls over.
    case counter
    /// A text or boolean out of a few.
    case state
    /// A WGS 84 position: latitude and longitude in degrees.
    case location
}

/// One channel of a profile.
public struct Metric: Hashable, Sendable {
    /// The metric's key, unique in its profile; also its name in payloads and expressions.
    public var key: String
    /// The name that people read.
    public var name: String
    /// UCUM unit, such as `Cel` or `mm/s`; empty for none.
    public var unit: String
    /// What kind of values it has.
    public var kind: MetricKind
    /// Where a counter begins at 0 again, in its unit: the first value that it never shows, such as 65,536 for 16 bits;
    /// nil when it does not, or when that is unknown.
    public var rollover: Double?
    /// The first of its slots in ``MetricValues``; append-only, never reused.
    public var ordinal: Int
    /// Whether the profile no longer lists it; its history stays.
    public var isRetired: Bool

    /// Makes a metric.
    public init(
        key: String,
        name: String,
        unit: String,
        kind: MetricKind,
        rollover: Double? = nil,
        ordinal: Int,
        isRetired: Bool = false
    ) {
        self.key = key
        self.name = name
        self.unit = unit
        self.kind = kind
        self.rollover = rollover
        self.ordinal = ordinal
        self.isRetired = isRetired
    }

    /// How many slots it takes: two for a location (latitude, longitude), else one.
    public var width: Int { kind == .location ? 2 : 1 }
}

/// The values of one reading by metric ordinal; absent values take no part in anything.
public struct MetricValues: Hashable, Sendable {
    /// One number per slot; NaN stands for absent (a NaN can never be reported).
    public var slots: [Double]

    /// Makes values in which every slot is absent.
    public init(count: Int) {
        slots = [Double](repeating: .nan, count: count)
    }

    /// Makes values from slots in which NaN stands for absent.
    public init(slots: [Double]) {
        self.slots = slots
    }

    /// The number in a slot; nil when absent or beyond the end.
    public subscript(slot: Int) -> Double? {
        get {
            guard slot < slots.count, !slots[slot].isNaN else { return nil }
            return slots[slot]
        }
        set {
            if slot >= slots.count {
                slots.append(contentsOf: repeatElement(.nan, count: slot + 1 - slots.count))
            }
            slots[slot] = newValue ?? .nan
        }
    }

    /// Whether every slot is absent.
    public var isEmpty: Bool { slots.allSatisfy(\.isNaN) }

    /// Whether both hold the same values; absent ones at the end do not count.
    public static func == (left: MetricValues, right: MetricValues) -> Bool {
        for slot in 0..<max(left.slots.count, right.slots.count) where left[slot] != right[slot] { return false }
        return true
    }

    /// Hashes what takes part in the comparison.
    public func hash(into hasher: inout Hasher) {
        for (slot, value) in slots.enumerated() where !value.isNaN {
            hasher.combine(slot)
            hasher.combine(value)
        }
    }
}

/// The values that one device reported for one source timestamp.
public struct Reading: Hashable, Sendable {
    /// The device's row.
    public var deviceID: Int32
    /// Source time.
    public var timestamp: Timestamp
    /// When it reached us.
    public var receivedAt: Timestamp
    /// 0 is good; 1 means the time is that of receipt because the payload had none.
    public var quality: Int16
    /// The values by ordinal.
    public var values: MetricValues

    /// Makes a reading.
    public init(deviceID: Int32, timestamp: Timestamp, receivedAt: Timestamp, quality: Int16, values: MetricValues) {
        self.deviceID = deviceID
        self.timestamp = timestamp
        self.receivedAt = receivedAt
        self.quality = quality
        self.values = values
    }
}
