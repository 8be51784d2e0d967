import HTTPWire
import NIOCore
import Synchronization

/// Speaks with one WebSocket client; the WebSocket is closed when it returns.
public typealias WebSocketHandler = @Sendable (Request, WebSocketConnection) async throws -> Void

/// A whole message on a WebSocket.
public enum WebSocketMessage: Hashable, Sendable {
    /// A text message.
    case text(String)
    /// A binary message.
    case binary([UInt8])
}

/// An open WebSocket (RFC 6455), server side.
///
/// Iterate `messages` in one task for as long as the WebSocket lives: pings, pongs and the close handshake are handled
/// while iterating. Sending is possible from any task at the same time.
public final class WebSocketConnection: Sendable {
    private enum CloseState {
        case open
        /// Our close frame is sent; the other side's is awaited until the deadline.
        case closing(until: NIODeadline)
        case closed
    }

    private struct State {
        var decoder: WebSocketDecoder
        var close = CloseState.open
        var awaitsPong = false
        var closeCode: WebSocketCloseCode?
    }

    private let transport: ConnectionTransport
    private let timeouts: Timeouts
    private let compression: WebSocketCompression.Agreed?
    private let state: Mutex<State>

    init(
        transport: ConnectionTransport,
        timeouts: Timeouts,
        limits: WebSocketLimits,
        compression: WebSocketCompression.Agreed?,
        unparsed: ByteBuffer
    ) {
        self.transport = transport
        self.timeouts = timeouts
        self.compression = compression
        let decoder = WebSocketDecoder(
            role: .server,
            limits: limits,
            inflater: compression?.inflater,
            unparsed: unparsed
        )
        state = Mutex(State(decoder: decoder))
    }

    /// The messages that arrive.
    ///
    /// Ends when the WebSocket closes for whatever reason; `closeCode` tells which.
    public var messages: Messages { Messages(connection: self) }

    /// Bytes that were handed over for sending and have not reached the kernel.
    public var unsentBytes: Int { transport.unsentBytes }

    /// Why the WebSocket ended: the code of the other side's close frame, 1005 when that had none, 1006 when the
    /// connection broke, or the code with which this side refused what it got.
    ///
    /// Nil while it is open.
    public var closeCode: WebSocketCloseCode? { state.withLock { $0.closeCode } }

    // MARK: Sending

    /// Sends a text message; suspends until the kernel has taken it and everything before it.
    public func send(text: String) async throws(ConnectionFailure) {
        try await send(.text, ByteBuffer(string: text))
    }

    /// Sends a binary message; suspends until the kernel has taken it and everything before it.
    public func send(binary bytes: [UInt8]) async throws(ConnectionFailure) {
        try await send(.binary, ByteBuffer(bytes: bytes))
    }

    /// Sends a message that is encoded already; suspends until the kernel has taken it and everything before it.
    public func send(_ message: PreparedMessage) async throws(ConnectionFailure) {
        try enqueue(message)
        try await transport.waitUntilUnsent(atMost: 0)
    }

    private func send(_ opcode: WebSocketOpcode, _ payload: ByteBuffer) async throws(ConnectionFailure) {
        let frame = WebSocketFrame(opcode: opcode, payload: payload)
        try enqueue(encoded: compression?.compressed(frame) ?? frame.encoded)
        try await transport.waitUntilUnsent(atMost: 0)
    }

    /// Hands a message over without waiting.
    ///
    /// - Returns: the bytes that are unsent now, so that a reader who is too slow can be closed with 1013.
    @discardableResult
    public func enqueue(_ message: PreparedMessage) throws(ConnectionFailure) -> Int {
        try enqueue(encoded: message.encoded(for: compression))
    }

    @discardableResult
    private func enqueue(encoded: ByteBuffer) throws(ConnectionFailure) -> Int {
        let isOpen = state.withLock { state in
            if case .open = state.close { true } else { false }
        }
        guard isOpen else { throw .closed }
        return try transport.enqueue(encoded)
    }

    private func enqueue(_ opcode: WebSocketOpcode, _ payload: ByteBuffer = ByteBuffer()) {
        // That the connection is gone is noticed by whoever reads.
        _ = try? enqueue(encoded: WebSocketFrame(opcode: opcode, payload: payload).encoded)
    }

    /// Sends a close frame.
    ///
    /// `messages` goes on until the other side has answered, or the time for that is over.
    ///
    /// - Parameters:
    ///   - code: why.
    ///   - reason: for people, at most 123 bytes are sent.
    public func close(_ code: WebSocketCloseCode = .normal, reason: String = "") {
        let deadline = NIODeadline.after(timeouts.webSocketClose)
        let isFirst = state.withLock { state in
            guard case .open = state.close else { return false }
            state.close = .closing(until: deadline)
            return true
        }
        guard isFirst else { return }
        sendClose(code, reason: reason)
        // A reader that waits with the long deadline of an open WebSocket has to look again.
        transport.interruptRead()
    }

    private func sendClose(_ code: WebSocketCloseCode, reason: String = "") {
        _ = try? transport.enqueue(WebSocketFrame.close(code, reason: reason).encoded)
    }

    // MARK: Receiving

    /// The messages of a WebSocket.
    public struct Messages: AsyncSequence, Sendable {
        let connection: WebSocketConnection

        /// Reads the messages one after another.
        public func makeAsyncIterator() -> AsyncIterator { AsyncIterator(connection: connection) }

        /// Reads messages.
        public struct AsyncIterator: AsyncIteratorProtocol {
            let connection: WebSocketConnection

            /// The next message, or nil when the WebSocket has ended or the task is cancelled.
            public mutating func next() async -> WebSocketMessage? { await connection.nextMessage() }
        }
    }

    private func nextMessage() async -> WebSocketMessage? {
        while true {
            let next: (Result<WebSocketEvent?, WebSocketError>, CloseState) = state.withLock { state in
                do throws(WebSocketError) {
                    return (.success(try state.decoder.next()), state.close)
                } catch {
                    return (.failure(error), state.close)
                }
            }
            switch next {
            case (_, .closed): return nil
            case (.failure(let error), let close):
                if case .open = close { sendClose(error.closeCode) }
                return end(error.closeCode)
            case (.success(let event?), let close):
                if let message = handle(event, close) { return message }
            case (.success(nil), let close):
                guard await receive(close) else { return nil }
            }
        }
    }

    private func handle(_ event: WebSocketEvent, _ close: CloseState) -> WebSocketMessage? {
        switch event {
        case .text(let text):
            if case .open = close { return .text(text) }
        case .binary(let bytes):
            if case .open = close { return .binary(Array(bytes.readableBytesView)) }
        case .ping(let payload):
            // A flood of pings must not fill memory: while much is unsent, pongs are left out.
            if case .open = close, unsentBytes < TransportState.outboundHighWater {
                enqueue(.pong, payload)
            }
        case .pong: break
        case .close(let code, _):
            if case .open = close { sendClose(code ?? .normal) }
            return end(code ?? .noneReceived)
        }
        return nil
    }

    private func end(_ code: WebSocketCloseCode) -> WebSocketMessage? {
        state.withLock { state in
            state.close = .closed
            if state.closeCode == nil { state.closeCode = code }
        }
        return nil
    }

    /// Reads from the socket; false when the WebSocket has ended or the task is cancelled.
    private func receive(_ close: CloseState) async -> Bool {
        let awaitsPong = state.withLock { $0.awaitsPong }
        var deadline = NIODeadline.after(awaitsPong ? timeouts.webSocketPong : timeouts.webSocketPing)
        if case .closing(let until) = close { deadline = until }
        switch await transport.read(deadline: deadline) {
        case .bytes(let bytes):
            state.withLock { state in
                state.awaitsPong = false
                state.decoder.receive(bytes)
            }
            return true
        case .timedOut: return isStillAlive()
        case .interrupted: return true
        case .failed(.cancelled), .failed(.concurrentRead): return false
        case .end, .failed:
            _ = end(.abnormal)
            return false
        }
    }

    /// What follows from silence: a ping, then the end.
    private func isStillAlive() -> Bool {
        let isAlive = state.withLock { state in
            guard case .open = state.close, !state.awaitsPong else { return false }
            state.awaitsPong = true
            return true
        }
        if isAlive {
            enqueue(.ping)
        } else {
            _ = end(.abnormal)
            transport.abort()
        }
        return isAlive
    }

    /// Finishes the close handshake after the handler returned.
    func finish(_ code: WebSocketCloseCode) async {
        close(code)
        while await nextMessage() != nil {}
        // Lingering: after a refusal the client may still be sending, and a reset could destroy the close frame.
        await transport.close(linger: timeouts.linger)
    }
}
