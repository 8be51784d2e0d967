import HTTPClient
import Primitives

/// What a Dolibarr answer says, by body and status together.
///
/// Pure. Refusals are `{"error": {"code", "message"}}`; an empty list is 404; a failed stock movement or filter is 503;
/// a missing right is 401 up to version 17; what its injection protection does not like is 200 with a sentence.
enum DolibarrAnswer {
    /// What came of a request.
    enum Content: Hashable, Sendable {
        /// A JSON document.
        case document(JSONValue)
        /// There is nothing of what was asked for.
        case nothing
        /// It was done before (304).
        case unchanged
        case refused(CallFailure)
        case transient(CallFailure)
        case uncertain(CallFailure)
    }

    /// Reads an answer.
    static func content(_ answer: ERPCaller.Answer, isRepeatable: Bool = false) -> Content {
        if case .success(let response) = answer, let content = own(response) { return content }
        switch ChangeAnswer(answer, isRepeatable: isRepeatable) {
        case .success(let response):
            let detail = "The server answered \(response.status) without JSON: is the address right?"
            return .uncertain(CallFailure(reason: "not-json", detail: detail))
        case .refused(let failure, _): return .refused(failure)
        case .transient(let failure): return .transient(failure)
        case .uncertain(let failure, _): return .uncertain(failure)
        }
    }

    /// What Dolibarr itself says; nil when the rules of HTTP are all there is.
    private static func own(_ response: OutboundResponse) -> Content? {
        if response.status == 304 { return .unchanged }
        let document = try? JSONValue(parsing: response.body)
        if (200..<300).contains(response.status) {
            if let document { return .document(document) }
            let text = String(decoding: response.body.prefix(200), as: UTF8.self)
            guard text.hasPrefix("Access refused") else { return nil }
            let detail =
                "Dolibarr's injection protection refused the request; nothing was done. Shorten or change the texts."
            return .refused(CallFailure(reason: "injection-protection", detail: detail))
        }
        guard let message = document?["error"]?["message"]?.string else { return nil }
        let failure = failure(response.status, message, document?["error"])
        switch response.status {
        case 404:
            return saysNothing(message) ? .nothing : .refused(failure)
        // Rolled back: the words are from the server's own error paths.
        case 500 where message.contains("Error creating"), 503 where message.contains("Error when"):
            return .refused(failure)
        default: return nil
        }
    }

    /// “Not Found: Ticket not found” or “Not Found: No stock movement found”; a module that is switched off, and so an
    /// unknown path, is a bare “Not Found”.
    private static func saysNothing(_ message: String) -> Bool {
        let words = message.split(separator: ": ", maxSplits: 1).last.map { $0.lowercased() } ?? ""
        guard words != "not found" else { return false }
        return words.hasSuffix("not found") || words.hasPrefix("no ") && words.hasSuffix("found")
    }

    private static func failure(_ status: Int, _ message: String, _ error: JSONValue?) -> CallFailure {
        let causes = ["0", "1"].compactMap { error?[$0]?.string.nonEmpty }
        let words = ([message] + causes).joined(separator: ": ")
        return CallFailure(
            reason: "http-\(status)",
            detail: "The ERP answered \(status): \(String(words.prefix(300)).withoutNUL)"
        )
    }

    /// A remedy for what an admin of Dolibarr can change.
    static func advised(_ failure: CallFailure) -> CallFailure {
        var failure = failure
        if failure.reason == "http-401" || failure.reason == "http-403" {
            failure.detail += " Check the API key, and the rights of its user."
        }
        return failure
    }
}
