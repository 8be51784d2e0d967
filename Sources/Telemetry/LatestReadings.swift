import Assets
import Primitives
import Synchronization

/// The newest values of each device, for the live page.
///
/// A device is in it once it has reported or was looked up.
public final class LatestReadings: Sendable {
    /// The newest known values of one device.
    public struct Entry: Sendable {
        /// The device's row.
        public var deviceID: Int32
        /// The newest source time.
        public var timestamp: Timestamp
        /// When that reading reached us.
        public var receivedAt: Timestamp
        /// The newest value of every metric, each possibly from an earlier reading.
        public var values: MetricValues
        /// Rises with every update of any device.
        public var sequence: UInt64

        /// Takes over a reading that is not older.
        mutating func absorb(_ reading: Reading, sequence: UInt64) {
            guard reading.timestamp >= timestamp else { return }
            timestamp = reading.timestamp
            receivedAt = reading.receivedAt
            self.sequence = sequence
            let slots = reading.values.slots
            if values.slots.count == slots.count, !slots.contains(where: \.isNaN) {
                values = reading.values
                return
            }
            for slot in slots.indices where !slots[slot].isNaN { values[slot] = slots[slot] }
        }
    }

    private struct State {
        var entries: [Int32: Entry] = [:]
        var sequence: UInt64 = 0
    }

    private let state = Mutex(State())

    /// Makes an empty board.
    public init() {}

    /// Notes stored readings; older ones than the known change nothing.
    public func update(_ readings: some Sequence<Reading>) {
        state.withLock { state in
            for reading in readings {
                state.sequence += 1
                let isKnown = state.entries[reading.deviceID]?.absorb(reading, sequence: state.sequence) != nil
                if isKnown { continue }
                state.entries[reading.deviceID] = Entry(
                    deviceID: reading.deviceID,
                    timestamp: reading.timestamp,
                    receivedAt: reading.receivedAt,
                    values: reading.values,
                    sequence: state.sequence
                )
            }
        }
    }

    /// The newest values of a device.
    public func entry(_ deviceID: Int32) -> Entry? {
        state.withLock { $0.entries[deviceID] }
    }

    /// The number of the newest update.
    public var sequence: UInt64 { state.withLock(\.sequence) }

    /// All entries.
    public var all: [Entry] { state.withLock { Array($0.entries.values) } }

    /// What changed after `sequence`, and the sequence to ask from next time.
    public func changes(after sequence: UInt64) -> (entries: [Entry], sequence: UInt64) {
        state.withLock { state in
            if state.sequence == sequence { return ([], sequence) }
            return (state.entries.values.filter { $0.sequence > sequence }, state.sequence)
        }
    }
}
