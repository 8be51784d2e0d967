/// Why a private PostgreSQL or Mosquitto cannot be used; every case says what to do about it.
public enum EmbeddedError: Error, Hashable, Sendable, CustomStringConvertible {
    /// A program of a Debian package is not installed.
    case programMissing(program: String, package: String)
    /// The user that a child runs as does not exist.
    case userMissing(name: String)
    /// The child's user cannot get to its folder, since a parent folder is closed to it.
    case folderClosed(folder: String, user: String)
    /// A system call on a file or folder failed.
    case file(path: String, operation: String, code: Int32)
    /// Another server runs with this data directory.
    case dataDirectoryInUse(path: String, pid: Int32?)
    /// The stored data are of a version whose programs are not installed.
    case versionMissing(data: String, installed: [String])
    /// Something else listens on the address already.
    case addressInUse(host: String, port: Int)
    /// The address cannot be listened on.
    case addressUnusable(host: String, port: Int, reason: String)
    /// The program could not be started at all.
    case notStarted(program: String, code: Int32)
    /// The program ended; `log` holds its last lines.
    case ended(program: String, ending: String, log: [String])
    /// The program runs but did not become ready in time; `log` holds its last lines.
    case notReady(program: String, seconds: Int, log: [String])
    /// What an earlier run left behind cannot be ended.
    case leftover(program: String, pids: [Int32])
    /// Nothing runs with this data directory.
    case notRunning(program: String, dataDirectory: String)
    /// A stored file of ours is not what it must be.
    case damaged(path: String, detail: String)
    /// A device's identifier cannot be one level of a topic.
    case invalidIdentifier(String)
    /// The broker did not carry out a command about accounts.
    case commandRefused(detail: String)
    /// The caller's task was cancelled meanwhile.
    case cancelled

    /// One or more sentences for people.
    public var description: String {
        switch self {
        case .programMissing(let program, let package):
            "\(program) is not installed: apt-get install \(package), or give the address of a server of your own"
        case .userMissing(let name):
            "there is no user '\(name)', which Debian's package makes; as root it is needed to run this child"
        case .folderClosed(let folder, let user):
            "user '\(user)' cannot pass the folder \(folder): chmod o+x it, or choose another data directory"
        case .file(let path, let operation, let code):
            "\(path): \(operation): \(systemMessage(code))"
        case .dataDirectoryInUse(let path, let pid):
            "another server\(pid.map { " (process \($0))" } ?? "") uses the data directory \(path)"
        case .versionMissing(let data, let installed):
            "the data are of PostgreSQL \(data), and of its programs only \(installed.joined(separator: ", ")) is "
                + "installed: apt-get install postgresql-\(data)"
        case .addressInUse(let host, let port):
            "port \(port) on \(host) is in use by another program; choose another address for the broker"
        case .addressUnusable(let host, let port, let reason):
            "cannot listen on \(host) port \(port): \(reason)"
        case .notStarted(let program, let code):
            "\(program) could not be started: \(systemMessage(code))"
        case .ended(let program, let ending, let log):
            ([program + " " + ending] + log).joined(separator: "\n  ")
        case .notReady(let program, let seconds, let log):
            (["\(program) was not ready within \(seconds) s"] + log).joined(separator: "\n  ")
        case .leftover(let program, let pids):
            "\(program) of an earlier run does not end: processes \(pids.map(String.init).joined(separator: ", "))"
        case .notRunning(let program, let dataDirectory):
            "no private \(program) runs in \(dataDirectory); start the server first, or name its data directory"
        case .damaged(let path, let detail):
            "\(path): \(detail)"
        case .invalidIdentifier(let identifier):
            "'\(identifier)' cannot be a level of a topic: it must not be empty nor hold /, +, # or NUL"
        case .commandRefused(let detail):
            "the broker refused to change its accounts: \(detail)"
        case .cancelled:
            "cancelled"
        }
    }
}
