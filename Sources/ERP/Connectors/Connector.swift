import ERPConnectors
import Primitives

/// One configured ERP system as it is stored, without its credentials.
public struct Connector: Hashable, Sendable {
    /// The row's number.
    public var id: Int32
    /// Its address.
    public var key: String
    /// The name that people read.
    public var name: String
    /// What kind of system it is.
    public var kind: ConnectorKind
    /// The base address of its API.
    public var url: String
    /// Whether credentials are stored; they themselves are never handed out.
    public var hasCredentials: Bool
    /// Options of its kind, as they were written.
    public var options: JSONValue
    /// Counts the writes; the ETag.
    public var revision: Int32
    /// When it was written last.
    public var updatedAt: Timestamp
    /// Whether its deliveries wait until someone resumes it.
    public var isPaused: Bool
    /// How much it may be asked to do.
    public var limits = ConnectorLimits()
    /// Whether there is an address at which its ERP can tell of changes.
    public var hasWebhook = false

    /// What a condition compares.
    public var version: ResourceVersion { ResourceVersion(id: id, revision: revision) }

    /// Whether it leads to the same ERP system as another state of it.
    func hasSameERP(as other: Connector) -> Bool { kind == other.kind && url == other.url }

    /// What an admin configured of it: neither credentials nor what became of it since.
    public var configuration: JSONValue {
        [
            "key": .string(key), "name": .string(name), "kind": .string(kind.rawValue), "url": .string(url),
            "options": options, "limits": limits.json,
        ]
    }

    /// The API's form; `hasCredentials` stands for the write-only `credentials`, and `webhook` lacks its secret.
    public var json: JSONValue {
        [
            "key": .string(key), "name": .string(name), "kind": .string(kind.rawValue), "url": .string(url),
            "hasCredentials": .bool(hasCredentials), "options": options,
            "limits": limits.json, "paused": .bool(isPaused),
            "webhook": hasWebhook ? .string("/api/v1/hooks/…") : .null,
        ]
    }
}

/// A connector as an admin wrote it.
struct ConnectorDraft: Equatable, Sendable {
    /// What a document says about the credentials.
    enum CredentialsChange: Equatable, Sendable {
        /// The document does not mention them.
        case keep
        /// The parts that this document mentions replace those that are stored (``CredentialParts``); null removes all.
        case replace(JSONValue)
    }

    var name: String
    var kind: ConnectorKind
    var url: String
    var credentials: CredentialsChange
    var options: JSONValue
    var limits = ConnectorLimits()

    /// Whether it sends to the address that a stored one sends to, through the same proxy, trusting the same authorities.
    func leads(whereItLed stored: Connector) -> Bool {
        url == stored.url && ConnectorConnection.own(of: options) == ConnectorConnection.own(of: stored.options)
    }
}
