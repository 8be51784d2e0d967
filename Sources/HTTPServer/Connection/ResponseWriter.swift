import NIOCore
import Synchronization

/// Where the bytes of a streamed body go.
protocol ResponseSink: Sendable {
    func write(_ bytes: ByteBuffer) async throws
    func flush() async throws
}

/// Writes the body of a streamed response.
///
/// Small writes are put together; a write suspends while the client is slow.
public struct ResponseWriter: Sendable {
    let sink: any ResponseSink

    /// Writes bytes.
    public func write(_ bytes: [UInt8]) async throws {
        try await sink.write(ByteBuffer(bytes: bytes))
    }

    /// Writes text as UTF-8.
    public func write(_ text: String) async throws {
        try await sink.write(ByteBuffer(string: text))
    }

    /// Sends what small writes left behind.
    public func flush() async throws {
        try await sink.flush()
    }
}

/// Keeps what is written.
final class MemorySink: ResponseSink {
    private let state = Mutex(ByteBuffer())

    /// Everything written so far.
    var bytes: ByteBuffer { state.withLock { $0 } }

    func write(_ bytes: ByteBuffer) async throws {
        state.withLock { _ = $0.writeImmutableBuffer(bytes) }
    }

    func flush() async throws {}
}

/// Frames a streamed body and hands it to the transport; small writes leave together.
final class WireSink: ResponseSink {
    /// A body of known length that did not come to that length.
    struct LengthMismatch: Error {}

    fileprivate struct State {
        /// Encoded bytes that leave first: the head, until the first write.
        var encoded: ByteBuffer
        /// Bytes of the body that are not framed yet.
        var gathered = ByteBuffer()
        var written = 0
        var isEnded = false
    }

    private static let gatheringSize = 16 * 1_024
    private let transport: ConnectionTransport
    private let framing: ResponseFraming
    private let state: Mutex<State>

    /// Makes a sink; the encoded `head` leaves with the first bytes of the body.
    init(transport: ConnectionTransport, framing: ResponseFraming, head: ByteBuffer) {
        self.transport = transport
        self.framing = framing
        state = Mutex(State(encoded: head))
    }

    /// Bytes of body written so far.
    var bodyBytes: Int { state.withLock { $0.written } }

    func write(_ bytes: ByteBuffer) async throws {
        let output = try state.withLock { state -> ByteBuffer? in
            if state.isEnded { throw ConnectionFailure.closed }
            state.written += bytes.readableBytes
            if case .fixed(let length) = framing, state.written > length { throw LengthMismatch() }
            state.gathered.writeImmutableBuffer(bytes)
            guard state.gathered.readableBytes >= WireSink.gatheringSize else { return nil }
            return state.takeOutput(framing)
        }
        if let output { try await transport.write(output) }
    }

    func flush() async throws {
        try await transport.write(state.withLock { $0.takeOutput(framing) })
    }

    /// Sends the rest and ends the body.
    func finish() async throws {
        let output = try state.withLock { state in
            if case .fixed(let length) = framing, state.written != length { throw LengthMismatch() }
            state.isEnded = true
            var output = state.takeOutput(framing)
            if framing == .chunked { ResponseEncoder.writeLastChunk(into: &output) }
            return output
        }
        try await transport.write(output)
    }

    /// Refuses whatever a leaked writer still wants to write.
    func abandon() {
        state.withLock { $0.isEnded = true }
    }
}

extension WireSink.State {
    fileprivate mutating func takeOutput(_ framing: ResponseFraming) -> ByteBuffer {
        if framing == .chunked {
            ResponseEncoder.writeChunk(gathered, into: &encoded)
        } else {
            encoded.writeImmutableBuffer(gathered)
        }
        defer {
            encoded = ByteBuffer()
            gathered = ByteBuffer()
        }
        return encoded
    }
}
