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
        credentials = .keep
        if reader.has("credentials") {
            let value = reader.value("credentials") ?? .null
            do throws(InvalidInput) {
                let parsed = try ConnectorCredentials(value)
                if case .oauth2(let client) = parsed, let refusal = policy.check(client.tokenURL) {
                    throw InvalidInput(
                        pointer: "/credentials/tokenUrl",
                        code: refusal.reason.rawValue,
                        detail: refusal.detail
                    )
                }
                credentials = .replace(parsed == .none ? .null : value)
            } catch {
                reader.absorb(error.issues)
            }
        }
        options = reader.value("options") ?? [:]
        if let definition {
            do throws(InvalidInput) {
                _ = try definition.make(ConnectorSetup(url: url, options: options, caller: .silent))
            } catch {
                reader.absorb(error.issues)
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
}
