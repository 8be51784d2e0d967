import HTTPClient
import Primitives

/// A connector for InvenTree.
///
/// A build order holds the key in its description, which lists can be searched by; its number is the next one of the
/// site, and unique. A number made of the key would wreck the site's own numbering, which goes on from the highest.
/// Stock adjustments hold the key in their notes, which the tracking log can be searched by.
struct InvenTreeConnector: ERPConnector {
    let requests: InvenTreeRequests
    let caller: ERPCaller
    let authorization: ERPCaller.Authorization

    init(_ setup: ConnectorSetup) throws(InvalidInput) {
        requests = InvenTreeRequests(base: setup.base, options: try InvenTreeOptions(setup.options))
        caller = setup.caller
        switch setup.caller.credentials {
        case .bearer(let token):
            authorization = .fields([(name: "Authorization", value: Redacted("Token " + token.reveal()))])
        // Options are checked without credentials.
        case .basic, .none: authorization = .standard
        default:
            let detail = "InvenTree takes an API token, {bearer}, or {username, password}."
            throw InvalidInput(pointer: "/credentials", code: "unsuitable", detail: detail)
        }
    }

    var manifest: ConnectorManifest { .inventree }

    var options: InvenTreeOptions { requests.options }

    var settle: Double { options.settle }

    func link(externalID: String) -> String? {
        "\(requests.base)/web/manufacturing/build-order/\(PercentEncoding.encode(externalID))/"
    }

    // MARK: Calling

    /// The JSON answer to a question.
    func ask(_ request: RenderedRequest, _ trace: inout CallTrace) async throws(CallFailure) -> JSONValue {
        switch await caller.answer(to: request, as: .question, authorization: authorization, trace: &trace) {
        case .failure(let error): throw CallFailure(error)
        case .success(let response):
            guard (200..<300).contains(response.status) else {
                throw InvenTreeAnswer.failure(CallFailure(response), response)
            }
            guard let document = try? JSONValue(parsing: response.body) else {
                throw CallFailure(reason: "not-json", detail: "The answer is not JSON: is this the server's address?")
            }
            return document
        }
    }

    /// The rows of a list.
    func rows(_ request: RenderedRequest, _ trace: inout CallTrace) async throws(CallFailure) -> [JSONValue] {
        guard let rows = try await ask(request, &trace).inventreeRows else {
            throw CallFailure(reason: "not-a-list", detail: "The answer is no list: is this the server's address?")
        }
        return rows
    }

    func change(
        _ request: RenderedRequest,
        isRepeatable: Bool = false,
        _ trace: inout CallTrace
    ) async -> InvenTreeAnswer.Change {
        InvenTreeAnswer.change(
            await caller.change(request, isRepeatable: isRepeatable, authorization: authorization, trace: &trace)
        )
    }

    static func outcome(_ change: InvenTreeAnswer.Change, id: String?) -> CallOutcome {
        switch change {
        case .done: .done(externalID: id)
        case .duplicate(let failure), .refused(let failure): failure.refused
        case .transient(let failure): failure.transient
        case .uncertain(let failure): failure.uncertain
        }
    }

    /// What a question that failed before any change means for the delivery.
    static func outcome(_ failure: CallFailure) -> CallOutcome {
        let isFinal =
            failure.reason.hasPrefix("field-") || failure.reason.hasPrefix("no-")
            || ["http-400", "http-401", "http-403", "http-404", "reference-pattern"].contains(failure.reason)
        return isFinal ? failure.refused : failure.transient
    }

    // MARK: Delivering

    func perform(_ order: DeliveryOrder) async -> CallReport<CallOutcome> {
        var trace = CallTrace()
        let outcome: CallOutcome
        do throws(CallFailure) {
            let fields = try OrderFields(order, manifest)
            outcome =
                switch (order.operation, order.target) {
                case (.workOrderCreate, _): try await create(order, fields, &trace)
                case (.workOrderUpdate, let target?): try await update(target, fields, &trace)
                case (.workOrderCancel, let target?): try await cancel(target, order, fields, &trace)
                case (.workOrderComment, let target?): try await comment(target, order, fields, &trace)
                case (.workOrderAttach, let target?): try await attach(order, to: target, &trace)
                case (.partsCheck, _): try await check(fields, &trace)
                default: try await adjust(order, fields, &trace)
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
            let key = order.idempotencyKey
            switch (order.operation, order.target) {
            case (.workOrderCreate, _):
                outcome = try await findBuild(key: key, &trace).map { .found(externalID: $0) } ?? .notFound
            case (.workOrderComment, let target?):
                let notes = try await ask(requests.build(target), &trace)["notes"]?.string ?? ""
                outcome = notes.contains(key) ? .found(externalID: target) : .notFound
            case (.workOrderAttach, let target?):
                outcome = try await hasFile(order, target, &trace) ? .found(externalID: target) : .notFound
            case (let operation, _) where operation.isAboutStock:
                outcome = try await isTracked(key: key, &trace) ? .found(externalID: nil) : .notFound
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
            let part: JSONValue = .string("‹number of part \(try partToBuild(fields))›")
            let reference = "‹next reference›"
            return [try requests.createBuild(order, fields, reference: reference, part: part)]
        case (.workOrderUpdate, let target?):
            let update = try requests.updateBuild(target, fields, title: "[pw-‹key›]")
            return [requests.build(target), update]
        case (.workOrderCancel, let target?): return [requests.build(target), requests.cancelBuild(target)]
        case (.workOrderComment, let target?):
            let notes = "‹notes so far›" + Self.remark(try fields.required("text"), key)
            return [requests.build(target), requests.note(target, notes)]
        case (.workOrderAttach, let target?): return [requests.attach(order, to: target)]
        case (.partsCheck, _): return [requests.part(try fields.required("item"))]
        default:
            let item = try fields.required("item")
            let quantity = try self.quantity(fields, order.operation)
            let items: JSONValue = [["pk": .string("‹stock item of \(item)›"), "quantity": .number(quantity)]]
            return [requests.part(item), requests.adjust(Self.action(order.operation), items, key: key)]
        }
    }
}
