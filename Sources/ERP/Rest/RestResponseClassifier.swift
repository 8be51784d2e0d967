import HTTPClient
import Primitives

/// Says what an answer, or the lack of one, means for each kind of call.
///
/// Pure.
struct RestResponseClassifier: Sendable {
    /// An answer or why there is none.
    typealias Answer = Result<OutboundResponse, OutboundError>

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
        let response: OutboundResponse
        switch answer {
        case .failure(let error): return CallFailure(error).failedLookUp
        case .success(let success): response = success
        }
        if response.status == 404 || response.status == 204 { return .notFound }
        guard (200..<300).contains(response.status) else { return CallFailure(response).failedLookUp }
        guard let find = options.find, let document = Self.document(response) else {
            return CallFailure(reason: "not-json", detail: "The ERP's answer to the look-up is not JSON.").failedLookUp
        }
        let item: JSONValue
        switch find.items.value(in: document) {
        case nil, .null: return .notFound
        case .array(let elements):
            guard let first = elements.first else { return .notFound }
            item = first
        case .object(let object):
            if object.isEmpty { return .notFound }
            item = .object(object)
        default:
            return CallFailure(reason: "not-a-list", detail: "“\(find.items.text)” is no list in the answer.")
                .failedLookUp
        }
        guard let id = find.id.identifier(in: item) else {
            let detail = "What the look-up found has no identifier at “\(find.id.text)”."
            return CallFailure(reason: "no-id", detail: detail).failedLookUp
        }
        return .found(externalID: id)
    }

    /// What a question for the state came to.
    func status(_ answer: Answer) -> StatusOutcome {
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
            return .status(String(state.prefix(255)), isDone: status.done.contains(state))
        }
    }

    private static func document(_ response: OutboundResponse) -> JSONValue? {
        try? JSONValue(parsing: response.body)
    }
}

extension CallFailure {
    /// A call without an answer.
    init(_ error: OutboundError) {
        self.init(reason: error.kind.rawValue, detail: error.detail)
    }

    /// An answer that is no success.
    init(_ response: OutboundResponse) {
        var detail = "The ERP answered \(response.status)"
        if (300..<400).contains(response.status), let location = response.header("location") {
            detail += " and points to \(location.prefix(200))"
        } else if let message = Self.message(in: response.body) {
            detail += ": \(message)"
        }
        self.init(
            reason: "http-\(response.status)",
            detail: detail,
            retryAfter: RetryAfter.seconds(in: response)
        )
    }

    /// What an ERP says about a failure: the usual members of a JSON answer, or the start of a short text.
    private static func message(in body: [UInt8]) -> String? {
        guard let document = try? JSONValue(parsing: body) else {
            let text = String(decoding: body.prefix(300), as: UTF8.self)
            return text.isEmpty || text.contains("<") ? nil : text.clean
        }
        for path in ["error.message", "error.detail", "detail", "message", "error", "errors.0.message", "title"] {
            if let text = JSONPath(path)?.text(in: document), !text.isEmpty { return String(text.prefix(300)).clean }
        }
        return String(document.text.prefix(300))
    }
}

extension String {
    /// Without NUL, which the database does not take.
    var clean: String { replacing("\0", with: "") }
}

/// The `Retry-After` header (RFC 9110 section 10.2.3).
enum RetryAfter {
    /// Seconds to wait; a date counts from the answer's own `Date`, so that no clock is needed.
    static func seconds(in response: OutboundResponse) -> Double? {
        guard let text = response.header("retry-after") else { return nil }
        if let seconds = Int(text), seconds >= 0 { return Double(min(seconds, 86_400)) }
        guard let until = date(text), let now = response.header("date").flatMap(date) else { return nil }
        return min(max(0, until.seconds(since: now)), 86_400)
    }

    /// Reads `Sun, 06 Nov 1994 08:49:37 GMT` (RFC 9110 section 5.6.7).
    private static func date(_ text: String) -> Timestamp? {
        let parts = text.split(separator: " ")
        guard parts.count == 6, parts[5] == "GMT", let month = months.firstIndex(of: String(parts[2])) else {
            return nil
        }
        let number = month + 1 < 10 ? "0\(month + 1)" : "\(month + 1)"
        return Timestamp(rfc3339: "\(parts[3])-\(number)-\(parts[1])T\(parts[4])Z")
    }

    private static let months = [
        "Jan", "Feb", "Mar", "Apr", "May", "Jun", "Jul", "Aug", "Sep", "Oct", "Nov", "Dec",
    ]
}
