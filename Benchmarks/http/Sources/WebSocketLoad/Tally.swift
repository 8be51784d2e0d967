import Foundation
import NIOCore

/// What all clients saw; lives on their one event loop.
final class Tally {
    var failed = 0
    var closed = 0
    private var latencies: [UInt64] = []
    private var begun = DispatchTime.now().uptimeNanoseconds

    /// Forgets what came before.
    func begin() {
        latencies.removeAll(keepingCapacity: true)
        begun = DispatchTime.now().uptimeNanoseconds
    }

    func note(_ latency: UInt64) {
        latencies.append(latency)
    }

    /// Messages, messages per second and latencies in milliseconds, as JSON.
    func report() -> String {
        let seconds = Double(DispatchTime.now().uptimeNanoseconds - begun) / 1e9
        let sorted = latencies.sorted()
        func quantile(_ part: Double) -> Double {
            sorted.isEmpty ? 0 : Double(sorted[min(sorted.count - 1, Int(Double(sorted.count) * part))]) / 1e6
        }
        return """
            {"messages": \(sorted.count), "perSecond": \(Double(sorted.count) / seconds), "p50": \(quantile(0.5)), \
            "p99": \(quantile(0.99)), "failed": \(failed), "closed": \(closed)}
            """
    }
}
