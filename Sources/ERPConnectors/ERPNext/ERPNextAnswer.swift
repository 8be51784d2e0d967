import HTTPClient
import Primitives

/// What a Frappe answer says, by body and status together.
///
/// Pure. Refusals are 417 with `exc_type`; the message for people is in `_server_messages`, JSON inside JSON inside
/// JSON, or at the end of `exception`.
enum ERPNextAnswer {
    /// What came of a change.
    enum Change: Hashable, Sendable {
        /// It was done; `data` or `message` of the answer.
        case done(JSONValue)
        /// A document with the same unique value is there.
        case duplicate(CallFailure)
        /// A reconciliation that would change nothing is refused, though all is as it should be.
        case unchanged
        case refused(CallFailure)
        case transient(CallFailure)
        case uncertain(CallFailure)
    }

    /// Reads the answer to a change.
    static func change(_ answer: ChangeAnswer) -> Change {
        switch answer {
        case .success(let response):
            guard let document = try? JSONValue(parsing: response.body), let content = document.content else {
                let detail = "The server answered \(response.status) without a document: is the address right?"
                return .uncertain(CallFailure(reason: "no-document", detail: detail))
            }
            return .done(content)
        case .refused(let failure, let response): return refused(failure, response)
        case .transient(let failure): return .transient(failure)
        case .uncertain(let failure, nil): return .uncertain(failure)
        case .uncertain(let failure, let response?):
            // Frappe rolls the whole request back.
            guard let type = Fault(response)?.type, transientTypes.contains(type) else { return .uncertain(failure) }
            return .transient(Self.failure(failure, response))
        }
    }

    private static func refused(_ plain: CallFailure, _ response: OutboundResponse) -> Change {
        let failure = Self.failure(plain, response)
        guard let fault = Fault(response) else { return .refused(failure) }
        if fault.isDuplicate { return .duplicate(failure) }
        if fault.type == "EmptyStockReconciliationItemsError" { return .unchanged }
        return transientTypes.contains(fault.type) ? .transient(failure) : .refused(failure)
    }

    /// Somebody else held or changed the document, or the site is busy: the request was rolled back.
    private static let transientTypes: Set<String> = [
        "TimestampMismatchError", "DocumentLockedError", "QueryDeadlockError", "QueryTimeoutError",
        "RateLimitExceededError", "TooManyRequestsError", "SessionStopped", "InReadOnlyMode",
    ]

    /// A failure with Frappe's own words in place of the raw body.
    static func failure(_ plain: CallFailure, _ response: OutboundResponse) -> CallFailure {
        guard let fault = Fault(response) else { return plain }
        var failure = plain
        let remedy: String? =
            switch fault.type {
            case "AuthenticationError": "Check the API key and secret."
            case "PermissionError": "Give the API user a role that allows it."
            default: nil
            }
        let parts = ["The ERP answered \(response.status) (\(fault.type))", fault.message].compactMap { $0 }
        failure.detail = parts.joined(separator: ": ") + (remedy.map { " \($0)" } ?? "")
        return failure
    }

    /// Whether a filter named a field that the document type does not have.
    static func saysUnknownField(_ response: OutboundResponse) -> Bool {
        guard let fault = Fault(response) else { return false }
        let text = (fault.message ?? "").lowercased()
        return fault.type == "DataError" || text.contains("unknown column") || text.contains("field not permitted")
    }

    /// Whether a document is not there; a 404 without Frappe's word for it comes from somewhere else.
    static func saysGone(_ response: OutboundResponse) -> Bool {
        response.status == 404 && Fault(response)?.type == "DoesNotExistError"
    }

    /// What Frappe says about a refusal.
    struct Fault {
        /// The exception's name, such as `LinkValidationError`.
        var type: String
        /// What people read.
        var message: String?
        /// Whether a unique value is there already.
        var isDuplicate: Bool

        /// Nil when the answer is not Frappe's.
        init?(_ response: OutboundResponse) {
            guard let document = try? JSONValue(parsing: response.body) else { return nil }
            let exception = document["exception"]?.string ?? ""
            let name = exception.prefix { $0 != ":" && $0 != "(" && $0 != " " }.split(separator: ".").last.map(
                String.init
            )
            guard let type = document["exc_type"]?.string ?? name else { return nil }
            self.type = type
            isDuplicate =
                ["UniqueValidationError", "DuplicateEntryError", "IntegrityError"].contains(type)
                || exception.contains("Duplicate entry")
            let words = exception.split(separator: ": ", maxSplits: 1).dropFirst().first.map(String.init)
            message = (Self.serverMessage(document) ?? words).map { String($0.prefix(300)).withoutNUL }
        }

        private static func serverMessage(_ document: JSONValue) -> String? {
            guard let outer = document["_server_messages"]?.string, let list = try? JSONValue(parsing: outer),
                let first = list.array?.first?.string
            else { return nil }
            let text = (try? JSONValue(parsing: first))?["message"]?.string ?? first
            let plain = MarkupText.plain(text)
            return plain.isEmpty ? nil : plain
        }
    }
}

extension JSONValue {
    /// What Frappe answers with: documents in `data`, results of methods in `message`.
    fileprivate var content: JSONValue? { self["data"] ?? self["message"] }
}
