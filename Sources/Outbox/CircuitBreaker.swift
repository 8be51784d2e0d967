import Primitives

/// Stops calling an ERP that fails all the time, and tries now and then whether it is back.
///
/// ```
/// closed ──10 successive failures──▶ open ──one call every 10 s──▶ open | closed
/// ```
struct CircuitBreaker: Hashable, Sendable {
    /// Successive failures after which it opens.
    var threshold: Int
    /// Seconds between probes while open.
    var probeInterval: Double
    private(set) var failures = 0
    private var nextProbe: Timestamp?

    /// Makes a closed breaker.
    init(threshold: Int, probeInterval: Double) {
        self.threshold = threshold
        self.probeInterval = probeInterval
    }

    /// Whether calls are held back.
    var isOpen: Bool { failures >= threshold }

    /// How many calls may begin now.
    ///
    /// - Parameters:
    ///   - wanted: how many there is room for.
    ///   - inFlight: how many are under way.
    ///   - now: the time.
    /// - Returns: all that is wanted while closed; while open none, or one when a probe is due.
    func allowance(of wanted: Int, inFlight: Int, at now: Timestamp) -> Int {
        guard isOpen, let nextProbe else { return wanted }
        // A probe further away than one interval comes from a clock that was set back.
        let isDue = now >= nextProbe || nextProbe.seconds(since: now) > probeInterval
        return inFlight == 0 && isDue ? min(1, wanted) : 0
    }

    /// Notes that the ERP answered.
    mutating func succeed() {
        failures = 0
        nextProbe = nil
    }

    /// Notes that the ERP could not be reached or could not answer.
    mutating func fail(at now: Timestamp) {
        failures = min(failures + 1, threshold)
        if isOpen { nextProbe = now.adding(seconds: probeInterval) }
    }
}
