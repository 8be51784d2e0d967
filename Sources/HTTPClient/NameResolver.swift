import CCurl
import Foundation
import Glibc
import Primitives
import Synchronization

/// Resolves the names of destinations that a proxy will connect to, to judge their addresses first.
///
/// Each name is resolved by one thread at a time, since the system's resolver blocks; what it said is kept for a while.
final class NameResolver: Sendable {
    private struct Entry {
        var addresses: [IPAddress]
        var until: ContinuousClock.Instant
    }

    private struct State {
        var known: [String: Entry] = [:]
        /// Who waits for a name that is being resolved.
        var waiting: [String: [UInt64: CheckedContinuation<[IPAddress], Never>]] = [:]
        var lastWaiter: UInt64 = 0
    }

    /// As short as the lives of records that are used for fail-over.
    private static let life = Duration.seconds(30)
    private static let maximumKnown = 256

    private let state = Mutex(State())
    private let clock = ContinuousClock()
    private let lookUp: @Sendable (String) -> [IPAddress]

    /// - Parameter lookUp: asks the system; may block.
    init(lookUp: @escaping @Sendable (String) -> [IPAddress] = NameResolver.system) {
        self.lookUp = lookUp
    }

    /// The addresses of a name or of an address as text; none when there are none here, or the time was up.
    func addresses(of name: String, within limit: Duration) async -> [IPAddress] {
        if let address = IPAddress(name) { return [address] }
        let alarm = Mutex<Task<Void, Never>?>(nil)
        let addresses = await withCheckedContinuation { continuation in
            switch enter(name, continuation) {
            case .known(let addresses): continuation.resume(returning: addresses)
            case .waiting(let id, let isFirst):
                if isFirst { resolve(name) }
                let task = Task { [weak self] in
                    try? await Task.sleep(for: limit)
                    self?.leave(name, id)
                }
                alarm.withLock { $0 = task }
            }
        }
        alarm.withLock { $0?.cancel() }
        return addresses
    }

    private enum Entrance {
        case known([IPAddress])
        case waiting(UInt64, isFirst: Bool)
    }

    private func enter(_ name: String, _ continuation: CheckedContinuation<[IPAddress], Never>) -> Entrance {
        let now = clock.now
        return state.withLock { state in
            if let entry = state.known[name], entry.until > now { return .known(entry.addresses) }
            state.lastWaiter += 1
            let isFirst = state.waiting[name] == nil
            state.waiting[name, default: [:]][state.lastWaiter] = continuation
            return .waiting(state.lastWaiter, isFirst: isFirst)
        }
    }

    /// Gives up waiting; whoever resolves the name goes on.
    private func leave(_ name: String, _ id: UInt64) {
        let continuation = state.withLock { $0.waiting[name]?.removeValue(forKey: id) }
        continuation?.resume(returning: [])
    }

    private func resolve(_ name: String) {
        let thread = Thread { [self] in
            let addresses = lookUp(name)
            let until = clock.now + Self.life
            let waiting = state.withLock { state in
                if state.known.count >= Self.maximumKnown { state.known = [:] }
                state.known[name] = Entry(addresses: addresses, until: until)
                return state.waiting.removeValue(forKey: name) ?? [:]
            }
            for continuation in waiting.values { continuation.resume(returning: addresses) }
        }
        thread.name = "http-resolver"
        thread.start()
    }

    /// What the system's resolver says: files, DNS and whatever else it is set up for.
    static func system(_ name: String) -> [IPAddress] {
        var list: UnsafeMutablePointer<addrinfo>?
        guard getaddrinfo(name, nil, nil, &list) == 0, let list else { return [] }
        defer { freeaddrinfo(list) }
        let addresses = sequence(first: list, next: { $0.pointee.ai_next }).compactMap { entry in
            entry.pointee.ai_addr.flatMap { IPAddress($0, length: Int(entry.pointee.ai_addrlen)) }
        }
        return Array(Set(addresses))
    }
}
