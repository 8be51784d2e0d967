import Foundation

/// How long to wait before the next attempt: doubling, with jitter, bounded.
struct RetryDelay: Hashable, Sendable {
    /// The longest wait after the first failure, in seconds.
    var first = 2.0
    /// The longest wait of all, in seconds.
    var longest = 300.0
    /// The longest wait that an ERP may ask for, in seconds: a mistaken `Retry-After` must not stop a delivery for good.
    var longestAsked = 86_400.0

    /// The wait after an attempt, in seconds.
    ///
    /// - Parameters:
    ///   - attempts: how many attempts there were, at least 1.
    ///   - jitter: a random number from 0 to 1; the wait is between half of its full length and all of it.
    ///   - asked: the ERP's `Retry-After`, which is never undercut.
    /// - Returns: the wait in seconds.
    func seconds(after attempts: Int, jitter: Double, asked: Double? = nil) -> Double {
        let doublings = Double(min(max(attempts, 1) - 1, 30))
        let full = min(longest, first * pow(2, doublings))
        let own = full * (0.5 + 0.5 * min(max(jitter, 0), 1))
        guard let asked, asked.isFinite, asked > own else { return own }
        return min(asked, longestAsked)
    }
}
