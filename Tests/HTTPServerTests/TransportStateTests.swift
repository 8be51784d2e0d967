import NIOCore
import Testing

@testable import HTTPServer

/// The transport's bookkeeping as a transcript, without sockets.
@Suite struct TransportStateTests {
    private static func bytes(_ text: String) -> ByteBuffer { ByteBuffer(string: text) }

    private static func text(_ outcome: ReadOutcome?) -> String {
        switch outcome {
        case .bytes(let bytes): String(buffer: bytes)
        case .end: "end"
        case .timedOut: "timed out"
        case .interrupted: "interrupted"
        case .failed(let failure): failure.rawValue
        case nil: "wait"
        }
    }

    private static func readNow(_ state: inout TransportState, isIdle: Bool = false) -> String {
        text(state.readNow(isIdle: isIdle).outcome)
    }

    /// Lets a reader wait, does something, and tells what the reader got.
    private static func waiting(
        _ state: inout TransportState,
        isIdle: Bool = false,
        deadline: NIODeadline = .distantFuture,
        then act: (inout TransportState) -> TransportState.Wake
    ) async -> String {
        var copy = state
        let outcome = await withCheckedContinuation { continuation in
            copy.wait(continuation, identifier: 1, deadline: deadline, isIdle: isIdle)()
            act(&copy)()
        }
        state = copy
        return text(outcome)
    }

    @Test func bytesComeInOrderThenTheEnd() {
        var state = TransportState()
        #expect(Self.readNow(&state) == "wait")
        state.received(Self.bytes("a"))()
        state.received(Self.bytes("b"))()
        state.ended()()
        #expect(Self.readNow(&state) == "ab")
        #expect(Self.readNow(&state) == "end")
        state.failed(.closed)()
        #expect(Self.readNow(&state) == "closed")
    }

    @Test func aWaitingReaderIsWokenByWhateverComesFirst() async {
        var state = TransportState()
        #expect(await Self.waiting(&state) { $0.received(Self.bytes("x")) } == "x")
        #expect(await Self.waiting(&state) { $0.cancelRead(identifier: 1) } == "cancelled")
        #expect(await Self.waiting(&state) { $0.interruptRead() } == "interrupted")
        let deadline = NIODeadline.uptimeNanoseconds(100)
        #expect(
            await Self.waiting(&state, deadline: deadline) { $0.expireReader(at: .uptimeNanoseconds(100)) }
                == "timed out"
        )
        #expect(await Self.waiting(&state, isIdle: true) { $0.drain() } == "interrupted")
        #expect(await Self.waiting(&state) { $0.ended() } == "end")
    }

    @Test func aReaderIsNotWokenForOthersReasons() async {
        var state = TransportState()
        let outcome = await Self.waiting(&state, deadline: .uptimeNanoseconds(100)) { state in
            state.drain()()
            state.cancelRead(identifier: 7)()
            state.expireReader(at: .uptimeNanoseconds(99))()
            return state.received(Self.bytes("still here"))
        }
        #expect(outcome == "still here")
        // The shutdown is seen at the next idle read.
        #expect(Self.readNow(&state) == "wait")
        #expect(Self.readNow(&state, isIdle: true) == "interrupted")
    }

    @Test func aCancellationThatComesFirstIsNotLost() async {
        var state = TransportState()
        state.cancelRead(identifier: 1)()
        #expect(await Self.waiting(&state) { _ in TransportState.nobody } == "cancelled")
        #expect(await Self.waiting(&state) { $0.received(Self.bytes("x")) } == "x")
    }

    @Test func anInterruptionThatComesFirstIsNotLost() {
        var state = TransportState()
        state.interruptRead()()
        #expect(Self.readNow(&state) == "interrupted")
        #expect(Self.readNow(&state) == "wait")
    }

    @Test func readingFromTheSocketPausesAtTheHighWaterMark() {
        var state = TransportState()
        state.received(ByteBuffer(repeating: 1, count: TransportState.inboundHighWater - 1))()
        let below = state.holdsRead()
        state.received(Self.bytes("x"))()
        let above = state.holdsRead()
        let (_, resumes) = state.readNow(isIdle: false)
        let after = state.holdsRead()
        #expect([below, above, resumes, after] == [false, true, true, false])
    }

    @Test func onlyTheFirstWriteSchedulesAFlush() throws {
        var state = TransportState()
        let deadline = NIODeadline.uptimeNanoseconds(100)
        let first = try state.enqueue(.bytes(Self.bytes("ab")), deadline: deadline)
        let second = try state.enqueue(.bytes(Self.bytes("c")), deadline: .distantFuture)
        let empty = try state.enqueue(.bytes(ByteBuffer()), deadline: .distantFuture)
        #expect([first, second, empty] == [true, false, false])
        #expect(state.unsentBytes == 3)
        #expect(state.nextDeadline == deadline)
        let outbox = state.takeOutbox().map { outgoing in
            if case .bytes(let bytes) = outgoing { String(buffer: bytes) } else { "file" }
        }
        #expect(outbox == ["ab", "c"])
        let next = try state.enqueue(.bytes(Self.bytes("d")), deadline: .distantFuture)
        #expect(next)
        #expect(!state.isWriteOverdue(at: .uptimeNanoseconds(99)))
        #expect(state.isWriteOverdue(at: .uptimeNanoseconds(100)))
        state.extendWrite(until: .uptimeNanoseconds(200))
        #expect(!state.isWriteOverdue(at: .uptimeNanoseconds(100)))
        state.sent(4, deadline: .distantFuture)()
        #expect(state.unsentBytes == 0)
        #expect(state.nextDeadline == nil)
    }

    @Test func writersWaitUntilLittleIsUnsent() async throws {
        var state = TransportState()
        _ = try state.enqueue(.bytes(ByteBuffer(repeating: 1, count: 10)), deadline: .distantFuture)
        var copy = state
        let failure = await withCheckedContinuation { continuation in
            copy.waitUntilUnsent(atMost: 4, continuation)()
            copy.sent(5, deadline: .distantFuture)()
            copy.sent(1, deadline: .distantFuture)()
        }
        #expect(failure == nil)
        let lost = await withCheckedContinuation { continuation in
            copy.waitUntilUnsent(atMost: 0, continuation)()
            copy.failed(.writeTimeout)()
        }
        #expect(lost == .writeTimeout)
        #expect(throws: ConnectionFailure.writeTimeout) {
            try copy.enqueue(.bytes(Self.bytes("x")), deadline: .distantFuture)
        }
        let later = await withCheckedContinuation { copy.waitUntilUnsent(atMost: 0, $0)() }
        #expect(later == .writeTimeout)
    }

    @Test func aParkedConnectionIsWokenOnceByWhateverComesFirst() {
        let deadline = NIODeadline.uptimeNanoseconds(100)
        let causes: [(String, (inout TransportState) -> TransportState.Wake)] = [
            ("x", { $0.received(Self.bytes("x")) }),
            ("end", { $0.ended() }),
            ("interrupted", { $0.drain() }),
            ("timed out", { $0.expireReader(at: deadline) }),
            ("closed", { $0.failed(.closed) }),
        ]
        for (expected, act) in causes {
            let woken = Recorder<String>()
            var state = TransportState()
            state.park(deadline: deadline) { woken.record(Self.text($0)) }()
            #expect(state.nextDeadline == deadline)
            #expect(woken.values.isEmpty)
            act(&state)()
            #expect(woken.values == [expected])
            state.failed(.closed)()
            #expect(woken.values == [expected])
        }
    }

    @Test func whatCameBeforeParkingWakesAtOnce() {
        let woken = Recorder<String>()
        var state = TransportState()
        state.received(Self.bytes("early"))()
        state.park(deadline: .distantFuture) { woken.record(Self.text($0)) }()
        #expect(woken.values == ["early"])
        state.drain()()
        state.park(deadline: .distantFuture) { woken.record(Self.text($0)) }()
        #expect(woken.values == ["early", "interrupted"])
    }
}
