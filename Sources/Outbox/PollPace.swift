import Foundation
import Primitives

/// How often ERPs are asked about something, and how many calls that makes at once.
public struct PollPace: Sendable {
    /// Seconds between two questions about the same.
    public var interval: Double
    /// The longest wait after failures, in seconds.
    public var longestDelay = 300.0
    /// How many calls one connector gets at once.
    public var callsPerConnector: Int
    /// How many calls are under way in all.
    public var calls: Int
    /// How many calls one connector gets a second, the first second's at once; nil for any number.
    public var callsPerSecond: Double?
    /// How often the table is asked for what is due.
    public var pollInterval = Duration.seconds(1)
    /// Seconds after which what was claimed is due again if nothing came of the claim; longer than a call can take.
    public var claim: Double
    /// How long calls may go on after the poller was told to stop, before they are cut off.
    public var grace = Duration.seconds(1)

    /// Makes a pace.
    public init(
        interval: Double,
        callsPerConnector: Int,
        calls: Int,
        callsPerSecond: Double? = nil,
        claim: Double
    ) {
        self.interval = interval
        self.callsPerConnector = callsPerConnector
        self.calls = calls
        self.callsPerSecond = callsPerSecond
        self.claim = claim
    }

    /// The wait after so many successive failures, in seconds: it doubles with each.
    func delay(afterFailures count: Int) -> Double {
        min(longestDelay, interval * pow(2, Double(min(max(count, 0), 30))))
    }
}

/// Bounds how many calls begin in a second: places come back steadily, up to those of one second.
struct CallBudget: Hashable, Sendable {
    private let perSecond: Double
    private var left: Double
    private var asOf: Timestamp

    /// Makes a full budget.
    init(perSecond: Double, at now: Timestamp) {
        self.perSecond = max(perSecond, 0.001)
        left = max(perSecond, 1)
        asOf = now
    }

    /// How many calls may begin now.
    mutating func available(at now: Timestamp) -> Int {
        // A clock that was set back gives nothing and takes nothing.
        left = min(max(perSecond, 1), left + max(0, now.seconds(since: asOf)) * perSecond)
        asOf = now
        return Int(left)
    }

    /// Notes that so many calls begin.
    mutating func spend(_ count: Int) { left -= Double(count) }
}
