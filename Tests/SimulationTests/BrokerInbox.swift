import Logging
import MQTT
import Primitives
import TestSupport

let quiet = Logger(label: "test") { _ in SwiftLogNoOpLogHandler() }

/// Keeps the telemetry that a broker delivers, and lets tests wait for it.
final class BrokerInbox: Sendable {
    private let inbox = Watched<[InboundMessage]>([])

    var messages: [InboundMessage] { inbox.value }

    /// The payloads by topic, in the order of their arrival.
    var payloads: [String: [JSONValue]] {
        get throws {
            var payloads: [String: [JSONValue]] = [:]
            for message in messages {
                payloads[message.topic, default: []].append(try JSONValue(parsing: message.payload))
            }
            return payloads
        }
    }

    private func add(_ batch: [InboundMessage]) {
        inbox.change { $0 += batch }
    }

    func wait(until isMet: @escaping @Sendable ([InboundMessage]) -> Bool) async {
        await inbox.wait(until: isMet)
    }

    /// Subscribes to all telemetry of a broker for the length of a closure.
    func subscribed<Result: Sendable>(
        to broker: TemporaryMosquitto,
        _ body: () async throws -> Result
    ) async throws -> Result {
        var configuration = ConsumerConfiguration(
            broker: broker.address,
            clientID: "inbox",
            filters: ["plantwright/v1/+/telemetry"]
        )
        configuration.backoff = .milliseconds(10) ... .milliseconds(50)
        let consumer = DurableConsumer(configuration, logger: quiet)
        return try await withThrowingTaskGroup(of: Void.self) { group in
            group.addTask { await consumer.run { self.add($0) } }
            defer { group.cancelAll() }
            for await state in consumer.states() where state.isSubscribed { break }
            return try await body()
        }
    }
}
