import Primitives

/// The marks of a time axis in UTC.
struct TimeTicks: Hashable, Sendable {
    /// The marks.
    var times: [Timestamp]
    /// What stands at them.
    var labels: [String]

    /// Steps of seconds that people count in.
    private static let steps: [Int64] = [
        1, 2, 5, 10, 15, 30, 60, 120, 300, 600, 900, 1_800, 3_600, 7_200, 10_800, 21_600, 43_200, 86_400, 172_800,
        604_800, 1_209_600, 2_592_000, 7_776_000, 31_536_000,
    ]

    /// Chooses marks for a span, at most about `count`.
    init(from: Timestamp, to: Timestamp, count: Int) {
        let span = (to.microseconds - from.microseconds) / 1_000_000
        let step = Self.steps.first { span / $0 < Int64(count) } ?? max(1, span / Int64(count))
        let width = step * 1_000_000
        var times: [Timestamp] = []
        var time = from.microseconds - from.microseconds % width
        while time <= to.microseconds {
            if time >= from.microseconds { times.append(Timestamp(microseconds: time)) }
            time += width
        }
        self.times = times
        var day = ""
        labels = times.map { time in
            let text = time.rfc3339
            let clock = String(text.dropFirst(11).prefix(step < 60 ? 8 : 5))
            let date = String(text.prefix(10))
            if step >= 86_400 { return date }
            defer { day = date }
            // A new day is named where it begins.
            return day.isEmpty || day == date ? clock : String(date.dropFirst(5))
        }
    }
}

extension Timestamp {
    /// `2026-12-01 10:15:32`, in UTC.
    var pictured: String { String(rfc3339.prefix(19)).replacing("T", with: " ") }
    /// `10:15:32`, in UTC.
    var picturedClock: String { String(rfc3339.dropFirst(11).prefix(8)) }
}
