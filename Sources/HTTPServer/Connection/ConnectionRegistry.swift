import Synchronization

/// The open connections of a server: counts them against the limits, and reaches them all at shutdown.
final class ConnectionRegistry: Sendable {
    private struct Entry {
        let transport: ConnectionTransport
        var drain: @Sendable () -> Void
    }

    private struct State {
        var entries: [UInt64: Entry] = [:]
        var quota: ConnectionQuota
        var lastIdentifier: UInt64 = 0
        var isDraining = false
    }

    /// One connection's place in the registry.
    struct Registration: Sendable {
        fileprivate let registry: ConnectionRegistry
        fileprivate let identifier: UInt64

        /// Says what to do at shutdown, instead of ending the connection when it is idle.
        func onDrain(_ action: @escaping @Sendable () -> Void) {
            registry.replaceDrain(of: identifier, by: action)
        }

        /// Gives the place back.
        func end() {
            registry.remove(identifier)
        }
    }

    private let state: Mutex<State>

    init(quota: ConnectionQuota) {
        state = Mutex(State(quota: quota))
    }

    /// The number of open connections.
    var count: Int { state.withLock { $0.entries.count } }

    /// Takes a connection in; nil when a limit is reached.
    func register(_ transport: ConnectionTransport) -> Registration? {
        let (identifier, isDraining): (UInt64?, Bool) = state.withLock { state in
            guard state.quota.admit(transport.remoteAddress, isLoopback: transport.isLoopback) else {
                return (nil, false)
            }
            state.lastIdentifier += 1
            state.entries[state.lastIdentifier] = Entry(transport: transport) { transport.drain() }
            return (state.lastIdentifier, state.isDraining)
        }
        guard let identifier else { return nil }
        if isDraining { transport.drain() }
        return Registration(registry: self, identifier: identifier)
    }

    /// Asks every connection to end as soon as its current exchange is done.
    func drain() {
        let actions = state.withLock { state in
            state.isDraining = true
            return state.entries.values.map(\.drain)
        }
        for action in actions { action() }
    }

    /// Closes every connection at once.
    func abort() {
        let transports = state.withLock { $0.entries.values.map(\.transport) }
        for transport in transports { transport.abort() }
    }

    private func replaceDrain(of identifier: UInt64, by action: @escaping @Sendable () -> Void) {
        let isDraining = state.withLock { state in
            state.entries[identifier]?.drain = action
            return state.isDraining
        }
        if isDraining { action() }
    }

    private func remove(_ identifier: UInt64) {
        state.withLock { state in
            guard let entry = state.entries.removeValue(forKey: identifier) else { return }
            state.quota.release(entry.transport.remoteAddress, isLoopback: entry.transport.isLoopback)
        }
    }
}
