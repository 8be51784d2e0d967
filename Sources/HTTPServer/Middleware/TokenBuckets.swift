import Primitives

/// Token buckets by key, in bounded memory: a full bucket is one that need not be kept.
///
/// Time is microseconds of whatever clock the caller has; going backwards counts as standing still.
struct TokenBuckets: Sendable {
    private struct Bucket: Sendable {
        var tokens: Double
        var time: Int64
    }

    private let capacity: Double
    private let refillPerSecond: Double
    private let maximumKeys: Int
    private var buckets: [String: Bucket] = [:]

    /// Makes buckets; all are full.
    init(capacity: Int, refillPerSecond: Double, maximumKeys: Int) {
        self.capacity = Double(max(1, capacity))
        self.refillPerSecond = max(refillPerSecond, 1e-6)
        self.maximumKeys = max(1, maximumKeys)
    }

    /// How many buckets are kept.
    var count: Int { buckets.count }

    /// Takes one token.
    ///
    /// - Parameters:
    ///   - key: whose bucket.
    ///   - time: now, in microseconds.
    /// - Returns: nil when there was one, else in how many seconds there will be.
    mutating func take(_ key: String, at time: Int64) -> Int? {
        var bucket = refilled(buckets[key], at: time)
        guard bucket.tokens >= 1 else {
            buckets[key] = bucket
            return Int(((1 - bucket.tokens) / refillPerSecond).rounded(.up).clamped(to: 1...86_400))
        }
        bucket.tokens -= 1
        if buckets[key] == nil, buckets.count >= maximumKeys { makeRoom(at: time) }
        buckets[key] = bucket
        return nil
    }

    private func refilled(_ bucket: Bucket?, at time: Int64) -> Bucket {
        guard let bucket else { return Bucket(tokens: capacity, time: time) }
        let elapsed = time > bucket.time ? Double(time - bucket.time) / 1e6 : 0
        return Bucket(tokens: min(capacity, bucket.tokens + elapsed * refillPerSecond), time: max(time, bucket.time))
    }

    /// Forgets the fuller half, so that whoever floods the table with keys frees nobody who is held back.
    private mutating func makeRoom(at time: Int64) {
        let fullness = buckets.mapValues { refilled($0, at: time).tokens }
        let sorted = fullness.sorted { $0.value > $1.value }
        for (key, _) in sorted.prefix(max(1, sorted.count / 2)) { buckets[key] = nil }
    }
}

extension Double {
    fileprivate func clamped(to range: ClosedRange<Double>) -> Double {
        Swift.min(Swift.max(self, range.lowerBound), range.upperBound)
    }
}
