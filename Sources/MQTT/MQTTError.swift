/// Why an MQTT operation failed: what kind of failure, with which broker, and the cause in words.
///
/// Never carries a password or a payload.
public struct MQTTError: Error, Hashable, Sendable, CustomStringConvertible {
    /// What callers tell apart.
    public enum Kind: Hashable, Sendable {
        /// No connection could be made: name unknown, refused, no route.
        case unreachable
        /// The broker accepted the connection and did not answer in time.
        case timedOut
        /// User name, password or rights were refused; repeating does not help.
        case badCredentials(ReasonCode)
        /// The broker refused the connection for another reason.
        case refused(ReasonCode)
        /// The TLS handshake failed, be it the certificate.
        case tls
        /// An established connection ended; with the broker's reason if it gave one.
        case connectionLost(ReasonCode?)
        /// The broker refused a message.
        case publishRefused(ReasonCode)
        /// The message or setting cannot be sent: topic, size, text.
        case invalid
        /// The client was closed, or was never connected.
        case notConnected
        /// The waiting task was cancelled.
        case cancelled
        /// The batch handler failed; the broker delivers the batch again.
        case handlerFailed
        /// The batch handler took longer than its limit; the broker delivers the batch again.
        case handlerOverdue
    }

    /// What kind of failure it is.
    public var kind: Kind
    /// The broker, as `scheme://host:port`.
    public var broker: String
    /// The cause in words.
    public var detail: String

    /// Makes an error.
    public init(_ kind: Kind, broker: String, detail: String) {
        self.kind = kind
        self.broker = broker
        self.detail = detail
    }

    /// One sentence for people.
    public var description: String { "\(summary) (\(broker)): \(detail)" }

    private var summary: String {
        switch kind {
        case .unreachable: "The MQTT broker cannot be reached"
        case .timedOut: "The MQTT broker did not answer in time"
        case .badCredentials: "The MQTT broker refused the credentials"
        case .refused: "The MQTT broker refused the connection"
        case .tls: "No secure connection to the MQTT broker"
        case .connectionLost: "The connection to the MQTT broker was lost"
        case .publishRefused: "The MQTT broker refused a message"
        case .invalid: "Not a valid MQTT request"
        case .notConnected: "Not connected to the MQTT broker"
        case .cancelled: "Waiting for the MQTT broker was cancelled"
        case .handlerFailed: "A batch of MQTT messages could not be stored"
        case .handlerOverdue: "Storing a batch of MQTT messages took too long"
        }
    }
}
