import MQTT
import SeededRandom
import Synchronization
import TestSupport
import Testing

@Suite("Nothing lost", .timeLimit(.minutes(2)))
struct RedeliveryTests {
    /// A store that fails, hangs up and dies at moments that the seed decides.
    private final class FlakyStore: Sendable {
        struct State {
            var generator: SeededGenerator
            var counts: [Int: Int] = [:]
            var failures = 0
        }

        let state: Mutex<State>

        init(seed: UInt64) {
            state = Mutex(State(generator: SeededGenerator(seed: seed)))
        }

        var distinct: Int { state.withLock(\.counts.count) }

        /// Commits the batch, or fails before or after the commit; about once in three thousand messages, however they are
        /// batched.
        func commit(_ batch: [InboundMessage]) throws {
            try state.withLock { state in
                let fate = Int(state.generator.next() % 6_000)
                if fate < batch.count {
                    state.failures += 1
                    throw StorageFailure()
                }
                for message in batch {
                    guard let number = Int(String(decoding: message.payload, as: UTF8.self)) else { continue }
                    state.counts[number, default: 0] += 1
                }
                if fate < 2 * batch.count {
                    state.failures += 1
                    throw StorageFailure()
                }
            }
        }
    }

    @Test func twentyThousandMessagesSurviveConsumersTornDownAtRandom() async throws {
        let total = 20_000
        try await TemporaryMosquitto.with { broker in
            let tap = try WireTap(before: broker.port)
            defer { tap.close() }
            var configuration = ConsumerConfiguration.test(tap.address)
            configuration.batchMessages = 300
            let store = FlakyStore(seed: 7)
            let first = DurableConsumer(configuration, logger: quiet)
            try await first.running(into: Inbox()) { await first.subscribed() }
            let load = Task {
                let publisher = try await Publisher.connected(to: broker.address)
                for start in stride(from: 0, to: total, by: 500) {
                    try await publisher.enqueue(
                        (start..<start + 500).map { OutboundMessage(topic: "plant/a", payload: Array("\($0)".utf8)) }
                    )
                }
                try await publisher.drain()
                await publisher.disconnect()
            }
            var generator = SeededGenerator(seed: 11)
            var tornDown = 0
            while store.distinct < total, !Task.isCancelled {
                // Each life of the consumer ends after a random number of messages: by cancellation, or by a cut wire.
                let life = Int(generator.next() % 4_000) + 1
                let isCut = generator.next() % 2 == 0
                let inbox = Inbox()
                let consumer = DurableConsumer(configuration, logger: quiet)
                try await consumer.running({ batch in
                    defer { inbox.add(batch) }
                    try store.commit(batch)
                }) {
                    await inbox.wait { $0.count >= life || store.distinct == total }
                    if isCut { tap.cut() }
                }
                tornDown += 1
            }
            try await load.value
            let (counts, failures) = store.state.withLock { ($0.counts, $0.failures) }
            #expect(counts.count == total)
            #expect(Set(counts.keys) == Set(0..<total))
            #expect(failures > 0)
            let doubled = counts.values.filter { $0 > 1 }.count
            print(
                "torn down \(tornDown) times, \(failures) failed batches, \(doubled) of \(total) messages delivered again"
            )
        }
    }
}
