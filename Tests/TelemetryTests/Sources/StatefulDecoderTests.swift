import Assets
import Decoders
import PostgreSQL
import Primitives
import Synchronization
import Testing

@testable import Telemetry

/// Remembers the sum of what it was sent; "fail" is refused, and so is the transaction after `failNext`.
private final class Adder: StatefulDecoder {
    struct Refusal: Error {}

    struct State {
        var committed = 0.0
        var begun = 0
        var resets = 0
        var failures = 0
        var replays = 0
    }

    let state = Mutex(State())

    func begin(in database: any PostgresSession) async throws -> any StatefulDecoding {
        state.withLock { state in
            state.begun += 1
            return Copy(sum: state.committed, adder: self)
        }
    }

    func reset() async { state.withLock { $0.resets += 1 } }

    struct Copy: StatefulDecoding {
        var sum: Double
        let adder: Adder

        mutating func decode(_ message: SourceMessage) throws(DecodeFailure) -> [Sample] {
            let text = String(decoding: message.payload, as: UTF8.self)
            guard let number = Double(text) else { throw DecodeFailure(.badPayload, "No number.") }
            if message.isReplay { adder.state.withLock { $0.replays += 1 } } else { sum += number }
            return [
                Sample(
                    identifier: "d1",
                    timestamp: Timestamp(milliseconds: 1_795_362_000_000 + Int64(number) * 1_000),
                    fields: [Field("total", .number(sum)), Field("mode", .text("sum \(sum)"))],
                    quality: 2
                )
            ]
        }

        mutating func write(in transaction: Transaction) async throws -> @Sendable () -> Void {
            let fails = adder.state.withLock { state in
                defer { state.failures = max(0, state.failures - 1) }
                return state.failures > 0
            }
            if fails { throw Refusal() }
            let (sum, adder) = (sum, adder)
            return { adder.state.withLock { $0.committed = sum } }
        }
    }
}

@Suite struct StatefulDecoderTests {
    private func with(_ body: (SourceWorkshop, Adder) async throws -> Void) async throws {
        let adder = Adder()
        try await SourceWorkshop.with(stateful: [.sparkplugB: { _ in adder }]) { shop in
            try await shop.put(
                "spark",
                ["topicFilter": "spBv1.0/#", "decoder": "sparkplug-b", "fields": ["total": "total", "mode": "mode"]]
            )
            try await body(shop, adder)
        }
    }

    @Test func eachMessageIsDecodedOnceAndInOrder() async throws {
        try await with { shop, adder in
            // The texts are new, so values are mapped twice; the sum must not see that.
            try await shop.receive(["1", "2", "3"].map { shop.message("spBv1.0/a", $0) })
            #expect(try await shop.stored("d1").map { $0.values["total"] } == [1.0, 3.0, 6.0])
            #expect(try await shop.stored("d1").map { $0.values["mode"] } == ["sum 1.0", "sum 3.0", "sum 6.0"])
            #expect(adder.state.withLock(\.committed) == 6)
            #expect(adder.state.withLock(\.begun) == 1)
        }
    }

    @Test func aFailedTransactionLeavesNothing() async throws {
        try await with { shop, adder in
            try await shop.receive("spBv1.0/a", "1")
            adder.state.withLock { $0.failures = 1 }
            await #expect(throws: Adder.Refusal.self) { try await shop.receive("spBv1.0/a", "2") }
            #expect(adder.state.withLock(\.committed) == 1)
            let resets = adder.state.withLock(\.resets)
            try await shop.receive("spBv1.0/a", "2")
            #expect(adder.state.withLock(\.committed) == 3)
            #expect(adder.state.withLock(\.resets) == resets + 1)
        }
    }

    @Test func refusedMessagesComeAgainAsReplays() async throws {
        try await with { shop, adder in
            #expect(try await shop.receive("spBv1.0/a", "x").rejection?.reason == .badPayload)
            #expect(try await shop.refused.retryAll() == RetrySummary(retried: 1, accepted: 0, rejected: 1))
            try await shop.put(
                "spark",
                ["topicFilter": "spBv1.0/#", "decoder": "sparkplug-b", "fields": ["total": "x"]]
            )
            // Fields alone do not make a new decoder.
            try await shop.receive("spBv1.0/a", "5")
            #expect(adder.state.withLock(\.committed) == 5)
        }
    }

    @Test func itsQualityIsStored() async throws {
        try await with { shop, _ in
            try await shop.receive("spBv1.0/a", "1")
            let device = try #require(shop.plant.snapshot.device(key: "d1"))
            let newest = try await ReadingStore(pool: shop.pool, plant: shop.plant).latest(devices: [device.id])
            #expect(newest.map(\.quality) == [2])
        }
    }

    @Test func aDecoderMaySayThatThereAreNoValues() async throws {
        try await with { shop, _ in
            try await shop.put(
                "spark",
                ["topicFilter": "spBv1.0/#", "decoder": "sparkplug-b", "fields": ["total": "y"]]
            )
            #expect(try await shop.receive("spBv1.0/a", "1").counts == [0, 0, 0, 0, 0])
        }
    }
}
