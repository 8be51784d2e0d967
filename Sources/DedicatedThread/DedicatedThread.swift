/// One operating-system thread that runs the jobs of one actor, so that the actor may call blocking C libraries without
/// stalling the cooperative pool.
///
/// ```swift
/// actor Connection {
///     private let thread = DedicatedThread(name: "pg-1")
///     nonisolated var unownedExecutor: UnownedSerialExecutor { thread.asUnownedSerialExecutor() }
///     isolated deinit { … }  // runs on the thread too
/// }
/// ```
///
/// The thread starts with the first job and ends when this object is released, after the jobs enqueued until then.
public final class DedicatedThread: SerialExecutor {
    /// Kept alive by the running thread too.
    let queue: JobQueue

    /// Makes a thread that is not yet running.
    ///
    /// - Parameter name: shown by `ps -L` and debuggers; the kernel keeps 15 bytes of it.
    public init(name: String) {
        queue = JobQueue(name: name)
    }

    deinit {
        queue.stop()
    }

    /// Whether the calling code runs on this thread.
    public var isCurrent: Bool { queue.isCurrent }

    /// Lets the thread end once its queue is empty.
    ///
    /// A job enqueued later is still run: the thread starts again for it.
    public func stop() {
        queue.stop()
    }

    /// Runs a job on the thread, after those enqueued before.
    public func enqueue(_ job: consuming ExecutorJob) {
        queue.enqueue(job)
    }

    /// What an actor returns as its `unownedExecutor`.
    public func asUnownedSerialExecutor() -> UnownedSerialExecutor {
        // The queue, not `self`: an actor's isolated deinit releases its thread while running on it, and the thread
        // keeps the queue alive until it has left that job.
        queue.asUnownedSerialExecutor()
    }

    /// Stops the program unless it runs on this thread.
    public func checkIsolated() {
        queue.checkIsolated()
    }

    /// Whether the calling code runs on this thread.
    public func isIsolatingCurrentContext() -> Bool? {
        queue.isIsolatingCurrentContext()
    }
}
