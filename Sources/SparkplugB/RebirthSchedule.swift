import Primitives

/// When edge nodes are asked for new births: at once, then ever more seldom, so that a node that does not listen, or
/// whose births do not help, is not flooded.
public struct RebirthSchedule: Hashable, Sendable {
    private struct Entry: Hashable {
        var asked: Timestamp
        var wait: Double
    }

    /// The wait after the first request, in seconds.
    public var first = 5.0
    /// The longest wait, in seconds.
    public var longest = 300.0
    private var entries: [EdgeNodeName: Entry] = [:]

    /// Makes an empty schedule.
    public init() {}

    /// Chooses those that are to be asked now, and notes that they are.
    ///
    /// - Parameters:
    ///   - wanted: all nodes whose births are needed.
    ///   - now: the time.
    /// - Returns: those to ask, in the order of `wanted`.
    public mutating func take(_ wanted: some Sequence<EdgeNodeName>, at now: Timestamp) -> [EdgeNodeName] {
        // A node that was quiet for the longest wait starts anew; a clock that was set back, too.
        entries = entries.filter { (0..<longest * 2).contains(now.seconds(since: $0.value.asked)) }
        return wanted.filter { name in
            guard let entry = entries[name] else {
                entries[name] = Entry(asked: now, wait: first)
                return true
            }
            guard now.seconds(since: entry.asked) >= entry.wait else { return false }
            entries[name] = Entry(asked: now, wait: min(entry.wait * 2, longest))
            return true
        }
    }
}
