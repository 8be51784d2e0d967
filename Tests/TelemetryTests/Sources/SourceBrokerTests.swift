import Assets
import Logging
import MQTT
import PostgreSQL
import Primitives
import TestSupport
import Testing

@testable import Telemetry

/// Counts handled messages and lets a test wait for a number of them.
private final class Arrivals: Sendable {
    private let arrived = Watched<[MessageFate]>([])

    var fates: [MessageFate] { arrived.value }

    func add(_ fates: [MessageFate]) {
        arrived.change { $0 += fates }
    }

    func wait(for count: Int) async {
        await arrived.wait { $0.count >= count }
    }
}

/// The whole way from a real broker into a real database.
@Suite struct SourceBrokerTests {
    /// A consumer that follows the shop's sources, and a publisher, for the length of a closure.
    private func serving(
        _ shop: SourceWorkshop,
        _ broker: TemporaryMosquitto,
        _ body: (Publisher, Arrivals) async throws -> Void
    ) async throws {
        let native = [TelemetryMessage.nativeTopicFilter]
        let logger = Logger(label: "test") { _ in SwiftLogNoOpLogHandler() }
        let consumer = DurableConsumer(
            ConsumerConfiguration(
                broker: broker.address,
                clientID: "plantwright",
                filters: native + shop.sources.filters
            ),
            logger: logger
        )
        shop.sources.follow { await consumer.updateFilters(native + $0) }
        let arrivals = Arrivals()
        let publisher = Publisher(
            PublisherConfiguration(broker: broker.address, clientID: "publisher"),
            logger: logger
        )
        try await withThrowingTaskGroup(of: Void.self) { group in
            group.addTask {
                await consumer.run { batch in
                    let messages = batch.map {
                        shop.sources.message(topic: $0.topic, payload: $0.payload, receivedAt: SourceWorkshop.now)
                    }
                    arrivals.add(try await shop.receive(messages))
                }
            }
            defer { group.cancelAll() }
            for await state in consumer.states() where state.isSubscribed { break }
            try await publisher.connect()
            try await body(publisher, arrivals)
        }
    }

    private func publish(_ publisher: Publisher, _ topic: String, _ payload: String) async throws {
        try await publisher.publish(OutboundMessage(topic: topic, payload: Array(payload.utf8)))
    }

    @Test func aSourceIsInForceWhenItsWriteReturns() async throws {
        try await TemporaryMosquitto.with { broker in
            try await SourceWorkshop.with { shop in
                try await serving(shop, broker) { publisher, arrivals in
                    try await shop.put("factory", ["topicFilter": "factory/+/data", "decoder": "json"])
                    try await publish(publisher, "factory/d1/data", #"{"ts":1795362000,"temperature":1}"#)
                    try await publish(publisher, "plantwright/v1/d2/telemetry", #"{"ts":1795362000000,"total":2}"#)
                    await arrivals.wait(for: 2)
                    #expect(arrivals.fates.allSatisfy { $0.counts == [1, 0, 0, 0, 0] })
                    // Another decoder takes the very next message; a source that is gone takes none.
                    try await shop.put(
                        "factory",
                        [
                            "topicFilter": "factory/+/data", "decoder": "csv",
                            "options": ["header": false, "columns": ["ts", "temperature"]],
                        ]
                    )
                    try await publish(publisher, "factory/d1/data", "1795362001,5")
                    await arrivals.wait(for: 3)
                    try await shop.sources.delete(key: try SourceWorkshop.key("factory"))
                    try await publish(publisher, "factory/d1/data", "1795362002,6")
                    try await publish(publisher, "plantwright/v1/d2/telemetry", #"{"ts":1795362001000,"total":3}"#)
                    await arrivals.wait(for: 4)
                    #expect(arrivals.fates.count == 4)
                    #expect(try await shop.stored("d1").map { $0.values["temperature"] } == [1.0, 5.0])
                    #expect(try await shop.stored("d2").map { $0.values["total"] } == [2.0, 3.0])
                }
            }
        }
    }

    @Test func overlappingFiltersStoreEveryReadingOnce() async throws {
        try await TemporaryMosquitto.with { broker in
            try await SourceWorkshop.with { shop in
                let wide: JSONValue = [
                    "topicFilter": "factory/#", "decoder": "json", "deviceKey": "d2",
                    "fields": ["total": "temperature"],
                ]
                try await shop.put("wide", wide)
                try await shop.put("narrow", ["topicFilter": "factory/+/data", "decoder": "json"])
                try await serving(shop, broker) { publisher, arrivals in
                    try await publish(publisher, "factory/d1/data", #"{"ts":1795362000,"temperature":1}"#)
                    try await publish(publisher, "factory/other", #"{"ts":1795362000,"temperature":2}"#)
                    try await publish(publisher, "plantwright/v1/d1/telemetry", #"{"ts":1795362009000,"total":3}"#)
                    await arrivals.wait(for: 3)
                    #expect(try await shop.stored("d1").map { $0.values["temperature"] } == [1.0, nil])
                    #expect(try await shop.stored("d2").map { $0.values["total"] } == [2.0])
                }
            }
        }
    }
}
