import HTTPClient
import Primitives

extension DolibarrConnector {
    /// Makes an order unless one holds the key, and takes it through what is missing.
    func create(
        _ order: DeliveryOrder,
        _ fields: OrderFields,
        _ trace: inout CallTrace
    ) async throws(CallFailure) -> CallOutcome {
        let request = try requests.create(order, fields)
        switch try await lookUpOrder(order.idempotencyKey, &trace) {
        case .found(let id, let note): return .done(externalID: id, note: note)
        case .stuck(let reason, let detail): return .stuck(reason: reason, detail: detail)
        case .failed(let reason, let detail, let retryAfter):
            return .transient(reason: reason, detail: detail, retryAfter: retryAfter)
        case .notFound: break
        }
        let content = await change(request, &trace)
        switch content {
        case .document(let document):
            guard let id = JSONPath("")?.identifier(in: document), Int64(id).map({ $0 > 0 }) == true else {
                return .uncertain(reason: "no-id", detail: "Dolibarr answered without the number of what it made.")
            }
            return validates ? Self.outcome(await validated(id, &trace)) : .done(externalID: id)
        case .refused(let failure) where failure.reason == "http-500":
            // A ticket with this track id may have come in between.
            do throws(CallFailure) {
                if case .found(let id, _) = try await lookUpOrder(order.idempotencyKey, &trace) {
                    return .done(externalID: id)
                }
            } catch {
                return .uncertain(reason: failure.reason, detail: "\(failure.detail) Looking it up: \(error.detail)")
            }
            return failure.refused
        default: return Self.outcome(content, id: nil)
        }
    }

    /// The order with a key; a draft that should be validated is.
    func lookUpOrder(_ key: String, _ trace: inout CallTrace) async throws(CallFailure) -> LookUpOutcome {
        let rows: [JSONValue]
        if options.document == .ticket {
            let ticket = try await ask(requests.find(key: key), &trace)
            // Without a match some versions make up a specimen.
            rows = ticket.map { $0["track_id"]?.string == key ? [$0] : [] } ?? []
        } else {
            rows = try await matches(requests.find(key: key), ["ref_client", "ref_customer"], key, &trace)
        }
        guard let row = rows.first else { return .notFound }
        guard let id = JSONPath("id")?.identifier(in: row) else {
            throw CallFailure(reason: "not-a-list", detail: "What the look-up found has no number.")
        }
        guard validates, Self.status(row) == 0 else { return .found(externalID: id) }
        return await validated(id, &trace)
    }

    /// Validates an intervention, which may be done twice.
    private func validated(_ id: String, _ trace: inout CallTrace) async -> LookUpOutcome {
        switch await change(requests.validate(id), isRepeatable: true, &trace) {
        case .document, .unchanged: return .found(externalID: id)
        case .nothing: return .failed(reason: "order-gone", detail: "The intervention is gone.", retryAfter: nil)
        case .refused(let failure):
            let detail = "Intervention \(id) was made, but not validated: \(failure.detail)"
            return .stuck(reason: failure.reason, detail: detail)
        case .transient(let failure), .uncertain(let failure): return failure.failedLookUp
        }
    }

    /// What came of the second step: the first one is done, so that only a look-up can go on.
    private static func outcome(_ validated: LookUpOutcome) -> CallOutcome {
        switch validated {
        case .found(let id, let note): .done(externalID: id, note: note)
        case .stuck(let reason, let detail): .stuck(reason: reason, detail: detail)
        case .failed(let reason, let detail, _): .uncertain(reason: reason, detail: detail)
        case .notFound: .uncertain(reason: "order-gone", detail: "The intervention is gone.")
        }
    }

    func cancel(
        _ target: String,
        _ order: DeliveryOrder,
        _ fields: OrderFields,
        _ trace: inout CallTrace
    ) async throws(CallFailure) -> CallOutcome {
        guard let ticket = try await ask(requests.order(target), &trace) else {
            return .refused(reason: "order-gone", detail: "The ERP no longer has it.")
        }
        switch Self.state(ticket, options.document).phase {
        case .cancelled: return .done(externalID: target)
        case .inProgress: return .refused(reason: "work-begun", detail: "Work on the ticket has begun.")
        case .done: return .refused(reason: "order-done", detail: "The ticket is closed.")
        case .open: break
        }
        if let reason = fields.text("reason"), !Self.hasMessage(ticket, order.idempotencyKey) {
            let request = requests.message(ticket["track_id"] ?? .null, reason, key: order.idempotencyKey)
            // A message that was written in spite of an unclear end is found when this is tried again.
            let told = await change(request, isRepeatable: true, &trace)
            guard case .document = told else { return Self.outcome(told, id: target) }
        }
        return Self.outcome(await change(requests.cancel(target), isRepeatable: true, &trace), id: target)
    }

    func comment(
        _ target: String,
        _ order: DeliveryOrder,
        _ fields: OrderFields,
        _ trace: inout CallTrace
    ) async throws(CallFailure) -> CallOutcome {
        let text = try fields.required("text")
        guard let ticket = try await ask(requests.order(target), &trace) else {
            return .refused(reason: "order-gone", detail: "The ERP no longer has it.")
        }
        if Self.hasMessage(ticket, order.idempotencyKey) { return .done(externalID: target) }
        let request = requests.message(ticket["track_id"] ?? .null, text, key: order.idempotencyKey)
        return Self.outcome(await change(request, &trace), id: target)
    }

    static func hasMessage(_ ticket: JSONValue?, _ key: String) -> Bool {
        ticket?["messages"]?.array?.contains { $0["message"]?.string?.contains("[\(key)]") == true } == true
    }

    // MARK: State

    func state(ofOrder externalID: String) async -> OrderStateOutcome {
        var trace = CallTrace()
        do throws(CallFailure) {
            guard let document = try await ask(requests.order(externalID), &trace) else { return .gone }
            guard Self.status(document) != nil else { return .failed(reason: "no-state") }
            return .state(Self.state(document, options.document))
        } catch {
            return .failed(reason: error.reason)
        }
    }

    /// The member's name differs between versions and documents.
    static func status(_ document: JSONValue) -> Int? {
        for name in ["statut", "status", "fk_statut"] {
            if let number = number(document[name]), number.magnitude < 1_000 { return Int(number) }
        }
        return nil
    }

    static func state(_ document: JSONValue, _ kind: DolibarrOptions.Document) -> OrderState {
        let status = status(document) ?? 0
        var state: OrderState
        switch kind {
        case .intervention:
            let names = [0: "Draft", 1: "Validated", 2: "Billed", 3: "Done"]
            state = OrderState(names[status] ?? "Status \(status)", status >= 2 ? .done : .open)
        case .ticket:
            let names = [
                0: "Unread", 1: "Read", 2: "Assigned", 3: "In progress", 5: "Needs more information", 7: "Waiting",
                8: "Closed", 9: "Cancelled",
            ]
            let phase: OrderState.Phase =
                switch status {
                case ...2: .open
                case 8: .done
                case 9...: .cancelled
                default: .inProgress
                }
            state = OrderState(names[status] ?? "Status \(status)", phase)
            state.assignee = document["fk_user_assign_string"]?.string.nonEmpty
            state.outcome = document["resolution"]?.string.nonEmpty
            state.finishedAt = phase == .done ? time(document["date_close"]) : nil
        }
        state.number = document["ref"]?.string.nonEmpty
        return state
    }

    /// Times are Unix seconds; empty text stands for none.
    private static func time(_ value: JSONValue?) -> Timestamp? {
        guard let seconds = number(value), (1...32_503_680_000).contains(seconds) else { return nil }
        return Timestamp(milliseconds: Int64(seconds) * 1_000)
    }
}
