import Foundation
import Primitives

/// A bearing that wears out: how far from healthy (0) to as bad as it gets (1) it is.
struct Wear: Sendable {
    /// The equipment number that repairs name.
    let equipment: String

    /// Seconds after which 63 % of the damage is done.
    static let scale = 76.0
    /// Seconds from a repair to the beginning of new wear.
    static let pause = 360.0
    /// Seconds in which the remaining heat of a repaired bearing falls to 37 %.
    static let cooling = 6.0

    /// The damage at a time; 0 in history.
    func damage(at instant: PlantInstant) -> Double {
        guard instant.liveSeconds != nil, let start = instant.course.liveSince else { return 0 }
        var wearStart = start.seconds
        var residue = 0.0
        var residueTime = wearStart
        func total(at seconds: Double) -> Double {
            let progress = max(0, seconds - wearStart) / Self.scale
            let rest = residue * exp(-(seconds - residueTime) / Self.cooling)
            return min(1, 1 - exp(-progress * progress) + rest)
        }
        for repair in instant.course.repairs[equipment] ?? [] {
            let seconds = repair.seconds
            guard seconds >= start.seconds, seconds <= instant.seconds else { continue }
            (residue, residueTime) = (total(at: seconds), seconds)
            wearStart = seconds + Self.pause
        }
        return total(at: instant.seconds)
    }
}

extension Timestamp {
    /// Seconds since the Unix epoch.
    fileprivate var seconds: Double { Double(microseconds) / 1_000_000 }
}
