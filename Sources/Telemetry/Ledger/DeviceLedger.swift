import Assets
import Logging
import PostgreSQL
import Primitives

/// A reading that contradicts the stored one of the same source time.
public struct ReadingConflict: Sendable {
    /// Its number; the list's cursor.
    public var id: Int64
    /// Source time.
    public var timestamp: Timestamp
    /// When it came.
    public var receivedAt: Timestamp
    /// What it says.
    public var values: MetricValues
    /// What is stored; empty when the stored reading is gone.
    public var stored: MetricValues
}

/// A device's ledger: what became of everything that it sent.
public struct DeviceLedger: Sendable {
    /// One UTC day of receipt.
    public struct Day: Sendable {
        /// The day's first moment.
        public var day: Timestamp
        /// What became of what came in on it.
        public var line: LedgerLine
    }

    /// Days on which something came in, the earliest first.
    public var days: [Day]

    /// All days together.
    public var total: LedgerLine {
        var total = LedgerLine()
        for day in days { total += day.line }
        return total
    }

    /// How far the device's clock is off, in seconds; positive when it is behind ours.
    ///
    /// Judged by the newest day: the least time that a reading took to reach us. nil when nothing with a time came in.
    public var clockOffset: Double? { days.last?.line.leastDelay }

    /// Whether the clock is probably wrong: it tells times that are not here yet, or all its readings of the newest day
    /// seem to have been more than a minute and three reporting intervals under way.
    public func isClockSuspicious(interval: Double?) -> Bool {
        guard let clockOffset else { return false }
        return clockOffset < -2 || clockOffset > max(60, 3 * (interval ?? 0))
    }
}

/// Reads ledgers, and folds what the batches added into them.
public struct LedgerStore: Sendable {
    let pool: PostgresPool
    private let logger: Logger

    /// Makes a store over a pool.
    public init(pool: PostgresPool, logger: Logger) {
        self.pool = pool
        self.logger = logger
    }

    /// A device's ledger from a day on.
    public func ledger(of device: Device, since: Timestamp) async throws -> DeviceLedger {
        DeviceLedger(days: try await pool.query(LedgerQueries.days(device: device.id, since: since)))
    }

    /// A device's conflicting readings, the newest first.
    public func conflicts(of device: Device, before: Int64?, limit: Int) async throws -> [ReadingConflict] {
        try await pool.query(LedgerQueries.conflicts(device: device.id, before: before, limit: Int64(limit)))
    }

    /// Folds what batches added, again and again, until the task is cancelled; on the process that ingests.
    public func run(every interval: Duration = .seconds(5)) async throws {
        while true {
            try await Task.sleep(for: interval)
            do {
                try await pool.execute(LedgerQueries.fold())
            } catch {
                logger.debug("The ledgers cannot be folded now", metadata: ["error": "\(error)"])
            }
        }
    }
}
