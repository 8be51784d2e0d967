import Dispatch
import Glibc
import Synchronization

/// The queue behind a ``DedicatedThread`` and the loop that works it off; kept alive by the running thread.
final class JobQueue: SerialExecutor {
    fileprivate struct State {
        var jobs: [UnownedJob] = []
        /// The running thread; nil before the first job and after the end.
        var thread: pthread_t?
        /// Whether the thread waits, or is about to wait, for `wake`.
        var isWaiting = false
        var isStopping = false
    }

    private let name: String
    private let state = Mutex(State())
    private let wake = DispatchSemaphore(value: 0)

    init(name: String) {
        self.name = name
    }

    var isCurrent: Bool {
        state.withLock { state in
            guard let thread = state.thread else { return false }
            return pthread_equal(thread, pthread_self()) != 0
        }
    }

    func enqueue(_ job: consuming ExecutorJob) {
        let job = UnownedJob(job)
        let mustWake = state.withLock { state in
            state.jobs.append(job)
            if state.thread == nil { state.thread = startThread() }
            return state.takeWaiter()
        }
        if mustWake { wake.signal() }
    }

    func stop() {
        let mustWake = state.withLock { state in
            state.isStopping = true
            return state.takeWaiter()
        }
        if mustWake { wake.signal() }
    }

    func asUnownedSerialExecutor() -> UnownedSerialExecutor {
        UnownedSerialExecutor(ordinary: self)
    }

    func checkIsolated() {
        precondition(isCurrent, "Expected to run on thread \(name).")
    }

    func isIsolatingCurrentContext() -> Bool? { isCurrent }

    /// Starts the thread, which holds a reference to this queue until it ends.
    private func startThread() -> pthread_t {
        var thread = pthread_t()
        let queue = Unmanaged.passRetained(self)
        let code = pthread_create(&thread, nil, JobQueue.threadMain, queue.toOpaque())
        // Out of threads or memory: nothing that was promised to run on this thread ever could.
        precondition(code == 0, "Could not start thread \(name): error \(code).")
        pthread_detach(thread)
        return thread
    }

    private static let threadMain: @convention(c) (UnsafeMutableRawPointer?) -> UnsafeMutableRawPointer? = { context in
        guard let context else { return nil }
        let queue = Unmanaged<JobQueue>.fromOpaque(context).takeRetainedValue()
        queue.showName()
        queue.run()
        return nil
    }

    /// Names the calling thread for `ps -L` and debuggers.
    ///
    /// By way of /proc, since Glibc's module lacks the GNU call.
    private func showName() {
        let file = open("/proc/thread-self/comm", O_WRONLY | O_CLOEXEC)
        guard file >= 0 else { return }
        let bytes = Array(name.utf8.prefix(15))
        _ = write(file, bytes, bytes.count)
        close(file)
    }

    private func run() {
        let executor = asUnownedSerialExecutor()
        var batch: [UnownedJob] = []
        while true {
            switch state.withLock({ state in state.next(&batch) }) {
            case .run:
                for job in batch { job.runSynchronously(on: executor) }
                batch.removeAll(keepingCapacity: true)
            case .wait: wake.wait()
            case .end: return
            }
        }
    }
}

extension JobQueue.State {
    fileprivate enum Step {
        case run
        case wait
        case end
    }

    /// Moves all jobs into the empty `batch`, or says what to do when there are none.
    fileprivate mutating func next(_ batch: inout [UnownedJob]) -> Step {
        if !jobs.isEmpty {
            swap(&jobs, &batch)
            return .run
        }
        if isStopping {
            thread = nil
            return .end
        }
        isWaiting = true
        return .wait
    }

    /// Whether the thread was waiting and must be woken.
    fileprivate mutating func takeWaiter() -> Bool {
        guard isWaiting else { return false }
        isWaiting = false
        return true
    }
}
