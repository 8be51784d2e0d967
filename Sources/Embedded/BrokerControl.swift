import Foundation
import Logging
import MQTT
import Primitives

/// The server's way to the accounts of its broker: the dynamic-security plugin's control topic.
///
/// The plugin works a command off before the broker acknowledges it, and answers on a topic of its own. Whether it obeyed
/// is not read from that answer but tried: after a creation, the device's account must be able to sign in.
actor BrokerControl {
    private static let topic = "$CONTROL/dynamic-security/v1"
    private static let patience = Duration.seconds(10)

    private let address: BrokerAddress
    private let logger: Logger
    private let session = UUID().uuidString
    private var publisher: Publisher?

    /// Makes the control of a broker; it connects when it is first used.
    init(address: BrokerAddress, logger: Logger) {
        self.address = address
        self.logger = logger
    }

    /// Replaces a device's account by one with this password.
    func create(_ account: DeviceAccount, password: String) async throws(EmbeddedError) {
        try await send(account.removal + account.creation(password: password))
        var device = address
        device.credentials = BrokerCredentials(username: account.username, password: password)
        let trial = Publisher(
            PublisherConfiguration(broker: device, clientID: "plantwright-trial-\(session)"),
            logger: quiet
        )
        do {
            try await trial.connect()
        } catch {
            throw .commandRefused(detail: "the new account '\(account.username)' cannot sign in: \(error)")
        }
        await trial.disconnect()
    }

    /// Ends a device's account.
    func remove(_ account: DeviceAccount) async throws(EmbeddedError) {
        try await send(account.removal)
    }

    /// Ends the connection.
    func close() async {
        await publisher?.disconnect()
        publisher = nil
    }

    private func send(_ commands: [JSONValue]) async throws(EmbeddedError) {
        let publisher =
            self.publisher
            ?? Publisher(
                PublisherConfiguration(broker: address, clientID: "plantwright-control-\(session)"),
                logger: quiet
            )
        self.publisher = publisher
        let document: JSONValue = ["commands": .array(commands)]
        try await limited { () async throws(MQTTError) in
            if !publisher.isConnected { try await publisher.connect(retrying: true) }
            try await publisher.publish(OutboundMessage(topic: Self.topic, payload: document.bytes))
        }
    }

    /// Ends work that waits for a broker which does not come back.
    private func limited(_ work: @escaping @Sendable () async throws(MQTTError) -> Void) async throws(EmbeddedError) {
        let task = Task { try await work() }
        let timer = Task {
            try await Task.sleep(for: Self.patience)
            task.cancel()
        }
        defer { timer.cancel() }
        if case .failure(let error) = await task.result {
            let isOverdue = (error as? MQTTError)?.kind == .cancelled
            throw .commandRefused(detail: isOverdue ? "it did not answer within \(Self.patience)" : "\(error)")
        }
    }

    private var quiet: Logger {
        var logger = logger
        logger.logLevel = max(logger.logLevel, .warning)
        return logger
    }
}
