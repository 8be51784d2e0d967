/// Waiting times between connection attempts: doubling from a first to a longest one.
struct Backoff: Sendable {
    /// The wait after the first failure.
    let first: Duration
    /// The longest wait.
    let longest: Duration
    private var current: Duration

    init(first: Duration = .milliseconds(200), longest: Duration = .seconds(5)) {
        self.first = first
        self.longest = longest
        current = first
    }

    /// The time to wait now; the next one is twice as long.
    mutating func next() -> Duration {
        defer { current = min(current * 2, longest) }
        return current
    }

    /// Starts again with the first waiting time.
    mutating func reset() {
        current = first
    }
}
