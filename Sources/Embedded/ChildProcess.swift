import CSpawn
import Foundation
import Synchronization

/// A child process of ours, from its start to its end.
///
/// It gets a session of its own, so that Ctrl-C in the terminal reaches only this process, which then ends its children
/// in order. Nothing ends it when this process is killed; the next start finds it (``LeftoverProcesses``). (The kernel's
/// PR_SET_PDEATHSIG is no help: it fires when the creating *thread* ends.)
final class ChildProcess: Sendable {
    /// How a process ended.
    enum Ending: Hashable, Sendable, CustomStringConvertible {
        case exited(Int32)
        case killed(Int32)

        var description: String {
            switch self {
            case .exited(let status): "ended with status \(status)"
            case .killed(let signal): "was killed by signal \(signal)"
            }
        }
    }

    private struct State {
        var ending: Ending?
        var waiters: [CheckedContinuation<Ending, Never>] = []
    }

    /// The process id.
    let pid: pid_t
    /// Where in the log this child's output begins.
    let logOffset: Int64
    private let state = Mutex(State())

    private init(pid: pid_t, logOffset: Int64) {
        self.pid = pid
        self.logOffset = logOffset
    }

    /// Starts a program, its output going to a log.
    static func start(_ command: Command, log: ChildLog) throws(EmbeddedError) -> ChildProcess {
        let (descriptor, offset) = try log.open()
        defer { close(descriptor) }
        let child = ChildProcess(pid: try spawn(command, output: descriptor), logOffset: offset)
        Thread.detachNewThread { child.reap() }
        return child
    }

    /// How it ended; nil while it runs.
    var ending: Ending? { state.withLock(\.ending) }

    /// Sends a signal, unless the process has ended; a process id is never signalled after it may have been given anew.
    func signal(_ signal: Int32) {
        state.withLock { state in
            if state.ending == nil { kill(pid, signal) }
        }
    }

    /// Waits until the process has ended.
    func end() async -> Ending {
        await withCheckedContinuation { continuation in
            let ending = state.withLock { state -> Ending? in
                if state.ending == nil { state.waiters.append(continuation) }
                return state.ending
            }
            if let ending { continuation.resume(returning: ending) }
        }
    }

    /// Waits until the process has ended, but no longer than a time; says whether it has.
    func end(within limit: Duration) async -> Bool {
        let deadline = ContinuousClock.now + limit
        while ending == nil, ContinuousClock.now < deadline { await Pause.short() }
        return ending != nil
    }

    /// Runs on a thread of its own: `waitid` blocks.
    private func reap() {
        var info = siginfo_t()
        while waitid(P_PID, id_t(pid), &info, WEXITED | WNOWAIT) != 0, errno == EINTR {}
        let (ending, waiters) = state.withLock { state in
            var status: Int32 = 0
            waitpid(pid, &status, 0)
            let signal = status & 0x7F
            let ending: Ending = signal == 0 ? .exited((status >> 8) & 0xFF) : .killed(signal)
            defer { state.waiters = [] }
            state.ending = ending
            return (ending, state.waiters)
        }
        for waiter in waiters { waiter.resume(returning: ending) }
    }

    private static func spawn(_ command: Command, output: Int32) throws(EmbeddedError) -> pid_t {
        var actions = posix_spawn_file_actions_t()
        posix_spawn_file_actions_init(&actions)
        defer { posix_spawn_file_actions_destroy(&actions) }
        posix_spawn_file_actions_addopen(&actions, STDIN_FILENO, command.input, O_RDONLY, 0)
        posix_spawn_file_actions_adddup2(&actions, output, STDOUT_FILENO)
        posix_spawn_file_actions_adddup2(&actions, output, STDERR_FILENO)
        posix_spawn_file_actions_addclosefrom_np(&actions, STDERR_FILENO + 1)
        posix_spawn_file_actions_addchdir_np(&actions, command.folder)

        var attributes = posix_spawnattr_t()
        posix_spawnattr_init(&attributes)
        defer { posix_spawnattr_destroy(&attributes) }
        var none = sigset_t()
        sigemptyset(&none)
        var all = sigset_t()
        sigfillset(&all)
        posix_spawnattr_setsigmask(&attributes, &none)
        posix_spawnattr_setsigdefault(&attributes, &all)
        let flags = Int16(POSIX_SPAWN_SETSIGMASK) | Int16(POSIX_SPAWN_SETSIGDEF) | plantwright_spawn_setsid
        posix_spawnattr_setflags(&attributes, flags)

        let words = command.words
        var pid: pid_t = 0
        let code = withCStrings(words) { arguments in
            withCStrings(command.environment) { environment in
                posix_spawn(&pid, words[0], &actions, &attributes, arguments, environment)
            }
        }
        guard code == 0 else { throw .notStarted(program: command.program, code: code) }
        return pid
    }

    private static func withCStrings<Result>(
        _ strings: [String],
        _ body: ([UnsafeMutablePointer<CChar>?]) -> Result
    ) -> Result {
        let copies = strings.map { strdup($0) } + [nil]
        defer { for copy in copies { free(copy) } }
        return body(copies)
    }
}
