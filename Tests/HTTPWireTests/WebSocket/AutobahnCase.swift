import HTTPWire
import NIOCore
import Testing

/// One case of the Autobahn test suite, as far as it concerns what a server reads.
///
/// It has the frames that the client sends, and what comes out of them. What the server answers follows from that, and is tested with live WebSockets.
struct AutobahnCase: Sendable, CustomTestStringConvertible {
    /// The number in the suite.
    let number: String
    let frames: [[UInt8]]
    let outcome: [WebSocketOutcome]
    var limits = WebSocketLimits()
    var isDeflated = false

    var testDescription: String { number }

    init(_ number: String, _ frames: [[UInt8]], _ outcome: [WebSocketOutcome]) {
        self.number = number
        self.frames = frames
        self.outcome = outcome
    }

    /// A case that is refused at once.
    init(_ number: String, _ frames: [[UInt8]], refused error: WebSocketError, after outcome: [WebSocketOutcome] = []) {
        self.init(number, frames, outcome + [.error(error)])
    }

    /// Runs the case with all frames in one buffer, frame by frame, in chops of 997 bytes and byte by byte.
    func verify(sourceLocation: SourceLocation = #_sourceLocation) {
        let bytes = Array(frames.joined())
        let ways: [(name: String, pieces: [[UInt8]])] = [
            ("one buffer", [bytes]), ("frame by frame", frames), ("chops", bytes.cut(997)),
            ("byte by byte", bytes.count < 3_000 ? bytes.cut(1) : bytes.cut(61)),
        ]
        for (name, pieces) in ways {
            #expect(outcome(of: pieces) == outcome, "\(number), \(name)", sourceLocation: sourceLocation)
        }
    }

    private func outcome(of pieces: [[UInt8]]) -> [WebSocketOutcome] {
        var decoder = WebSocketDecoder(
            role: .server,
            limits: limits,
            inflater: isDeflated ? MessageInflater(contexts: 1) : nil
        )
        return pieces.reduce(into: []) { $0 += decoder.outcome(of: $1) }
    }
}

extension WebSocketDecoder {
    /// What follows from some more bytes; nothing when an earlier error was told already.
    mutating func outcome(of piece: [UInt8]) -> [WebSocketOutcome] {
        var outcomes: [WebSocketOutcome] = []
        do throws(WebSocketError) {
            while let event = try next() { outcomes.append(.event(event)) }
        } catch {
            return []
        }
        // Junk around the readable bytes: a decoder must not look outside of them.
        var bytes = ByteBuffer(bytes: [0x88, 0x80] + piece + [0xFF, 0xFF])
        bytes.moveReaderIndex(forwardBy: 2)
        bytes.moveWriterIndex(to: bytes.writerIndex - 2)
        receive(bytes)
        do throws(WebSocketError) {
            while let event = try next() { outcomes.append(.event(event)) }
        } catch {
            outcomes.append(.error(error))
        }
        return outcomes
    }
}

extension [UInt8] {
    /// Pieces of so many bytes.
    func cut(_ size: Int) -> [[UInt8]] {
        stride(from: 0, to: count, by: size).map { Array(self[$0..<Swift.min(count, $0 + size)]) }
    }

    /// A frame with other reserved bits.
    func reserved(_ bits: UInt8) -> [UInt8] {
        [self[0] | bits << 4] + self[1...]
    }

    /// A frame with an opcode that has no meaning.
    func opcode(_ code: UInt8) -> [UInt8] {
        [self[0] & 0xF0 | code] + self[1...]
    }
}

extension WebSocketOutcome {
    static func text(_ text: String) -> WebSocketOutcome { .event(.text(text)) }
    static func binary(_ bytes: [UInt8]) -> WebSocketOutcome { .event(.binary(ByteBuffer(bytes: bytes))) }
    static func ping(_ bytes: [UInt8]) -> WebSocketOutcome { .event(.ping(ByteBuffer(bytes: bytes))) }
    static func ping(_ text: String) -> WebSocketOutcome { ping(Array(text.utf8)) }
    static func pong(_ text: String) -> WebSocketOutcome { .event(.pong(ByteBuffer(string: text))) }
    static func close(_ code: UInt16, _ reason: String = "") -> WebSocketOutcome {
        .event(.close(WebSocketCloseCode(rawValue: code), reason: reason))
    }
}

/// A close frame of a client.
func closeFrame(_ code: UInt16, _ reason: [UInt8] = []) -> [UInt8] {
    frame(.close, [UInt8(code >> 8), UInt8(code & 0xFF)] + reason)
}
