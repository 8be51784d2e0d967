/// A version of MQTT that a client can speak.
public enum ProtocolVersion: String, Hashable, Sendable, CustomStringConvertible {
    /// MQTT 5.0.
    case mqtt5 = "5"
    /// MQTT 3.1.1: no session expiry, no receive maximum, no retain handling, no reasons for refusals.
    case mqtt311 = "3.1.1"

    /// `5` or `3.1.1`.
    public var description: String { rawValue }
}

/// Which versions a client may speak with a broker.
public enum VersionChoice: Hashable, Sendable {
    /// MQTT 5, and 3.1.1 with a broker that refuses it.
    case automatic
    /// No other than this one.
    case only(ProtocolVersion)

    /// Reads `auto`, `5` or `3.1.1`; nil for anything else.
    public init?(_ text: String) {
        if text == "auto" {
            self = .automatic
        } else if let version = ProtocolVersion(rawValue: text) {
            self = .only(version)
        } else {
            return nil
        }
    }
}
