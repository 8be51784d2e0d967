import Foundation
import PostgreSQL
import Primitives

// What people do with deliveries; each act is noted with who did it.
extension OutboxStore {
    /// Makes a dead delivery due again; its attempts stay counted.
    ///
    /// A delivery that may have reached the ERP is looked up first. Where that is impossible it ends as dead again, for
    /// it could be doubled: only a person who has looked into the ERP can say that it is not there. One that was
    /// rejected waits for approval again.
    ///
    /// - Parameters:
    ///   - id: the delivery.
    ///   - isKnownAbsent: whether somebody has made sure that the ERP does not have it.
    ///   - name: who.
    /// - Returns: the delivery as it is now.
    /// - Throws: ``ResourceFailure`` when there is no such delivery or it cannot be retried, `PostgresError`.
    @discardableResult
    public func retry(_ id: UUID, isKnownAbsent: Bool = false, by name: String = "") async throws -> DeliveryDetail {
        let now = clock.now
        try await pool.transaction { transaction in
            guard let facts = try await transaction.first(DeliveryActQueries.retryFacts(id)) else {
                throw Self.missing(id)
            }
            if let obstacle = facts.obstacle { throw obstacle }
            try await transaction.execute(
                DeliveryActQueries.retry(id, as: facts.next(isKnownAbsent: isKnownAbsent), at: now)
            )
            let note = isKnownAbsent ? "The ERP does not have it." : nil
            let act = DeliveryAct(at: now, act: .retried, by: name, note: note)
            try await transaction.execute(DeliveryActQueries.note(act, on: id))
            try await transaction.execute(DeliveryQueries.notify())
        }
        return try await delivery(id)
    }

    /// Makes all dead deliveries of a filter due that ``retry(_:isKnownAbsent:by:)`` would take.
    ///
    /// - Returns: how many.
    /// - Throws: `PostgresError`.
    public func retry(_ filter: RetryFilter, by name: String) async throws -> Int {
        let now = clock.now
        return try await pool.transaction { transaction in
            let count = try await transaction.first(DeliveryActQueries.retryAll(filter, by: name, at: now)) ?? 0
            try await transaction.execute(DeliveryQueries.notify())
            return Int(count)
        }
    }

    /// Releases or rejects a held delivery.
    ///
    /// - Throws: ``ResourceFailure`` when there is no such delivery or it does not wait for approval, `PostgresError`.
    @discardableResult
    public func decide(_ id: UUID, isApproved: Bool, by name: String, note: String?) async throws -> DeliveryDetail {
        let now = clock.now
        let statement =
            isApproved
            ? DeliveryActQueries.approve(id, at: now)
            : DeliveryActQueries.end(
                id,
                from: .held,
                as: .dead,
                reason: DeliveryReason.rejected,
                detail: "\(name) did not approve it." + (note.map { " " + $0 } ?? ""),
                at: now
            )
        let act = DeliveryAct(at: now, act: isApproved ? .approved : .rejected, by: name, note: note)
        return try await change(id, from: .held, code: "delivery-not-held", act, statement)
    }

    /// Changes the fields of a dead delivery, to be retried with them.
    ///
    /// - Throws: ``ResourceFailure`` when there is no such delivery or it is not dead, `PostgresError`.
    @discardableResult
    public func edit(_ id: UUID, fields: JSONObject, by name: String) async throws -> DeliveryDetail {
        let old = try await delivery(id).delivery.fields
        let names = Set(old.members.map(\.name)).union(fields.members.map(\.name)).sorted()
        let changed = names.filter { old[$0] != fields[$0] }
        let act = DeliveryAct(at: clock.now, act: .edited, by: name, note: changed.joined(separator: ", "))
        let item = fields["item"]?.string
        return try await change(
            id,
            from: .dead,
            code: "delivery-not-dead",
            act,
            DeliveryActQueries.edit(id, fields: fields, item: item)
        )
    }

    /// Notes that a person wants nothing done about a dead delivery.
    ///
    /// - Throws: ``ResourceFailure`` when there is no such delivery or it is not dead, `PostgresError`.
    @discardableResult
    public func dismiss(_ id: UUID, by name: String) async throws -> DeliveryDetail {
        let now = clock.now
        return try await change(
            id,
            from: .dead,
            code: "delivery-not-dead",
            DeliveryAct(at: now, act: .dismissed, by: name),
            DeliveryActQueries.end(id, from: .dead, as: .dismissed, reason: nil, detail: nil, at: now)
        )
    }

    /// Lets the later orders of its asset go before an order that keeps failing; it goes on being tried.
    ///
    /// - Throws: ``ResourceFailure`` when there is no such delivery or nothing waits for it, `PostgresError`.
    @discardableResult
    public func stepAside(_ id: UUID, by name: String) async throws -> DeliveryDetail {
        let act = DeliveryAct(at: clock.now, act: .steppedAside, by: name)
        try await pool.transaction { transaction in
            guard try await transaction.first(DeliveryActQueries.state(id)) != nil else { throw Self.missing(id) }
            guard try await transaction.execute(DeliveryActQueries.stepAside(id)) == 1 else {
                throw ResourceFailure.conflict(
                    code: "delivery-in-no-lane",
                    detail: "That goes for orders under way that later ones of the same asset wait for."
                )
            }
            try await transaction.execute(DeliveryActQueries.note(act, on: id))
            try await transaction.execute(DeliveryQueries.notify())
        }
        return try await delivery(id)
    }

    private func change(
        _ id: UUID,
        from state: DeliveryState,
        code: String,
        _ act: DeliveryAct,
        _ statement: Statement<Void>
    ) async throws -> DeliveryDetail {
        try await pool.transaction { transaction in
            guard let now = try await transaction.first(DeliveryActQueries.state(id)) else { throw Self.missing(id) }
            guard now == state else {
                throw ResourceFailure.conflict(
                    code: code,
                    detail: "That goes for deliveries that are \(state.rawValue); this one is \(now.rawValue)."
                )
            }
            try await transaction.execute(statement)
            try await transaction.execute(DeliveryActQueries.note(act, on: id))
            try await transaction.execute(DeliveryQueries.notify())
        }
        return try await delivery(id)
    }
}

extension RetryFacts {
    /// Why the delivery cannot be retried; nil if it can.
    var obstacle: ResourceFailure? {
        if state != .dead {
            return .conflict(
                code: "delivery-not-dead",
                detail: "Only dead deliveries can be retried; this one is \(state.rawValue)."
            )
        }
        if isConnectorDeleted {
            return .conflict(code: "connector-deleted", detail: "The connector of this delivery was deleted.")
        }
        if attempts == 0, !isEdited, reason != DeliveryReason.connectorDeleted, reason != DeliveryReason.rejected {
            return .conflict(
                code: "delivery-incomplete",
                detail:
                    "It was never ready to be sent (\(reason ?? "no reason noted")): correct its mapping, or its fields."
            )
        }
        if hasNewerFigure {
            return .conflict(code: "newer-figure", detail: "A newer figure of the same item was sent or is waiting.")
        }
        return nil
    }

    /// The state in which it goes on.
    func next(isKnownAbsent: Bool) -> DeliveryState {
        if reason == DeliveryReason.rejected { return .held }
        return mayHaveHappened && !isKnownAbsent ? .uncertain : .waiting
    }
}
