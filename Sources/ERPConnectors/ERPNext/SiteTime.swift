import Foundation
import Primitives

/// Times as a Frappe site keeps them: local, without an offset (`2026-11-22 15:37:00.123456`).
struct SiteTime: Hashable, Sendable {
    /// The site's time zone.
    let zone: TimeZone

    /// The zone's IANA name.
    var name: String { zone.identifier }

    /// A time zone by its IANA name; nil when there is none.
    static func zone(_ name: String) -> TimeZone? { TimeZone(identifier: name) }

    /// The local time of a point in time, in whole seconds.
    func text(_ time: Timestamp) -> String { Self.text(time, offset: offset(at: time)) }

    /// A local time that no document changed at or after `time` lies before, also when clocks are set back.
    func earliestText(notBefore time: Timestamp) -> String {
        let later = time.adding(seconds: 3 * 3_600)
        return Self.text(time, offset: min(offset(at: time), offset(at: later)))
    }

    /// The point in time of a local time; the earlier one when there are two.
    func time(_ text: String) -> Timestamp? {
        guard let naive = Timestamp(rfc3339: text.replacing(" ", with: "T") + "Z") else { return nil }
        let day = 86_400.0
        let offsets = [offset(at: naive.adding(seconds: -day)), offset(at: naive.adding(seconds: day))]
        let times = offsets.map { naive.adding(seconds: -Double($0)) }
        // Of the two offsets around a change, those that hold at the time they lead to.
        let valid = zip(times, offsets).filter { offset(at: $0) == $1 }.map(\.0)
        return valid.min() ?? times.min()
    }

    private func offset(at time: Timestamp) -> Int {
        zone.secondsFromGMT(for: Date(timeIntervalSince1970: Double(time.microseconds) / 1_000_000))
    }

    private static func text(_ time: Timestamp, offset: Int) -> String {
        String(time.adding(seconds: Double(offset)).rfc3339.prefix(19)).replacing("T", with: " ")
    }
}
