/// A reason code of MQTT 5.0 (section 2.4), as CONNACK, PUBACK, SUBACK and DISCONNECT carry it.
///
/// Of a broker that speaks 3.1.1, CONNACK's return codes are translated; its SUBACK knows 0x80 only, and the others none.
public struct ReasonCode: RawRepresentable, Hashable, Sendable, CustomStringConvertible {
    /// The byte on the wire.
    public let rawValue: UInt8

    /// Wraps a byte.
    public init(rawValue: UInt8) {
        self.rawValue = rawValue
    }

    /// The code that says what a return code of MQTT 3.1.1 says in CONNACK (section 3.2.2.3 there).
    init(returnCode: UInt8) {
        self =
            switch returnCode {
            case 0: .success
            case 1: .unsupportedProtocolVersion
            case 2: .clientIdentifierNotValid
            case 3: .serverUnavailable
            case 4: .badUserNameOrPassword
            case 5: .notAuthorized
            default: .unspecified
            }
    }

    /// Success, or a granted quality of service of 0.
    public static let success = ReasonCode(rawValue: 0x00)
    /// The broker reveals no reason.
    public static let unspecified = ReasonCode(rawValue: 0x80)
    /// The broker does not speak the version of MQTT that it was asked for.
    public static let unsupportedProtocolVersion = ReasonCode(rawValue: 0x84)
    /// The client identifier is not accepted.
    public static let clientIdentifierNotValid = ReasonCode(rawValue: 0x85)
    /// User name or password are wrong.
    public static let badUserNameOrPassword = ReasonCode(rawValue: 0x86)
    /// Not allowed; Mosquitto also answers a wrong password with it.
    public static let notAuthorized = ReasonCode(rawValue: 0x87)
    /// The broker is not available.
    public static let serverUnavailable = ReasonCode(rawValue: 0x88)
    /// The broker is busy.
    public static let serverBusy = ReasonCode(rawValue: 0x89)
    /// The client is banned.
    public static let banned = ReasonCode(rawValue: 0x8A)
    /// The broker shuts down.
    public static let serverShuttingDown = ReasonCode(rawValue: 0x8B)
    /// The authentication method is not accepted.
    public static let badAuthenticationMethod = ReasonCode(rawValue: 0x8C)
    /// Nothing was received for one and a half keep-alive intervals.
    public static let keepAliveTimeout = ReasonCode(rawValue: 0x8D)
    /// Another client connected with the same client identifier.
    public static let sessionTakenOver = ReasonCode(rawValue: 0x8E)
    /// The topic filter is not accepted.
    public static let topicFilterInvalid = ReasonCode(rawValue: 0x8F)
    /// The topic name is not accepted.
    public static let topicNameInvalid = ReasonCode(rawValue: 0x90)
    /// A quota is exceeded.
    public static let quotaExceeded = ReasonCode(rawValue: 0x97)

    /// Whether the code reports a failure.
    public var isFailure: Bool { rawValue >= 0x80 }

    /// Whether a person must look at user name, password or rights.
    public var concernsCredentials: Bool {
        switch self {
        case .badUserNameOrPassword, .notAuthorized, .banned, .badAuthenticationMethod: true
        default: false
        }
    }

    /// What the code means, in a few words.
    public var description: String {
        switch self {
        case .success: "success"
        case .unspecified: "unspecified error"
        case .unsupportedProtocolVersion: "the broker does not speak this version of MQTT"
        case .clientIdentifierNotValid: "client identifier not valid"
        case .badUserNameOrPassword: "bad user name or password"
        case .notAuthorized: "not authorized"
        case .serverUnavailable: "server unavailable"
        case .serverBusy: "server busy"
        case .banned: "banned"
        case .serverShuttingDown: "server shutting down"
        case .badAuthenticationMethod: "bad authentication method"
        case .keepAliveTimeout: "keep-alive time-out"
        case .sessionTakenOver: "another client took the session over"
        case .topicFilterInvalid: "topic filter invalid"
        case .topicNameInvalid: "topic name invalid"
        case .quotaExceeded: "quota exceeded"
        default: "reason \(rawValue)"
        }
    }
}
