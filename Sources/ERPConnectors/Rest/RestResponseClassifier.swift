import HTTPClient
import Primitives

/// Says what an answer, or the lack of one, means for each kind of call.
///
/// Pure.
struct RestResponseClassifier: Sendable {
    /// An answer or why there is none.
    typealias Answer = ERPCaller.Answer

    let options: RestOptions

    /// What a create came to.
    ///
    /// Success needs an identifier: some ERPs answer 200 for a refusal.
    func create(_ answer: Answer) -> CallOutcome {
        switch answer {
        case .failure(let error):
            let failure = CallFailure(error)
            return error.mayHaveReachedServer ? failure.uncertain : failure.transient
        case .success(let response):
            let failure = CallFailure(response)
            switch response.status {
            case 200..<300:
                if let id = Self.document(response).flatMap({ options.create?.id.identifier(in: $0) }) {
                    return .done(externalID: id)
                }
                let detail = "The ERP answered \(response.status) without an identifier."
                return .uncertain(reason: "no-id", detail: detail)
            case 408, 425, 429, 503: return failure.transient
            // These promise that the method is kept, so the work was not done here.
            case 301, 307, 308, 400..<500: return failure.refused
            default: return failure.uncertain
            }
        }
    }

    /// Whether a refused create may be refused because an earlier attempt made it: ERPs have many ways to say so.
    func maySayDuplicate(_ answer: Answer) -> Bool {
        guard case .success(let response) = answer else { return false }
        return [400, 409, 417, 422].contains(response.status)
    }

    /// What an absolute write came to.
    func write(_ answer: Answer) -> CallOutcome {
        switch answer {
        case .failure(let error):
            let failure = CallFailure(error)
            return error.mayHaveReachedServer ? failure.uncertain : failure.transient
        case .success(let response):
            let failure = CallFailure(response)
            switch response.status {
            case 200..<300: return .done(externalID: nil)
            case 408, 425, 429, 500, 503: return failure.transient
            case 300..<500: return failure.refused
            // A gateway gave up; the ERP behind it may still write.
            default: return failure.uncertain
            }
        }
    }

    /// What a look-up came to.
    ///
    /// Only an answer that can be read says "not found".
    func lookUp(_ answer: Answer) -> LookUpOutcome {
        guard let find = options.find else { return CallFailure.unsupported("look-up").failedLookUp }
        let items: [JSONValue]
        switch Self.items(answer, find.items) {
        case .failure(let failure): return failure.failedLookUp
        case .success(let list): items = list
        }
        guard let item = items.first else { return .notFound }
        guard let id = find.id.identifier(in: item) else {
            let detail = "What the look-up found has no identifier at “\(find.id.text)”."
            return CallFailure(reason: "no-id", detail: detail).failedLookUp
        }
        return .found(externalID: id)
    }

    /// What the upload of a picture came to.
    func attach(_ answer: Answer, isRepeatable: Bool, to target: String?) -> CallOutcome {
        switch ChangeAnswer(answer, isRepeatable: isRepeatable) {
        case .success: .done(externalID: target)
        case .refused(let failure, _): failure.refused
        case .transient(let failure): failure.transient
        case .uncertain(let failure, _): failure.uncertain
        }
    }

    /// What the look-up of an uploaded picture came to.
    func attachLookUp(_ answer: Answer, _ order: DeliveryOrder) -> LookUpOutcome {
        guard let find = options.attach?.find else { return CallFailure.unsupported("look-up").failedLookUp }
        switch Self.items(answer, find.items) {
        case .failure(let failure): return failure.failedLookUp
        case .success(let files):
            guard let key = find.key else { return files.isEmpty ? .notFound : .found(externalID: order.target) }
            let isThere = files.contains { key.text(in: $0)?.contains(order.idempotencyKey) == true }
            return isThere ? .found(externalID: order.target) : .notFound
        }
    }

    /// What an answer to a look-up lists; nothing when the ERP says that there is nothing.
    private static func items(_ answer: Answer, _ path: JSONPath) -> Result<[JSONValue], CallFailure> {
        let response: OutboundResponse
        switch answer {
        case .failure(let error): return .failure(CallFailure(error))
        case .success(let success): response = success
        }
        if response.status == 404 || response.status == 204 { return .success([]) }
        guard (200..<300).contains(response.status) else { return .failure(CallFailure(response)) }
        guard let document = document(response) else {
            return .failure(CallFailure(reason: "not-json", detail: "The ERP's answer to the look-up is not JSON."))
        }
        switch path.value(in: document) {
        case nil, .null: return .success([])
        case .array(let elements): return .success(elements)
        case .object(let object): return .success(object.isEmpty ? [] : [.object(object)])
        default:
            let detail = "“\(path.text)” is no list in the answer."
            return .failure(CallFailure(reason: "not-a-list", detail: detail))
        }
    }

    /// What a question for the state came to.
    func status(_ answer: Answer) -> OrderStateOutcome {
        switch answer {
        case .failure(let error): return .failed(reason: error.kind.rawValue)
        case .success(let response):
            if response.status == 404 || response.status == 410 { return .gone }
            guard (200..<300).contains(response.status) else { return .failed(reason: "http-\(response.status)") }
            guard let status = options.status, let document = Self.document(response),
                let state = status.state.text(in: document)
            else {
                return .failed(reason: "no-state")
            }
            return .state(OrderState(String(state.prefix(255)), status.done.contains(state) ? .done : .open))
        }
    }

    private static func document(_ response: OutboundResponse) -> JSONValue? {
        try? JSONValue(parsing: response.body)
    }
}
