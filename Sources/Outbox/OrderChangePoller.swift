import ERP
import ERPConnectors
import Foundation
import Logging
import PostgreSQL
import Primitives
import Synchronization

/// How often lists of changed orders are read; the defaults are the product's.
public struct OrderChangeConfiguration: Sendable {
    /// Times and bounds; the interval is that between two readings of a connector's list.
    public var pace = PollPace(interval: 10, callsPerConnector: 1, calls: 4, claim: 300)
    /// Seconds before the newest change seen from which on is read again: an ERP can commit an older change later.
    public var overlap = 120.0
    /// How far back the first reading goes, in seconds.
    public var firstReach = 3_600.0
    /// How many pages one reading takes at most; the next one goes on where it ended.
    public var pages = 50
    /// Seconds within which a second hint of the same ERP makes nothing due, over all processes.
    public var hintInterval = 1.0

    /// The product's times and bounds.
    public init() {}
}

/// Reads what changed among an ERP's orders, whoever made them: ours take the news over, those that people made there
/// for equipment of ours are mirrored.
public final class OrderChangePoller: Sendable {
    private let poller: ConnectorPoller<ChangesCall>
    private let mirror: OrderMirror
    private let identifiers: IdentifierSource
    private let configuration: OrderChangeConfiguration
    private let note: @Sendable (OrderChangeEvent) -> Void
    /// What was seen within the overlap, by connector and the ERP's identifier.
    private let seen = Mutex<[Int32: [String: OrderChange]]>([:])

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
        mirror = OrderMirror(outcomes: outcomes)
        self.identifiers = identifiers
        self.configuration = configuration
        self.note = note
        poller = ConnectorPoller(
            "an ERP's list of changed orders",
            pool: pool,
            directory: directory,
            clock: clock,
            pace: configuration.pace,
            logger: logger
        )
    }

    /// Works until cancelled.
    ///
    /// Call it once.
    public func run() async {
        await poller.run(claim: { try await self.claim() }, perform: { await self.read($0) })
    }

    /// An ERP says that something changed: its list is read now, or its open orders are checked where it has none; at
    /// most once a second, whichever process was told.
    ///
    /// - Returns: whether anything was made due.
    /// - Throws: `PostgresError`.
    @discardableResult
    public func hint(_ connectorID: Int32) async throws -> Bool {
        guard let runtime = poller.runtime(connectorID) else { return false }
        let now = poller.clock.now
        let quiet = configuration.hintInterval
        guard try await poller.pool.execute(OrderChangeQueries.noteHint(connectorID, at: now, quiet: quiet)) == 1
        else { return false }
        if runtime.connector.manifest.capabilities.contains(.changes) {
            try await poller.pool.execute(OrderChangeQueries.hurry(connectorID, at: now))
            poller.hint()
        } else {
            try await poller.pool.execute(OrderStatusQueries.hurry(connectorID, at: now))
        }
        return true
    }

    private func claim() async throws -> [ChangesCall] {
        let now = poller.clock.now
        let ready = poller.ready(try await poller.pool.query(OrderChangeQueries.due(at: now)), needing: .changes)
        let until = now.adding(seconds: configuration.pace.claim)
        var calls: [ChangesCall] = []
        for share in poller.shares(ready.keys, at: now) {
            let statement = OrderChangeQueries.claim(share.connectorID, at: now, until: until)
            guard let runtime = ready[share.connectorID], let due = try await poller.pool.first(statement) else {
                continue
            }
            calls.append(ChangesCall(due: due, runtime: runtime))
        }
        note(.looked(claimed: calls.count))
        return calls
    }

    private func read(_ call: ChangesCall) async {
        let id = call.connectorID
        let start = call.due.since ?? poller.clock.now.adding(seconds: -configuration.firstReach)
        let since = start.adding(seconds: -configuration.overlap)
        var error: String?
        do {
            try await readPages(call, since: since)
            poller.noteAnswer(of: id)
        } catch let failure as CallFailure {
            error = "\(failure.reason): \(failure.detail)"
        } catch {
            poller.logger.debug("changed orders were not written down", metadata: ["error": "\(error)"])
            return
        }
        let now = poller.clock.now
        let delay = error.map { poller.delay(afterFailureOf: call.runtime, $0) } ?? configuration.pace.interval
        let next = now.adding(seconds: delay)
        // Not written: the claim ends by itself.
        _ = try? await poller.pool.execute(OrderChangeQueries.end(id, error: error, at: now, next: next))
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
        let news = seen.withLock { seen in page.filter { seen[id]?[$0.externalID] != $0 } }
        let newest = page.map(\.changedAt).max()
        if !news.isEmpty || newest.map({ $0 > (call.due.since ?? Timestamp(microseconds: 0)) }) == true {
            let now = poller.clock.now
            try await poller.pool.transaction { transaction in
                try await self.write(news, call, at: now, in: transaction)
                try await transaction.execute(OrderChangeQueries.advance(id, to: newest))
            }
        }
        seen.withLock { seen in
            var known = seen[id] ?? [:]
            for change in news { known[change.externalID] = change }
            if let newest {
                let oldest = newest.adding(seconds: -2 * configuration.overlap)
                known = known.filter { $0.value.changedAt >= oldest }
            }
            seen[id] = known
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
            let next = news.phase.isOver ? nil : now.adding(seconds: configuration.pace.interval * 6)
            try await mirror.note(order, news, at: now, nextCheckAt: next, in: transaction)
            known[change.externalID] = order.after(news)
        }
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
