import PostgreSQL
import Primitives
import Synchronization

/// How far rollups and packing have come: rows before it need more than an insert.
///
/// The ingest writer asks it for every row and moves nothing; the rollup and packing workers move it while ingest rests
/// (``IngestWriter/whileIngestRests(_:)``), so that no transaction spans a move.
public final class StoreFrontier: Sendable {
    /// The frontier at one moment; cheap to copy.
    public struct Snapshot: Sendable {
        /// By device: the buckets before are computed, or are about to be.
        public internal(set) var through: [Int32: Timestamp] = [:]
        /// Times before may be packed.
        public internal(set) var packedBefore = Timestamp(microseconds: .min)

        /// Whether a new or changed row of that time makes a computed bucket wrong.
        public func isRolledUp(_ device: Int32, _ time: Timestamp) -> Bool {
            through[device].map { time < $0 } ?? false
        }

        /// Whether the row may belong to a packed block.
        public func mayBePacked(_ time: Timestamp) -> Bool { time < packedBefore }
    }

    private let state = Mutex(Snapshot())

    /// Makes a frontier before which nothing is; ``load(from:)`` reads the stored one.
    public init() {}

    /// The frontier now.
    public var snapshot: Snapshot { state.withLock { $0 } }

    /// Reads what is stored; never moves back.
    ///
    /// To be called before the first row is written, and again when another process may have written since.
    public func load(from session: some PostgresSession) async throws {
        let progress = try await session.query(RollupQueries.progress())
        let newest = try await session.first(PackedBlockQueries.newestMonth()) ?? nil
        state.withLock { state in
            for row in progress { state.advance(row.deviceID, to: row.through) }
            if let newest { state.packedBefore = max(state.packedBefore, newest.startOfMonth(addingMonths: 1)) }
        }
    }

    /// Moves devices forward; only while ingest rests.
    func advance(_ targets: [Int32: Timestamp]) {
        state.withLock { state in
            for (device, target) in targets { state.advance(device, to: target) }
        }
    }

    /// Lets everything before `time` be packed; only while ingest rests.
    func allowPacking(before time: Timestamp) {
        state.withLock { $0.packedBefore = max($0.packedBefore, time) }
    }
}

extension StoreFrontier.Snapshot {
    fileprivate mutating func advance(_ device: Int32, to target: Timestamp) {
        if let known = through[device], known >= target { return }
        through[device] = target
    }
}
