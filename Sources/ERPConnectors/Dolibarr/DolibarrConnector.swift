import HTTPClient
import Primitives

/// A connector for Dolibarr.
///
/// Interventions hold the key as customer reference and stock movements as code, both of which are not unique: the key is
/// looked for before every create. Tickets hold it as track id, which is.
struct DolibarrConnector: ERPConnector {
    let requests: DolibarrRequests
    let caller: ERPCaller
    private let authorization: ERPCaller.Authorization

    init(_ setup: ConnectorSetup) throws(InvalidInput) {
        requests = DolibarrRequests(url: setup.base, options: try DolibarrOptions(setup.options))
        caller = setup.caller
        switch setup.caller.credentials {
        case .bearer(let key): authorization = .fields([(name: "DOLAPIKEY", value: key)])
        // Options are checked without credentials.
        case .none: authorization = .none
        default:
            let detail = "Dolibarr takes an API key: {bearer: key}."
            throw InvalidInput(pointer: "/credentials", code: "unsuitable", detail: detail)
        }
    }

    var manifest: ConnectorManifest { .dolibarr }

    var options: DolibarrOptions { requests.options }

    var settle: Double { options.settle }

    /// Only tickets can be changed, commented and cancelled; interventions take files too.
    func traits(of operation: ERPOperation) -> OperationTraits? {
        let isTicket = options.document == .ticket
        if operation.needsTarget, operation != .workOrderAttach, !isTicket { return nil }
        var traits = manifest.operation(operation)?.traits
        if operation == .workOrderCreate, isTicket { traits?.isUnique = true }
        return traits
    }

    func link(externalID: String) -> String? {
        let page = options.document == .ticket ? "ticket" : "fichinter"
        return "\(requests.pages)/\(page)/card.php?id=\(PercentEncoding.encode(externalID))"
    }

    // MARK: Calling

    /// The answer to a question; nil when there is nothing of what was asked for.
    func ask(_ request: RenderedRequest, _ trace: inout CallTrace) async throws(CallFailure) -> JSONValue? {
        let answer = await caller.answer(to: request, as: .question, authorization: authorization, trace: &trace)
        switch DolibarrAnswer.content(answer) {
        case .document(let document): return document
        case .nothing: return nil
        case .unchanged: throw CallFailure(reason: "http-304", detail: "The ERP answered a question with 304.")
        case .refused(let failure), .transient(let failure), .uncertain(let failure):
            throw DolibarrAnswer.advised(failure)
        }
    }

    /// The rows of a list; none when the server says that there is nothing.
    func rows(_ request: RenderedRequest, _ trace: inout CallTrace) async throws(CallFailure) -> [JSONValue] {
        guard let document = try await ask(request, &trace) else { return [] }
        guard let rows = document.array else {
            throw CallFailure(reason: "not-a-list", detail: "The answer is no list: is this Dolibarr's address?")
        }
        return rows
    }

    /// The rows whose field is exactly a value.
    ///
    /// - Throws: ``CallFailure``; reason `filter-ignored` when other rows came, so that “not there” cannot be told.
    func matches(
        _ request: RenderedRequest,
        _ fields: [String],
        _ value: String,
        _ trace: inout CallTrace
    ) async throws(CallFailure) -> [JSONValue] {
        let rows = try await rows(request, &trace)
        let own = rows.filter { row in fields.contains { row[$0]?.string == value } }
        if own.isEmpty, !rows.isEmpty {
            let detail = "Dolibarr ignored the filter and answered with other rows."
            throw CallFailure(reason: "filter-ignored", detail: detail)
        }
        return own
    }

    func change(
        _ request: RenderedRequest,
        isRepeatable: Bool = false,
        _ trace: inout CallTrace
    ) async -> DolibarrAnswer.Content {
        let answer = await caller.answer(to: request, as: .change, authorization: authorization, trace: &trace)
        return DolibarrAnswer.content(answer, isRepeatable: isRepeatable)
    }

    static func outcome(_ content: DolibarrAnswer.Content, id: String?) -> CallOutcome {
        switch content {
        case .document, .unchanged: .done(externalID: id)
        case .nothing: .refused(reason: "order-gone", detail: "The ERP no longer has it.")
        case .refused(let failure): DolibarrAnswer.advised(failure).refused
        case .transient(let failure): failure.transient
        case .uncertain(let failure): failure.uncertain
        }
    }

    /// What a question that failed before any change means for the delivery.
    static func outcome(_ failure: CallFailure) -> CallOutcome {
        let isFinal =
            failure.reason.hasPrefix("field-") || failure.reason.hasPrefix("no-")
            || ["http-400", "http-401", "http-403", "injection-protection"].contains(failure.reason)
        return isFinal ? failure.refused : failure.transient
    }

    /// Numbers come as numbers or as text.
    static func number(_ value: JSONValue?) -> Double? { value?.double ?? value?.string.flatMap(Double.init) }

    // MARK: Delivering

    func perform(_ order: DeliveryOrder) async -> CallReport<CallOutcome> {
        var trace = CallTrace()
        let outcome: CallOutcome
        do throws(CallFailure) {
            let fields = try OrderFields(order, manifest)
            guard traits(of: order.operation) != nil else {
                throw CallFailure(reason: "no-operation", detail: "Dolibarr's API cannot do this with interventions.")
            }
            outcome =
                switch (order.operation, order.target) {
                case (.workOrderCreate, _): try await create(order, fields, &trace)
                case (.workOrderUpdate, let target?):
                    Self.outcome(
                        await change(try requests.update(target, fields), isRepeatable: true, &trace),
                        id: target
                    )
                case (.workOrderCancel, let target?): try await cancel(target, order, fields, &trace)
                case (.workOrderComment, let target?): try await comment(target, order, fields, &trace)
                case (.workOrderAttach, let target?): try await attach(order, to: target, &trace)
                case (.partsCheck, _): try await check(fields, &trace)
                default: try await move(order, fields, &trace)
                }
        } catch {
            outcome = Self.outcome(error)
        }
        return CallReport(outcome, trace)
    }

    func lookUp(_ order: DeliveryOrder) async -> CallReport<LookUpOutcome> {
        var trace = CallTrace()
        let outcome: LookUpOutcome
        do throws(CallFailure) {
            switch (order.operation, order.target) {
            case (.workOrderCreate, _): outcome = try await lookUpOrder(order.idempotencyKey, &trace)
            case (.workOrderComment, let target?):
                let ticket = try await ask(requests.order(target), &trace)
                let isThere = Self.hasMessage(ticket, order.idempotencyKey)
                outcome = isThere ? .found(externalID: target) : .notFound
            case (let operation, _) where operation.isAboutStock:
                let id = try await movement(order.idempotencyKey, &trace)
                outcome = id.map { .found(externalID: $0) } ?? .notFound
            default: throw .unsupported("look-up for this")
            }
        } catch {
            outcome = error.failedLookUp
        }
        return CallReport(outcome, trace)
    }

    func preview(_ order: DeliveryOrder) throws(CallFailure) -> [RenderedRequest] {
        let fields = try OrderFields(order, manifest)
        let key = order.idempotencyKey
        switch (order.operation, order.target) {
        case (.workOrderCreate, _):
            let create = try requests.create(order, fields)
            return validates ? [create, requests.laterValidation] : [create]
        case (.workOrderUpdate, let target?): return [try requests.update(target, fields)]
        case (.workOrderCancel, let target?): return [requests.order(target), requests.cancel(target)]
        case (.workOrderComment, let target?):
            let text = try fields.required("text")
            return [requests.order(target), requests.message("‹track id of the ticket›", text, key: key)]
        case (.workOrderAttach, let target?):
            return [requests.order(target), requests.upload(order, toRef: "‹reference of the order›")]
        case (.partsCheck, _): return [try requests.product(try fields.required("item"))]
        default:
            let item = try fields.required("item")
            let quantity = try signedQuantity(fields, order.operation)
            let figure: JSONValue =
                order.operation == .stockSet
                ? .string("‹\(JSONValue.text(of: quantity)) less what there is›") : .number(quantity)
            return [
                try requests.product(item),
                requests.move(.string("‹number of \(item)›"), .string("‹number of the warehouse›"), figure, key: key),
            ]
        }
    }

    /// Whether new orders take a second step.
    var validates: Bool { options.document == .intervention && options.validates }
}
