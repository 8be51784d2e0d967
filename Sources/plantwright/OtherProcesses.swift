import API
import Accounts
import Alarms
import Assets
import Logging
import PostgreSQL
import Primitives
import Telemetry

/// Keeps this process in step with what other processes change: servers beside it, and commands such as
/// `plantwright config apply` and `plantwright token create`.
struct OtherProcesses: Sendable {
    private let parts: ServerParts
    private let listener: NotificationListener
    private let logger: Logger

    init(_ parts: ServerParts, database: PostgresConfiguration, logger: Logger) {
        self.parts = parts
        self.logger = logger
        var configuration = database
        // By this name commands count the servers whose answer they wait for.
        configuration.applicationName = ConfigurationChannels.listener
        // A connection of its own: what comes here is rare and must not be lost among the hints about new rows.
        listener = NotificationListener(
            configuration: configuration,
            channels: [ConfigurationChannels.changed, AccountStore.revocationChannel],
            logger: logger
        )
    }

    /// Works until cancelled.
    func run() async {
        await withTaskGroup(of: Void.self) { group in
            group.addTask { await listener.run() }
            group.addTask { [parts] in await parts.following.run(listener.subscribe()) }
            for await event in listener.subscribe() { await follow(event) }
            group.cancelAll()
        }
    }

    private func follow(_ event: NotificationListener.Event) async {
        switch event {
        case .reconnected:
            parts.accounts.forgetProofs()
            _ = await takeOver()
        case .notification(let notification) where notification.channel == AccountStore.revocationChannel:
            parts.accounts.forgetProofs()
        case .notification(let notification):
            let words = notification.payload.split(separator: " ", maxSplits: 1)
            guard let transaction = words.first, words.count < 2 || words[1] != parts.process else { return }
            if await takeOver() {
                _ = try? await parts.pool.execute(ConfigurationQueries.tellTakenOver(String(transaction)))
            }
        }
    }

    /// Repeated until it works: a process must not go on by what is no longer configured.
    private func takeOver() async -> Bool {
        while !Task.isCancelled {
            do {
                try await parts.takeOverConfiguration()
                return true
            } catch {
                logger.warning("The changed configuration cannot be read now", metadata: ["error": "\(error)"])
                try? await Task.sleep(for: .seconds(1))
            }
        }
        return false
    }
}

extension ServerParts {
    /// Brings what is configured in the database into force, for every message received after this returns.
    func takeOverConfiguration() async throws {
        try await following.bringIntoForce()
        do {
            try await refused.replayAdopted(in: plant.snapshot)
        } catch is NotIngesting {
            // The process that ingests hears of the new device too.
        }
    }

    /// Export, application and history of everything that is configured.
    var configuration: ConfigurationService {
        ConfigurationService(
            database: pool,
            stores: { [erp, logger] database in
                ConfigurationStores(over: database, box: erp.box, client: erp.client, clock: .system, logger: logger)
            },
            takeOver: {
                try await takeOverConfiguration()
                try await sources.bringIntoForce()
            }
        )
    }
}
