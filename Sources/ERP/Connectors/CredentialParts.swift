import ERPConnectors
import Primitives

/// The parts of a connector's `credentials` document: how the server signs in, and what the way to the ERP needs.
///
/// A document that does not mention a part leaves it as it is; null removes a member. Members of the sign-in belong
/// together and replace all that were there.
struct CredentialParts: Equatable, Sendable {
    /// The members of the sign-in.
    var signIn = JSONObject()
    /// Those of ``ConnectionForm/credentials``.
    var connection = JSONObject()

    private static let connectionNames = Set(ConnectionForm.credentials.map(\.name))

    /// No credentials.
    init() {}

    /// Divides a document; nil when it is no object.
    init?(_ document: JSONValue) {
        guard let object = document.isNull ? JSONObject() : document.object else { return nil }
        for member in object.members {
            if Self.connectionNames.contains(member.name) {
                connection[member.name] = member.value
            } else {
                signIn[member.name] = member.value
            }
        }
    }

    /// What is stored, after a document changed it.
    func merged(with change: CredentialParts) -> CredentialParts {
        var result = self
        if !change.signIn.members.isEmpty { result.signIn = change.signIn }
        for member in change.connection.members { result.connection[member.name] = member.value }
        return result.withoutNulls
    }

    /// Without the members that are null.
    var withoutNulls: CredentialParts {
        var result = self
        for member in signIn.members where member.value.isNull { result.signIn[member.name] = nil }
        for member in connection.members where member.value.isNull { result.connection[member.name] = nil }
        return result
    }

    /// Both as one document; null when there is nothing, which in a change removes everything.
    var document: JSONValue {
        var object = signIn
        for member in connection.members { object[member.name] = member.value }
        return object.members.isEmpty ? .null : .object(object)
    }

    /// What there is, as the API names it: `sign-in`, `proxy`, `certificate`.
    var names: [String] {
        var names = signIn.members.isEmpty ? [] : ["sign-in"]
        if connection["proxyUsername"] != nil { names.append("proxy") }
        if connection["clientCertificate"] != nil { names.append("certificate") }
        return names
    }
}
