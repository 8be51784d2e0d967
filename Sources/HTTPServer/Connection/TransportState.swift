import NIOCore

/// Why nothing more can be read from or written to a connection.
public enum ConnectionFailure: String, Error, Hashable, Sendable {
    /// The other side is gone, or the server closed the connection.
    case closed
    /// The other side did not take the bytes in time.
    case writeTimeout = "write-timeout"
    /// The task was cancelled.
    case cancelled
    /// Two tasks read at the same time.
    case concurrentRead = "concurrent-read"
}

/// What a read brought.
enum ReadOutcome: Sendable {
    case bytes(ByteBuffer)
    /// The other side sends no more.
    case end
    case timedOut
    /// Somebody wants the reader to look again: the server shuts down, or a WebSocket closes.
    case interrupted
    case failed(ConnectionFailure)
}

/// What waits to leave.
enum Outgoing: Sendable {
    case bytes(ByteBuffer)
    /// Left to the kernel; only where nothing has to change the bytes.
    case file(FileSlice)

    var count: Int {
        switch self {
        case .bytes(let bytes): bytes.readableBytes
        case .file(let file): file.length
        }
    }
}

/// The bookkeeping of one connection's transport, without I/O: what arrived, what waits to leave, who waits for it.
///
/// Every method returns what the shell has to do once it let go of the lock.
struct TransportState {
    typealias Reader = CheckedContinuation<ReadOutcome, Never>
    typealias Writer = CheckedContinuation<ConnectionFailure?, Never>

    /// Inbound bytes at which reading from the socket pauses.
    static let inboundHighWater = 64 * 1_024
    /// Unsent bytes above which writers wait.
    static let outboundHighWater = 64 * 1_024

    /// Who waits for bytes: a task, or a connection that gave its task back meanwhile.
    private enum Waiting {
        case task(Reader)
        case parked(@Sendable (ReadOutcome) -> Void)

        func resume(returning outcome: ReadOutcome) {
            switch self {
            case .task(let continuation): continuation.resume(returning: outcome)
            case .parked(let wake): wake(outcome)
            }
        }
    }

    private struct WaitingReader {
        let continuation: Waiting
        let identifier: UInt64
        let deadline: NIODeadline
        let isIdle: Bool
    }

    private struct WaitingWriter {
        let continuation: Writer
        /// Resumed when so many bytes or fewer are unsent.
        let threshold: Int
    }

    private var inbound: ByteBuffer?
    private var inputEnded = false
    private var failure: ConnectionFailure?
    private var reader: WaitingReader?
    private var writers: [WaitingWriter] = []
    private var outbox: [Outgoing] = []
    private var isFlushScheduled = false
    private var cancelledReads: Set<UInt64> = []
    private var isDraining = false
    private var isInterrupted = false
    private(set) var isReadHeld = false
    private(set) var unsentBytes = 0
    private(set) var bytesReceived = 0
    private var writeDeadline: NIODeadline?

    /// The closure that resumes whoever waited, to be called without the lock.
    typealias Wake = @Sendable () -> Void
    static let nobody: Wake = {}

    // MARK: Inbound

    mutating func received(_ bytes: ByteBuffer) -> Wake {
        bytesReceived += bytes.readableBytes
        if let reader {
            self.reader = nil
            return { reader.continuation.resume(returning: .bytes(bytes)) }
        }
        if inbound == nil {
            inbound = bytes
        } else {
            inbound?.writeImmutableBuffer(bytes)
        }
        return TransportState.nobody
    }

    mutating func ended() -> Wake {
        inputEnded = true
        guard let reader else { return TransportState.nobody }
        self.reader = nil
        return { reader.continuation.resume(returning: .end) }
    }

    /// Whether the shell must not read from the socket now; it is told when to go on by `read`.
    mutating func holdsRead() -> Bool {
        isReadHeld = (inbound?.readableBytes ?? 0) >= TransportState.inboundHighWater
        return isReadHeld
    }

    /// What can be read without waiting; also whether the shell must start to read from the socket again.
    mutating func readNow(isIdle: Bool) -> (outcome: ReadOutcome?, resumesSocket: Bool) {
        if let bytes = inbound {
            inbound = nil
            let resumes = isReadHeld
            isReadHeld = false
            return (.bytes(bytes), resumes)
        }
        if let failure { return (.failed(failure), false) }
        if inputEnded { return (.end, false) }
        if isInterrupted {
            isInterrupted = false
            return (.interrupted, false)
        }
        if isIdle, isDraining { return (.interrupted, false) }
        if reader != nil { return (.failed(.concurrentRead), false) }
        return (nil, false)
    }

    /// Registers a reader; when there is something for it already, the wake closure resumes it at once.
    mutating func wait(_ continuation: Reader, identifier: UInt64, deadline: NIODeadline, isIdle: Bool) -> Wake {
        if cancelledReads.remove(identifier) != nil {
            return { continuation.resume(returning: .failed(.cancelled)) }
        }
        let (outcome, _) = readNow(isIdle: isIdle)
        if let outcome { return { continuation.resume(returning: outcome) } }
        reader = WaitingReader(
            continuation: .task(continuation),
            identifier: identifier,
            deadline: deadline,
            isIdle: isIdle
        )
        return TransportState.nobody
    }

    /// Registers a connection that is idle and gives its task back; `wake` is called once, as a reader is resumed.
    mutating func park(deadline: NIODeadline, wake: @escaping @Sendable (ReadOutcome) -> Void) -> Wake {
        let (outcome, _) = readNow(isIdle: true)
        if let outcome { return { wake(outcome) } }
        reader = WaitingReader(continuation: .parked(wake), identifier: 0, deadline: deadline, isIdle: true)
        return TransportState.nobody
    }

    mutating func cancelRead(identifier: UInt64) -> Wake {
        guard let reader, reader.identifier == identifier else {
            cancelledReads.insert(identifier)
            return TransportState.nobody
        }
        self.reader = nil
        return { reader.continuation.resume(returning: .failed(.cancelled)) }
    }

    mutating func forgetCancellation(identifier: UInt64) {
        cancelledReads.remove(identifier)
    }

    mutating func drain() -> Wake {
        isDraining = true
        guard let reader, reader.isIdle else { return TransportState.nobody }
        self.reader = nil
        return { reader.continuation.resume(returning: .interrupted) }
    }

    /// Ends the current wait, or the next one.
    mutating func interruptRead() -> Wake {
        guard let reader else {
            isInterrupted = true
            return TransportState.nobody
        }
        self.reader = nil
        return { reader.continuation.resume(returning: .interrupted) }
    }

    // MARK: Outbound

    /// Queues bytes; true when the shell has to schedule a flush.
    mutating func enqueue(_ outgoing: Outgoing, deadline: NIODeadline) throws(ConnectionFailure) -> Bool {
        if let failure { throw failure }
        guard outgoing.count > 0 else { return false }
        outbox.append(outgoing)
        unsentBytes += outgoing.count
        if writeDeadline == nil { writeDeadline = deadline }
        defer { isFlushScheduled = true }
        return !isFlushScheduled
    }

    mutating func takeOutbox() -> [Outgoing] {
        isFlushScheduled = false
        defer { outbox = [] }
        return outbox
    }

    /// Some bytes left; the deadline of the rest begins anew.
    mutating func sent(_ count: Int, deadline: NIODeadline) -> Wake {
        unsentBytes -= count
        writeDeadline = unsentBytes > 0 ? deadline : nil
        let ready = writers.filter { unsentBytes <= $0.threshold }
        if ready.isEmpty { return TransportState.nobody }
        writers.removeAll { unsentBytes <= $0.threshold }
        return {
            for writer in ready { writer.continuation.resume(returning: nil) }
        }
    }

    mutating func waitUntilUnsent(atMost threshold: Int, _ continuation: Writer) -> Wake {
        let failure = failure
        if failure != nil || unsentBytes <= threshold { return { continuation.resume(returning: failure) } }
        writers.append(WaitingWriter(continuation: continuation, threshold: threshold))
        return TransportState.nobody
    }

    mutating func failed(_ cause: ConnectionFailure) -> Wake {
        guard failure == nil else { return TransportState.nobody }
        failure = cause
        let (reader, writers) = (reader, writers)
        self.reader = nil
        self.writers = []
        outbox = []
        unsentBytes = 0
        writeDeadline = nil
        return {
            reader?.continuation.resume(returning: .failed(cause))
            for writer in writers { writer.continuation.resume(returning: cause) }
        }
    }

    // MARK: Time

    /// The next moment at which somebody has waited too long.
    var nextDeadline: NIODeadline? {
        switch (reader?.deadline, writeDeadline) {
        case (let read?, let write?): min(read, write)
        case (let deadline?, nil), (nil, let deadline?): deadline
        case (nil, nil): nil
        }
    }

    /// Whether the writer's time is over.
    func isWriteOverdue(at now: NIODeadline) -> Bool {
        guard let writeDeadline else { return false }
        return writeDeadline <= now
    }

    /// The socket took some bytes of a large write: give the rest its full time.
    mutating func extendWrite(until deadline: NIODeadline) {
        if writeDeadline != nil { writeDeadline = deadline }
    }

    mutating func expireReader(at now: NIODeadline) -> Wake {
        guard let reader, reader.deadline <= now else { return TransportState.nobody }
        self.reader = nil
        return { reader.continuation.resume(returning: .timedOut) }
    }
}
