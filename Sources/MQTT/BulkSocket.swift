import Glibc

/// Takes messages off a plain socket, and acknowledges them, many with one system call.
///
/// libmosquitto needs three or four system calls to read a message and one to acknowledge it. It keeps everything else:
/// connecting, the session, subscriptions, keep-alive, farewells. This reads only PUBLISH packets of QoS 0 and 1, and
/// only where a packet begins: any other packet is left in the socket for the library. It writes only PUBACK packets,
/// and only when the library has none half written.
struct BulkSocket {
    /// What a read did.
    enum Outcome {
        /// Messages were taken; there may be more.
        case progressed
        /// The socket has nothing more now.
        case drained
        /// What comes next is the library's: another packet, or the connection's end.
        case foreign
        /// A packet of the library's has not come whole yet.
        case unfinished
        /// The broker breaks the protocol.
        case malformed(String)
    }

    private let socket: Int32
    private let scanner: StreamScanner
    /// The bytes of a message whose end has not come, then room for more.
    private var buffer = [UInt8](repeating: 0, count: 131_072)
    private var filled = 0
    /// PUBACK packets of the messages taken and not yet acknowledged.
    private var acknowledgements: [UInt8] = []

    /// Reads and writes a connected socket of libmosquitto's, which stays its owner.
    init(_ socket: Int32, _ version: ProtocolVersion) {
        self.socket = socket
        scanner = StreamScanner(version)
    }

    /// Whether messages were taken that are not acknowledged.
    var owesAcknowledgements: Bool { !acknowledgements.isEmpty }

    /// Takes messages into the sink until `isFull` says that it has enough.
    mutating func read(into sink: CallbackSink, isFull: () -> Bool) -> Outcome {
        if filled == buffer.count { buffer.append(contentsOf: [UInt8](repeating: 0, count: filled)) }
        // Peeked at first: what is not a message stays in the socket.
        let peeked = receive(upTo: buffer.count - filled, Int32(MSG_PEEK))
        guard peeked > 0 else {
            if peeked < 0, errno == EAGAIN || errno == EINTR { return .drained }
            return .foreign
        }
        let available = filled + peeked
        var position = 0
        let item = scan(upTo: available, at: &position, into: sink, isFull)
        var taken = position
        var outcome = Outcome.progressed
        switch item {
        case .message: break
        case .end, .unfinishedMessage:
            taken = available
            if available < buffer.count { outcome = .drained }
        case .other(let isComplete): outcome = isComplete ? .foreign : .unfinished
        case .malformed(let reason): return .malformed(reason)
        }
        guard consume(taken - filled) else { return .malformed("bytes that were there and are not") }
        buffer.withUnsafeMutableBytes { bytes in
            guard let start = bytes.baseAddress, taken > position else { return }
            memmove(start, start + position, taken - position)
        }
        filled = taken - position
        return outcome
    }

    /// Hands messages over up to the first item that is none, which is returned; a message when there are enough.
    private mutating func scan(
        upTo available: Int,
        at position: inout Int,
        into sink: CallbackSink,
        _ isFull: () -> Bool
    ) -> StreamItem {
        buffer.withUnsafeBufferPointer { buffer in
            let bytes = UnsafeBufferPointer(rebasing: buffer[..<available])
            while true {
                let item = scanner.next(bytes, at: &position)
                guard case .message(let message, let identifier) = item else { return item }
                sink.take(message)
                if let identifier {
                    // PUBACK; with MQTT 5, with the reason "success" (section 3.4).
                    acknowledgements.append(0x40)
                    acknowledgements.append(2)
                    acknowledgements.append(UInt8(truncatingIfNeeded: identifier >> 8))
                    acknowledgements.append(UInt8(truncatingIfNeeded: identifier))
                }
                if isFull() { return item }
            }
        }
    }

    /// Takes bytes that were peeked at.
    private mutating func consume(_ count: Int) -> Bool {
        var left = count
        while left > 0 {
            let received = receive(upTo: left, 0, at: filled + count - left)
            if received < 0, errno == EINTR { continue }
            guard received > 0 else { return false }
            left -= received
        }
        return true
    }

    private mutating func receive(upTo count: Int, _ flags: Int32, at place: Int? = nil) -> Int {
        let place = place ?? filled
        return buffer.withUnsafeMutableBytes { bytes in
            recv(socket, bytes.baseAddress.map { $0 + place }, count, flags | Int32(MSG_DONTWAIT))
        }
    }

    /// Writes acknowledgements as far as the socket takes them.
    ///
    /// - Returns: false when the connection is lost.
    mutating func acknowledge() -> Bool {
        var written = 0
        while written < acknowledgements.count {
            let sent = acknowledgements.withUnsafeBytes { bytes in
                send(
                    socket,
                    bytes.baseAddress.map { $0 + written },
                    bytes.count - written,
                    Int32(MSG_NOSIGNAL) | Int32(MSG_DONTWAIT)
                )
            }
            if sent > 0 {
                written += sent
            } else if errno != EINTR {
                break
            }
        }
        let isLost = written < acknowledgements.count && errno != EAGAIN
        if written == acknowledgements.count {
            acknowledgements.removeAll(keepingCapacity: true)
        } else {
            acknowledgements.removeSubrange(..<written)
        }
        return !isLost
    }
}
