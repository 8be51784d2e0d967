import Assets

/// Where the counters of a profile roll over, by slot.
struct SlotRollovers: Hashable, Sendable {
    /// As long as needed; empty when no counter rolls over, as in most profiles.
    private var values: [Double?] = []

    /// Those of a profile's metrics, retired ones included.
    init(_ profile: Profile? = nil) {
        guard let profile else { return }
        for metric in profile.metrics + profile.retired {
            guard let rollover = metric.rollover else { continue }
            self[metric.ordinal] = rollover
        }
    }

    /// The roll-over value of the counter in a slot; nil when it has none.
    subscript(slot: Int) -> Double? {
        get { slot < values.count ? values[slot] : nil }
        set {
            if slot >= values.count {
                values.append(contentsOf: repeatElement(nil, count: slot + 1 - values.count))
            }
            values[slot] = newValue
        }
    }

    /// The slots in which this and another differ.
    func changes(to other: SlotRollovers) -> [Int] {
        (0..<max(values.count, other.values.count)).filter { self[$0] != other[$0] }
    }
}
