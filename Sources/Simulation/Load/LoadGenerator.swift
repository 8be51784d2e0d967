import Logging
import MQTT
import Primitives

/// Publishes telemetry of many devices at a given rate, or as fast as the broker takes it.
public struct LoadGenerator: Sendable {
    private let options: SimulateOptions
    private let clock: WallClock
    private let logger: Logger

    /// The most messages handed over at once.
    private static let batch = 256

    /// Makes a generator; ``run(progress:)`` does the work.
    public init(_ options: SimulateOptions, clock: WallClock, logger: Logger) {
        self.options = options
        self.clock = clock
        self.logger = logger
    }

    /// Sends the messages and waits for their acknowledgements.
    ///
    /// Cancelling the task ends it early, with the summary of
    /// what was done.
    ///
    /// - Parameter progress: told about once a second.
    /// - Returns: what was sent and acknowledged.
    /// - Throws: when the first connection cannot be made, or a message was refused by the end.
    public func run(progress: @escaping @Sendable (LoadProgress) -> Void) async throws(MQTTError) -> LoadSummary {
        var configuration = PublisherConfiguration(broker: options.broker, clientID: options.clientID)
        configuration.window = options.inFlight
        let publisher = Publisher(configuration, logger: logger)
        try await publisher.connect()
        let start = ContinuousClock.now
        var sent = 0
        do throws(MQTTError) {
            try await send(through: publisher, start: start, sent: &sent, progress: progress)
            if !Task.isCancelled { try await publisher.drain() }
        } catch {
            guard error.kind == .cancelled else {
                await publisher.disconnect()
                throw error
            }
        }
        let summary = LoadSummary(
            sent: sent,
            acknowledged: publisher.acknowledgedCount,
            seconds: Self.seconds(since: start)
        )
        await publisher.disconnect()
        return summary
    }

    private func send(
        through publisher: Publisher,
        start: ContinuousClock.Instant,
        sent: inout Int,
        progress: @Sendable (LoadProgress) -> Void
    ) async throws(MQTTError) {
        let payloads = LoadPayload(metrics: options.metrics)
        let topics = (0..<options.devices).map { "plantwright/v1/\(options.identifier(ofDevice: $0))/telemetry" }
        var schedule = LoadSchedule(
            devices: options.devices,
            messages: options.messages,
            rate: options.rate,
            now: clock.now.milliseconds
        )
        var nextReport = 1.0
        while !Task.isCancelled, options.messages == 0 || sent < options.messages {
            let seconds = Self.seconds(since: start)
            if seconds >= nextReport {
                progress(
                    LoadProgress(
                        sent: sent,
                        acknowledged: publisher.acknowledgedCount,
                        refused: publisher.failedCount,
                        seconds: seconds
                    )
                )
                nextReport = seconds.rounded(.down) + 1
            }
            let now = clock.now.milliseconds
            var messages: [OutboundMessage] = []
            for number in sent..<sent + allowance(sent: sent, seconds: seconds) {
                guard let turn = schedule.next(now: now) else { break }
                messages.append(
                    OutboundMessage(
                        topic: topics[turn.device],
                        payload: payloads.bytes(
                            device: turn.device,
                            milliseconds: turn.milliseconds,
                            number: number / options.devices
                        )
                    )
                )
            }
            guard !messages.isEmpty else {
                // Nothing is due as yet, or the source times have to wait for the clock.
                try? await Task.sleep(for: .milliseconds(2))
                continue
            }
            try await publisher.enqueue(messages)
            sent += messages.count
        }
    }

    /// How many messages may be sent now.
    private func allowance(sent: Int, seconds: Double) -> Int {
        var count = Self.batch
        // The first message is due at once.
        if options.rate > 0 { count = min(count, max(0, Int(options.rate * seconds) + 1 - sent)) }
        if options.messages > 0 { count = min(count, options.messages - sent) }
        return count
    }

    private static func seconds(since start: ContinuousClock.Instant) -> Double {
        (ContinuousClock.now - start) / .seconds(1)
    }
}
