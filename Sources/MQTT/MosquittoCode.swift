import CMosquitto

/// A result code of libmosquitto (`enum mosq_err_t`).
public struct MosquittoCode: RawRepresentable, Hashable, Sendable, CustomStringConvertible {
    /// The number that the library returned.
    public let rawValue: Int32

    /// Wraps a number.
    public init(rawValue: Int32) {
        self.rawValue = rawValue
    }

    init(_ code: mosq_err_t) {
        rawValue = code.rawValue
    }

    /// The call did what it was asked for.
    public static let success = MosquittoCode(MOSQ_ERR_SUCCESS)
    /// A non-blocking connect is under way.
    public static let connectPending = MosquittoCode(MOSQ_ERR_CONN_PENDING)
    /// An argument was refused.
    public static let invalid = MosquittoCode(MOSQ_ERR_INVAL)
    /// There is no connection.
    public static let noConnection = MosquittoCode(MOSQ_ERR_NO_CONN)
    /// The broker closed the connection.
    public static let connectionLost = MosquittoCode(MOSQ_ERR_CONN_LOST)
    /// The broker's packet broke the protocol, or its CONNACK refused us.
    public static let protocolError = MosquittoCode(MOSQ_ERR_PROTOCOL)
    /// TLS failed: handshake, certificate or record.
    public static let tls = MosquittoCode(MOSQ_ERR_TLS)
    /// The host name has no address.
    public static let addressLookup = MosquittoCode(MOSQ_ERR_EAI)
    /// A system call failed; `errno` says why.
    public static let system = MosquittoCode(MOSQ_ERR_ERRNO)
    /// The broker did not answer a PINGREQ in time.
    public static let keepAlive = MosquittoCode(MOSQ_ERR_KEEPALIVE)
    /// The packet is larger than the broker accepts.
    public static let oversizePacket = MosquittoCode(MOSQ_ERR_OVERSIZE_PACKET)
    /// The payload is longer than MQTT allows.
    public static let payloadSize = MosquittoCode(MOSQ_ERR_PAYLOAD_SIZE)
    /// A text is not UTF-8 as MQTT wants it.
    public static let malformedUTF8 = MosquittoCode(MOSQ_ERR_MALFORMED_UTF8)

    /// The library's sentence for the code.
    public var description: String {
        String(cString: mosquitto_strerror(rawValue))
    }
}
