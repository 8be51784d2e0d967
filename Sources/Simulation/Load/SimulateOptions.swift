import MQTT

/// What load to make.
public struct SimulateOptions: Sendable {
    /// Where to publish.
    public var broker: BrokerAddress
    /// How many devices take turns; 1 to 999,999.
    public var devices: Int
    /// Messages per second of all devices together; 0 for as many as the broker takes.
    public var rate: Double
    /// Metrics per message; 1 to 500.
    public var metrics: Int
    /// How many messages to send; 0 to go on until the task is cancelled.
    public var messages: Int
    /// What the devices' identifiers begin with.
    public var identifierPrefix: String
    /// How many messages may be unacknowledged; 1 to 60,000.
    public var inFlight = 2_000
    /// The MQTT client identifier.
    public var clientID: String

    /// Makes options.
    ///
    /// Numbers outside their ranges are brought into them.
    public init(
        broker: BrokerAddress,
        devices: Int = 100,
        rate: Double = 0,
        metrics: Int = 5,
        messages: Int = 0,
        identifierPrefix: String = "sim-",
        clientID: String = "plantwright-simulate"
    ) {
        self.broker = broker
        self.devices = min(999_999, max(1, devices))
        self.rate = rate.isFinite ? max(0, rate) : 0
        self.metrics = min(500, max(1, metrics))
        self.messages = max(0, messages)
        self.identifierPrefix = identifierPrefix
        self.clientID = clientID
    }

    /// The identifier of a device, counted from 0: `sim-000001` is the first.
    public func identifier(ofDevice index: Int) -> String {
        let digits = String(index + 1)
        return identifierPrefix + String(repeating: "0", count: max(0, 6 - digits.count)) + digits
    }
}
