import ERPConnectors
import HTTPClient
import Primitives

extension ConnectorDraft {
    /// Reads and checks `{name, kind, url, credentials, options, limits}`.
    ///
    /// What documents carry beside that when they were read before is ignored.
    init(_ document: JSONValue, policy: OutboundPolicy) throws(InvalidInput) {
        var reader = try InputReader(document)
        for name in ["key", "hasCredentials", "paused", "webhook", "circuit"] { _ = reader.value(name) }
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
        credentials = given.map { $0.credentials == .none ? .replace(.null) : .replace($0.document) } ?? .keep
        options = reader.value("options") ?? [:]
        if let definition {
            do throws(InvalidInput) {
                let caller = ERPCaller.silent(given?.credentials ?? .none)
                _ = try definition.make(ConnectorSetup(url: url, options: options, caller: caller))
            } catch {
                // Credentials that stay are not at hand here; a connector without any tells so in its preflight.
                reader.absorb(error.issues.filter { given != nil || !$0.pointer.hasPrefix("/credentials") })
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
        var document: JSONValue
        var credentials: ConnectorCredentials
    }

    /// The credentials of a document; nil when it does not mention them, or they are faulty.
    private static func credentials(_ reader: inout InputReader, _ policy: OutboundPolicy) -> GivenCredentials? {
        guard reader.has("credentials") else { return nil }
        let document = reader.value("credentials") ?? .null
        do throws(InvalidInput) {
            let parsed = try ConnectorCredentials(document)
            if case .oauth2(let client) = parsed, let refusal = policy.check(client.tokenURL) {
                throw InvalidInput(
                    pointer: "/credentials/tokenUrl",
                    code: refusal.reason.rawValue,
                    detail: refusal.detail
                )
            }
            return GivenCredentials(document: document, credentials: parsed)
        } catch {
            reader.absorb(error.issues)
            return nil
        }
    }
}
