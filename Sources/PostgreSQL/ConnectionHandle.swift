import CPostgreSQL
import Glibc

/// A point on the monotonic clock by which something must have happened.
struct Deadline {
    /// Nanoseconds of `CLOCK_MONOTONIC`; nil for never.
    private let nanoseconds: Int64?

    init(after duration: Duration?) {
        nanoseconds = duration.map { duration in
            let (seconds, attoseconds) = duration.components
            return Self.now + seconds * 1_000_000_000 + attoseconds / 1_000_000_000
        }
    }

    /// What `poll` takes: milliseconds left, rounded up; -1 for ever.
    var pollTimeout: Int32 {
        guard let nanoseconds else { return -1 }
        return Int32(clamping: max(0, (nanoseconds - Self.now + 999_999) / 1_000_000))
    }

    var hasPassed: Bool { nanoseconds.map { $0 <= Self.now } ?? false }

    private static var now: Int64 {
        var time = timespec()
        clock_gettime(CLOCK_MONOTONIC, &time)
        return Int64(time.tv_sec) * 1_000_000_000 + Int64(time.tv_nsec)
    }
}

/// libpq's connection object.
///
/// All calls come from one thread, that of the actor which owns it.
struct ConnectionHandle: ~Copyable {
    /// Why waiting for the server ended.
    enum Wait {
        case ready
        case interrupted
        case timedOut
    }

    private(set) var raw: OpaquePointer?

    init() {}

    deinit {
        if let raw { PQfinish(raw) }
    }

    /// Closes the connection; a second call does nothing.
    mutating func close() {
        guard let raw else { return }
        PQfinish(raw)
        self.raw = nil
    }

    var isOpen: Bool { raw != nil && PQstatus(raw) == CONNECTION_OK }
    var socket: Int32 { PQsocket(raw) }
    var transactionStatus: PGTransactionStatusType { PQtransactionStatus(raw) }

    /// Connects; every wait ends at the deadline.
    mutating func open(_ configuration: PostgresConfiguration) throws(PostgresError) {
        close()
        let keywords = configuration.keywords
        raw =
            withCStrings(keywords.map(\.name)) { names in
                withCStrings(keywords.map(\.value)) { values in PQconnectStartParams(names, values, 0) } ?? nil
            } ?? nil
        guard raw != nil else { throw PostgresError(.unreachable, "Out of memory while connecting.") }
        // Verbose errors carry the SQLSTATE, which tells a wrong password from an absent server.
        PQsetErrorVerbosity(raw, PQERRORS_VERBOSE)
        PQsetNoticeProcessor(raw, { _, _ in }, nil)
        do throws(PostgresError) {
            try poll(until: Deadline(after: configuration.connectTimeout), configuration)
        } catch {
            close()
            throw error
        }
        PQsetErrorVerbosity(raw, PQERRORS_DEFAULT)
        PQsetnonblocking(raw, 1)
    }

    private func poll(until deadline: Deadline, _ configuration: PostgresConfiguration) throws(PostgresError) {
        guard PQstatus(raw) != CONNECTION_BAD else { throw connectError(configuration) }
        var events = Int16(POLLOUT)
        while true {
            if try wait(events, interrupt: nil, until: deadline) == .timedOut {
                throw PostgresError(.unreachable, "No answer in time from \(configuration).")
            }
            switch PQconnectPoll(raw) {
            case PGRES_POLLING_OK: return
            case PGRES_POLLING_READING: events = Int16(POLLIN)
            case PGRES_POLLING_WRITING: events = Int16(POLLOUT)
            default: throw connectError(configuration)
            }
        }
    }

    /// Waits for the socket.
    ///
    /// - Parameters:
    ///   - events: `POLLIN`, `POLLOUT` or both.
    ///   - interrupt: a descriptor that ends the wait when it becomes readable.
    ///   - deadline: when to give up.
    /// - Returns: why the wait ended.
    /// - Throws: when there is no socket any more.
    func wait(_ events: Int16, interrupt: Int32?, until deadline: Deadline) throws(PostgresError) -> Wait {
        var descriptors = (
            pollfd(fd: socket, events: events, revents: 0),
            pollfd(fd: interrupt ?? -1, events: Int16(POLLIN), revents: 0)
        )
        guard descriptors.0.fd >= 0 else { throw PostgresError(.connectionLost, "The connection is closed.") }
        while true {
            let timeout = deadline.pollTimeout
            let count = withUnsafeMutablePointer(to: &descriptors) { pointer in
                pointer.withMemoryRebound(to: pollfd.self, capacity: 2) { Glibc.poll($0, 2, timeout) }
            }
            if count < 0 {
                guard errno == EINTR else { throw PostgresError(.connectionLost, "poll failed with error \(errno).") }
            } else if descriptors.0.revents != 0 {
                return .ready
            } else if descriptors.1.revents != 0 {
                return .interrupted
            } else if deadline.hasPassed {
                return .timedOut
            }
        }
    }

    /// The error of a failed attempt to connect, from libpq's text.
    private func connectError(_ configuration: PostgresConfiguration) -> PostgresError {
        let text = PQerrorMessage(raw).map { String(cString: $0) } ?? ""
        return PostgresError(connecting: text, to: configuration, needsPassword: PQconnectionNeedsPassword(raw) != 0)
    }

    /// The error after the connection broke.
    func lostError() -> PostgresError {
        let text = PQerrorMessage(raw).map { String(cString: $0) } ?? ""
        let line = text.split(whereSeparator: \.isNewline).first.map(String.init) ?? "The server closed the connection."
        return PostgresError(.connectionLost, line)
    }

    /// Asks the server to cancel what it does for this connection.
    ///
    /// Opens a short connection of its own.
    func cancel() {
        guard let cancel = PQgetCancel(raw) else { return }
        var buffer = [CChar](repeating: 0, count: 256)
        _ = PQcancel(cancel, &buffer, Int32(buffer.count))
        PQfreeCancel(cancel)
    }
}

/// libpq's result object, freed with its owner.
struct ResultHandle: ~Copyable {
    let raw: OpaquePointer

    init(_ raw: OpaquePointer) {
        self.raw = raw
    }

    deinit {
        PQclear(raw)
    }

    var status: ExecStatusType { PQresultStatus(raw) }
    var rowCount: Int32 { PQntuples(raw) }

    /// The number of rows that the command touched, from its tag.
    var affectedRows: Int {
        PQcmdTuples(raw).flatMap { Int(String(cString: $0)) } ?? 0
    }

    /// The command tag, such as `COMMIT`.
    var tag: String { PQcmdStatus(raw).map { String(cString: $0) } ?? "" }

    var columnTypes: [PostgresType] {
        (0..<PQnfields(raw)).map { PostgresType(rawValue: PQftype(raw, $0)) }
    }

    /// The types of `$1`, `$2`, … of a described statement.
    var parameterTypes: [PostgresType] {
        (0..<PQnparams(raw)).map { PostgresType(rawValue: PQparamtype(raw, $0)) }
    }
}

/// Calls `body` with a NULL-terminated array of C strings.
private func withCStrings<Result>(
    _ strings: [String],
    _ body: (UnsafePointer<UnsafePointer<CChar>?>) -> Result
) -> Result? {
    var pointers: [UnsafePointer<CChar>?] = strings.map { strdup($0).map { UnsafePointer($0) } }
    defer { for pointer in pointers { free(UnsafeMutablePointer(mutating: pointer)) } }
    pointers.append(nil)
    return pointers.withUnsafeBufferPointer { buffer in buffer.baseAddress.map(body) }
}
