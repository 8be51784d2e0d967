extension HTTPDate {
    /// Reads a date: the preferred form, and the two obsolete ones that a recipient must accept (RFC 9110 section
    /// 5.6.7): `Sunday, 06-Nov-94 08:49:37 GMT` and `Sun Nov  6 08:49:37 1994`.
    ///
    /// - Parameters:
    ///   - text: the value of a field.
    ///   - now: seconds since 1970: a year of two digits that seems more than 50 years ahead is of the century before.
    /// - Returns: seconds since 1970-01-01T00:00:00Z, or nil for what is no date.
    public static func seconds(parsing text: String, now: Int64) -> Int64? {
        let words = text.split(separator: " ", omittingEmptySubsequences: true).map(String.init)
        guard let first = words.first else { return nil }
        if first.hasSuffix(",") {
            let weekday = String(first.dropLast())
            if words.count == 6, days.contains(weekday), words[5] == "GMT", words[1].utf8.count == 2 {
                return seconds(day: words[1], month: words[2], year: number(words[3], digits: 4), time: words[4])
            }
            let date = words.count == 4 ? words[1].split(separator: "-").map(String.init) : []
            guard date.count == 3, longDays.contains(weekday), words[3] == "GMT", date[0].utf8.count == 2,
                let short = number(date[2], digits: 2)
            else { return nil }
            return seconds(day: date[0], month: date[1], year: fullYear(short, now: now), time: words[2])
        }
        guard words.count == 5, days.contains(first) else { return nil }
        return seconds(day: words[2], month: words[1], year: number(words[4], digits: 4), time: words[3])
    }

    private static let longDays: Set<String> = [
        "Monday", "Tuesday", "Wednesday", "Thursday", "Friday", "Saturday", "Sunday",
    ]

    private static func fullYear(_ short: Int64, now: Int64) -> Int64 {
        let current = civilDate(daysSince1970: now / 86_400).year
        let year = current - current % 100 + short
        return year > current + 50 ? year - 100 : year
    }

    private static func seconds(day: String, month: String, year: Int64?, time: String) -> Int64? {
        let clock = time.split(separator: ":", omittingEmptySubsequences: false).map(String.init)
        guard let year, let month = months.firstIndex(of: month), (1...2).contains(day.utf8.count),
            let day = number(day, digits: day.utf8.count), clock.count == 3,
            let hour = number(clock[0], digits: 2), let minute = number(clock[1], digits: 2),
            let second = number(clock[2], digits: 2), hour < 24, minute < 60, second <= 60,
            day >= 1, day <= length(ofMonth: month, year: year)
        else { return nil }
        let days = daysSince1970(year: year, month: Int64(month + 1), day: day)
        // A leap second has no number of its own.
        return days * 86_400 + hour * 3_600 + minute * 60 + min(second, 59)
    }

    private static func number(_ text: String, digits: Int) -> Int64? {
        guard text.utf8.count == digits, text.utf8.allSatisfy({ (0x30...0x39).contains($0) }) else { return nil }
        return Int64(text)
    }

    private static func length(ofMonth index: Int, year: Int64) -> Int64 {
        let isLeap = year % 4 == 0 && (year % 100 != 0 || year % 400 == 0)
        return [31, isLeap ? 29 : 28, 31, 30, 31, 30, 31, 31, 30, 31, 30, 31][index]
    }

    /// Howard Hinnant's `days_from_civil`, for years from 0.
    private static func daysSince1970(year: Int64, month: Int64, day: Int64) -> Int64 {
        let shifted = month <= 2 ? year - 1 : year
        let era = (shifted >= 0 ? shifted : shifted - 399) / 400
        let yearOfEra = shifted - era * 400
        let dayOfYear = (153 * (month > 2 ? month - 3 : month + 9) + 2) / 5 + day - 1
        let dayOfEra = yearOfEra * 365 + yearOfEra / 4 - yearOfEra / 100 + dayOfYear
        return era * 146_097 + dayOfEra - 719_468
    }
}
