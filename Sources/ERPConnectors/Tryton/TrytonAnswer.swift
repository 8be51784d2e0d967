import HTTPClient
import Primitives

/// What Tryton's answer means: nearly everything is status 200, refusals and faults included.
///
/// An `error` in the answer means that Tryton rolled its transaction back, so that nothing was done. Sources:
/// trytond/protocols/jsonrpc.py, dispatcher.py, trytond/exceptions.py, and the errors of a running 6.0.
enum TrytonAnswer: Hashable {
    /// The call's result; null for methods that return nothing.
    case result(JSONValue)
    /// The session is not known any more, or the account has none: nothing was done.
    case notSignedIn
    /// Tryton said no, and nothing was done.
    case failed(TrytonFailure)
    /// It may have been done.
    case unclear(CallFailure)

    /// Reads an answer to a call.
    init(_ answer: ERPCaller.Answer) {
        if case .success(let response) = answer, response.status == 401 {
            self = .notSignedIn
            return
        }
        switch ChangeAnswer(answer) {
        case .success(let response): self = Self.document(response)
        case .refused(_, let response) where response.status == 403:
            // An HTML page: the method is not open to calls from outside.
            self = .failed(.permanent("http-403", "Tryton does not allow this call."))
        case .refused(let failure, _): self = .failed(TrytonFailure(failure: failure, isPermanent: true))
        case .transient(let failure): self = .failed(.transient(failure))
        case .uncertain(let failure, _): self = .unclear(failure)
        }
    }

    private static func document(_ response: OutboundResponse) -> TrytonAnswer {
        guard let document = try? JSONValue(parsing: response.body), document.object != nil else {
            return .unclear(CallFailure(reason: "not-json", detail: "The answer is not Tryton's JSON."))
        }
        if let error = document["error"], !error.isNull { return .failed(failure(error)) }
        guard let result = document["result"] else {
            return .unclear(CallFailure(reason: "no-result", detail: "The answer has neither a result nor an error."))
        }
        return .result(result)
    }

    /// Reads `["UserError", ["text", "more", …]]`, or `["'nofield'", ""]` for a fault without a name.
    static func failure(_ error: JSONValue) -> TrytonFailure {
        let parts = error.array ?? []
        let name = parts.first?.string ?? ""
        let arguments = parts.count > 1 ? parts[1].array ?? [] : []
        let texts = arguments.prefix(2).compactMap(\.string).filter { !$0.isEmpty }
        let text = String(texts.joined(separator: " ").prefix(500)).withoutNUL
        switch name {
        case "UserError": return .permanent("tryton-refused", "Tryton says: \(text)")
        case "UserWarning":
            // name, message, description: nobody is there to confirm it.
            let message = arguments.dropFirst().compactMap(\.string).filter { !$0.isEmpty }.joined(separator: " ")
            let detail = "Tryton asks a person to confirm: \(String(message.prefix(500)).withoutNUL)"
            return .permanent("tryton-warning", detail)
        case "ConcurrencyException":
            return .transient(CallFailure(reason: "tryton-busy", detail: "Somebody else is changing it in Tryton."))
        case "LoginException", "RateLimitException":
            return .transient(CallFailure(reason: "tryton-login", detail: "Tryton asks for more to sign in."))
        default: return fault(name)
        }
    }

    private static func fault(_ name: String) -> TrytonFailure {
        let text = String(name.prefix(500)).withoutNUL
        let lower = text.lowercased()
        // What databases say when another transaction is in the way, or when they are not there.
        let passing = [
            "locked", "deadlock", "could not serialize", "could not obtain lock", "timeout", "timed out",
            "connection", "too many clients", "shutting down", "starting up", "recovery mode", "doesn't exist!",
        ]
        if passing.contains(where: lower.contains) {
            return .transient(CallFailure(reason: "tryton-busy", detail: "Tryton's database says: \(text)"))
        }
        let isName = text.count > 2 && text.hasPrefix("'") && text.hasSuffix("'")
        let detail =
            isName
            ? "Tryton does not know \(text): a module that this needs may not be activated."
            : "Tryton failed: \(text.isEmpty || text == "''" ? "no reason given" : text)"
        return .permanent("tryton-error", detail)
    }
}
