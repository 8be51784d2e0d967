import Foundation
import Logging
import PostgreSQL
import Primitives
import Synchronization

/// The right to ingest: held by one server process at a time.
///
/// It lies in PostgreSQL with an epoch that rises with each change of holder and that every ingest transaction checks. A
/// holder that is killed loses it as soon as PostgreSQL has noticed the end of its connection; one that only hangs loses
/// it when it expires, and finds its next transaction refused.
public final class IngestLease: Sendable {
    /// How it is kept.
    public struct Timing: Sendable {
        /// How long it holds without being renewed, by the database's clock.
        public var term: Duration = .seconds(10)
        /// How often it is renewed.
        public var renewal: Duration = .seconds(3)
        /// How often those who wait ask for it.
        public var poll: Duration = .milliseconds(250)

        /// The usual timing.
        public init() {}
    }

    /// Where this process stands.
    public enum Standing: Hashable, Sendable {
        /// The database was not asked yet.
        case unknown
        /// Another process ingests.
        case standby
        /// This one does, under that epoch.
        case held(epoch: Int64)
    }

    /// How the names of all ingest connections begin.
    static let sessionPrefix = "plantwright ingest "

    private let pool: PostgresPool
    private let holder: UUID
    /// The name that this process's ingest connections must have, so that the next holder can end them.
    public let sessionName: String
    private let timing: Timing
    private let logger: Logger
    private let onChange: @Sendable (Standing) -> Void
    private let current = Mutex(Standing.unknown)

    /// Makes a lease that is not held.
    ///
    /// - Parameters:
    ///   - pool: one connection of it is kept as long as the lease is held; not the one that readings are written with.
    ///   - holder: this process, different from any other.
    ///   - timing: how it is kept.
    ///   - logger: where a change is told.
    ///   - onChange: told of each change of standing.
    public init(
        pool: PostgresPool,
        holder: UUID,
        timing: Timing = Timing(),
        logger: Logger,
        onChange: @escaping @Sendable (Standing) -> Void = { _ in }
    ) {
        self.pool = pool
        self.holder = holder
        sessionName = Self.sessionPrefix + holder.uuidString.lowercased()
        self.timing = timing
        self.logger = logger
        self.onChange = onChange
    }

    /// Where this process stands now.
    public var standing: Standing { current.withLock { $0 } }

    /// The epoch under which this process may write.
    ///
    /// - Throws: ``NotIngesting`` when another process ingests.
    public func epoch() throws(NotIngesting) -> Int64 {
        guard case .held(let epoch) = standing else { throw NotIngesting() }
        return epoch
    }

    /// Runs `body` whenever this process holds the lease, until it ends by itself or the task is cancelled.
    ///
    /// `body` is cancelled when another process has taken the lease over; afterwards this one waits for it again.
    public func run(_ body: @escaping @Sendable (_ epoch: Int64) async throws -> Void) async throws {
        while true {
            let epoch = try await acquire()
            enter(.held(epoch: epoch))
            let isLost = try await withThrowingTaskGroup(of: Bool.self) { group in
                group.addTask {
                    try await body(epoch)
                    return false
                }
                group.addTask {
                    try await self.keep(epoch)
                    return true
                }
                defer { group.cancelAll() }
                return try await group.next() ?? false
            }
            guard isLost else { return await release(epoch) }
            logger.error("Another process ingests now", metadata: ["epoch": "\(epoch)"])
        }
    }

    private func enter(_ standing: Standing) {
        let isNew = current.withLock { current in
            defer { current = standing }
            return current != standing
        }
        if isNew { onChange(standing) }
    }

    private func acquire() async throws -> Int64 {
        while true {
            do {
                try await pool.execute(LeaseQueries.evict(exceptSession: sessionName))
                if let epoch = try await take(nil, in: pool) { return epoch }
                if standing != .standby { logger.notice("Another process ingests; this one stands by") }
                enter(.standby)
            } catch let error as PostgresError {
                logger.debug("The ingest lease cannot be asked for", metadata: ["error": "\(error)"])
            }
            try await Task.sleep(for: timing.poll)
        }
    }

    /// Renews the lease on a connection of its own; returns when it is lost.
    private func keep(_ epoch: Int64) async throws {
        while true {
            do {
                let isLost = try await pool.withConnection { connection in
                    while true {
                        guard try await self.take(epoch, in: connection) == epoch else { return true }
                        try await Task.sleep(for: self.timing.renewal)
                    }
                }
                if isLost {
                    enter(.standby)
                    return
                }
            } catch let error as PostgresError {
                // The database is away; until it answers, nobody else can take the lease either.
                logger.debug("The ingest lease cannot be renewed", metadata: ["error": "\(error)"])
                try await Task.sleep(for: timing.poll)
            }
        }
    }

    private func take(_ epoch: Int64?, in session: some PostgresSession) async throws -> Int64? {
        let term = Double(timing.term.components.seconds) + Double(timing.term.components.attoseconds) * 1e-18
        return try await session.first(LeaseQueries.take(holder, epoch: epoch, seconds: term))
    }

    private func release(_ epoch: Int64) async {
        enter(.standby)
        _ = try? await pool.execute(LeaseQueries.release(holder, epoch: epoch))
    }
}

/// This process does not ingest: another one holds the lease.
public struct NotIngesting: Error, Hashable, Sendable {
    /// Makes the error.
    public init() {}
}
