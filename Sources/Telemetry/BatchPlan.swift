import Assets
import Primitives

/// How new values for a known (device, timestamp) relate to the stored ones.
enum Meeting: Hashable {
    /// Nothing new.
    case duplicate
    /// Values that were absent before; the whole row with them.
    case merged(MetricValues)
    /// A value that differs from a stored one.
    case conflict

    /// Compares by the rule of identity: absent values may be filled in, present ones never change.
    init(stored: MetricValues, incoming: MetricValues) {
        var union = stored
        var adds = false
        for slot in incoming.slots.indices {
            guard let value = incoming[slot] else { continue }
            if let known = stored[slot] {
                if known != value {
                    self = .conflict
                    return
                }
            } else {
                union[slot] = value
                adds = true
            }
        }
        self = adds ? .merged(union) : .duplicate
    }
}

/// The rows that one transaction will write: readings of a batch by identity, merged among themselves.
struct BatchPlan {
    struct Identity: Hashable {
        var deviceID: Int32
        var timestamp: Timestamp
    }

    /// One row per identity, in order of first arrival.
    private(set) var rows: [Reading] = []
    /// The message that first told each row.
    private(set) var origins: [Int] = []
    /// Readings that contradict an earlier one of the same batch.
    private(set) var conflicts: [Reading] = []
    private var places: [Identity: Int] = [:]

    init(capacity: Int) {
        rows.reserveCapacity(capacity)
        origins.reserveCapacity(capacity)
        places.reserveCapacity(capacity)
    }

    /// Adds a reading; what becomes of it inside the batch is noted in `counts`.
    mutating func add(_ reading: Reading, message: Int, counts: inout ReadingCounts) {
        let identity = Identity(deviceID: reading.deviceID, timestamp: reading.timestamp)
        guard let place = places[identity] else {
            places[identity] = rows.count
            rows.append(reading)
            origins.append(message)
            return
        }
        switch Meeting(stored: rows[place].values, incoming: reading.values) {
        case .duplicate: counts.duplicate += 1
        case .merged(let values):
            rows[place].values = values
            counts.merged += 1
        case .conflict:
            conflicts.append(reading)
            counts.conflict += 1
        }
    }

    /// Adds a reading that has no time of its own: it gets the first free microsecond from its time of receipt on.
    mutating func addWithoutIdentity(_ reading: Reading, message: Int, counts: inout ReadingCounts) {
        var reading = reading
        while places[Identity(deviceID: reading.deviceID, timestamp: reading.timestamp)] != nil {
            reading.timestamp.microseconds += 1
        }
        add(reading, message: message, counts: &counts)
    }
}
