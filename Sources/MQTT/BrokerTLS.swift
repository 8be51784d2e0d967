/// How a connection to `mqtts://` is secured, beyond the verification of the broker's certificate.
public struct BrokerTLS: Hashable, Sendable {
    /// A PEM file of the certificate authorities to trust instead of the system's.
    public var caFile: String?
    /// A PEM file of our own certificate, for brokers that ask for one (mutual TLS).
    public var certificateFile: String?
    /// The PEM file of its key, without a password.
    public var keyFile: String?
    /// The name for ALPN (RFC 7301), such as `x-amzn-mqtt-ca` on port 443 of AWS IoT Core.
    public var applicationProtocol: String?

    /// The system's authorities and no certificate of our own.
    public init() {}
}
