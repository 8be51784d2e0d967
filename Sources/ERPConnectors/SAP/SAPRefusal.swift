import HTTPClient
import Primitives

/// What an answer that is no success means, read from status and body together.
///
/// SAP Gateway's body is `{"error": {"code", "message": {"lang", "value"}, "innererror": {"errordetails": […]}}}`.
struct SAPRefusal: Error, Hashable, Sendable {
    /// Whether the request did something.
    enum Kind: Hashable, Sendable {
        /// It did not, and will not as it is.
        case refused
        /// It did not; later it may.
        case transient
        /// It may have.
        case uncertain
        /// The entity is another than the one that was read (412, 428): read it again.
        case stale
        /// There is no such thing.
        case missing
    }

    var kind: Kind
    var failure: CallFailure

    init(_ kind: Kind, _ failure: CallFailure) {
        self.kind = kind
        self.failure = failure
    }

    /// Reads an answer; nil when it is a success.
    ///
    /// `isRepeatable` says that a repeat of the request does no harm, so that an unclear end is merely tried again.
    init?(_ answer: ERPCaller.Answer, isRepeatable: Bool) {
        switch ChangeAnswer(answer, isRepeatable: isRepeatable) {
        case .success: return nil
        case .transient(let failure): self.init(.transient, Self.worded(failure, answer))
        case .uncertain(let failure, _):
            self.init(isRepeatable ? .transient : .uncertain, Self.worded(failure, answer))
        case .refused(let failure, let response):
            let worded = Self.worded(failure, answer)
            switch response.status {
            case 404: self.init(.missing, worded)
            case 412, 428: self.init(.stale, worded)
            case 423: self.init(.transient, worded)
            default: self.init(Self.isLocked(response) ? .transient : .refused, worded)
            }
        }
    }

    /// Whether a refusal means that a CSRF token is missing or too old, so that nothing was done.
    static func needsPass(_ answer: ERPCaller.Answer) -> Bool {
        guard case .success(let response) = answer, response.status == 403 else { return false }
        return response.header("x-csrf-token")?.lowercased() == "required"
    }

    /// What a changing operation came to.
    var outcome: CallOutcome {
        switch kind {
        case .refused, .missing: failure.refused
        case .transient, .stale: failure.transient
        case .uncertain: failure.uncertain
        }
    }

    private static func worded(_ failure: CallFailure, _ answer: ERPCaller.Answer) -> CallFailure {
        guard case .success(let response) = answer else { return failure }
        var worded = failure
        let said = SAPMessage(response)?.text
        switch response.status {
        case 401: worded.detail = "SAP does not accept the user or its password (401)."
        case 403:
            worded.detail = "SAP does not allow this to the user (403)" + (said.map { ": \($0)" } ?? ".")
        case 404 where said == nil:
            worded.detail = "SAP has no such service or document (404)."
        default:
            if let said { worded.detail = "SAP answered \(response.status): \(said)" }
        }
        return worded
    }

    /// Documents and materials that somebody has open are refused with 400 and a message of the application.
    private static func isLocked(_ response: OutboundResponse) -> Bool {
        guard response.status == 400 || response.status == 409, let message = SAPMessage(response) else { return false }
        let text = message.text.lowercased()
        return ["locked by", "blocked by user", "being processed by", "currently locked"].contains {
            text.contains($0)
        }
    }
}

/// What SAP says in the body of an error.
struct SAPMessage: Hashable, Sendable {
    /// Such as `/IWBEP/CM_MGW_RT/021` or `IE/123`.
    var code: String
    /// The message, then the details that say something else, bounded.
    var text: String

    init?(_ response: OutboundResponse) {
        guard let document = try? JSONValue(parsing: response.body), let error = document["error"] else { return nil }
        code = error["code"]?.string ?? ""
        var sentences: [String] = []
        if let text = error["message"]?["value"]?.string ?? error["message"]?.string { sentences.append(text) }
        for detail in error["innererror"]?["errordetails"]?.array ?? [] where detail["severity"]?.string != "info" {
            if let text = detail["message"]?.string, !text.isEmpty, !sentences.contains(text) { sentences.append(text) }
        }
        guard !sentences.isEmpty else { return nil }
        let joined = sentences.prefix(4).joined(separator: " ")
        let bounded = String(joined.prefix(300)).withoutNUL
        text = code.isEmpty || code.hasPrefix("/IW") ? bounded : "\(bounded) (\(code.prefix(40)))"
    }
}
