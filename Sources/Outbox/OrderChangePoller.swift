import ERP
import ERPConnectors
import Foundation
import Logging
import PostgreSQL
import Primitives
import Synchronization

/// How often lists of changed orders are read; the defaults are the product's.
public struct OrderChangeConfiguration: Sendable {
    /// Seconds between two readings of a connector's list.
    public var interval = 10.0
    /// The longest wait after failures, in seconds.
    public var longestDelay = 300.0
    /// Seconds before the newest change seen from which on is read again: an ERP can commit an older change later.
    public var overlap = 120.0
    /// How far back the first reading goes, in seconds.
    public var firstReach = 3_600.0
    /// How many pages one reading takes at most; the next one goes on where it ended.
    public var pages = 50
    /// How often the table is asked for due connectors.
    public var pollInterval = Duration.seconds(1)
    /// Seconds after which a claimed list is read again if nothing came of the claim.
    public var claim = 300.0
    /// How long calls may go on after the poller was told to stop, before they are cut off.
    public var grace = Duration.seconds(1)

    /// The product's times and bounds.
    public init() {}
}

/// Reads what changed among an ERP's orders, whoever made them: ours take the news over, those that people made there
/// for equipment of ours are mirrored.
public final class OrderChangePoller: Sendable {
    private struct State {
        /// Successive failures of each connector.
        var failures: [Int32: Int] = [:]
        /// What was seen within the overlap, by the ERP's identifier.
        var seen: [Int32: [String: OrderChange]] = [:]
        var hints: [Int32: Timestamp] = [:]
    }

    private let pool: PostgresPool
    private let directory: any ConnectorDirectory
    private let mirror: OrderMirror
    private let clock: WallClock
    private let identifiers: IdentifierSource
    private let configuration: OrderChangeConfiguration
    private let logger: Logger
    private let loop: CallLoop<ChangesCall>
    private let note: @Sendable (OrderChangeEvent) -> Void
    private let state = Mutex(State())

    /// Makes a poller; it works while ``run()`` runs.
    ///
    /// - Parameters:
    ///   - pool: the database.
    ///   - directory: the connectors.
    ///   - outcomes: told what came of orders.
    ///   - clock: the time.
    ///   - identifiers: identifiers of mirrored orders.
    ///   - configuration: times and bounds.
    ///   - logger: told of what an operator should know.
    public convenience init(
        pool: PostgresPool,
        directory: any ConnectorDirectory,
        outcomes: any AlarmOutcomes,
        clock: WallClock,
        identifiers: IdentifierSource,
        configuration: OrderChangeConfiguration = OrderChangeConfiguration(),
        logger: Logger
    ) {
        self.init(
            pool: pool,
            directory: directory,
            outcomes: outcomes,
            clock: clock,
            identifiers: identifiers,
            configuration: configuration,
            logger: logger,
            note: { _ in }
        )
    }

    init(
        pool: PostgresPool,
        directory: any ConnectorDirectory,
        outcomes: any AlarmOutcomes,
        clock: WallClock,
        identifiers: IdentifierSource,
        configuration: OrderChangeConfiguration,
        logger: Logger,
        note: @escaping @Sendable (OrderChangeEvent) -> Void
    ) {
        self.pool = pool
        self.directory = directory
        mirror = OrderMirror(outcomes: outcomes)
        self.clock = clock
        self.identifiers = identifiers
        self.configuration = configuration
        self.logger = logger
        self.note = note
        loop = CallLoop(
            places: CallPlaces(perConnector: 1, total: 4),
            pollInterval: configuration.pollInterval,
            grace: configuration.grace
        )
    }

    /// Works until cancelled.
    ///
    /// Call it once.
    public func run() async {
        await loop.run(claim: { await self.claim() }, perform: { await self.read($0) })
    }

    /// An ERP says that something changed: its list is read now, or its open orders are checked where it has none; at
    /// most once a second.
    ///
    /// - Returns: whether anything was made due.
    /// - Throws: `PostgresError`.
    @discardableResult
    public func hint(_ connectorID: Int32) async throws -> Bool {
        guard let runtime = directory.runtime(connectorID) else { return false }
        let now = clock.now
        let isNews = state.withLock { state in
            if let last = state.hints[connectorID], abs(now.seconds(since: last)) < 1 { return false }
            state.hints[connectorID] = now
            return true
        }
        guard isNews else { return false }
        if runtime.connector.manifest.capabilities.contains(.changes) {
            try await pool.execute(OrderChangeQueries.hurry(connectorID, at: now))
            loop.hint()
        } else {
            try await pool.execute(OrderStatusQueries.hurry(connectorID, at: now))
        }
        return true
    }

    private func claim() async -> [ChangesCall] {
        do {
            let now = clock.now
            var calls: [ChangesCall] = []
            for id in try await pool.query(OrderChangeQueries.due(at: now)) where loop.free(for: id) > 0 {
                guard let runtime = directory.runtime(id), !runtime.isPaused,
                    runtime.connector.manifest.capabilities.contains(.changes)
                else { continue }
                let until = now.adding(seconds: configuration.claim)
                if let due = try await pool.first(OrderChangeQueries.claim(id, at: now, until: until)) {
                    calls.append(ChangesCall(due: due, runtime: runtime))
                }
            }
            note(.looked(claimed: calls.count))
            return calls
        } catch {
            logger.debug("changed orders cannot be read now", metadata: ["error": "\(error)"])
            return []
        }
    }

    private func read(_ call: ChangesCall) async {
        let id = call.connectorID
        let start = call.due.since ?? clock.now.adding(seconds: -configuration.firstReach)
        let since = start.adding(seconds: -configuration.overlap)
        var error: String?
        do {
            try await readPages(call, since: since)
            state.withLock { $0.failures[id] = nil }
        } catch let failure as CallFailure {
            error = "\(failure.reason): \(failure.detail)"
        } catch {
            logger.debug("changed orders were not written down", metadata: ["error": "\(error)"])
            return
        }
        let now = clock.now
        let delay = error.map { delayAfterFailure(of: call.runtime, $0) } ?? configuration.interval
        let next = now.adding(seconds: delay)
        // Not written: the claim ends by itself.
        _ = try? await pool.execute(OrderChangeQueries.end(id, error: error, at: now, next: next))
        note(.read)
    }

    private func readPages(_ call: ChangesCall, since: Timestamp) async throws {
        var cursor: String?
        for _ in 0..<configuration.pages {
            let page = try await call.runtime.connector.changes(since: since, after: cursor)
            try await apply(page.items, call)
            cursor = page.next
            if cursor == nil { return }
        }
    }

    /// Writes a page down, and how far the list was read with it.
    private func apply(_ page: [OrderChange], _ call: ChangesCall) async throws {
        let id = call.connectorID
        let news = state.withLock { state in page.filter { state.seen[id]?[$0.externalID] != $0 } }
        let newest = page.map(\.changedAt).max()
        if !news.isEmpty || newest.map({ $0 > (call.due.since ?? Timestamp(microseconds: 0)) }) == true {
            let now = clock.now
            try await pool.transaction { transaction in
                try await self.write(news, call, at: now, in: transaction)
                try await transaction.execute(OrderChangeQueries.advance(id, to: newest))
            }
        }
        state.withLock { state in
            var seen = state.seen[id] ?? [:]
            for change in news { seen[change.externalID] = change }
            if let newest {
                let oldest = newest.adding(seconds: -2 * configuration.overlap)
                seen = seen.filter { $0.value.changedAt >= oldest }
            }
            state.seen[id] = seen
        }
        if !news.isEmpty { note(.applied(news.count)) }
    }

    private func write(
        _ news: [OrderChange],
        _ call: ChangesCall,
        at now: Timestamp,
        in transaction: Transaction
    ) async throws {
        let id = call.connectorID
        var known: [String: KnownOrder] = [:]
        let names = news.map(\.externalID)
        for order in try await transaction.query(OrderMirrorQueries.known(id, names)) {
            known[order.externalID] = order
        }
        for change in news {
            var order = known[change.externalID]
            if order == nil, change.equipment != nil {
                let row = identifiers.next()
                let isOurs = try await transaction.execute(
                    OrderMirrorQueries.addForeign(row, connectorID: id, change, at: now)
                )
                if isOurs == 1 { order = KnownOrder(id: row, externalID: change.externalID, phase: .open) }
            }
            // Older than what is known: read again, or listed twice.
            guard let order, order.changedAt.map({ $0 <= change.changedAt }) ?? true else { continue }
            let news = OrderNews(
                state: change.state,
                title: change.title,
                equipment: change.equipment,
                changedAt: change.changedAt
            )
            let next = news.phase.isOver ? nil : now.adding(seconds: configuration.interval * 6)
            try await mirror.note(order, news, at: now, nextCheckAt: next, in: transaction)
            known[change.externalID] = order.after(news)
        }
    }

    /// Doubles with every successive failure of the connector, in seconds.
    private func delayAfterFailure(of runtime: ConnectorRuntime, _ reason: String) -> Double {
        let count = state.withLock { state in
            state.failures[runtime.id, default: 0] += 1
            return state.failures[runtime.id, default: 1]
        }
        if count == 1 {
            logger.notice(
                "an ERP's list of changed orders cannot be read",
                metadata: ["connector": "\(runtime.key)", "reason": "\(reason)"]
            )
        }
        return min(configuration.longestDelay, configuration.interval * pow(2, Double(min(count, 30))))
    }
}

extension KnownOrder {
    /// The order once the news are written down.
    fileprivate func after(_ news: OrderNews) -> KnownOrder {
        var order = self
        order.phase = news.phase
        order.number = news.state.number ?? number
        order.changedAt = news.changedAt ?? changedAt
        return order
    }
}

/// What the poller tells about itself: the signals that tests wait for.
enum OrderChangeEvent: Hashable, Sendable {
    /// It asked for due connectors and claimed so many.
    case looked(claimed: Int)
    /// It committed so many changes that it had not seen before.
    case applied(Int)
    /// It noted the end of a reading.
    case read
}

/// A claimed list with the connector to call.
private struct ChangesCall: ConnectorCall {
    var due: DueChanges
    var runtime: ConnectorRuntime

    var connectorID: Int32 { due.connectorID }
}
