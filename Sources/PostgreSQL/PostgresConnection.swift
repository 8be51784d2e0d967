import CPostgreSQL
import DedicatedThread
import Glibc
import Synchronization

/// One libpq connection on a thread of its own. Statements run one after the other; every wait ends at a deadline, and
/// at once when the waiting task is cancelled.
actor PostgresConnection {
    /// What the pool must know of a connection when it comes back.
    enum Condition: UInt8, AtomicRepresentable {
        case idle
        case inTransaction
        case broken
    }

    private let thread: DedicatedThread
    nonisolated let configuration: PostgresConfiguration
    nonisolated let signal = CancellationSignal()
    /// As of the end of the last operation.
    nonisolated let condition = Atomic<Condition>(.broken)
    /// The socket, for a look whether an idle connection is still alive.
    nonisolated let socket = Atomic<Int32>(-1)
    private nonisolated let operations = Atomic<UInt64>(0)

    var handle = ConnectionHandle()
    var prepared: [String: PreparedText] = [:]
    /// Whether the rows of a streamed answer are still coming.
    var isStreaming = false

    /// What a name stands for on this connection.
    struct PreparedText: Equatable {
        let text: String
        let types: [PostgresType]
    }

    nonisolated var unownedExecutor: UnownedSerialExecutor { thread.asUnownedSerialExecutor() }

    init(configuration: PostgresConfiguration, threadName: String = "postgresql") {
        self.configuration = configuration
        thread = DedicatedThread(name: threadName)
    }

    isolated deinit {
        handle.close()
    }

    /// A number for the next operation, by which it can be cancelled.
    nonisolated func nextOperation() -> UInt64 {
        operations.add(1, ordering: .relaxed).newValue
    }

    /// Whether nothing has arrived on an idle connection.
    ///
    /// What does arrive then is the end of the connection, or a notice that comes before it.
    nonisolated var isQuiet: Bool {
        var descriptor = pollfd(fd: socket.load(ordering: .acquiring), events: Int16(POLLIN), revents: 0)
        return descriptor.fd >= 0 && poll(&descriptor, 1, 0) == 0
    }

    func connect() throws(PostgresError) {
        try handle.open(configuration)
        socket.store(handle.socket, ordering: .releasing)
        noteCondition()
    }

    func close() {
        handle.close()
        prepared = [:]
        isStreaming = false
        socket.store(-1, ordering: .releasing)
        condition.store(.broken, ordering: .releasing)
    }

    func noteCondition() {
        let value: Condition =
            if !handle.isOpen || isStreaming {
                .broken
            } else {
                switch handle.transactionStatus {
                case PQTRANS_IDLE: .idle
                case PQTRANS_INTRANS, PQTRANS_INERROR: .inTransaction
                default: .broken
                }
            }
        condition.store(value, ordering: .releasing)
    }
}
