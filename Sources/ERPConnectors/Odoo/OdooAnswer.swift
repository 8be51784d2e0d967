import HTTPClient
import Primitives

/// What an answer of Odoo's means, read from its body and status together.
///
/// Odoo rolls a call's transaction back when it answers with an error of its own, so such an error says that nothing
/// was done, whatever the status: 200 on `/jsonrpc`, 4xx and 500 on `/json/2` (an unknown field is 500 there).
enum OdooAnswer: Hashable, Sendable {
    /// What the method returned.
    case result(JSONValue)
    /// Odoo says no.
    case refused(CallFailure)
    /// It did not happen; try again.
    case transient(CallFailure)
    /// It may have happened.
    case uncertain(CallFailure)

    /// Reads an answer.
    init(_ answer: ERPCaller.Answer, over wire: OdooWire) {
        switch ChangeAnswer(answer) {
        case .transient(let failure): self = .transient(failure)
        case .refused(let failure, let response):
            self = Self.error(in: Self.document(response)) ?? .refused(Self.inPlainWords(failure))
        case .uncertain(let failure, let response):
            self = response.flatMap { Self.error(in: Self.document($0)) } ?? .uncertain(failure)
        case .success(let response):
            guard let document = Self.document(response) else {
                let detail = "What answered is not Odoo's interface: the answer is not JSON."
                self = .uncertain(CallFailure(reason: "not-json", detail: detail))
                return
            }
            switch wire {
            case .json2: self = .result(document)
            case .jsonRPC:
                if let error = Self.error(in: document) {
                    self = error
                } else if document["jsonrpc"]?.string == "2.0" {
                    // A method that returns nothing has neither `result` nor `error` in some versions.
                    self = .result(document["result"] ?? .null)
                } else {
                    let detail = "What answered is not Odoo's interface: the answer is not JSON-RPC."
                    self = .uncertain(CallFailure(reason: "not-json-rpc", detail: detail))
                }
            }
        }
    }

    /// What one row of `load` came to: the number of the record, or why there is none.
    ///
    /// Refusals are HTTP 200 here: `{"ids": false, "messages": [{"type": "error", "message": …}]}`.
    static func loaded(_ result: JSONValue) -> OdooAnswer {
        if let id = result["ids"]?.array?.first?.integer { return .result(.integer(id)) }
        let messages = result["messages"]?.array ?? []
        let errors = messages.filter { $0["type"]?.string == "error" }.compactMap { $0["message"]?.string }
        guard result["ids"]?.bool == false || !errors.isEmpty else {
            let detail = "Odoo's answer has neither the number of a record nor a message."
            return .uncertain(CallFailure(reason: "no-id", detail: detail))
        }
        let message = errors.isEmpty ? "no reason given" : errors.joined(separator: " ")
        guard let found = exception(in: message) else { return error(name: "import", message: message) }
        return error(name: found.name, message: found.words)
    }

    /// The exception in a message such as `Unknown error during import: <class 'odoo.exceptions.UserError'>: ('No', '')`
    /// (11) or `… : No`.
    private static func exception(in message: String) -> (name: String, words: String)? {
        let parts = message.split(separator: "<class '", maxSplits: 1, omittingEmptySubsequences: false)
        let halves = (parts.last ?? "").split(separator: "'>: ", maxSplits: 1)
        guard parts.count == 2, halves.count == 2, var words = halves.last else { return nil }
        for opening in ["('", "(\""] where words.hasPrefix(opening) { words = words.dropFirst(2) }
        for closing in ["', None)", "\", None)", "', '')", "\", '')", "',)", "\",)"] where words.hasSuffix(closing) {
            words = words.dropLast(closing.count)
        }
        return (String(halves[0]), String(words).replacing("\\n", with: " "))
    }

    private static func document(_ response: OutboundResponse) -> JSONValue? {
        try? JSONValue(parsing: response.body)
    }

    /// An error of Odoo's own; nil when the document is none.
    private static func error(in document: JSONValue?) -> OdooAnswer? {
        guard let document else { return nil }
        if let error = document["error"], error.object != nil {
            let data = error["data"] ?? error
            return Self.error(
                name: data["name"]?.string ?? "",
                message: data["message"]?.string ?? error["message"]?.string ?? ""
            )
        }
        guard let name = document["name"]?.string, let message = document["message"]?.string,
            document["arguments"] != nil || document["debug"] != nil
        else { return nil }
        return error(name: name, message: message)
    }

    /// An error by the name of its Python class and its message.
    static func error(name: String, message: String) -> OdooAnswer {
        let words = String(message.split(whereSeparator: \.isWhitespace).joined(separator: " ").prefix(300)).withoutNUL
        func failure(_ reason: String, _ detail: String) -> CallFailure { CallFailure(reason: reason, detail: detail) }
        func says(_ parts: String...) -> Bool { parts.contains { name.contains($0) || message.contains($0) } }

        if says(
            "could not serialize access",
            "deadlock detected",
            "could not obtain lock",
            "SerializationFailure",
            "TransactionRollback",
            "LockNotAvailable",
            "ConcurrencyError",
            "PoolError",
            "time limit exceeded",
            "time limit reached"
        ) {
            return .transient(failure("concurrent-update", "Odoo was busy with the same record: \(words)"))
        }
        if says("duplicate key value", "UniqueViolation"), says("ir_model_data") {
            return .transient(failure("concurrent-update", "Odoo was making the same record: \(words)"))
        }
        if message.contains("database"), message.contains("does not exist") {
            return .refused(failure("no-database", "Odoo has no such database: \(words)"))
        }
        if says("OperationalError", "InterfaceError", "AdminShutdown") {
            return .uncertain(failure("odoo-database", "Odoo lost its database: \(words)"))
        }
        if name.contains("AccessDenied") || name.contains("Unauthorized") {
            return .refused(credentialsRefused)
        }
        if name.contains("AccessError") || name.contains("Forbidden") {
            return .refused(failure("not-allowed", "Odoo does not allow it to this user: \(words)"))
        }
        let kind = name.split(separator: ".").last.map(String.init) ?? "error"
        return .refused(failure("odoo-\(kind.prefix(40))", "Odoo refused it: \(words)"))
    }

    /// The user name, password or API key are not accepted.
    static let credentialsRefused = CallFailure(
        reason: "credentials-refused",
        detail: "Odoo does not accept the user name and password, or the API key."
    )

    private static func inPlainWords(_ failure: CallFailure) -> CallFailure {
        failure.reason == "http-401" ? credentialsRefused : failure
    }
}

/// Why a question had no answer.
struct OdooTrouble: Error, Hashable, Sendable {
    var failure: CallFailure
    /// Whether asking again would end the same.
    var isFinal: Bool

    /// Odoo says no, or a field cannot be used.
    static func final(_ reason: String, _ detail: String) -> OdooTrouble {
        OdooTrouble(failure: CallFailure(reason: reason, detail: detail), isFinal: true)
    }

    /// What it means for an operation of which nothing has been sent.
    var outcome: CallOutcome { isFinal ? failure.refused : failure.transient }
}
