import Foundation

/// A point in time, in whole microseconds since 1970-01-01T00:00:00Z: the resolution of PostgreSQL's `timestamptz`.
public struct Timestamp: Hashable, Comparable, Sendable {
    /// Microseconds since the Unix epoch; negative before it.
    public var microseconds: Int64

    /// Makes a timestamp from microseconds since the Unix epoch.
    public init(microseconds: Int64) {
        self.microseconds = microseconds
    }

    /// Makes a timestamp from milliseconds since the Unix epoch.
    public init(milliseconds: Int64) {
        self.microseconds = milliseconds * 1_000
    }

    /// Milliseconds since the Unix epoch, rounded down.
    public var milliseconds: Int64 {
        let (quotient, remainder) = microseconds.quotientAndRemainder(dividingBy: 1_000)
        return remainder < 0 ? quotient - 1 : quotient
    }

    /// The earliest source time that is accepted: 2000-01-01T00:00:00Z.
    public static let earliestAccepted = Timestamp(milliseconds: 946_684_800_000)

    /// Orders by the natural order.
    public static func < (left: Timestamp, right: Timestamp) -> Bool {
        left.microseconds < right.microseconds
    }

    /// The timestamp `seconds` later.
    public func adding(seconds: Double) -> Timestamp {
        Timestamp(microseconds: microseconds + Int64((seconds * 1_000_000).rounded()))
    }

    /// Seconds from `earlier` to this timestamp.
    public func seconds(since earlier: Timestamp) -> Double {
        Double(microseconds - earlier.microseconds) / 1_000_000
    }
}

/// A span of days counted in the proleptic Gregorian calendar, after Howard Hinnant's `days_from_civil`.
private enum CivilCalendar {
    static func days(year: Int, month: Int, day: Int) -> Int {
        let shifted = month <= 2 ? year - 1 : year
        let era = (shifted >= 0 ? shifted : shifted - 399) / 400
        let yearOfEra = shifted - era * 400
        let dayOfYear = (153 * (month + (month > 2 ? -3 : 9)) + 2) / 5 + day - 1
        let dayOfEra = yearOfEra * 365 + yearOfEra / 4 - yearOfEra / 100 + dayOfYear
        return era * 146_097 + dayOfEra - 719_468
    }

    static func date(days: Int) -> (year: Int, month: Int, day: Int) {
        let shifted = days + 719_468
        let era = (shifted >= 0 ? shifted : shifted - 146_096) / 146_097
        let dayOfEra = shifted - era * 146_097
        let yearOfEra = (dayOfEra - dayOfEra / 1_460 + dayOfEra / 36_524 - dayOfEra / 146_096) / 365
        let dayOfYear = dayOfEra - (365 * yearOfEra + yearOfEra / 4 - yearOfEra / 100)
        let monthIndex = (5 * dayOfYear + 2) / 153
        let month = monthIndex < 10 ? monthIndex + 3 : monthIndex - 9
        let year = yearOfEra + era * 400 + (month <= 2 ? 1 : 0)
        return (year, month, dayOfYear - (153 * monthIndex + 2) / 5 + 1)
    }

    static func length(ofMonth month: Int, year: Int) -> Int {
        switch month {
        case 2: year % 4 == 0 && (year % 100 != 0 || year % 400 == 0) ? 29 : 28
        case 4, 6, 9, 11: 30
        default: 31
        }
    }
}

extension Timestamp {
    /// The RFC 3339 form in UTC with milliseconds: `2026-11-22T15:54:07.000Z`.
    public var rfc3339: String {
        let milliseconds = self.milliseconds
        var day = milliseconds / 86_400_000
        var rest = milliseconds % 86_400_000
        if rest < 0 {
            rest += 86_400_000
            day -= 1
        }
        let (year, month, dayOfMonth) = CivilCalendar.date(days: Int(day))
        var text: [UInt8] = []
        text.reserveCapacity(24)
        func append(_ value: Int, width: Int) {
            let digits = Array(String(value).utf8)
            text.append(contentsOf: repeatElement(UInt8(ascii: "0"), count: max(0, width - digits.count)))
            text.append(contentsOf: digits)
        }
        append(year, width: 4)
        text.append(UInt8(ascii: "-"))
        append(month, width: 2)
        text.append(UInt8(ascii: "-"))
        append(dayOfMonth, width: 2)
        text.append(UInt8(ascii: "T"))
        append(Int(rest / 3_600_000), width: 2)
        text.append(UInt8(ascii: ":"))
        append(Int(rest / 60_000 % 60), width: 2)
        text.append(UInt8(ascii: ":"))
        append(Int(rest / 1_000 % 60), width: 2)
        text.append(UInt8(ascii: "."))
        append(Int(rest % 1_000), width: 3)
        text.append(UInt8(ascii: "Z"))
        return String(decoding: text, as: UTF8.self)
    }

    /// Reads an RFC 3339 `date-time` (section 5.6) with any offset and up to nine fraction digits; digits beyond
    /// microseconds are cut off.
    ///
    /// A leap second (`:60`) is read as the second after it.
    ///
    /// - Returns: nil when the text is not a valid date-time.
    public init?(rfc3339 text: String) {
        var scanner = DigitScanner(text)
        guard let year = scanner.digits(4), scanner.take("-"), let month = scanner.digits(2), scanner.take("-"),
            let day = scanner.digits(2), scanner.takeAny("Tt "), let hour = scanner.digits(2), scanner.take(":"),
            let minute = scanner.digits(2), scanner.take(":"), let second = scanner.digits(2),
            (1...12).contains(month), (1...CivilCalendar.length(ofMonth: month, year: year)).contains(day),
            hour < 24, minute < 60, second <= 60
        else { return nil }
        var fraction: Int64 = 0
        if scanner.take(".") {
            guard let value = scanner.fraction() else { return nil }
            fraction = value
        }
        guard let offset = scanner.offsetSeconds(), scanner.isAtEnd else { return nil }
        let days = Int64(CivilCalendar.days(year: year, month: month, day: day))
        let seconds = days * 86_400 + Int64(hour * 3_600 + minute * 60 + second) - Int64(offset)
        self.init(microseconds: seconds * 1_000_000 + fraction)
    }

    /// The first instant of this timestamp's UTC calendar month, moved by `months`.
    public func startOfMonth(addingMonths months: Int = 0) -> Timestamp {
        let day = Int((Double(microseconds) / 86_400_000_000).rounded(.down))
        let (year, month, _) = CivilCalendar.date(days: day)
        let index = year * 12 + (month - 1) + months
        let days = CivilCalendar.days(year: index / 12, month: index % 12 + 1, day: 1)
        return Timestamp(microseconds: Int64(days) * 86_400_000_000)
    }
}

/// Reads fixed-width digits and separators from ASCII text.
private struct DigitScanner {
    private let bytes: [UInt8]
    private var position = 0

    init(_ text: String) {
        bytes = Array(text.utf8)
    }

    var isAtEnd: Bool { position == bytes.count }

    mutating func digits(_ count: Int) -> Int? {
        guard position + count <= bytes.count else { return nil }
        var value = 0
        for byte in bytes[position..<position + count] {
            guard (UInt8(ascii: "0")...UInt8(ascii: "9")).contains(byte) else { return nil }
            value = value * 10 + Int(byte - UInt8(ascii: "0"))
        }
        position += count
        return value
    }

    mutating func take(_ character: Unicode.Scalar) -> Bool {
        guard position < bytes.count, bytes[position] == UInt8(ascii: character) else { return false }
        position += 1
        return true
    }

    mutating func takeAny(_ characters: String) -> Bool {
        guard position < bytes.count, characters.utf8.contains(bytes[position]) else { return false }
        position += 1
        return true
    }

    mutating func fraction() -> Int64? {
        var value: Int64 = 0
        var count = 0
        while let digit = digits(1) {
            if count < 6 { value = value * 10 + Int64(digit) }
            count += 1
        }
        guard (1...9).contains(count) else { return nil }
        for _ in min(count, 6)..<6 { value *= 10 }
        return value
    }

    mutating func offsetSeconds() -> Int? {
        if takeAny("Zz") { return 0 }
        let sign = take("+") ? 1 : take("-") ? -1 : 0
        guard sign != 0, let hour = digits(2), take(":"), let minute = digits(2), hour < 24, minute < 60 else {
            return nil
        }
        return sign * (hour * 3_600 + minute * 60)
    }
}
