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

/// The rows that one transaction will write: readings of a batch by identity, merged among themselves, and apart by
/// whether the store can hold them already.
///
/// A row newer than the newest stored one of its device is surely new and can be written directly. Usually all are, in
/// order, and then no identity is ever looked up.
struct BatchPlan {
    /// A row to write and the message that first told it.
    struct Row {
        var reading: Reading
        let message: Int
        let retention: RetentionClass
    }

    private struct Identity: Hashable {
        var deviceID: Int32
        var timestamp: Timestamp

        init(_ reading: Reading) {
            deviceID = reading.deviceID
            timestamp = reading.timestamp
        }
    }

    /// Where a row of the plan stands.
    private enum Place {
        case fresh(Int)
        case staged(Int)
    }

    /// What is known of a device while the plan is made.
    private struct Mark {
        let device: Int32
        /// The newest stored source time.
        let stored: Timestamp?
        /// The newest source time, this batch included.
        var top: Timestamp?
        let gap: GapRule
        let retention: RetentionSchedule
        var line = LedgerLine()

        /// Takes note of the next reading in order.
        @inline(__always)
        mutating func advance(to time: Timestamp) {
            if let top, let missing = gap.missing(from: top, to: time) {
                line.gaps += 1
                line.gapSeconds += missing
            }
            top = time
        }
    }

    /// Rows that are newer than all stored ones of their device: per device in increasing source time once made.
    private(set) var fresh: [Row] = []
    /// Rows that the store may hold.
    private(set) var staged: [Row] = []
    /// Readings that contradict an earlier one of the same batch.
    private(set) var conflicts: [Reading] = []
    /// What became of the readings of each message inside the batch.
    private(set) var counts: [ReadingCounts]
    /// Where the rows belong.
    private(set) var partitions: Set<ReadingPartition> = []
    /// The partition of the row before, which is mostly that of the next one too.
    private var recent: (retention: RetentionClass, months: Range<Timestamp>)?
    private var marks: [Mark] = []
    private var indexOfDevice: [Int32: Int] = [:]
    private var places: [Identity: Place]?
    private var isOrdered = true

    /// Plans readings.
    ///
    /// - Parameters:
    ///   - rows: in the order of their arrival.
    ///   - messages: how many messages they came in.
    ///   - newest: the newest stored source times of all their devices.
    ///   - plant: tells the devices' reporting intervals.
    ///   - trustsNewest: no when the store is to be asked about every row.
    init(
        _ rows: [BatchDecoding.Row],
        messages: Int,
        newest: NewestTimestamps,
        plant: PlantSnapshot,
        trustsNewest: Bool = true
    ) {
        counts = [ReadingCounts](repeating: ReadingCounts(), count: messages)
        fresh.reserveCapacity(rows.count)
        for row in rows { add(row, newest, plant, trustsNewest) }
        if !isOrdered {
            fresh.sort { ($0.reading.deviceID, $0.reading.timestamp) < ($1.reading.deviceID, $1.reading.timestamp) }
            noteGapsAgain()
        }
    }

    /// Whether there is nothing to write.
    var isEmpty: Bool { fresh.isEmpty && staged.isEmpty && conflicts.isEmpty }

    /// What this batch adds to the ledgers before the store is asked.
    var ledger: [Int32: LedgerLine] {
        Dictionary(marks.map { ($0.device, $0.line) }) { first, _ in first }
    }

    private mutating func add(
        _ row: BatchDecoding.Row,
        _ newest: NewestTimestamps,
        _ plant: PlantSnapshot,
        _ trustsNewest: Bool
    ) {
        var reading = row.reading
        let device = reading.deviceID
        let index = indexOfDevice[device] ?? register(device, newest, plant)
        marks[index].line.received += 1
        if row.isTimed {
            let delay = reading.receivedAt.seconds(since: reading.timestamp)
            marks[index].line.leastDelay = min(marks[index].line.leastDelay ?? delay, delay)
        } else if let top = marks[index].top, top >= reading.timestamp, top.seconds(since: reading.timestamp) < 1 {
            // It gets the first free microsecond from its time of receipt on.
            reading.timestamp.microseconds = top.microseconds + 1
        }
        if marks[index].top.map({ $0 < reading.timestamp }) ?? true {
            marks[index].advance(to: reading.timestamp)
            append(reading, row.message, index, isFresh: trustsNewest)
        } else {
            addOutOfOrder(reading, row.message, index, isTimed: row.isTimed, trustsNewest)
        }
    }

    private mutating func register(_ device: Int32, _ newest: NewestTimestamps, _ plant: PlantSnapshot) -> Int {
        let stored = newest.newest(device)
        let interval = plant.devices[device].flatMap { plant.profile(of: $0)?.reportingInterval }
        indexOfDevice[device] = marks.count
        marks.append(
            Mark(
                device: device,
                stored: stored,
                top: stored,
                gap: GapRule(interval: interval ?? 0),
                retention: plant.retention(ofDevice: device)
            )
        )
        return marks.count - 1
    }

    private mutating func append(_ reading: Reading, _ message: Int, _ index: Int, isFresh: Bool) {
        let retention = marks[index].retention.retention(at: reading.timestamp)
        note(retention, reading.timestamp)
        let row = Row(reading: reading, message: message, retention: retention)
        let place: Place
        if isFresh {
            place = .fresh(fresh.count)
            fresh.append(row)
        } else {
            place = .staged(staged.count)
            staged.append(row)
        }
        places?[Identity(reading)] = place
    }

    @inline(__always)
    private mutating func note(_ retention: RetentionClass, _ time: Timestamp) {
        if let recent, recent.retention == retention, recent.months.contains(time) { return }
        let partition = ReadingPartition(retention: retention, holding: time)
        recent = (retention, partition.month..<partition.end)
        partitions.insert(partition)
    }

    /// A reading that is not newer than all before it.
    private mutating func addOutOfOrder(
        _ reading: Reading,
        _ message: Int,
        _ index: Int,
        isTimed: Bool,
        _ trustsNewest: Bool
    ) {
        var reading = reading
        if places == nil { places = indexed() }
        if !isTimed {
            while places?[Identity(reading)] != nil { reading.timestamp.microseconds += 1 }
        }
        let place = places?[Identity(reading)]
        guard let place else {
            let isFresh = trustsNewest && marks[index].stored.map { $0 < reading.timestamp } ?? true
            if isFresh { isOrdered = false }
            append(reading, message, index, isFresh: isFresh)
            return
        }
        meet(reading, at: place, message, index)
    }

    /// A reading whose identity an earlier one of the batch has.
    private mutating func meet(_ reading: Reading, at place: Place, _ message: Int, _ index: Int) {
        let earlier =
            switch place {
            case .fresh(let index): fresh[index].reading.values
            case .staged(let index): staged[index].reading.values
            }
        switch Meeting(stored: earlier, incoming: reading.values) {
        case .duplicate:
            counts[message].duplicate += 1
            marks[index].line.duplicate += 1
        case .merged(let values):
            switch place {
            case .fresh(let index): fresh[index].reading.values = values
            case .staged(let index): staged[index].reading.values = values
            }
            counts[message].merged += 1
            marks[index].line.merged += 1
        case .conflict:
            conflicts.append(reading)
            counts[message].conflict += 1
            marks[index].line.conflict += 1
        }
    }

    /// The places of all rows so far; needed from the first reading on that is out of order.
    private func indexed() -> [Identity: Place] {
        var places: [Identity: Place] = Dictionary(minimumCapacity: fresh.count + staged.count)
        for (index, row) in fresh.enumerated() {
            places[Identity(row.reading)] = .fresh(index)
        }
        for (index, row) in staged.enumerated() {
            places[Identity(row.reading)] = .staged(index)
        }
        return places
    }

    /// Finds the gaps of a batch whose readings came out of order.
    private mutating func noteGapsAgain() {
        for index in marks.indices {
            marks[index].line.gaps = 0
            marks[index].line.gapSeconds = 0
            marks[index].top = marks[index].stored
        }
        for row in fresh {
            guard let index = indexOfDevice[row.reading.deviceID] else { continue }
            marks[index].advance(to: row.reading.timestamp)
        }
    }
}
