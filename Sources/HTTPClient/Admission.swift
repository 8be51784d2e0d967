/// Decides which requests may run: at most so many in all and to one host, the others wait in order of arrival.
///
/// A pure state machine; a host that is full does not hold up requests to others.
struct Admission<Identifier: Hashable> {
    private let maximumTotal: Int
    private let maximumPerHost: Int
    private var active: [Identifier: String] = [:]
    private var activePerHost: [String: Int] = [:]
    private var waiting: [(id: Identifier, host: String)] = []

    init(maximumTotal: Int, maximumPerHost: Int) {
        self.maximumTotal = max(1, maximumTotal)
        self.maximumPerHost = max(1, maximumPerHost)
    }

    /// Adds a request.
    ///
    /// - Returns: whether it may run at once; otherwise it waits.
    mutating func add(_ id: Identifier, host: String) -> Bool {
        guard hasRoom(for: host) else {
            waiting.append((id, host))
            return false
        }
        start(id, host: host)
        return true
    }

    /// Removes a request, whether it runs or waits.
    ///
    /// - Returns: the requests that may run now.
    mutating func remove(_ id: Identifier) -> [Identifier] {
        guard let host = active.removeValue(forKey: id) else {
            waiting.removeAll { $0.id == id }
            return []
        }
        let left = (activePerHost[host] ?? 1) - 1
        activePerHost[host] = left == 0 ? nil : left
        var started: [Identifier] = []
        while active.count < maximumTotal, let index = waiting.firstIndex(where: { hasRoom(for: $0.host) }) {
            let next = waiting.remove(at: index)
            start(next.id, host: next.host)
            started.append(next.id)
        }
        return started
    }

    private func hasRoom(for host: String) -> Bool {
        active.count < maximumTotal && activePerHost[host, default: 0] < maximumPerHost
    }

    private mutating func start(_ id: Identifier, host: String) {
        active[id] = host
        activePerHost[host, default: 0] += 1
    }
}
