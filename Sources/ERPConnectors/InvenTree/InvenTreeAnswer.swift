import HTTPClient
import Primitives

/// What an InvenTree answer says, by body and status together.
///
/// Pure. Refusals are 400 with an object of field names and messages; in a race the unique reference comes as 500
/// `IntegrityError`.
enum InvenTreeAnswer {
    /// What came of a change.
    enum Change: Hashable, Sendable {
        case done(JSONValue)
        /// The reference is taken.
        case duplicate(CallFailure)
        case refused(CallFailure)
        case transient(CallFailure)
        case uncertain(CallFailure)
    }

    /// Reads the answer to a change.
    static func change(_ answer: ChangeAnswer) -> Change {
        switch answer {
        case .success(let response):
            guard let document = try? JSONValue(parsing: response.body) else {
                let detail = "The server answered \(response.status) without JSON: is the address right?"
                return .uncertain(CallFailure(reason: "not-json", detail: detail))
            }
            return .done(document)
        case .refused(let failure, let response):
            let told = self.failure(failure, response)
            guard let messages = (try? JSONValue(parsing: response.body))?["reference"] else { return .refused(told) }
            return messages.text.contains("already exists") ? .duplicate(told) : .refused(told)
        case .transient(let failure): return .transient(failure)
        case .uncertain(let failure, nil): return .uncertain(failure)
        case .uncertain(let failure, let response?):
            let error = (try? JSONValue(parsing: response.body))?["error"]?.string
            return error == "IntegrityError" ? .duplicate(self.failure(failure, response)) : .uncertain(failure)
        }
    }

    /// A failure with the messages of the fields in place of the raw body.
    static func failure(_ plain: CallFailure, _ response: OutboundResponse) -> CallFailure {
        var failure = plain
        guard let members = (try? JSONValue(parsing: response.body))?.object?.members else { return plain }
        let told = members.prefix(5).compactMap { member -> String? in
            guard let text = words(member.value) else { return nil }
            return ["detail", "non_field_errors", "error"].contains(member.name) ? text : "\(member.name): \(text)"
        }
        if !told.isEmpty {
            failure.detail = "The ERP answered \(response.status): " + told.joined(separator: "; ")
        }
        switch response.status {
        case 401: failure.detail += " Check the token."
        case 403: failure.detail += " Give the user's group the role that allows it."
        default: break
        }
        return failure
    }

    /// Whether the API itself says that something is not there; the 404 of a gateway is a page.
    static func saysGone(_ response: OutboundResponse) -> Bool {
        response.status == 404 && (try? JSONValue(parsing: response.body))?["detail"]?.string != nil
    }

    private static func words(_ value: JSONValue) -> String? {
        switch value {
        case .string(let text): String(text.prefix(300)).withoutNUL
        case .array(let elements): elements.compactMap { words($0) }.first
        case .object(let object): object.members.compactMap { member in words(member.value) }.first
        default: nil
        }
    }
}

extension JSONValue {
    /// The rows of a list, which come bare or, with a limit, in `results`; nil when it is none.
    var inventreeRows: [JSONValue]? { array ?? self["results"]?.array }
}
