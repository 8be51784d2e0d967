/// What was agreed about compression on one WebSocket: permessage-deflate (RFC 7692), always without context takeover.
///
/// Both sides forget their window after every message. That costs some compression and saves 300 kB on every idle
/// WebSocket; and a message can be compressed once for all who receive it.
public struct PerMessageDeflate: Hashable, Sendable {
    /// The window of the client, as a power of two, 8 to 15: no reference in the server's messages may reach further.
    public let serverWindowBits: Int
    /// Whether the client has asked for that window, so that the answer must confirm it.
    private let confirmsWindow: Bool

    /// What ends every flush, and is left out on the wire (section 7.2.1).
    static let tail: [UInt8] = [0x00, 0x00, 0xFF, 0xFF]

    /// Accepts the first offer that can be accepted.
    ///
    /// Declined are offers with unknown parameters, parameters that come twice, and values that are none (section 7).
    /// What an offer says about the client's own window or context needs no consent. Nil when none can be accepted; the
    /// WebSocket is opened without compression then.
    ///
    /// - Parameter offers: the elements of the client's Sec-WebSocket-Extensions.
    public init?(accepting offers: [WebSocketExtension]) {
        for offer in offers where offer.name == "permessage-deflate" {
            if let agreed = PerMessageDeflate(offer) {
                self = agreed
                return
            }
        }
        return nil
    }

    /// The value of Sec-WebSocket-Extensions that answers the offer.
    public var answer: String {
        let answer = "permessage-deflate; server_no_context_takeover; client_no_context_takeover"
        return confirmsWindow ? "\(answer); server_max_window_bits=\(serverWindowBits)" : answer
    }

    private init?(_ offer: WebSocketExtension) {
        var names: Set<String> = []
        var window: Int?
        for parameter in offer.parameters {
            guard names.insert(parameter.name).inserted else { return nil }
            switch (parameter.name, parameter.value) {
            case ("server_no_context_takeover", nil), ("client_no_context_takeover", nil): break
            case ("client_max_window_bits", nil): break
            case ("client_max_window_bits", let value?):
                guard PerMessageDeflate.windowBits(value) != nil else { return nil }
            case ("server_max_window_bits", let value?):
                guard let bits = PerMessageDeflate.windowBits(value) else { return nil }
                window = bits
            default: return nil
            }
        }
        serverWindowBits = window ?? 15
        confirmsWindow = window != nil
    }

    /// A decimal number without leading zeros, 8 to 15 (section 7.1.2).
    private static func windowBits(_ value: String) -> Int? {
        guard let bits = Int(value), (8...15).contains(bits), String(bits) == value else { return nil }
        return bits
    }
}
