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
    /// Which parts of the credentials are stored: `sign-in`, `proxy`, `certificate`.
    public var storedCredentials: [String] = []
    /// The way to the ERP.
    var connection: ConnectorConnection?
}

/// All connectors in use, ready to be called: what is in the database, opened and checked.
///
/// ``ConnectorStore`` puts every write into it before the write returns.
public final class ConnectorRegistry: ConnectorDirectory {
    private let session: any PostgresSession
    private let box: SecretBox
    private let client: HTTPClient
    private let timeouts: CallTimeouts
    private let clock: WallClock
    private let connectors = Mutex<[Int32: LiveConnector]>([:])
    private let loading = AsyncLock()

    /// Makes an empty registry; call ``load()`` before use.
    ///
    /// - Parameters:
    ///   - session: where connectors are read from.
    ///   - box: opens credentials.
    ///   - client: sends requests.
    ///   - timeouts: how long calls may take.
    ///   - clock: by which certificates expire.
    public init(
        session: any PostgresSession,
        box: SecretBox,
        client: HTTPClient,
        timeouts: CallTimeouts = CallTimeouts(),
        clock: WallClock
    ) {
        self.session = session
        self.box = box
        self.client = client
        self.timeouts = timeouts
        self.clock = clock
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

    /// Whether a connector still leads to the ERP that it led to.
    func leadsWhereItDid(_ live: LiveConnector) -> Bool {
        connector(id: live.connector.id)?.connector.hasSameERP(as: live.connector) ?? false
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
        return await preflight(live, sample)
    }

    /// The way there first: where that does not lead, the kind's questions would all say the same.
    private func preflight(_ live: LiveConnector, _ sample: String) async -> [PreflightCheck] {
        guard let connection = live.connection else { return await live.erp.preflight(key: sample) }
        let way = await connection.preflight(to: live.connector.url, at: clock.now, send: send(by: connection.route))
        if way.contains(where: { $0.name == "connection" && $0.result == .failed }) { return way }
        return way + (await live.erp.preflight(key: sample))
    }

    /// The same for a connector as an admin is writing it.
    ///
    /// Parts of the credentials that the draft does not mention are the stored ones, if it goes the same way to the same
    /// address: nobody gets at a secret by pointing a draft elsewhere.
    ///
    /// - Throws: ``InvalidInput``, `PostgresError`.
    public func preflight(key: ResourceKey, draft document: JSONValue, sample: String) async throws -> [PreflightCheck]
    {
        let draft = try ConnectorDraft(document, policy: policy, at: clock.now)
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
            var parts = CredentialParts()
            if let stored, draft.leads(whereItLed: stored.connector) { parts = try self.parts(of: stored) }
            if case .replace(let value) = draft.credentials {
                parts = value.isNull ? CredentialParts() : parts.merged(with: CredentialParts(value) ?? parts)
            }
            return await preflight(try make(connector, parts), sample)
        } catch {
            return [PreflightCheck("configuration", "The connector is configured", .failed, error.detail)]
        }
    }

    /// Makes a connector ready; what stands in the way is told by each of its calls.
    private func live(_ row: ConnectorRow) -> LiveConnector {
        do throws(CallFailure) {
            return try make(row.connector, try parts(of: row))
        } catch {
            return LiveConnector(connector: row.connector, erp: ConnectorDefinition.unusable(row.connector.kind, error))
        }
    }

    private func parts(of row: ConnectorRow) throws(CallFailure) -> CredentialParts {
        guard let sealed = row.sealedCredentials else { return CredentialParts() }
        do {
            let plain = try box.open(sealed, context: SealedCredentials.context(key: row.connector.key))
            if let parts = CredentialParts(try JSONValue(parsing: plain)) { return parts }
        } catch {
            let detail = (error as? SecretError)?.description ?? "They cannot be read."
            throw CallFailure(reason: "credentials-unreadable", detail: "The stored credentials: \(detail)")
        }
        throw CallFailure(reason: "credentials-unreadable", detail: "The stored credentials: They cannot be read.")
    }

    private func send(by route: OutboundRoute) -> ERPCaller.Send {
        { [client] request throws(OutboundError) in
            var request = request
            request.route = route
            return try await client.send(request)
        }
    }

    private func make(_ connector: Connector, _ parts: CredentialParts) throws(CallFailure) -> LiveConnector {
        guard let definition = ConnectorDefinition.of(connector.kind) else {
            throw CallFailure(
                reason: "unsupported-kind",
                detail: "There is no connector for “\(connector.kind.rawValue)” as yet."
            )
        }
        do throws(InvalidInput) {
            let connection = try ConnectorConnection(options: connector.options, credentials: parts.connection)
            let caller = ERPCaller(
                credentials: try ConnectorCredentials(.object(parts.signIn)),
                timeouts: timeouts,
                send: send(by: connection.route)
            )
            let options = ConnectorConnection.kindOptions(of: connector.options)
            return LiveConnector(
                connector: connector,
                erp: try definition.make(ConnectorSetup(url: connector.url, options: options, caller: caller)),
                storedCredentials: parts.names,
                connection: connection
            )
        } catch {
            let detail = error.issues.map { "\($0.pointer): \($0.detail)" }.joined(separator: " ")
            throw CallFailure(reason: "options-invalid", detail: detail)
        }
    }
}
