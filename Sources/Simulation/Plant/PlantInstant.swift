import Foundation
import Primitives

/// A moment in the plant: the time of day at Dutch winter time, and how long the plant has been live.
struct PlantInstant: Sendable {
    /// Seconds since the Unix epoch.
    let seconds: Double
    /// The hour of the day, 0 to 24.
    let hour: Double
    /// The day of the week; Monday is 0.
    let weekday: Int
    /// What has happened since the plant went live.
    let course: PlantCourse

    init(_ time: Timestamp, course: PlantCourse) {
        seconds = Double(time.microseconds) / 1_000_000
        let local = seconds + 3_600
        let day = (local / 86_400).rounded(.down)
        hour = (local - day * 86_400) / 3_600
        // 1970-01-01 was a Thursday.
        weekday = (Int(day) + 3) % 7
        self.course = course
    }

    /// Seconds since the plant went live; nil in its history.
    var liveSeconds: Double? {
        guard let start = course.liveSince else { return nil }
        let passed = seconds - Double(start.microseconds) / 1_000_000
        return passed < 0 ? nil : passed
    }

    /// A daily wave from −1 to 1 with its crest at an hour; `perDay` crests a day.
    func wave(crest: Double, perDay: Double = 1) -> Double {
        cos(2 * .pi * perDay * (hour - crest) / 24)
    }

    /// 1 between two hours of the day, 0 outside, with smooth flanks of `flank` hours inside the span.
    func window(_ span: ClosedRange<Double>, flank: Double) -> Double {
        Ramp.smooth((hour - span.lowerBound) / flank) * Ramp.smooth((span.upperBound - hour) / flank)
    }
}

/// Curves from 0 to 1.
enum Ramp {
    /// 0 below 0, 1 above 1, without corners.
    static func smooth(_ value: Double) -> Double {
        let clamped = min(1, max(0, value))
        return clamped * clamped * (3 - 2 * clamped)
    }
}
