import DedicatedThread
import Foundation
import Glibc

/// Starts and stops one PostgreSQL server by way of a small shell script that outlives neither the server nor the test
/// process: when the script's standard input ends, be it by SIGKILL of the tests, it stops the server and removes
/// everything.
actor PostgreSQLSupervisor {
    /// Why no server could be started.
    struct Failure: Error, CustomStringConvertible {
        let description: String
    }

    /// What the script is told: to start the server, or the signal to send to it.
    enum Command: String {
        case start
        /// SIGINT: PostgreSQL's fast shutdown.
        case fast = "INT"
        /// SIGQUIT: PostgreSQL's immediate shutdown, without a checkpoint.
        case immediate = "QUIT"
        /// SIGKILL.
        case kill = "KILL"
    }

    private static let script = """
        trap '' PIPE INT TERM HUP
        bin=$1; dir=$2; shift 2
        server=
        halt() {
            [ -n "$server" ] || return 0
            children=$(cat /proc/$server/task/$server/children 2>/dev/null)
            kill -$1 $server 2>/dev/null
            wait $server 2>/dev/null
            for child in $children; do while kill -0 $child 2>/dev/null; do sleep 0.01; done; done
            server=
        }
        if "$bin/initdb" -D "$dir/data" -U postgres -A trust -E UTF8 --locale=C.UTF-8 --no-sync >"$dir/log" 2>&1
        then echo ready; else rm -rf "$dir"; exit 1; fi
        while read -r command; do
            case $command in
            start) "$bin/postgres" -D "$dir/data" -k "$dir" "$@" >>"$dir/log" 2>&1 </dev/null & server=$! ;;
            *) halt $command ;;
            esac
            echo done
        done
        halt QUIT
        rm -rf "$dir"
        """

    private let thread = DedicatedThread(name: "pg-supervisor")
    private let process = Process()
    private let commands = Pipe()
    private let answers = Pipe()

    nonisolated var unownedExecutor: UnownedSerialExecutor { thread.asUnownedSerialExecutor() }

    /// Makes the data directory; blocks the supervisor's thread for about a second.
    func prepare(binaries: String, directory: String, arguments: [String]) throws {
        var command = ["/bin/sh", "-c", Self.script, "sh", binaries, directory] + arguments
        if geteuid() == 0 {
            guard let user = getpwnam("postgres") else { throw Failure(description: "There is no user postgres.") }
            guard chown(directory, user.pointee.pw_uid, user.pointee.pw_gid) == 0 else {
                throw Failure(description: "The directory of the server could not be handed over.")
            }
            command = ["/usr/bin/setpriv", "--reuid=postgres", "--regid=postgres", "--clear-groups"] + command
        }
        process.executableURL = URL(fileURLWithPath: command[0])
        process.arguments = Array(command.dropFirst())
        process.standardInput = commands
        process.standardOutput = answers
        process.currentDirectoryURL = URL(fileURLWithPath: "/")
        try process.run()
        guard readAnswer() else { throw Failure(description: "initdb failed; is PostgreSQL's server installed?") }
    }

    /// Carries out a command and waits until the script has.
    func perform(_ command: Command) throws {
        try commands.fileHandleForWriting.write(contentsOf: Data("\(command.rawValue)\n".utf8))
        guard readAnswer() else { throw Failure(description: "The supervisor of the server ended.") }
    }

    /// Stops the server and removes its files.
    func remove() {
        try? commands.fileHandleForWriting.close()
        process.waitUntilExit()
    }

    private func readAnswer() -> Bool {
        let data = answers.fileHandleForReading.availableData
        return data.last == UInt8(ascii: "\n")
    }
}
