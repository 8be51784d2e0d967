import HTTPClient
import Primitives

/// SAP S/4HANA by its OData 2.0 services.
///
/// A work order's identifier is the number of its maintenance notification, which carries the delivery's key; the order
/// that belongs to it, made here or by a planner, is found through it. An order that people made without a notification
/// is `order/NUMBER`.
struct SAPConnector: ERPConnector {
    let requests: SAPRequests
    let options: SAPOptions
    private let caller: ERPCaller
    private let session = SAPSession()

    init(_ setup: ConnectorSetup) throws(InvalidInput) {
        options = try SAPOptions(setup.options)
        switch setup.caller.credentials {
        case .basic, .oauth2: break
        default:
            let detail = "SAP takes a user name and password, or an OAuth 2 client."
            throw InvalidInput(pointer: "/credentials", code: "scheme", detail: detail)
        }
        // Admins paste the address of a service, too.
        let base = setup.base.split(separator: "/sap/opu/odata", maxSplits: 1).first.map(String.init) ?? setup.base
        requests = SAPRequests(base: base, options: options)
        caller = setup.caller
    }

    var manifest: ConnectorManifest { .sapS4HANA }

    var settle: Double { options.settle }

    func traits(of operation: ERPOperation) -> OperationTraits? {
        if operation == .stockSet, options.movementTypes.increase == nil { return nil }
        return manifest.operation(operation)?.traits
    }

    func link(externalID: String) -> String? {
        options.link?.replacing("${id}", with: PercentEncoding.encode(externalID))
    }

    func issues(operation: ERPOperation, fields: [MappingFieldType]) -> [InputIssue] {
        var issues = manifest.operation(operation)?.issues(fields) ?? []
        if operation == .workOrderCreate, options.orderType == nil, fields.contains(where: { $0.name == "item" }) {
            let detail = "Parts are reserved by an order: set the connector's order type."
            issues.append(InputIssue(pointer: "/fields/item", code: "needs-order", detail: detail))
        }
        return issues
    }

    func perform(_ order: DeliveryOrder) async -> CallReport<CallOutcome> {
        var trace = CallTrace()
        do throws(CallFailure) {
            let fields = try OrderFields(order, manifest)
            let outcome =
                switch order.operation {
                case .workOrderCreate: try await createOrder(order, fields, &trace)
                case .workOrderUpdate: try await updateOrder(order, fields, &trace)
                case .workOrderComment: try await comment(order, fields, &trace)
                case .workOrderCancel: try await cancel(order, fields, &trace)
                case .stockConsume, .stockReceive, .stockSet: try await post(order, fields, &trace)
                case .partsCheck: try await checkParts(fields, &trace)
                case .workOrderAttach: try await attach(order, &trace)
                case .meterRecord: CallFailure.unsupported("meter readings").refused
                }
            return CallReport(outcome, trace)
        } catch {
            return CallReport(error.refused, trace)
        }
    }

    func lookUp(_ order: DeliveryOrder) async -> CallReport<LookUpOutcome> {
        var trace = CallTrace()
        do throws(CallFailure) {
            let fields = try OrderFields(order, manifest)
            let outcome =
                switch order.operation {
                case .workOrderCreate: try await lookUpOrder(order, fields, &trace)
                case .workOrderComment: try await lookUpComment(order, &trace)
                case .workOrderAttach: try await lookUpAttachment(order, &trace)
                case .stockConsume, .stockReceive, .stockSet: try await lookUpMovement(order, &trace)
                default: CallFailure.unsupported("look-up of this").failedLookUp
                }
            return CallReport(outcome, trace)
        } catch {
            return CallReport(error.failedLookUp, trace)
        }
    }
}

extension SAPConnector {
    /// Sends a changing request with a CSRF token; fetches the token anew, once, when SAP refuses it, which means that
    /// nothing was done.
    ///
    /// - Returns: the answer, of status 2xx.
    func change(
        _ request: RenderedRequest,
        _ service: SAPRequests.Service,
        isRepeatable: Bool = false,
        _ trace: inout CallTrace
    ) async -> Result<OutboundResponse, SAPRefusal> {
        for attempt in 1...2 {
            let pass: SAPSession.Pass
            switch await freshPass(service, &trace) {
            case .failure(let refusal): return .failure(refusal)
            case .success(let value): pass = value
            }
            let answer = await caller.answer(
                to: request,
                as: .change,
                authorization: .session(pass.fields),
                trace: &trace
            )
            if SAPRefusal.needsPass(answer) {
                session.forget(pass)
                if attempt == 1 { continue }
                let detail = "SAP refuses the CSRF token that it has just given. Is a proxy dropping its cookies?"
                return .failure(SAPRefusal(.transient, CallFailure(reason: "csrf", detail: detail)))
            }
            if let refusal = SAPRefusal(answer, isRepeatable: isRepeatable) { return .failure(refusal) }
            if case .success(let response) = answer { return .success(response) }
        }
        return .failure(SAPRefusal(.transient, CallFailure(reason: "csrf", detail: "No CSRF token.")))
    }

    private func freshPass(
        _ service: SAPRequests.Service,
        _ trace: inout CallTrace
    ) async -> Result<SAPSession.Pass, SAPRefusal> {
        var noted = CallTrace()
        let result = await session.current {
            // The answer's body is the service's table of contents.
            let answer = await caller.answer(
                to: requests.fetch(service),
                as: .question,
                showsAnswer: false,
                trace: &noted
            )
            if let refusal = SAPRefusal(answer, isRepeatable: true) { return .failure(refusal) }
            guard case .success(let response) = answer else {
                return .failure(SAPRefusal(.transient, CallFailure(reason: "csrf", detail: "No CSRF token.")))
            }
            return .success(SAPSession.Pass(response))
        }
        for record in noted.records { trace.note(record) }
        return result
    }

    /// Sends a question.
    func ask(
        _ request: RenderedRequest,
        _ trace: inout CallTrace
    ) async -> Result<OutboundResponse, SAPRefusal> {
        let answer = await caller.answer(to: request, as: .question, trace: &trace)
        if let refusal = SAPRefusal(answer, isRepeatable: true) { return .failure(refusal) }
        switch answer {
        case .success(let response): return .success(response)
        case .failure(let error): return .failure(SAPRefusal(.transient, CallFailure(error)))
        }
    }

    /// Asks for an entity.
    func entity(
        _ request: RenderedRequest,
        _ trace: inout CallTrace
    ) async -> Result<SAPEntity, SAPRefusal> {
        await ask(request, &trace).flatMap { response in
            SAPAnswer.entity(in: response).map { .success($0) } ?? .failure(Self.unreadable)
        }
    }

    /// Asks for a list.
    func list(
        _ request: RenderedRequest,
        _ trace: inout CallTrace
    ) async -> Result<[SAPEntity], SAPRefusal> {
        await ask(request, &trace).flatMap { response in
            SAPAnswer.list(in: response).map { .success($0) } ?? .failure(Self.unreadable)
        }
    }

    /// Asks for a list outside a delivery.
    func list(_ request: RenderedRequest) async throws(CallFailure) -> [SAPEntity] {
        var trace = CallTrace()
        switch await list(request, &trace) {
        case .success(let list): return list
        case .failure(let refusal): throw refusal.failure
        }
    }

    private static var unreadable: SAPRefusal {
        let detail = "SAP's answer is not the JSON of an OData 2.0 service. Is a sign-in page or a proxy in between?"
        return SAPRefusal(.transient, CallFailure(reason: "not-json", detail: detail))
    }
}
