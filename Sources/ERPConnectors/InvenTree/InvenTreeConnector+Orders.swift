import HTTPClient
import Primitives

extension InvenTreeConnector {
    /// Makes a build order.
    ///
    /// The number is read before the key is searched: an order that another attempt makes after the number was read
    /// takes that number, and one made before is found by its key. So a second order with the key would need the
    /// number to be skipped by somebody else at that very moment.
    func create(
        _ order: DeliveryOrder,
        _ fields: OrderFields,
        _ trace: inout CallTrace
    ) async throws(CallFailure) -> CallOutcome {
        let wanted = try partToBuild(fields)
        let part = try await part(wanted, &trace)
        let reference = try await nextReference(&trace)
        if let id = try await findBuild(key: order.idempotencyKey, &trace) { return .done(externalID: id) }
        let request = try requests.createBuild(order, fields, reference: reference, part: .integer(part))
        switch await change(request, &trace) {
        case .done(let document):
            guard let id = JSONPath("pk")?.identifier(in: document) else {
                return .uncertain(reason: "no-id", detail: "InvenTree answered without the number of the build order.")
            }
            return .done(externalID: id)
        case .duplicate(let failure):
            // Our own from another attempt, or somebody else's order took the number.
            do throws(CallFailure) {
                if let id = try await findBuild(key: order.idempotencyKey, &trace) { return .done(externalID: id) }
            } catch {
                return .uncertain(reason: failure.reason, detail: "\(failure.detail) Looking it up: \(error.detail)")
            }
            return .transient(reason: "reference-taken", detail: "\(reference) was taken meanwhile.", retryAfter: nil)
        case .refused(let failure): return failure.refused
        case .transient(let failure): return failure.transient
        case .uncertain(let failure): return failure.uncertain
        }
    }

    func partToBuild(_ fields: OrderFields) throws(CallFailure) -> String {
        guard let part = fields.text("part") ?? options.part else {
            let detail = "No part to build: give the connector the option “part” or the mapping the field “part”."
            throw CallFailure(reason: "field-missing", detail: detail)
        }
        return part
    }

    /// The next number that the site would give.
    func nextReference(_ trace: inout CallTrace) async throws(CallFailure) -> String {
        let pattern = try await pattern(&trace)
        let latest = try await rows(requests.latestBuild, &trace).first
        let number = latest?["reference"]?.string.flatMap { pattern.number(in: $0) } ?? 0
        return pattern.reference(number < Int.max ? number + 1 : number)
    }

    func pattern(_ trace: inout CallTrace) async throws(CallFailure) -> ReferencePattern {
        if let pattern = options.pattern { return pattern }
        let setting = requests.read("/api/settings/global/BUILDORDER_REFERENCE_PATTERN/")
        let text = try await ask(setting, &trace)["value"]?.string ?? ""
        guard let pattern = ReferencePattern(text) else {
            let detail =
                "The reference pattern of build orders, “\(text)”, is not fixed text around one {ref}: change it in "
                + "InvenTree's settings, or give the connector the option “referencePattern”."
            throw CallFailure(reason: "reference-pattern", detail: detail)
        }
        return pattern
    }

    /// The build order whose description holds a key; the search takes any case and any field.
    func findBuild(key: String, _ trace: inout CallTrace) async throws(CallFailure) -> String? {
        let rows = try await rows(requests.findBuild(key: key), &trace)
        let own = rows.first { $0["title"]?.string?.contains("[\(key)]") == true }
        return own.flatMap { JSONPath("pk")?.identifier(in: $0) }
    }

    func update(
        _ target: String,
        _ fields: OrderFields,
        _ trace: inout CallTrace
    ) async throws(CallFailure) -> CallOutcome {
        let title = try await ask(requests.build(target), &trace)["title"]?.string ?? ""
        let request = try requests.updateBuild(target, fields, title: title)
        return Self.outcome(await change(request, isRepeatable: true, &trace), id: target)
    }

    func cancel(
        _ target: String,
        _ order: DeliveryOrder,
        _ fields: OrderFields,
        _ trace: inout CallTrace
    ) async throws(CallFailure) -> CallOutcome {
        let document = try await ask(requests.build(target), &trace)
        let state = Self.state(document)
        switch state.phase {
        case .cancelled: return .done(externalID: target)
        case .inProgress: return .refused(reason: "work-begun", detail: "The build order is in production.")
        case .done: return .refused(reason: "order-done", detail: "The build order is complete.")
        case .open: break
        }
        let notes = document["notes"]?.string ?? ""
        if let reason = fields.text("reason"), !notes.contains(order.idempotencyKey) {
            let remark = Self.remark("Cancelled: \(reason)", order.idempotencyKey)
            let noted = await change(requests.note(target, notes + remark), isRepeatable: true, &trace)
            guard case .done = noted else { return Self.outcome(noted, id: target) }
        }
        return Self.outcome(await change(requests.cancelBuild(target), isRepeatable: true, &trace), id: target)
    }

    func comment(
        _ target: String,
        _ order: DeliveryOrder,
        _ fields: OrderFields,
        _ trace: inout CallTrace
    ) async throws(CallFailure) -> CallOutcome {
        let notes = try await ask(requests.build(target), &trace)["notes"]?.string ?? ""
        if notes.contains(order.idempotencyKey) { return .done(externalID: target) }
        let remark = Self.remark(try fields.required("text"), order.idempotencyKey)
        return Self.outcome(await change(requests.note(target, notes + remark), &trace), id: target)
    }

    static func remark(_ text: String, _ key: String) -> String { "\n\n---\n\n\(text)\n\n`\(key)`" }

    // MARK: State

    func state(ofOrder externalID: String) async -> OrderStateOutcome {
        var trace = CallTrace()
        let request = requests.build(externalID)
        switch await caller.answer(to: request, as: .question, authorization: authorization, trace: &trace) {
        case .failure(let error): return .failed(reason: error.kind.rawValue)
        case .success(let response):
            if InvenTreeAnswer.saysGone(response) { return .gone }
            guard (200..<300).contains(response.status) else { return .failed(reason: "http-\(response.status)") }
            guard let document = try? JSONValue(parsing: response.body), document["status"]?.integer != nil else {
                return .failed(reason: "no-state")
            }
            return .state(Self.state(document))
        }
    }

    /// Sites may define states of their own; `status` is then the standard one that they stand for.
    static func state(_ document: JSONValue) -> OrderState {
        let phase: OrderState.Phase =
            switch document["status"]?.integer {
            case 40: .done
            case 30: .cancelled
            case 20, 25: .inProgress
            default: .open
            }
        var state = OrderState(document["status_text"]?.string.nonEmpty ?? "Pending", phase)
        state.number = document["reference"]?.string
        state.assignee = document["responsible_detail"]?["name"]?.string.nonEmpty
        state.dueAt = day(document["target_date"])
        state.startedAt = day(document["start_date"])
        state.finishedAt = phase == .done ? day(document["completion_date"]) : nil
        return state
    }

    private static func day(_ value: JSONValue?) -> Timestamp? {
        value?.string.flatMap { Timestamp(rfc3339: "\($0.prefix(10))T00:00:00Z") }
    }
}
