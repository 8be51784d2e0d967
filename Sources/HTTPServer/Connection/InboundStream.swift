import HTTPTypes
import NIOCore
import Synchronization

/// The requests of one connection: drives the parser with what the transport reads, and guards the time-outs.
final class InboundStream: Sendable {
    enum HeadOutcome {
        case head(RequestHead, number: UInt64)
        /// The connection ends without a word.
        case end
        /// Nothing came for a while: the task can be given back until the deadline.
        case idle(until: NIODeadline)
        /// The request is refused; the connection closes after the answer.
        case refused(HTTPProblem)
    }

    fileprivate enum Phase {
        case between
        case body
        case failed
    }

    fileprivate struct State {
        var parser: RequestParser
        var phase = Phase.between
        var number: UInt64 = 0
        var bodyBytes = 0
        var waited = Duration.zero
        var owesContinue = false
        var framing = BodyFraming.none
    }

    private let transport: ConnectionTransport
    private let timeouts: Timeouts
    private let state: Mutex<State>

    init(transport: ConnectionTransport, limits: ParserLimits, timeouts: Timeouts) {
        self.transport = transport
        self.timeouts = timeouts
        state = Mutex(State(parser: RequestParser(limits: limits)))
    }

    // MARK: Heads

    /// The next request's head.
    ///
    /// - Parameter outcome: what came while the connection was parked.
    /// - Returns: the head, or why there is none.
    func nextHead(after outcome: ReadOutcome? = nil) async -> HeadOutcome {
        var headDeadline: NIODeadline?
        if case .bytes(let bytes)? = outcome {
            state.withLock { $0.parser.receive(bytes) }
        } else if outcome != nil {
            return .end
        }
        while true {
            let (event, position): (Result<RequestEvent?, RequestError>, RequestParser.Position) = state.withLock {
                ($0.nextEvent(), $0.parser.position)
            }
            switch event {
            case .success(.head(let head)?): return .head(head, number: beginRequest(head))
            case .success(.body?), .success(.end?): continue
            case .failure(let error): return .refused(HTTPProblem(error))
            case .success(nil): break
            }
            let isIdle = position == .idle
            if !isIdle, headDeadline == nil { headDeadline = .after(timeouts.head) }
            let deadline = headDeadline ?? .after(min(timeouts.idle, timeouts.park))
            switch await transport.read(deadline: deadline, isIdle: isIdle) {
            case .bytes(let bytes): state.withLock { $0.parser.receive(bytes) }
            case .timedOut where isIdle && timeouts.park < timeouts.idle:
                if transport.unsentBytes > 0 { continue }
                // Empty by now, but it still holds the memory of what was parsed.
                state.withLock { _ = $0.parser.takeUnparsedBytes() }
                return .idle(until: .after(timeouts.idle - timeouts.park))
            case .timedOut: return isIdle ? .end : .refused(.requestTimeout)
            case .end: return isIdle ? .end : .refused(HTTPProblem(RequestError.truncated))
            case .interrupted, .failed: return .end
            }
        }
    }

    private func beginRequest(_ head: RequestHead) -> UInt64 {
        state.withLock { state in
            state.number += 1
            state.bodyBytes = 0
            state.waited = .zero
            state.owesContinue = head.expectsContinue
            state.framing = head.framing
            state.phase = .body
            if head.framing == .none {
                // The end follows from the head alone: take it, so that the request counts as read.
                _ = state.nextEvent()
                state.phase = .between
            }
            return state.number
        }
    }

    // MARK: Bodies

    /// The next piece of a request's body, or nil at its end.
    func nextBody(request: UInt64, limit: Int) async throws -> ByteBuffer? {
        while true {
            let step: Result<RequestEvent?, RequestError>? = state.withLock { state in
                guard state.number == request, state.phase == .body else { return nil }
                return state.nextEvent()
            }
            guard let step else { return try ended(request: request) }
            switch step {
            case .success(.body(let bytes)?):
                let total = state.withLock { state in
                    state.owesContinue = false
                    state.bodyBytes += bytes.readableBytes
                    return state.bodyBytes
                }
                if total > limit { throw HTTPProblem.contentTooLarge(limit: limit) }
                return bytes
            case .success(.end?):
                state.withLock { $0.phase = .between }
                return nil
            case .success(.head?): return nil
            case .failure(let error): throw HTTPProblem(error)
            case .success(nil): try await readMore()
            }
        }
    }

    private func ended(request: UInt64) throws -> ByteBuffer? {
        let isFine = state.withLock { $0.number == request && $0.phase == .between }
        if !isFine { throw ConnectionFailure.closed }
        return nil
    }

    /// Waits for bytes of a body: for the time of one pause, and no longer than the least rate allows in all.
    private func readMore() async throws {
        let (owesContinue, received, waited) = state.withLock { state in
            defer { state.owesContinue = false }
            return (state.owesContinue, state.bodyBytes, state.waited)
        }
        if owesContinue {
            var interim = transport.channel.allocator.buffer(capacity: 32)
            ResponseEncoder.writeContinue(into: &interim)
            try transport.enqueue(interim)
        }
        let start = NIODeadline.now()
        let allowance = timeouts.allowance(forBytes: received) - waited
        let outcome = await transport.read(deadline: .after(min(timeouts.bodyProgress, allowance)))
        state.withLock { $0.waited += .nanoseconds((NIODeadline.now() - start).nanoseconds) }
        switch outcome {
        case .bytes(let bytes): state.withLock { $0.parser.receive(bytes) }
        case .timedOut:
            fail()
            throw HTTPProblem.requestTimeout
        case .end, .interrupted:
            fail()
            throw ConnectionFailure.closed
        case .failed(.cancelled): throw CancellationError()
        case .failed(let failure):
            fail()
            throw failure
        }
    }

    private func fail() {
        state.withLock { $0.phase = .failed }
    }

    // MARK: Between requests

    /// Whether the rest of the current request may be read and thrown away, so that the connection can go on.
    ///
    /// Asked before the answer is sent: the answer has to say whether the connection closes.
    func canReachEnd(within limit: Int) -> Bool {
        state.withLock { state in
            switch state.phase {
            case .between: return true
            case .failed: return false
            case .body: break
            }
            if state.owesContinue { return false }
            if case .fixed(let length) = state.framing { return length - state.bodyBytes <= limit }
            return true
        }
    }

    /// Reads and discards what the handler left of the body; false when the connection has to close.
    func discardBody(atMost limit: Int) async -> Bool {
        let (number, read) = state.withLock { ($0.number, $0.bodyBytes) }
        if state.withLock({ $0.phase == .between }) { return true }
        let (bound, overflows) = read.addingReportingOverflow(limit)
        do {
            while try await nextBody(request: number, limit: overflows ? .max : bound) != nil {}
            return true
        } catch {
            return false
        }
    }

    /// Takes what arrived behind the head, for the protocol that the connection changes to.
    func takeUnparsedBytes() -> ByteBuffer {
        state.withLock { $0.parser.takeUnparsedBytes() }
    }
}

extension InboundStream.State {
    fileprivate mutating func nextEvent() -> Result<RequestEvent?, RequestError> {
        do throws(RequestError) {
            return .success(try parser.next())
        } catch {
            phase = .failed
            return .failure(error)
        }
    }
}
