import Dispatch
import Foundation
import Glibc
import Synchronization

/// Why a broker for tests did not start.
struct BrokerStartError: Error, CustomStringConvertible {
    let description: String
}

/// A running `mosquitto`, a thread that keeps its log, and a guardian that ends it if this process is killed.
///
/// The guardian is a shell that waits for the end of a pipe. `PR_SET_PDEATHSIG` would not do: it fires when the thread
/// that made the child ends, and threads of the cooperative pool come and go.
final class BrokerProcess: Sendable {
    private let pid: pid_t
    private let guardian: pid_t
    private let guardianPipe: Int32
    private let output: LogReader

    /// The log so far.
    var log: String { output.text }

    /// Starts a broker on `mosquitto.conf` in a folder, which goes too if this process is killed.
    init(directory: String) throws {
        let logPipe = try Self.pipe()
        pid = try Self.spawn(
            ["mosquitto", "-c", directory + "/mosquitto.conf"],
            standardInput: nil,
            standardError: logPipe.write
        )
        close(logPipe.write)
        let guardianPipe = try Self.pipe()
        guardian = try Self.spawn(
            ["sh", "-c", "cat >/dev/null; kill -9 \"$1\"; rm -rf \"$2\"", "sh", "\(pid)", directory],
            standardInput: guardianPipe.read,
            standardError: nil
        )
        close(guardianPipe.read)
        self.guardianPipe = guardianPipe.write
        output = LogReader(logPipe.read)
        guard output.wait(for: " running") else {
            end(SIGKILL)
            throw BrokerStartError(description: "mosquitto did not start: \(output.text)")
        }
    }

    /// Sends a signal.
    @discardableResult
    func signal(_ number: Int32) -> Int32 {
        Glibc.kill(pid, number)
    }

    /// Sends a signal and waits for the end.
    func end(_ number: Int32) {
        // Repeated, since Mosquitto 2.0 forgets a SIGTERM that comes just after it has said that it runs.
        repeat {
            signal(number)
            signal(SIGCONT)
        } while !output.waitForEnd(milliseconds: 200)
        // The broker is gone and not yet waited for: the guardian cannot meet another process of that number.
        Glibc.kill(guardian, SIGKILL)
        waitpid(guardian, nil, 0)
        close(guardianPipe)
        waitpid(pid, nil, 0)
    }

    /// `POSIX_SPAWN_SETSID` of spawn.h, which shows it to GNU sources only.
    private static let setSession: Int16 = 0x80

    /// A loopback port that was free a moment ago.
    static func freePort() throws -> UInt16 {
        let socket = Glibc.socket(AF_INET, Int32(SOCK_STREAM.rawValue), 0)
        defer { close(socket) }
        var address = sockaddr_in()
        address.sin_family = sa_family_t(AF_INET)
        address.sin_addr.s_addr = inet_addr("127.0.0.1")
        var length = socklen_t(MemoryLayout<sockaddr_in>.size)
        let code = withUnsafeMutablePointer(to: &address) { pointer in
            pointer.withMemoryRebound(to: sockaddr.self, capacity: 1) { generic in
                bind(socket, generic, length) == 0 ? getsockname(socket, generic, &length) : -1
            }
        }
        guard code == 0 else {
            throw BrokerStartError(description: "no free port: \(String(cString: strerror(errno)))")
        }
        return UInt16(bigEndian: address.sin_port)
    }

    /// Writes a password file in Mosquitto's hashed form.
    static func writePasswords(_ accounts: [String: String], to file: String) throws {
        let lines = accounts.map { "\($0.key):\($0.value)\n" }.joined()
        try Data(lines.utf8).write(to: URL(fileURLWithPath: file))
        let pid = try spawn(["mosquitto_passwd", "-U", file], standardInput: nil, standardError: nil)
        var status: Int32 = 0
        waitpid(pid, &status, 0)
        guard status == 0 else { throw BrokerStartError(description: "mosquitto_passwd failed: status \(status)") }
    }

    /// A pair of sockets instead of a pipe: it can be made so that no child that others start meanwhile inherits it.
    private static func pipe() throws -> (read: Int32, write: Int32) {
        var ends: [Int32] = [0, 0]
        guard socketpair(AF_UNIX, Int32(SOCK_STREAM.rawValue | SOCK_CLOEXEC.rawValue), 0, &ends) == 0 else {
            throw BrokerStartError(description: "no pipe: \(String(cString: strerror(errno)))")
        }
        return (ends[0], ends[1])
    }

    private static func spawn(_ arguments: [String], standardInput: Int32?, standardError: Int32?) throws -> pid_t {
        var actions = posix_spawn_file_actions_t()
        posix_spawn_file_actions_init(&actions)
        defer { posix_spawn_file_actions_destroy(&actions) }
        if let standardInput { posix_spawn_file_actions_adddup2(&actions, standardInput, 0) }
        if let standardError { posix_spawn_file_actions_adddup2(&actions, standardError, 2) }
        // Threads of the cooperative pool block signals; a child that inherits that is deaf to SIGTERM. And a session of
        // its own keeps the signals that end the tests' process group away from the guardian.
        var attributes = posix_spawnattr_t()
        posix_spawnattr_init(&attributes)
        defer { posix_spawnattr_destroy(&attributes) }
        var noSignals = sigset_t()
        sigemptyset(&noSignals)
        posix_spawnattr_setsigmask(&attributes, &noSignals)
        posix_spawnattr_setflags(&attributes, Int16(POSIX_SPAWN_SETSIGMASK) | Self.setSession)
        let environment = ["PATH=/usr/sbin:/usr/bin:/sbin:/bin"]
        var argumentPointers = arguments.map { strdup($0) } + [nil]
        var environmentPointers = environment.map { strdup($0) } + [nil]
        defer {
            for pointer in argumentPointers + environmentPointers { free(pointer) }
        }
        var pid = pid_t()
        // posix_spawnp looks in this process's PATH, which may lack the sbin folders.
        let folders = ["/usr/sbin/", "/usr/bin/", "/bin/"]
        let path = folders.map { $0 + arguments[0] }.first { access($0, X_OK) == 0 } ?? arguments[0]
        let code = posix_spawn(&pid, path, &actions, &attributes, &argumentPointers, &environmentPointers)
        guard code == 0 else {
            throw BrokerStartError(description: "cannot start \(path): \(String(cString: strerror(code)))")
        }
        return pid
    }
}

/// Keeps what a child writes, read by a thread of its own until the child closes the pipe.
private final class LogReader: Sendable {
    private struct State {
        var bytes: [UInt8] = []
        var hasEnded = false
    }

    private let state = Mutex(State())
    private let changed = DispatchSemaphore(value: 0)

    init(_ descriptor: Int32) {
        Thread.detachNewThread { [self] in
            var buffer = [UInt8](repeating: 0, count: 16_384)
            while true {
                let count = read(descriptor, &buffer, buffer.count)
                if count < 0, errno == EINTR { continue }
                state.withLock { state in
                    if count > 0 { state.bytes += buffer[..<count] } else { state.hasEnded = true }
                }
                changed.signal()
                guard count > 0 else { break }
            }
            close(descriptor)
        }
    }

    var text: String { state.withLock { String(decoding: $0.bytes, as: UTF8.self) } }

    /// Waits until the log has a text; false when it ends without.
    func wait(for text: String) -> Bool {
        while true {
            let (found, ended) = state.withLock { state in
                (String(decoding: state.bytes, as: UTF8.self).contains(text), state.hasEnded)
            }
            if found || ended { return found }
            changed.wait()
        }
    }

    /// Waits for the end for at most a while; whether it has come.
    func waitForEnd(milliseconds: Int) -> Bool {
        let deadline = DispatchTime.now() + .milliseconds(milliseconds)
        while !state.withLock(\.hasEnded) {
            if changed.wait(timeout: deadline) == .timedOut { return state.withLock(\.hasEnded) }
        }
        return true
    }
}
