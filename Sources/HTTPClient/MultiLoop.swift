import CCurl
import Foundation
import Synchronization

/// A request that was handed to the loop, and whom to answer.
struct OutboundJob: Sendable {
    let id: UInt64
    let request: OutboundRequest
    /// The host that is connected to, as the policy knows it: the destination's, or the proxy's.
    let peer: String
    /// Host and port, by which concurrency is bounded.
    let origin: String
    let deadline: ContinuousClock.Instant
    let reply: CheckedContinuation<Result<OutboundResponse, OutboundError>, Never>
}

/// The thread that drives all transfers of one client through one multi handle.
///
/// Other threads talk to it by an inbox and an eventfd; every curl handle is made, used and freed on the thread itself.
final class MultiLoop: Sendable {
    private enum Command {
        case start(OutboundJob)
        case cancel(UInt64)
    }

    private struct Inbox {
        var commands: [Command] = []
        var isClosed = false
    }

    private let inbox = Mutex(Inbox())
    private let wake = WakeSignal()
    private let options: HTTPClient.Options

    init(_ options: HTTPClient.Options) {
        self.options = options
    }

    /// Starts the thread, which keeps the loop alive until ``close()``.
    func start() {
        let thread = Thread { self.run() }
        thread.name = "http-client"
        thread.start()
    }

    /// Hands a request over.
    ///
    /// - Returns: false when the loop is closed; the reply is then the caller's to give.
    func submit(_ job: OutboundJob) -> Bool {
        let isAccepted = inbox.withLock { inbox in
            guard !inbox.isClosed else { return false }
            inbox.commands.append(.start(job))
            return true
        }
        if isAccepted { wake.signal() }
        return isAccepted
    }

    func cancel(_ id: UInt64) {
        inbox.withLock { $0.commands.append(.cancel(id)) }
        wake.signal()
    }

    /// Ends the thread; requests under way fail with ``OutboundError/Kind/closed``.
    func close() {
        inbox.withLock { $0.isClosed = true }
        wake.signal()
    }

    /// Without signals of its own (`CURLOPT_NOSIGNAL`) curl leaves it to its caller that a TLS connection that is gone
    /// does not end the process.
    private static func blockBrokenPipes() {
        var signals = sigset_t()
        sigemptyset(&signals)
        sigaddset(&signals, SIGPIPE)
        pthread_sigmask(SIG_BLOCK, &signals, nil)
    }

    private func run() {
        Self.blockBrokenPipes()
        guard curl_global_init(Int(CURL_GLOBAL_DEFAULT)) == CURLE_OK, let multi = MultiHandle(), wake.descriptor >= 0
        else {
            let commands = inbox.withLock { inbox in
                inbox.isClosed = true
                return inbox.commands
            }
            for case .start(let job) in commands { job.fail(.closed, "The HTTP client could not start.") }
            return
        }
        var session = LoopSession(multi, options)
        while true {
            wake.clear()
            let (commands, isClosed) = inbox.withLock { inbox in
                defer { inbox.commands = [] }
                return (inbox.commands, inbox.isClosed)
            }
            for command in commands {
                switch command {
                case .start(let job): session.start(job)
                case .cancel(let id): session.cancel(id)
                }
            }
            if isClosed { return session.close() }
            session.advance()
            session.wait(alsoFor: wake.descriptor)
        }
    }
}

/// What the loop's thread owns.
private struct LoopSession: ~Copyable {
    private let multi: MultiHandle
    private let options: HTTPClient.Options
    private var admission: Admission<UInt64>
    private var waiting: [UInt64: OutboundJob] = [:]
    private var transfers: [UInt64: Transfer] = [:]
    private var identifiers: [UnsafeMutableRawPointer: UInt64] = [:]
    private let clock = ContinuousClock()

    init(_ multi: consuming MultiHandle, _ options: HTTPClient.Options) {
        self.multi = multi
        self.options = options
        admission = Admission(
            maximumTotal: options.maximumConcurrency,
            maximumPerHost: options.maximumConcurrencyPerHost
        )
    }

    mutating func start(_ job: OutboundJob) {
        waiting[job.id] = job
        if admission.add(job.id, host: job.origin) { launch(job.id) }
    }

    mutating func cancel(_ id: UInt64) {
        if let job = waiting.removeValue(forKey: id) {
            job.fail(.cancelled, "The request was cancelled.")
            free(id)
        } else if let transfer = transfers[id] {
            finish(transfer, transfer.interrupted(.cancelled, detail: "The request was cancelled."))
        }
    }

    /// Moves transfers on, answers those that are done and drops overdue jobs that still wait.
    mutating func advance() {
        multi.perform()
        while let done = multi.nextDone() {
            guard let id = identifiers[done.easy], let transfer = transfers[id] else { continue }
            finish(transfer, transfer.result(done.code))
        }
        let now = clock.now
        for job in waiting.values where job.deadline <= now {
            waiting[job.id] = nil
            job.fail(.timeout, "No connection became free in time.")
            free(job.id)
        }
    }

    borrowing func wait(alsoFor descriptor: Int32) {
        var milliseconds = 60_000
        if let next = waiting.values.map(\.deadline).min() {
            milliseconds = min(milliseconds, max(0, clock.now.duration(to: next).wholeMilliseconds + 1))
        }
        multi.wait(milliseconds: Int32(milliseconds), alsoFor: descriptor)
    }

    mutating func close() {
        for job in waiting.values { job.fail(.closed, "The HTTP client was closed.") }
        waiting = [:]
        for transfer in transfers.values {
            multi.remove(transfer.pointer)
            transfer.job.reply.resume(
                returning: transfer.interrupted(.closed, detail: "The HTTP client was closed.")
            )
        }
        transfers = [:]
    }

    private mutating func launch(_ id: UInt64) {
        guard let job = waiting.removeValue(forKey: id) else { return }
        let remaining = clock.now.duration(to: job.deadline)
        guard remaining > .zero else {
            job.fail(.timeout, "No connection became free in time.")
            return free(id)
        }
        guard
            let transfer = Transfer(job, policy: options.policy, remaining: remaining),
            multi.add(transfer.pointer)
        else {
            job.fail(.invalidRequest, "libcurl did not take the request.")
            return free(id)
        }
        transfers[id] = transfer
        identifiers[transfer.pointer] = id
    }

    private mutating func finish(_ transfer: Transfer, _ result: Result<OutboundResponse, OutboundError>) {
        multi.remove(transfer.pointer)
        identifiers[transfer.pointer] = nil
        transfers[transfer.job.id] = nil
        transfer.job.reply.resume(returning: result)
        free(transfer.job.id)
    }

    private mutating func free(_ id: UInt64) {
        for next in admission.remove(id) { launch(next) }
    }
}

extension OutboundJob {
    fileprivate func fail(_ kind: OutboundError.Kind, _ detail: String) {
        reply.resume(returning: .failure(OutboundError(kind, mayHaveReachedServer: false, detail: detail)))
    }
}
