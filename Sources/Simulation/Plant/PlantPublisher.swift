import Logging
import MQTT
import Primitives
import Synchronization

/// Publishes every device of a plant once a second, spread over the second, until its task is cancelled.
public final class PlantPublisher: Sendable {
    /// How many messages of each device wait for a broker that is away; later ones are skipped.
    public static let backlogPerDevice = 30

    private let model: PlantModel
    private let state: PlantState
    private let publisher: Publisher
    private let interval: Duration
    private let clock: WallClock
    private let logger: Logger
    private let skipped = Mutex(0)

    /// Makes a publisher; ``run()`` does the work.
    ///
    /// - Parameters:
    ///   - model: what is published.
    ///   - state: what the values depend on; wear begins when its owner calls ``PlantState/goLive()``.
    ///   - broker: where to; its account must be allowed to publish for all devices.
    ///   - clientID: the MQTT client identifier.
    ///   - interval: from one message of a device to its next.
    ///   - clock: where source times come from.
    ///   - logger: where a lost connection and skipped messages are told.
    public init(
        model: PlantModel,
        state: PlantState,
        broker: BrokerAddress,
        clientID: String = "plantwright-demo-plant",
        interval: Duration = .seconds(1),
        clock: WallClock,
        logger: Logger
    ) {
        self.model = model
        self.state = state
        self.interval = interval
        self.clock = clock
        self.logger = logger
        var configuration = PublisherConfiguration(broker: broker, clientID: clientID)
        configuration.window = Self.backlogPerDevice * model.deviceCount
        publisher = Publisher(configuration, logger: logger)
    }

    /// Messages that the broker has acknowledged.
    public var publishedCount: Int { publisher.acknowledgedCount }

    /// Messages that the broker refused, for example for want of rights.
    public var refusedCount: Int { publisher.failedCount }

    /// Messages that were never made because the broker did not keep up.
    public var skippedCount: Int { skipped.withLock { $0 } }

    /// Whether there is a connection now.
    public var isConnected: Bool { publisher.isConnected }

    /// Publishes until the task is cancelled; a lost or refused connection is tried again with growing pauses.
    public func run() async {
        do throws(MQTTError) {
            try await publisher.connect(retrying: true)
            try await publishForever()
        } catch {
            if error.kind != .cancelled { logger.error("The simulated plant stopped: \(error)") }
        }
        await publisher.disconnect()
    }

    private func publishForever() async throws(MQTTError) {
        let topics = (0..<model.deviceCount).map { "plantwright/v1/\(model.key(ofDevice: $0))/telemetry" }
        let slot = interval / model.deviceCount
        let start = ContinuousClock.now
        var turn = 0
        while true {
            turn += skipMissedTurns(from: turn, elapsed: ContinuousClock.now - start)
            do {
                try await Task.sleep(until: start + slot * turn, clock: .continuous)
            } catch {
                return
            }
            let device = turn % model.deviceCount
            let payload = model.reading(ofDevice: device, at: clock.now, course: state.course).bytes
            try await publisher.enqueue([OutboundMessage(topic: topics[device], payload: payload)])
            turn += 1
        }
    }

    /// Counts the turns that passed while the broker did not take messages; being late by less than a round is made up
    /// for.
    private func skipMissedTurns(from turn: Int, elapsed: Duration) -> Int {
        let due = Int(elapsed / interval * Double(model.deviceCount))
        guard due - turn > model.deviceCount else { return 0 }
        skipped.withLock { $0 += due - turn }
        logger.warning(
            "The broker does not keep up with the simulated plant",
            metadata: ["skipped": "\(due - turn)"]
        )
        return due - turn
    }
}
