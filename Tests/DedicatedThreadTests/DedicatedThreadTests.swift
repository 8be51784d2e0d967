import Foundation
import Glibc
import Synchronization
import Testing

@testable import DedicatedThread

/// An actor that runs on a thread of its own.
private actor Worker {
    private let thread: DedicatedThread
    private let onEnd: @Sendable (Bool) -> Void
    private var numbers: [Int] = []

    nonisolated var unownedExecutor: UnownedSerialExecutor { thread.asUnownedSerialExecutor() }

    init(name: String = "worker", onEnd: @escaping @Sendable (Bool) -> Void = { _ in }) {
        thread = DedicatedThread(name: name)
        self.onEnd = onEnd
    }

    isolated deinit {
        onEnd(thread.isCurrent)
    }

    func append(_ number: Int) { numbers.append(number) }

    func all() -> [Int] { numbers }

    func threadIdentity() -> UInt { UInt(pthread_self()) }

    func isOnThread() -> Bool { thread.isCurrent }

    /// Checks the isolation from a synchronous function, as `assumeIsolated` does.
    func assumesIsolation() -> Bool { assumeIsolated { $0.numbers.isEmpty } }

    /// The name that the kernel shows for the thread.
    func kernelName() -> String? {
        try? String(contentsOfFile: "/proc/thread-self/comm", encoding: .utf8).trimmingCharacters(in: .newlines)
    }

    /// Blocks the thread until someone signals.
    func block(on semaphore: DispatchSemaphore) {
        semaphore.wait()
    }

    nonisolated func stop() { thread.stop() }
}

@Suite struct DedicatedThreadTests {
    @Test func allJobsRunOnOneThreadOfTheirOwn() async {
        let worker = Worker()
        let first = await worker.threadIdentity()
        let identities = await withTaskGroup(of: UInt.self) { group in
            for _ in 0..<200 { group.addTask { await worker.threadIdentity() } }
            return await group.reduce(into: Set<UInt>()) { $0.insert($1) }
        }
        #expect(identities == [first])
        #expect(await Worker().isOnThread())
        #expect(await worker.assumesIsolation())
        let other = Worker()
        let otherIdentity = await other.threadIdentity()
        #expect(otherIdentity != first)
    }

    @Test func jobsRunInTheirOrderAndNeverTwoAtOnce() async {
        let worker = Worker()
        for number in 0..<1_000 { await worker.append(number) }
        #expect(await worker.all() == Array(0..<1_000))
        await withTaskGroup(of: Void.self) { group in
            for number in 0..<1_000 { group.addTask { await worker.append(number) } }
        }
        #expect(await worker.all().count == 2_000)
    }

    @Test func aBlockedThreadStopsNobodyElse() async {
        let semaphore = DispatchSemaphore(value: 0)
        // More than the cooperative pool has threads.
        let blocked = (0..<32).map { _ in Worker() }
        let tasks = blocked.map { worker in Task { await worker.block(on: semaphore) } }
        #expect(await Worker().all() == [])
        for _ in tasks { semaphore.signal() }
        for task in tasks { await task.value }
    }

    @Test func theKernelKnowsTheName() async {
        #expect(await Worker(name: "pg-listen").kernelName() == "pg-listen")
        #expect(await Worker(name: "a-name-that-is-too-long").kernelName() == "a-name-that-is-")
    }

    @Test func theEndOfAnActorRunsOnItsThread() async {
        let (ends, continuation) = AsyncStream.makeStream(of: Bool.self)
        for _ in 0..<50 {
            let worker = Worker { continuation.yield($0) }
            await worker.append(1)
        }
        var iterator = ends.makeAsyncIterator()
        for _ in 0..<50 { #expect(await iterator.next() == true) }
    }

    @Test func theThreadEndsWithItsObject() async throws {
        weak var queue: JobQueue?
        do {
            let thread = DedicatedThread(name: "short")
            queue = thread.queue
            let actor = Plain(thread)
            await actor.work()
        }
        // The running thread holds the queue: it is gone when the thread is.
        while queue != nil { await Task.yield() }
    }

    @Test func noJobIsLostAfterStop() async {
        let worker = Worker()
        await worker.append(1)
        worker.stop()
        await worker.append(2)
        worker.stop()
        for number in 3..<100 { await worker.append(number) }
        #expect(await worker.all() == Array(1..<100))
    }

    @Test func othersAreNotOnTheThread() async {
        let thread = DedicatedThread(name: "other")
        #expect(!thread.isCurrent)
        #expect(thread.isIsolatingCurrentContext() == false)
        await Plain(thread).work()
        #expect(!thread.isCurrent)
    }
}

/// An actor on a thread that someone else owns.
private actor Plain {
    private let thread: DedicatedThread

    nonisolated var unownedExecutor: UnownedSerialExecutor { thread.asUnownedSerialExecutor() }

    init(_ thread: DedicatedThread) {
        self.thread = thread
    }

    func work() {}
}
