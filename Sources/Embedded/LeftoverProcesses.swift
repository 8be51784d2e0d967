import Foundation

/// The processes of a child that an earlier, killed run of the server left behind.
///
/// They are found in `/proc` by what they are, not by a stored process id, which may belong to something else by now:
/// the program's name, and the folder among its arguments or, for its own children, as its working directory.
struct LeftoverProcesses: Sendable {
    /// The name of the program, as in `/proc/PID/comm`.
    var program: String
    /// The folder or file that tells this installation's process from others: one of its arguments.
    var argument: String
    /// The working directory of the program's own children; nil when it has none.
    var workingFolder: String?

    /// Process ids that run now.
    struct Found: Hashable, Sendable {
        /// Those started with the argument.
        var main: [pid_t] = []
        /// Those that only work in the folder.
        var children: [pid_t] = []

        var all: [pid_t] { main + children }
    }

    /// Looks for them; a few milliseconds.
    func find() -> Found {
        var found = Found()
        let entries = (try? FileManager.default.contentsOfDirectory(atPath: "/proc")) ?? []
        for entry in entries {
            guard let pid = pid_t(entry), pid != getpid(), Self.name(of: pid) == program else { continue }
            if Self.arguments(of: pid).contains(argument) {
                found.main.append(pid)
            } else if let workingFolder, Self.workingFolder(of: pid) == workingFolder {
                found.children.append(pid)
            }
        }
        return found
    }

    /// Ends them, and waits for the last one to be gone.
    ///
    /// - Returns: whether there was any.
    func stop(_ steps: [StopStep]) async throws(EmbeddedError) -> Bool {
        var found = find()
        guard !found.all.isEmpty else { return false }
        for step in steps {
            // Children of a living main process are its own business; orphans get the signal themselves.
            for pid in found.main.isEmpty ? found.children : found.main { kill(pid, step.signal) }
            let deadline = ContinuousClock.now + step.patience
            repeat {
                await Pause.short()
                found = find()
            } while !found.all.isEmpty && ContinuousClock.now < deadline
            if found.all.isEmpty { return true }
        }
        throw .leftover(program: program, pids: found.all)
    }

    /// The name of a running process's program; nil when there is no such process or it has ended already.
    static func name(of pid: pid_t) -> String? {
        guard let text = contents("/proc/\(pid)/comm") else { return nil }
        return String(decoding: text.prefix { $0 != UInt8(ascii: "\n") }, as: UTF8.self)
    }

    private static func arguments(of pid: pid_t) -> [String] {
        (contents("/proc/\(pid)/cmdline") ?? []).split(separator: 0).map { String(decoding: $0, as: UTF8.self) }
    }

    private static func workingFolder(of pid: pid_t) -> String? {
        try? FileManager.default.destinationOfSymbolicLink(atPath: "/proc/\(pid)/cwd")
    }

    private static func contents(_ path: String) -> [UInt8]? {
        let descriptor = open(path, O_RDONLY | O_CLOEXEC)
        guard descriptor >= 0 else { return nil }
        defer { close(descriptor) }
        var buffer = [UInt8](repeating: 0, count: 32_768)
        let count = read(descriptor, &buffer, buffer.count)
        return count >= 0 ? Array(buffer[..<count]) : nil
    }
}
