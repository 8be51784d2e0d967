import Primitives

/// What an order needs to know of Tryton before it can be made.
struct TrytonOrderDraft {
    var place: TrytonPlace
    /// The number of the equipment, for models that link it; nil when the text alone names it.
    var equipment: JSONValue?
    /// The part to reserve.
    var part: TrytonPart?
}

/// A part of an order or shipment.
struct TrytonPart {
    var product: JSONValue
    var unit: JSONValue
    var quantity: JSONValue
    /// What people should know about the quantity.
    var note: String?
}

extension TrytonConnector {
    func create(
        _ order: DeliveryOrder,
        _ fields: OrderFields,
        _ trace: inout CallTrace
    ) async throws(TrytonFailure) -> CallOutcome {
        let draft = try await draft(fields, &trace)
        switch await client.change(try requests.create(order, fields, draft), &trace) {
        case .refused(let failure): return failure.refused
        case .transient(let failure): return failure.transient
        case .uncertain(let failure): return failure.uncertain
        case .done(let result):
            guard let id = result.array?.first?.integer else {
                return .uncertain(reason: "no-id", detail: "Tryton made an order and did not tell its number.")
            }
            let record = TrytonRecord(model: options.orderModel.rawValue, id: id)
            let missing = MissingSteps(hasNote: options.orderModel == .task, state: "draft")
            return await finish(record, order, fields, missing, draft.place, &trace)
        }
    }

    /// What an order still lacks.
    struct MissingSteps {
        /// Whether its texts are there.
        var hasNote: Bool
        /// A production's state.
        var state: String
    }

    /// Takes a new order through the steps after the one that made it; each may be repeated from what is there.
    func finish(
        _ record: TrytonRecord,
        _ order: DeliveryOrder,
        _ fields: OrderFields,
        _ missing: MissingSteps,
        _ place: TrytonPlace,
        _ trace: inout CallTrace
    ) async -> CallOutcome {
        let context = requests.context(company: place.company)
        if !missing.hasNote {
            let text = TrytonTexts.order(fields, key: order.idempotencyKey, withTitle: true)
            let change = await client.change(requests.note(record.name, text, context), &trace)
            if let problem = Self.laterProblem(change) { return problem }
        }
        guard fields.text("item") != nil else { return .done(externalID: record.name) }
        guard options.orderModel == .production else {
            return .done(externalID: record.name, note: "A task in Tryton has no parts: nothing is reserved.")
        }
        if ["request", "draft"].contains(missing.state) {
            let change = await client.change(requests.transition(record, "wait", context), &trace)
            if let problem = Self.laterProblem(change) { return problem }
        }
        guard ["request", "draft", "waiting"].contains(missing.state) else { return .done(externalID: record.name) }
        let change = await client.change(requests.transition(record, "assign_try", context), &trace)
        if let problem = Self.laterProblem(change) { return problem }
        guard case .done(let isReserved) = change, TrytonValue.bool(isReserved) == true else {
            let item = fields.text("item") ?? "parts"
            // Tryton reserves what there is and leaves the rest.
            let note = "The parts are not all reserved: Tryton has not enough of “\(item)”."
            return .done(externalID: record.name, note: note)
        }
        return .done(externalID: record.name, note: "The parts are reserved.")
    }

    /// What it means when a step after the first one was not done; nil when it was.
    static func laterProblem(_ change: TrytonChange) -> CallOutcome? {
        switch change {
        case .done: nil
        case .refused(let failure): failure.stuck
        // The order is there, so that only a look-up may go on.
        case .transient(let failure), .uncertain(let failure): failure.uncertain
        }
    }

    func lookUpOrder(
        _ order: DeliveryOrder,
        _ fields: OrderFields,
        _ trace: inout CallTrace
    ) async throws(TrytonFailure) -> LookUpOutcome {
        let place = try await place(&trace)
        let context = requests.context(company: place.company)
        guard let found = try await records(requests.search(forKey: order.idempotencyKey), context, &trace).first,
            let id = found["id"]?.integer
        else { return .notFound }
        let record = TrytonRecord(model: options.orderModel.rawValue, id: id)
        var missing = MissingSteps(hasNote: true, state: found["state"]?.string ?? "")
        if options.orderModel == .production {
            let search = TrytonRequests.search(noteOf: record.name, withKey: order.idempotencyKey)
            missing.hasNote = try await !records(search, context, &trace).isEmpty
        }
        return await finish(record, order, fields, missing, place, &trace).asLookUp
    }

    /// Finds what an order names.
    private func draft(_ fields: OrderFields, _ trace: inout CallTrace) async throws(TrytonFailure) -> TrytonOrderDraft
    {
        let place = try await place(&trace)
        let context = requests.context(company: place.company)
        var draft = TrytonOrderDraft(place: place)
        if let reference = fields.text("equipment") {
            let id = try await equipmentID(reference, context, &trace)
            if options.equipment == .workCenter || options.equipment == .project { draft.equipment = id }
        }
        if options.orderModel == .production, let item = fields.text("item") {
            draft.part = try await part(item, fields, context, &trace)
        }
        return draft
    }

    private func equipmentID(
        _ reference: String,
        _ context: JSONObject,
        _ trace: inout CallTrace
    ) async throws(TrytonFailure) -> JSONValue {
        let (search, what) = requests.search(forEquipment: reference)
        guard let found = try await records(search, context, &trace).first, let id = found["id"] else {
            throw .permanent("unknown-equipment", "Tryton has no \(what) “\(reference)”.")
        }
        return id
    }
}

extension CallOutcome {
    /// What the end of missing steps means for a look-up.
    var asLookUp: LookUpOutcome {
        switch self {
        case .done(let id, let note): .found(externalID: id, note: note)
        case .stuck(let reason, let detail), .refused(let reason, let detail): .stuck(reason: reason, detail: detail)
        case .transient(let reason, let detail, let retryAfter):
            .failed(reason: reason, detail: detail, retryAfter: retryAfter)
        case .uncertain(let reason, let detail): .failed(reason: reason, detail: detail, retryAfter: nil)
        }
    }
}
