import Primitives

extension OdooConnector {
    // MARK: work-order.create

    func create(
        _ order: DeliveryOrder,
        _ fields: OrderFields,
        _ trace: inout CallTrace
    ) async throws(OdooTrouble)
        -> CallOutcome
    {
        let flavour = try await client.requestFlavour(&trace)
        let references = try await references(fields, &trace)
        // Whatever the parts need is asked before anything is made.
        let parts = try await parts(fields, &trace)
        let call = try OdooOrderWriter(options: options, flavour: flavour).create(order, fields, references)
        let answer: OdooAnswer = try await client.change(call, &trace)
        switch answer {
        case .result(let value):
            guard let id = value.integer else { return CallFailure.noNumber.uncertain }
            return await reserve(parts, order, request: id, &trace).outcome
        case .refused(let failure): return failure.refused
        case .uncertain(let failure): return failure.uncertain
        case .transient(let failure):
            // Of several at once Odoo lets one through and refuses the others: the record may be there by now.
            guard failure.reason == "concurrent-update" else { return failure.transient }
            do throws(OdooTrouble) {
                let id = try await record(order.idempotencyKey, of: "maintenance.request", &trace)
                guard let id else { return failure.transient }
                return await reserve(parts, order, request: id, &trace).outcome
            } catch {
                return failure.transient
            }
        }
    }

    func findRequest(
        _ order: DeliveryOrder,
        _ fields: OrderFields,
        _ trace: inout CallTrace
    ) async throws(OdooTrouble)
        -> LookUpOutcome
    {
        guard let id = try await record(order.idempotencyKey, of: "maintenance.request", &trace) else {
            return .notFound
        }
        let parts: OdooParts?
        do throws(OdooTrouble) {
            parts = try await self.parts(fields, &trace)
        } catch {
            guard error.isFinal else { throw error }
            return .stuck(reason: error.failure.reason, detail: "Request \(id) is made. \(error.failure.detail)")
        }
        switch await reserve(parts, order, request: id, &trace) {
        case .whole(_, let note): return .found(externalID: String(id), note: note)
        case .stuck(let failure): return .stuck(reason: failure.reason, detail: failure.detail)
        case .unfinished(let failure): return failure.failedLookUp
        }
    }

    // MARK: work-order.update

    func update(
        _ order: DeliveryOrder,
        _ fields: OrderFields,
        _ trace: inout CallTrace
    ) async throws(OdooTrouble)
        -> CallOutcome
    {
        let target = try Self.target(order)
        let flavour = try await client.requestFlavour(&trace)
        var references = try await references(fields, withDefaults: false, &trace)
        if let stage = fields.text("stage") {
            references.stage = try await named(stage, "maintenance.stage", "stage", &trace)
        }
        let call = try OdooOrderWriter(options: options, flavour: flavour)
            .update(.integer(target), fields, references)
        switch try await client.change(call, &trace) {
        case .result: return .done(externalID: order.target)
        case .refused(let failure): return failure.refused
        case .transient(let failure): return failure.transient
        case .uncertain(let failure): return failure.uncertain
        }
    }

    // MARK: work-order.cancel

    func cancel(
        _ order: DeliveryOrder,
        _ fields: OrderFields,
        _ trace: inout CallTrace
    ) async throws(OdooTrouble)
        -> CallOutcome
    {
        let target = try Self.target(order)
        let flavour = try await client.requestFlavour(&trace)
        guard let state = try await states([target], &trace).first?.state else {
            throw .final("no-order", "Odoo no longer has the maintenance request \(target).")
        }
        switch state.phase {
        case .inProgress, .done:
            throw .final("work-begun", "The request is in the stage “\(state.text)”: it is not cancelled any more.")
        case .open:
            let call = OdooOrderWriter(options: options, flavour: flavour).cancel(.integer(target))
            switch try await client.change(call, &trace) {
            case .result: break
            case .refused(let failure): return failure.refused
            case .transient(let failure): return failure.transient
            case .uncertain(let failure): return failure.uncertain
            }
        case .cancelled: break
        }
        do throws(OdooTrouble) {
            try await noteReason(order, fields, target, &trace)
            return .done(externalID: order.target)
        } catch {
            return error.isFinal ? error.failure.stuck : error.failure.uncertain
        }
    }

    /// Notes the reason once.
    private func noteReason(
        _ order: DeliveryOrder,
        _ fields: OrderFields,
        _ target: Int64,
        _ trace: inout CallTrace
    ) async throws(OdooTrouble) {
        guard let reason = fields.text("reason") else { return }
        if try await hasNote(order, target, &trace) { return }
        let writer = OdooOrderWriter(options: options, flavour: try await client.flavour(&trace))
        _ = try await step(writer.post(reason, on: .integer(target), key: order.idempotencyKey), &trace)
    }

    // MARK: work-order.comment

    func comment(
        _ order: DeliveryOrder,
        _ fields: OrderFields,
        _ trace: inout CallTrace
    ) async throws(OdooTrouble)
        -> CallOutcome
    {
        let target = try Self.target(order)
        let text = fields.text("text") ?? ""
        let writer = OdooOrderWriter(options: options, flavour: try await client.flavour(&trace))
        // Message ids are not unique in Odoo.
        if try await hasNote(order, target, &trace) { return .done(externalID: order.target) }
        switch try await client.change(writer.post(text, on: .integer(target), key: order.idempotencyKey), &trace) {
        case .result: return .done(externalID: order.target)
        case .refused(let failure): return failure.refused
        case .transient(let failure): return failure.transient
        case .uncertain(let failure): return failure.uncertain
        }
    }

    func findComment(_ order: DeliveryOrder, _ trace: inout CallTrace) async throws(OdooTrouble) -> LookUpOutcome {
        try await hasNote(order, try Self.target(order), &trace) ? .found(externalID: order.target) : .notFound
    }

    private func hasNote(
        _ order: DeliveryOrder,
        _ target: Int64,
        _ trace: inout CallTrace
    ) async throws(OdooTrouble) -> Bool {
        let domain: [JSONValue] = [
            ["model", "=", "maintenance.request"], ["res_id", "=", .integer(target)],
            ["message_id", "=", .string(OdooOrderWriter.messageID(order.idempotencyKey))],
        ]
        let call = OdooCall.search("mail.message", domain, fields: ["id"], limit: 1)
        let rows = try Self.rows(try await client.ask(call, &trace))
        return !rows.isEmpty
    }
}

extension CallFailure {
    /// Odoo's answer has no number of a record.
    static let noNumber = CallFailure(reason: "no-id", detail: "Odoo's answer has no number of a record.")
}
