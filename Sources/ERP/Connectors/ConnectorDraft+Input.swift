import ERPConnectors
import HTTPClient
import Primitives

extension ConnectorDraft {
    /// Reads and checks `{name, kind, url, credentials, options, limits}`.
    ///
    /// What documents carry beside that when they were read before is ignored.
    ///
    /// - Parameters:
    ///   - document: what an admin wrote.
    ///   - policy: judges addresses.
    ///   - time: now; certificates must be valid.
    /// - Throws: ``InvalidInput`` with everything that is wrong.
    init(_ document: JSONValue, policy: OutboundPolicy, at time: Timestamp) throws(InvalidInput) {
        var reader = try InputReader(document)
        for name in ["key", "hasCredentials", "storedCredentials", "paused", "webhook", "circuit"] {
            _ = reader.value(name)
        }
        name = reader.requiredString("name")
        kind = .rest
        if reader.required("kind") != nil { kind = reader.choice("kind", ConnectorKind.self) ?? .rest }
        let definition = ConnectorDefinition.of(kind)
        if definition == nil {
            let known = ConnectorDefinition.all.map(\.manifest.kind.rawValue).joined(separator: ", ")
            reader.note(
                "kind",
                "unsupported-kind",
                "There is no connector for “\(kind.rawValue)” as yet; available: \(known)."
            )
        }
        url = reader.requiredString("url", maximumLength: 2_000)
        if !url.isEmpty {
            if let refusal = policy.check(url) {
                reader.note("url", refusal.reason.rawValue, refusal.detail)
            } else if url.contains("?") || url.contains("#") {
                reader.note("url", "url", "The address has no query or fragment; put those into the options' paths.")
            }
        }
        let given = Self.credentials(&reader, policy)
        credentials = given.map { .replace($0.parts.document) } ?? .keep
        options = reader.value("options") ?? [:]
        do throws(InvalidInput) {
            let parts = given?.parts.withoutNulls.connection ?? JSONObject()
            let connection = try ConnectorConnection(options: options, credentials: parts, isChange: true)
            reader.absorb(connection.issues(policy, at: time))
        } catch {
            reader.absorb(error.issues)
        }
        if let definition {
            do throws(InvalidInput) {
                let caller = ERPCaller.silent(given?.credentials ?? .none)
                let kindOptions = ConnectorConnection.kindOptions(of: options)
                _ = try definition.make(ConnectorSetup(url: url, options: kindOptions, caller: caller))
            } catch {
                // Credentials that stay are not at hand here; a connector without any tells so in its preflight.
                let isSignedIn = given?.parts.signIn.members.isEmpty == false || given?.parts.document.isNull == true
                reader.absorb(error.issues.filter { isSignedIn || !$0.pointer.hasPrefix("/credentials") })
            }
        }
        if let value = reader.value("limits") {
            do throws(InvalidInput) {
                limits = try ConnectorLimits(value, at: "/limits")
            } catch {
                reader.absorb(error.issues)
            }
        }
        try reader.finish()
    }

    /// Credentials as they were written, and what they say.
    private struct GivenCredentials {
        var parts: CredentialParts
        var credentials: ConnectorCredentials
    }

    /// The credentials of a document; nil when it does not mention them, or they are faulty.
    private static func credentials(_ reader: inout InputReader, _ policy: OutboundPolicy) -> GivenCredentials? {
        guard reader.has("credentials") else { return nil }
        let document = reader.value("credentials") ?? .null
        do throws(InvalidInput) {
            guard let parts = CredentialParts(document) else {
                throw InvalidInput(pointer: "/credentials", code: "type", detail: "Expected a JSON object.")
            }
            let parsed = try ConnectorCredentials(.object(parts.withoutNulls.signIn))
            if case .oauth2(let client) = parsed, let refusal = policy.check(client.tokenURL) {
                throw InvalidInput(
                    pointer: "/credentials/tokenUrl",
                    code: refusal.reason.rawValue,
                    detail: refusal.detail
                )
            }
            return GivenCredentials(parts: parts, credentials: parsed)
        } catch {
            reader.absorb(error.issues)
            return nil
        }
    }
}
