/// What a client needs to know to connect.
struct ConnectionSettings: Sendable {
    /// Where to and as whom.
    var broker: BrokerAddress
    /// The MQTT client identifier.
    var clientID: String
    /// Whether the broker forgets an earlier session.
    var cleanStart: Bool
    /// Seconds for which the broker keeps the session after the connection ended.
    var sessionExpiry: UInt32
    /// What becomes of retained messages at a SUBSCRIBE.
    var retained: RetainHandling
    /// A PEM file of the certificate authorities to trust instead of the system's.
    var caFile: String?
    /// Seconds after which a silent connection is probed.
    var keepAlive: Int32
    /// How long name resolution is followed by TCP, TLS and CONNACK before the attempt is given up.
    var connectLimit: Duration
}
