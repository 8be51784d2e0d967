/// What a caller who wants a connection gets.
enum PoolGrant<Connection> {
    /// Use this connection; nobody else does.
    case use(Connection)
    /// Open a new connection; its place in the pool is taken already.
    case open
}

extension PoolGrant: Sendable where Connection: Sendable {}

/// The bookkeeping of a pool, without any I/O: who may use which connection, who waits, how many there are.
///
/// Every method is one event and returns what the shell must do.
struct PoolState<Connection, Waiter> {
    /// The answer to a wish for a connection.
    enum Answer {
        case grant(PoolGrant<Connection>)
        case wait
        case refuse
    }

    /// What follows from a connection's return or loss.
    struct Consequence {
        /// A connection to close.
        var close: Connection?
        /// Someone who waited and gets something now.
        var grant: (waiter: Waiter, grant: PoolGrant<Connection>)?
    }

    let size: Int
    private(set) var isClosed = false
    /// Connections in use, being opened, or idle.
    private(set) var count = 0
    /// The last one returned is taken first, so that few stay busy.
    private(set) var idle: [Connection] = []
    private var waiters: [(id: UInt64, waiter: Waiter)] = []
    private var lastWaiter: UInt64 = 0

    init(size: Int) {
        self.size = max(1, size)
    }

    var waiterCount: Int { waiters.count }

    /// A caller wants a connection.
    ///
    /// Those who wait go first.
    mutating func request() -> Answer {
        if isClosed { return .refuse }
        if !waiters.isEmpty { return .wait }
        if let connection = idle.popLast() { return .grant(.use(connection)) }
        guard count < size else { return .wait }
        count += 1
        return .grant(.open)
    }

    /// A number by which a waiter can be withdrawn.
    mutating func nextWaiterID() -> UInt64 {
        lastWaiter += 1
        return lastWaiter
    }

    /// A caller waits, unless it can have a connection after all.
    mutating func wait(_ waiter: Waiter, id: UInt64) -> Answer {
        let answer = request()
        if case .wait = answer { waiters.append((id, waiter)) }
        return answer
    }

    /// A waiter gives up.
    ///
    /// Nil when it was served meanwhile.
    mutating func withdraw(_ id: UInt64) -> Waiter? {
        guard let index = waiters.firstIndex(where: { $0.id == id }) else { return nil }
        return waiters.remove(at: index).waiter
    }

    /// A connection comes back.
    mutating func giveBack(_ connection: Connection) -> Consequence {
        if isClosed {
            count -= 1
            return Consequence(close: connection)
        }
        if let waiter = popWaiter() { return Consequence(grant: (waiter, .use(connection))) }
        idle.append(connection)
        return Consequence()
    }

    /// A connection is of no more use, or could not be opened (nil): its place is free.
    mutating func lose(_ connection: Connection?) -> Consequence {
        if !isClosed, let waiter = popWaiter() {
            return Consequence(close: connection, grant: (waiter, .open))
        }
        count -= 1
        return Consequence(close: connection)
    }

    /// The pool ends: idle connections are to be closed, waiters refused; connections in use are closed when they come
    /// back.
    mutating func close() -> (idle: [Connection], waiters: [Waiter]) {
        isClosed = true
        count -= idle.count
        defer {
            idle = []
            waiters = []
        }
        return (idle, waiters.map(\.waiter))
    }

    private mutating func popWaiter() -> Waiter? {
        waiters.isEmpty ? nil : waiters.removeFirst().waiter
    }
}
