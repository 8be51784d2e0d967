import Alarms
import Assets
import MQTT
import Observability
import PostgreSQL
import Primitives
import Telemetry

/// Carries messages from the durable session into the ingest writer; returning means committed.
struct MessagePump: Sendable {
    let writer: IngestWriter
    let sources: SourceStore
    let metrics: PlantwrightMetrics
    let clock: WallClock

    func handle(_ batch: [InboundMessage]) async throws {
        let now = clock.now
        metrics.messagesReceived.increment(by: batch.count)
        let messages = batch.map { message in
            sources.message(topic: message.topic, payload: message.payload, receivedAt: now)
        }
        sources.traffic.note(messages, try await writer.write(messages))
    }
}

/// Lets the alarm engine take part in every batch, and something else act on what became of alarms.
struct AlarmParticipant: BatchParticipant {
    /// Acts on a batch's alarms in its transaction; what it returns is called after COMMIT.
    typealias Observer =
        @Sendable (AlarmBatchResult, StoredBatch, Transaction) async throws -> @Sendable () -> Void

    let engine: AlarmEngine
    let observer: Observer

    func process(_ batch: StoredBatch, in transaction: Transaction) async throws -> @Sendable () -> Void {
        let result = try await engine.evaluate(batch.readings, plant: batch.plant, in: transaction)
        if result.raised.isEmpty, result.cleared.isEmpty { return result.apply }
        let applyObserver = try await observer(result, batch, transaction)
        return {
            result.apply()
            applyObserver()
        }
    }

    func reset() async throws { engine.invalidate() }
}
