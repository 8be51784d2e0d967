import HTTPWire
import NIOCore

/// Cuts do not change what the WebSocket decoder says, with and without compression, and limits hold.
///
/// What comes out as text is valid UTF-8 by its type.
public enum WebSocketProperty: Property {
    private static let inflater = MessageInflater()
    private static let limits = {
        var limits = WebSocketLimits()
        limits.message = 2_048
        limits.fragments = 16
        return limits
    }()

    /// Says what is wrong, or nil when the property holds.
    public static func violation(_ input: [UInt8]) -> String? {
        guard let input = CutInput(input) else { return nil }
        let role: WebSocketRole = input.choice & 1 == 0 ? .server : .client
        let inflater = input.choice & 2 == 0 ? nil : inflater
        let whole = read([input.bytes], role, inflater)
        let pieces = read(input.pieces, role, inflater)
        if whole != pieces { return "pieces of \(input.cut) are read as \(pieces), the whole as \(whole)" }
        for case .event(let event) in whole where size(event) > limits.message { return "a message is too long" }
        return nil
    }

    private enum Outcome: Equatable {
        case event(WebSocketEvent)
        case error(WebSocketError)
        case errorDidNotStay
    }

    private static func read(
        _ pieces: [ArraySlice<UInt8>],
        _ role: WebSocketRole,
        _ inflater: MessageInflater?
    ) -> [Outcome] {
        var decoder = WebSocketDecoder(role: role, limits: limits, inflater: inflater)
        var outcomes: [Outcome] = []
        do throws(WebSocketError) {
            for piece in pieces {
                decoder.receive(ByteBuffer(bytes: piece))
                while let event = try decoder.next() { outcomes.append(.event(event)) }
            }
        } catch {
            outcomes.append(.error(error))
            decoder.receive(ByteBuffer(bytes: [0x81, 0x80, 0, 0, 0, 0]))
            if (try? decoder.next()) != nil { outcomes.append(.errorDidNotStay) }
        }
        return outcomes
    }

    private static func size(_ event: WebSocketEvent) -> Int {
        switch event {
        case .text(let text): text.utf8.count
        case .binary(let bytes), .ping(let bytes), .pong(let bytes): bytes.readableBytes
        case .close(_, let reason): reason.utf8.count
        }
    }
}
