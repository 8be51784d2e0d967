import Primitives

/// How a payload writes its source times.
public enum TimeFormat: String, CaseIterable, Sendable {
    /// A text is RFC 3339 or a number; a number's unit is told by its size: below 10¹¹ seconds, below 10¹⁴
    /// milliseconds, below 10¹⁷ microseconds, else nanoseconds.
    case auto
    /// Unix seconds, with or without a fraction.
    case seconds = "s"
    /// Unix milliseconds.
    case milliseconds = "ms"
    /// Unix microseconds.
    case microseconds = "us"
    /// Unix nanoseconds; what is finer than a microsecond is cut off.
    case nanoseconds = "ns"
    /// An RFC 3339 text; one without an offset is taken as UTC.
    case rfc3339

    /// Reads a whole number; nil when it is out of range or the format has no numbers.
    public func timestamp(_ number: Int64) -> Timestamp? {
        let unit: TimeFormat = self == .auto ? Self.unit(magnitude: Double(number.magnitude)) : self
        switch unit {
        case .nanoseconds:
            let (quotient, remainder) = number.quotientAndRemainder(dividingBy: 1_000)
            return Timestamp(microseconds: remainder < 0 ? quotient - 1 : quotient)
        case .microseconds: return Self.checked(number.multipliedReportingOverflow(by: 1))
        case .milliseconds: return Self.checked(number.multipliedReportingOverflow(by: 1_000))
        case .seconds: return Self.checked(number.multipliedReportingOverflow(by: 1_000_000))
        case .auto, .rfc3339: return nil
        }
    }

    /// Reads a number; nil when it is out of range or the format has no numbers.
    public func timestamp(_ number: Double) -> Timestamp? {
        if let whole = Int64(exactly: number) { return timestamp(whole) }
        let unit: TimeFormat = self == .auto ? Self.unit(magnitude: abs(number)) : self
        let factor: Double
        switch unit {
        case .nanoseconds: factor = 0.001
        case .microseconds: factor = 1
        case .milliseconds: factor = 1_000
        case .seconds: factor = 1_000_000
        case .auto, .rfc3339: return nil
        }
        let microseconds = (number * factor).rounded()
        guard microseconds.isFinite, abs(microseconds) < 1e18 else { return nil }
        return Timestamp(microseconds: Int64(microseconds))
    }

    /// Reads a text; nil when it is not of the format.
    public func timestamp(_ text: String) -> Timestamp? {
        if self != .rfc3339 {
            if let whole = Int64(text) { return timestamp(whole) }
            if let number = Double(text), number.isFinite { return timestamp(number) }
            guard self == .auto else { return nil }
        }
        return Timestamp(rfc3339: text) ?? Timestamp(rfc3339: text + "Z")
    }

    /// Reads a JSON value.
    ///
    /// - Returns: nil for `null`.
    /// - Throws: ``DecodeFailure`` of code `bad-time`.
    func timestamp(_ value: JSONValue, pointer: String) throws(DecodeFailure) -> Timestamp? {
        let result: Timestamp?
        switch value {
        case .null: return nil
        case .integer(let number): result = timestamp(number)
        case .number(let number): result = timestamp(number)
        case .string(let text): result = timestamp(text)
        case .bool, .array, .object: result = nil
        }
        guard let result else { throw failure(pointer) }
        return result
    }

    /// What is said of a value that is no time.
    func failure(_ pointer: String) -> DecodeFailure {
        let expected =
            switch self {
            case .auto: "Unix seconds, milliseconds, microseconds or nanoseconds, or an RFC 3339 text"
            case .seconds: "Unix seconds"
            case .milliseconds: "Unix milliseconds"
            case .microseconds: "Unix microseconds"
            case .nanoseconds: "Unix nanoseconds"
            case .rfc3339: "an RFC 3339 text such as 2026-11-22T08:00:00Z"
            }
        return DecodeFailure(
            .badTime,
            "The time is not of the form that the source expects: \(expected).",
            pointer: pointer
        )
    }

    private static func unit(magnitude: Double) -> TimeFormat {
        if magnitude < 1e11 { return .seconds }
        if magnitude < 1e14 { return .milliseconds }
        return magnitude < 1e17 ? .microseconds : .nanoseconds
    }

    private static func checked(_ product: (partialValue: Int64, overflow: Bool)) -> Timestamp? {
        guard !product.overflow, product.partialValue.magnitude < 1_000_000_000_000_000_000 else { return nil }
        return Timestamp(microseconds: product.partialValue)
    }
}
