import HTTPClient
import Primitives

/// The `Retry-After` header (RFC 9110 section 10.2.3).
enum RetryAfter {
    /// Seconds to wait; a date counts from the answer's own `Date`, so that no clock is needed.
    static func seconds(in response: OutboundResponse) -> Double? {
        guard let text = response.header("retry-after") else { return nil }
        if let seconds = Int(text), seconds >= 0 { return Double(min(seconds, 86_400)) }
        guard let until = date(text), let now = response.header("date").flatMap(date) else { return nil }
        return min(max(0, until.seconds(since: now)), 86_400)
    }

    /// Reads `Sun, 06 Nov 1994 08:49:37 GMT` (RFC 9110 section 5.6.7).
    private static func date(_ text: String) -> Timestamp? {
        let parts = text.split(separator: " ")
        guard parts.count == 6, parts[5] == "GMT", let month = months.firstIndex(of: String(parts[2])) else {
            return nil
        }
        let number = month + 1 < 10 ? "0\(month + 1)" : "\(month + 1)"
        return Timestamp(rfc3339: "\(parts[3])-\(number)-\(parts[1])T\(parts[4])Z")
    }

    private static let months = [
        "Jan", "Feb", "Mar", "Apr", "May", "Jun", "Jul", "Aug", "Sep", "Oct", "Nov", "Dec",
    ]
}
