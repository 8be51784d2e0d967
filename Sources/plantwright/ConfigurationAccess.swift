import API
import Foundation
import HTTPClient
import Logging
import PostgreSQL
import Primitives
import Secrets
import Synchronization

extension ConfigurationDocument {
    /// Whether it carries credentials, for which the installation's own key is needed.
    var hasCredentials: Bool {
        json["connectors"]?.object?.members.contains { $0.value["credentials"]?.isNull == false } ?? false
    }
}

/// Reaches an installation's configuration from a second process, beside servers that may be running.
final class ConfigurationAccess: Sendable {
    /// How long running servers may take to go by a change, in seconds.
    private static let patience = 20.0

    private let pool: PostgresPool
    private let service: ConfigurationService
    private let servers: RunningServers
    private let said = Mutex<[String]>([])

    /// What the person should know beside the result.
    var notes: [String] { said.withLock { $0 } }

    /// Opens the database; ends the process when that cannot be.
    init(_ settings: Settings, needsKey: Bool) async throws {
        let database = Self.database(settings)
        var logger = Logger(label: "plantwright")
        logger.logLevel = .critical
        pool = PostgresPool(configuration: database, size: 2, logger: logger)
        servers = RunningServers(database: database, pool: pool, logger: logger)
        let box = Self.box(settings, isNeeded: needsKey)
        let client = HTTPClient(.init(policy: try OutboundPolicy(allow: settings.outboundAllow)))
        service = ConfigurationService(
            database: pool,
            stores: { [logger] database in
                ConfigurationStores(over: database, box: box, client: client, clock: .system, logger: logger)
            },
            takeOver: {}
        )
        do {
            let migrator = try Migrator(directory: settings.assetsDirectory + "/Migrations", logger: logger)
            guard try await migrator.check(database).isEmpty else {
                CommandEnd.unavailable.end(
                    "The database's schema is not up to date: start the server, or run “plantwright migrate”."
                )
            }
        } catch {
            CommandEnd.fail(error)
        }
    }

    /// Does something, and has the running servers go by what it changed.
    func using<Value: Sendable>(_ body: (ConfigurationService) async throws -> Value) async throws -> Value {
        do {
            try await servers.listen()
            let value = try await body(service)
            if let outcome = value as? ConfigurationOutcome, let transaction = outcome.transaction,
                !outcome.differences.isEmpty
            {
                let note = try await servers.wait(for: transaction, seconds: Self.patience)
                if let note { said.withLock { $0.append(note) } }
            }
            await servers.stop()
            await pool.shutdown()
            return value
        } catch let input as InvalidInput {
            throw input
        } catch {
            CommandEnd.fail(error)
        }
    }

    private static func database(_ settings: Settings) -> PostgresConfiguration {
        if let database = settings.database { return database }
        do {
            return try PostgresConfiguration(
                url: try InstallationAccess.embeddedURL(dataDirectory: settings.dataDirectory)
            )
        } catch {
            CommandEnd.fail(error)
        }
    }

    /// The installation's key; one for the moment when nothing has to be sealed or opened.
    private static func box(_ settings: Settings, isNeeded: Bool) -> SecretBox {
        do {
            if FileManager.default.isReadableFile(atPath: settings.secretKeyFile) {
                return try SecretBox(keyFile: settings.secretKeyFile, random: .system)
            }
            if isNeeded {
                CommandEnd.unavailable.end(
                    "The document has credentials, and the server's key is not at \(settings.secretKeyFile): "
                        + "set --secret-key-file (PLANTWRIGHT_SECRET_KEY_FILE), or enter them on the connectors' pages."
                )
            }
            // The server makes its key when it starts; a command leaves none behind.
            return try SecretBox(key: RandomSource.system.bytes(32))
        } catch {
            Console.end(InvalidConfiguration(reasons: ["SECRET_KEY_FILE: \(error)"]))
        }
    }
}

/// The servers that run on the same database.
private final class RunningServers: Sendable {
    private let pool: PostgresPool
    private let listener: NotificationListener
    private let running = Mutex<Task<Void, Never>?>(nil)
    private let heard = Mutex<AsyncStream<NotificationListener.Event>?>(nil)

    init(database: PostgresConfiguration, pool: PostgresPool, logger: Logger) {
        self.pool = pool
        listener = NotificationListener(
            configuration: database,
            channels: [ConfigurationChannels.takenOver],
            logger: logger
        )
    }

    /// Begins to hear answers; returns when none can be missed any more.
    func listen() async throws {
        // Fails at once where the listener would try again and again.
        _ = try await pool.first(ConfigurationQueries.listeners())
        let events = listener.subscribe()
        let task = Task { [listener] in await listener.run() }
        running.withLock { $0 = task }
        for await event in events where event == .reconnected { break }
        heard.withLock { $0 = listener.subscribe() }
    }

    /// Waits until every running server goes by what a transaction wrote.
    ///
    /// - Returns: what the person should know when that did not happen.
    func wait(for transaction: String, seconds: Double) async throws -> String? {
        let expected = try await pool.first(ConfigurationQueries.listeners()) ?? 0
        if expected == 0 { return "No server is running: it is in force when one starts." }
        guard let events = heard.withLock({ $0 }) else { return nil }
        let answered = await withTaskGroup(of: Int64?.self) { group in
            group.addTask {
                var count: Int64 = 0
                for await event in events {
                    guard case .notification(let notification) = event, notification.payload == transaction else {
                        continue
                    }
                    count += 1
                    if count >= expected { return count }
                }
                return nil
            }
            group.addTask {
                try? await Task.sleep(for: .seconds(seconds))
                return nil
            }
            defer { group.cancelAll() }
            return await group.next() ?? nil
        }
        if answered != nil { return nil }
        return "Written, but not every running server has said within \(Int(seconds)) s that it goes by it."
    }

    func stop() async {
        running.withLock { $0?.cancel() }
    }
}
