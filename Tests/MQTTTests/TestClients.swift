import Logging
import MQTT

/// A logger that says nothing, so that expected failures do not look like findings.
let quiet = Logger(label: "test") { _ in SwiftLogNoOpLogHandler() }

extension ConsumerConfiguration {
    /// Settings for tests: short waits.
    static func test(
        _ broker: BrokerAddress,
        clientID: String = "consumer",
        filters: [String] = ["plant/#"]
    ) -> ConsumerConfiguration {
        var configuration = ConsumerConfiguration(broker: broker, clientID: clientID, filters: filters)
        configuration.backoff = .milliseconds(10) ... .milliseconds(50)
        return configuration
    }
}

extension DurableConsumer {
    /// Runs the consumer for the length of a closure.
    func running<Result: Sendable>(
        _ handle: @escaping @Sendable ([InboundMessage]) async throws -> Void,
        _ body: () async throws -> Result
    ) async throws -> Result {
        try await withThrowingTaskGroup(of: Void.self) { group in
            group.addTask { await self.run(handle) }
            defer { group.cancelAll() }
            return try await body()
        }
    }

    /// Runs the consumer for the length of a closure, and keeps what it receives.
    func running<Result: Sendable>(into inbox: Inbox, _ body: () async throws -> Result) async throws -> Result {
        try await running({ inbox.add($0) }, body)
    }

    /// Waits for a state.
    func wait(until isMet: (ConsumerState) -> Bool) async {
        for await state in states() where isMet(state) { return }
    }

    func subscribed() async {
        await wait { $0.isSubscribed }
    }
}

extension Publisher {
    /// A connected publisher for tests.
    static func connected(to broker: BrokerAddress, clientID: String = "publisher") async throws -> Publisher {
        var configuration = PublisherConfiguration(broker: broker, clientID: clientID)
        configuration.backoff = .milliseconds(10) ... .milliseconds(50)
        let publisher = Publisher(configuration, logger: quiet)
        try await publisher.connect()
        return publisher
    }

    func publish(_ topic: String, _ payload: String, retain: Bool = false) async throws {
        try await publish(OutboundMessage(topic: topic, payload: Array(payload.utf8), retain: retain))
    }
}
