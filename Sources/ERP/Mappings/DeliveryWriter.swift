import ERPConnectors
import Foundation
import Logging
import PostgreSQL
import Primitives

/// What a batch wrote into the outbox.
public struct WrittenDeliveries: Hashable, Sendable {
    /// A delivery that is recorded and will not be sent.
    public struct Suppressed: Hashable, Sendable {
        /// The connector's key.
        public var connector: String
        /// Why, such as `limit`.
        public var reason: String
    }

    /// How many were written, dead ones and ``suppressed`` included.
    public internal(set) var count = 0
    /// Those that will not be sent.
    public internal(set) var suppressed: [Suppressed] = []

    /// Makes an empty account.
    public init() {}
}

/// Writes the deliveries of one batch.
struct DeliveryWriter {
    let session: any PostgresSession
    let time: Timestamp
    let logger: Logger
    private var hasTurn = false

    init(session: any PostgresSession, time: Timestamp, logger: Logger) {
        self.session = session
        self.time = time
        self.logger = logger
    }

    /// Settles a draft and writes it, unless its cause is not what the mapping waits for.
    mutating func write(
        _ draft: DeliveryDraft,
        _ alarm: AlarmTrigger?,
        _ connector: String,
        _ written: inout WrittenDeliveries
    ) async throws {
        var draft = draft
        if DeliveryGuard.isNeeded(draft.mapping.definition) {
            if !hasTurn { try await session.execute(GuardQueries.takeTurn()) }
            hasTurn = true
            guard let settled = try await DeliveryGuard(session: session).settle(draft, alarm) else { return }
            draft = settled
        }
        guard try await session.first(DeliveryInsertQueries.insert(draft, at: time)) != nil else { return }
        written.count += 1
        switch draft.beginning {
        case .dead(let detail):
            logger.warning(
                "a delivery is dead because its fields cannot be computed",
                metadata: ["mapping": "\(draft.mapping.key)", "delivery": "\(draft.id)", "reason": "\(detail)"]
            )
        case .superseded(let reason, _):
            written.suppressed.append(.init(connector: connector, reason: reason.rawValue))
        case .waiting, .held:
            guard draft.operation == .stockSet, draft.item != nil else { return }
            let settled = try await session.first(DeliveryInsertQueries.supersede(by: draft, at: time))
            if let settled = settled ?? nil {
                try await session.execute(DeliveryInsertQueries.postpone(draft.id, until: settled))
            }
        }
    }

    /// Tells dispatchers that there is work.
    func finish(_ written: WrittenDeliveries) async throws {
        if written.count > 0 { try await session.execute(DeliveryInsertQueries.notify()) }
    }
}
