import Primitives

/// Changes of an order that is there: each leaves a note with its key, and the note comes first.
extension TrytonConnector {
    func comment(
        _ order: DeliveryOrder,
        _ fields: OrderFields,
        _ trace: inout CallTrace
    ) async throws(TrytonFailure) -> CallOutcome {
        let (record, context, _) = try await target(order, &trace)
        let text = TrytonTexts.remark(fields.text("text") ?? "", key: order.idempotencyKey)
        return await noted(record, text, context, &trace) ?? .done(externalID: record.name)
    }

    func update(
        _ order: DeliveryOrder,
        _ fields: OrderFields,
        _ trace: inout CallTrace
    ) async throws(TrytonFailure) -> CallOutcome {
        let (record, context, state) = try await target(order, &trace)
        let values = try requests.values(ofUpdate: fields, record)
        if record.orderModel == .production, !values.isEmpty, !["request", "draft"].contains(state) {
            // Tryton's own pages do not allow it, though its interface does.
            throw .permanent("order-state", "The production is “\(state)”: its dates can no longer be changed.")
        }
        let text = TrytonTexts.change(fields, key: order.idempotencyKey)
        if let problem = await noted(record, text, context, &trace) { return problem }
        return await writeUpdate(record, values, context, &trace)
    }

    private func writeUpdate(
        _ record: TrytonRecord,
        _ values: JSONObject,
        _ context: JSONObject,
        _ trace: inout CallTrace
    ) async -> CallOutcome {
        if values.isEmpty { return .done(externalID: record.name) }
        let change = await client.change(requests.write(record, values, context), &trace)
        return Self.laterProblem(change) ?? .done(externalID: record.name)
    }

    func cancel(
        _ order: DeliveryOrder,
        _ fields: OrderFields,
        _ trace: inout CallTrace
    ) async throws(TrytonFailure) -> CallOutcome {
        let (record, context, state) = try await target(order, &trace)
        if record.orderModel == .production, ["running", "done"].contains(state) {
            throw .permanent("order-state", "The production is “\(state)” and can no longer be cancelled.")
        }
        if record.orderModel == .task { _ = try await cancelledStatus(context, &trace) }
        let text = TrytonTexts.remark(fields.text("reason") ?? "Cancelled.", key: order.idempotencyKey)
        if let problem = await noted(record, text, context, &trace) { return problem }
        return try await finishCancel(record, context, &trace)
    }

    private func finishCancel(
        _ record: TrytonRecord,
        _ context: JSONObject,
        _ trace: inout CallTrace
    ) async throws(TrytonFailure) -> CallOutcome {
        if record.orderModel == .task {
            let values = try await cancelledStatus(context, &trace)
            let change = await client.change(requests.write(record, values, context), &trace)
            return Self.laterProblem(change) ?? .done(externalID: record.name)
        }
        let change = await client.change(requests.transition(record, "cancel", context), &trace)
        if let problem = Self.laterProblem(change) { return problem }
        // A transition that the state does not allow is passed over without an error.
        do throws(TrytonFailure) {
            let state = try await records(requests.search(record), context, &trace).first?["state"]?.string ?? "gone"
            if state == "cancelled" || state == "cancel" { return .done(externalID: record.name) }
            return .stuck(reason: "order-state", detail: "The production is “\(state)” and was not cancelled.")
        } catch {
            return error.failure.uncertain
        }
    }

    /// Looks for the note of a change, and does again what came after it.
    func lookUpNote(
        _ order: DeliveryOrder,
        _ fields: OrderFields,
        _ trace: inout CallTrace
    ) async throws(TrytonFailure) -> LookUpOutcome {
        let place = try await place(&trace)
        let context = requests.context(company: place.company)
        guard let name = order.target, let record = TrytonRecord(name, options.orderModel) else { return .notFound }
        let search = TrytonRequests.search(noteOf: record.name, withKey: order.idempotencyKey)
        guard try await !records(search, context, &trace).isEmpty else { return .notFound }
        switch order.operation {
        case .workOrderUpdate:
            let values = try requests.values(ofUpdate: fields, record)
            return await writeUpdate(record, values, context, &trace).asLookUp
        case .workOrderCancel: return try await finishCancel(record, context, &trace).asLookUp
        default: return .found(externalID: record.name)
        }
    }

    /// The order that a change is about, its state, and the context of calls.
    func target(
        _ order: DeliveryOrder,
        _ trace: inout CallTrace
    ) async throws(TrytonFailure) -> (TrytonRecord, JSONObject, String) {
        guard let name = order.target, let record = TrytonRecord(name, options.orderModel) else {
            throw .permanent("order-gone", "“\(order.target ?? "")” is no order of Tryton.")
        }
        let place = try await place(&trace)
        let context = requests.context(company: place.company)
        guard let found = try await records(requests.search(record), context, &trace).first else {
            throw .permanent("order-gone", "Tryton has no order “\(name)” any more.")
        }
        return (record, context, found["state"]?.string ?? "")
    }

    /// Adds the note that carries the key; nil when it is there.
    private func noted(
        _ record: TrytonRecord,
        _ text: String,
        _ context: JSONObject,
        _ trace: inout CallTrace
    ) async -> CallOutcome? {
        switch await client.change(requests.note(record.name, text, context), &trace) {
        case .done: nil
        case .refused(let failure): failure.refused
        case .transient(let failure): failure.transient
        case .uncertain(let failure): failure.uncertain
        }
    }

    /// What makes a task cancelled.
    private func cancelledStatus(
        _ context: JSONObject,
        _ trace: inout CallTrace
    ) async throws(TrytonFailure) -> JSONObject {
        guard let name = options.cancelledStatus else {
            throw .permanent("not-configured", "The option “cancelledStatus” names no status for cancelled tasks.")
        }
        let search = TrytonSearch("project.work.status", [["name", "=", .string(name)]], ["id", "progress"], limit: 1)
        guard let found = try await records(search, context, &trace).first, let id = found["id"] else {
            throw .permanent("unknown-status", "Tryton has no status of tasks “\(name)”.")
        }
        var values: JSONObject = ["status": id]
        if let progress = found["progress"], !progress.isNull { values["progress"] = progress }
        return values
    }
}

extension TrytonRequests {
    /// What an update writes into the record itself.
    func values(ofUpdate fields: OrderFields, _ record: TrytonRecord) throws(TrytonFailure) -> JSONObject {
        var values = JSONObject()
        if record.orderModel == .task, let title = fields.text("title") { values["name"] = .string(title) }
        if record.orderModel == .production {
            for (name, value) in try dates(fields) { values[name] = value }
        }
        return values
    }

    /// Finds an order by its number: a `read` of one that is gone is an error like that of a missing permission.
    func search(_ record: TrytonRecord) -> TrytonSearch {
        let fields = record.orderModel == .production ? ["id", "state"] : ["id"]
        return TrytonSearch(record.model, [["id", "=", .integer(record.id)]], fields, limit: 1)
    }
}
