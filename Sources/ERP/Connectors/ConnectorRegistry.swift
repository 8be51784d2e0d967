import ERPConnectors
import HTTPClient
import PostgreSQL
import Primitives
import Secrets
import Synchronization

/// A connector that is ready to be called.
public struct LiveConnector: Sendable {
    /// As it is stored.
    public var connector: Connector
    /// What makes the calls.
    public var erp: any ERPConnector
}

/// All connectors in use, ready to be called: what is in the database, opened and checked.
///
/// ``ConnectorStore`` puts every write into it before the write returns.
public final class ConnectorRegistry: ConnectorDirectory {
    private let session: any PostgresSession
    private let box: SecretBox
    private let client: HTTPClient
    private let timeouts: CallTimeouts
    private let connectors = Mutex<[Int32: LiveConnector]>([:])
    private let loading = AsyncLock()

    /// Makes an empty registry; call ``load()`` before use.
    ///
    /// - Parameters:
    ///   - session: where connectors are read from.
    ///   - box: opens credentials.
    ///   - client: sends requests.
    ///   - timeouts: how long calls may take.
    public init(
        session: any PostgresSession,
        box: SecretBox,
        client: HTTPClient,
        timeouts: CallTimeouts = CallTimeouts()
    ) {
        self.session = session
        self.box = box
        self.client = client
        self.timeouts = timeouts
    }

    /// The rules by which addresses are judged.
    public var policy: OutboundPolicy { client.policy }

    /// Reads all connectors in use; those that did not change stay as they are.
    public func load() async throws {
        try await replacing { ((), try await session.query(ConnectorQueries.active())) }
    }

    /// Takes over what a write left in the database, in the order of the writes.
    ///
    /// - Parameter write: returns its value and the rows in use as of its transaction, after COMMIT. So nothing that can
    ///   fail stands between COMMIT and the write's being in force.
    /// - Returns: the value.
    /// - Throws: what the write throws.
    func replacing<Value>(_ write: () async throws -> (Value, [ConnectorRow])) async throws -> Value {
        try await loading.withLock {
            let (value, rows) = try await write()
            let known = connectors.withLock { $0 }
            var fresh: [Int32: LiveConnector] = [:]
            for row in rows {
                let old = known[row.connector.id]
                fresh[row.connector.id] = old?.connector == row.connector ? old : live(row)
            }
            connectors.withLock { $0 = fresh }
            return value
        }
    }

    /// The connector with that row; nil when it was deleted.
    public func connector(id: Int32) -> LiveConnector? { connectors.withLock { $0[id] } }

    /// The connector with that key.
    public func connector(key: ResourceKey) -> LiveConnector? {
        connectors.withLock { $0.values.first { $0.connector.key == key.text } }
    }

    /// The connector as the outbox uses it.
    public func runtime(_ id: Int32) -> ConnectorRuntime? {
        connector(id: id).map { live in
            ConnectorRuntime(
                id: id,
                key: live.connector.key,
                connector: live.erp,
                isPaused: live.connector.isPaused
            )
        }
    }

    /// Asks an ERP, without changing anything there, whether it can be reached with the stored credentials.
    ///
    /// - Parameters:
    ///   - key: the connector's key.
    ///   - sample: an idempotency key that no document has.
    /// - Returns: what was found out.
    /// - Throws: ``ResourceFailure`` when there is no such connector.
    public func preflight(key: ResourceKey, sample: String) async throws(ResourceFailure) -> [PreflightCheck] {
        guard let live = connector(key: key) else { throw .notFound("connector \(key)") }
        return await live.erp.preflight(key: sample)
    }

    /// The same for a connector as an admin is writing it.
    ///
    /// Credentials that the draft does not mention are the stored ones, if it is the same address: nobody gets at a
    /// secret by pointing a draft elsewhere.
    ///
    /// - Throws: ``InvalidInput``, `PostgresError`.
    public func preflight(key: ResourceKey, draft document: JSONValue, sample: String) async throws -> [PreflightCheck]
    {
        let draft = try ConnectorDraft(document, policy: policy)
        let stored = try await session.first(ConnectorQueries.find(key: key.text))
        let connector = Connector(
            id: 0,
            key: key.text,
            name: draft.name,
            kind: draft.kind,
            url: draft.url,
            hasCredentials: false,
            options: draft.options,
            revision: 0,
            updatedAt: Timestamp(microseconds: 0),
            isPaused: false
        )
        do throws(CallFailure) {
            var credentials = ConnectorCredentials.none
            switch draft.credentials {
            case .replace(let value):
                do throws(InvalidInput) {
                    credentials = try ConnectorCredentials(value)
                } catch {
                    throw CallFailure(reason: "credentials-invalid", detail: "The credentials cannot be used.")
                }
            case .keep:
                if let stored, stored.connector.url == draft.url { credentials = try self.credentials(of: stored) }
            }
            return await (try make(connector, credentials)).preflight(key: sample)
        } catch {
            return [PreflightCheck("configuration", "The connector is configured", .failed, error.detail)]
        }
    }

    /// Makes a connector ready; what stands in the way is told by each of its calls.
    private func live(_ row: ConnectorRow) -> LiveConnector {
        do throws(CallFailure) {
            return LiveConnector(connector: row.connector, erp: try make(row.connector, try credentials(of: row)))
        } catch {
            return LiveConnector(connector: row.connector, erp: ConnectorDefinition.unusable(row.connector.kind, error))
        }
    }

    private func credentials(of row: ConnectorRow) throws(CallFailure) -> ConnectorCredentials {
        guard let sealed = row.sealedCredentials else { return .none }
        do {
            let plain = try box.open(sealed, context: SealedCredentials.context(key: row.connector.key))
            return try ConnectorCredentials(try JSONValue(parsing: plain))
        } catch {
            let detail = (error as? SecretError)?.description ?? "They cannot be read."
            throw CallFailure(reason: "credentials-unreadable", detail: "The stored credentials: \(detail)")
        }
    }

    private func make(
        _ connector: Connector,
        _ credentials: ConnectorCredentials
    ) throws(CallFailure) -> any ERPConnector {
        guard let definition = ConnectorDefinition.of(connector.kind) else {
            throw CallFailure(
                reason: "unsupported-kind",
                detail: "There is no connector for “\(connector.kind.rawValue)” as yet."
            )
        }
        let caller = ERPCaller(
            credentials: credentials,
            timeouts: timeouts,
            send: { [client] request throws(OutboundError) in try await client.send(request) }
        )
        do throws(InvalidInput) {
            return try definition.make(ConnectorSetup(url: connector.url, options: connector.options, caller: caller))
        } catch {
            let detail = error.issues.map { "\($0.pointer): \($0.detail)" }.joined(separator: " ")
            throw CallFailure(reason: "options-invalid", detail: detail)
        }
    }
}
