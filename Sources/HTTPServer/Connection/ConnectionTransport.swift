import NIOCore
import Synchronization

#if canImport(Glibc)
import Glibc
#endif

/// One connection as the async side sees it: reads with deadlines, writes with back-pressure.
///
/// Bytes cross between event loop and tasks through one lock, so that what has already arrived is read without a hop,
/// and what is written in one go leaves in one system call.
final class ConnectionTransport: Sendable {
    let channel: any Channel
    let remoteAddress: String
    let isLoopback: Bool
    /// Whether TLS stands between this and the network.
    let isSecure: Bool
    let writeTimeout: Duration

    private struct Timer {
        var scheduled: Scheduled<Void>?
        var deadline: NIODeadline?
        var bufferedBytes = 0
    }

    private let state = Mutex(TransportState())
    private let timer = Mutex(Timer())
    private let readIdentifiers = Atomic<UInt64>(0)

    init(channel: any Channel, writeTimeout: Duration, isSecure: Bool = false) {
        self.channel = channel
        self.isSecure = isSecure
        self.writeTimeout = writeTimeout
        let address = PeerAddress(channel.remoteAddress)
        remoteAddress = address.text
        isLoopback = address.isLoopback
    }

    /// Bytes that were handed over and have not reached the kernel.
    var unsentBytes: Int { state.withLock { $0.unsentBytes } }

    // MARK: Reading

    /// The next bytes.
    ///
    /// Reading ends by itself at the deadline, which leaves the connection usable.
    ///
    /// - Parameters:
    ///   - deadline: when to give up.
    ///   - isIdle: whether the wait may be ended by a shutdown of the server.
    /// - Returns: bytes, or why there are none.
    func read(deadline: NIODeadline, isIdle: Bool = false) async -> ReadOutcome {
        let (outcome, resumesSocket) = state.withLock { $0.readNow(isIdle: isIdle) }
        if resumesSocket { channel.read() }
        if let outcome { return outcome }
        let identifier = readIdentifiers.wrappingAdd(1, ordering: .relaxed).newValue
        defer { state.withLock { $0.forgetCancellation(identifier: identifier) } }
        return await withTaskCancellationHandler {
            await withCheckedContinuation { continuation in
                let wake = state.withLock {
                    $0.wait(continuation, identifier: identifier, deadline: deadline, isIdle: isIdle)
                }
                wake()
                arm()
            }
        } onCancel: {
            let wake = state.withLock { $0.cancelRead(identifier: identifier) }
            wake()
        }
    }

    /// Waits for bytes without a task: `wake` is called once, on any thread, with what a read would have brought.
    func park(deadline: NIODeadline, wake: @escaping @Sendable (ReadOutcome) -> Void) {
        let act = state.withLock { $0.park(deadline: deadline, wake: wake) }
        act()
        arm()
    }

    // MARK: Writing

    /// Hands bytes over without waiting; tells how many bytes are unsent now.
    @discardableResult
    func enqueue(_ bytes: ByteBuffer) throws(ConnectionFailure) -> Int {
        try enqueue(.bytes(bytes))
    }

    private func enqueue(_ outgoing: Outgoing) throws(ConnectionFailure) -> Int {
        let deadline = NIODeadline.after(writeTimeout)
        let (result, unsent): (Result<Bool, ConnectionFailure>, Int) = state.withLock { state in
            do throws(ConnectionFailure) {
                return (.success(try state.enqueue(outgoing, deadline: deadline)), state.unsentBytes)
            } catch {
                return (.failure(error), 0)
            }
        }
        if try result.get() {
            if channel.eventLoop.inEventLoop {
                flushOutbox()
            } else {
                channel.eventLoop.execute { self.flushOutbox() }
            }
        }
        return unsent
    }

    /// Hands bytes over, and waits while more than the high-water mark is unsent.
    func write(_ bytes: ByteBuffer) async throws(ConnectionFailure) {
        let unsent = try enqueue(bytes)
        if unsent > TransportState.outboundHighWater {
            try await waitUntilUnsent(atMost: TransportState.outboundHighWater / 2)
        }
    }

    /// Sends a part of a file: by the kernel, or through memory where the bytes are to be encrypted.
    func write(_ file: FileSlice) async throws {
        guard file.file.isWhole else { throw OpenFile.Failure.truncated }
        if isSecure { return try await file.read { try await write($0) } }
        _ = try enqueue(.file(file))
        try await waitUntilUnsent(atMost: TransportState.outboundHighWater / 2)
    }

    /// Waits until the kernel has taken all but `threshold` bytes.
    func waitUntilUnsent(atMost threshold: Int) async throws(ConnectionFailure) {
        let failure = await withCheckedContinuation { continuation in
            let wake = state.withLock { $0.waitUntilUnsent(atMost: threshold, continuation) }
            wake()
        }
        if let failure { throw failure }
    }

    private func flushOutbox() {
        let outbox = state.withLock { $0.takeOutbox() }
        guard let last = outbox.last else { return }
        for outgoing in outbox.dropLast() { write(outgoing, flushes: false) }
        write(last, flushes: true)
        if unsentBytes > 0 { arm() }
    }

    private func write(_ outgoing: Outgoing, flushes: Bool) {
        let promise = channel.eventLoop.makePromise(of: Void.self)
        complete(promise, count: outgoing.count)
        switch outgoing {
        case .bytes(let bytes) where flushes: channel.writeAndFlush(bytes, promise: promise)
        case .bytes(let bytes): channel.write(bytes, promise: promise)
        case .file(let file):
            file.write(to: channel, promise: promise)
            if flushes { channel.flush() }
        }
    }

    private func complete(_ promise: EventLoopPromise<Void>, count: Int) {
        promise.futureResult.whenComplete { result in
            switch result {
            case .success:
                let deadline = NIODeadline.after(self.writeTimeout)
                let wake = self.state.withLock { $0.sent(count, deadline: deadline) }
                wake()
            case .failure:
                self.fail(.closed)
            }
        }
    }

    // MARK: Ending

    /// Tells an idle connection to end; one that is busy notices at its next idle read.
    func drain() {
        let wake = state.withLock { $0.drain() }
        wake()
    }

    /// Makes whoever reads look again at why it waits.
    func interruptRead() {
        let wake = state.withLock { $0.interruptRead() }
        wake()
    }

    /// Closes at once, without TLS's farewell; whoever waits is told.
    func abort(_ cause: ConnectionFailure = .closed) {
        fail(cause)
        if isSecure {
            channel.triggerUserOutboundEvent(TLSPipelineEvent.closeAtOnce, promise: nil)
        } else {
            channel.close(promise: nil)
        }
    }

    /// Closes so that the other side sees an error instead of an orderly end.
    func reset() async {
        // A time to linger of zero makes the kernel send a reset.
        let linger = linger(l_onoff: 1, l_linger: 0)
        try? await (channel as? any SocketOptionProvider)?.setSoLinger(linger).get()
        abort()
    }

    /// Closes after everything queued was sent.
    ///
    /// - Parameter linger: how long to read on and discard. Closing with unread input makes the kernel send a reset,
    ///   which can destroy an answer before the client has read it (RFC 9112 section 9.6).
    func close(linger: Duration?) async {
        do throws(ConnectionFailure) {
            try await waitUntilUnsent(atMost: 0)
        } catch {
            abort()
            return
        }
        if let linger {
            channel.close(mode: .output, promise: nil)
            await discardInput(until: .after(linger), atMost: 4 * 1_024 * 1_024)
        }
        closeIdle()
    }

    /// Closes a connection on which nothing is left to send.
    ///
    /// With TLS this says farewell first, so that the client can tell the end from a cut (RFC 8446 section 6.1).
    func closeIdle() {
        fail(.closed)
        channel.close(promise: nil)
    }

    private func discardInput(until deadline: NIODeadline, atMost limit: Int) async {
        var discarded = 0
        while discarded < limit, case .bytes(let bytes) = await read(deadline: deadline) {
            discarded += bytes.readableBytes
            if NIODeadline.now() >= deadline { return }
        }
    }

    // MARK: Called by the channel handler

    func received(_ bytes: ByteBuffer) {
        let wake = state.withLock { $0.received(bytes) }
        wake()
    }

    func inputEnded() {
        let wake = state.withLock { $0.ended() }
        wake()
    }

    func holdsRead() -> Bool { state.withLock { $0.holdsRead() } }

    func fail(_ cause: ConnectionFailure) {
        let wake = state.withLock { $0.failed(cause) }
        wake()
        timer.withLock { timer in
            timer.scheduled?.cancel()
            timer.scheduled = nil
            timer.deadline = nil
        }
    }

    // MARK: Time

    /// Makes sure that a timer fires no later than the next deadline.
    ///
    /// A timer that fires too early just looks again, so that a deadline that moves with every request costs nothing.
    private func arm() {
        guard let next = state.withLock({ $0.nextDeadline }) else { return }
        timer.withLock { timer in
            if let armed = timer.deadline, armed <= next { return }
            timer.scheduled?.cancel()
            timer.deadline = next
            timer.scheduled = channel.eventLoop.scheduleTask(deadline: next) { [weak self] in self?.timerFired() }
        }
    }

    private func timerFired() {
        let now = NIODeadline.now()
        let buffered = (try? channel.syncOptions?.getOption(.bufferedWritableBytes)) ?? 0
        let progressed = timer.withLock { timer in
            timer.scheduled = nil
            timer.deadline = nil
            defer { timer.bufferedBytes = buffered }
            return buffered != timer.bufferedBytes
        }
        let (wake, isOverdue) = state.withLock { state in
            if state.isWriteOverdue(at: now), progressed { state.extendWrite(until: .after(writeTimeout)) }
            return (state.expireReader(at: now), state.isWriteOverdue(at: now))
        }
        wake()
        if isOverdue {
            abort(.writeTimeout)
        } else {
            arm()
        }
    }
}
