/// A metric's value.
public enum SparkplugValue: Hashable, Sendable {
    /// A signed or unsigned integer; 64-bit ones keep all their digits.
    case signed(Int64)
    case unsigned(UInt64)
    /// A finite number.
    case number(Double)
    case boolean(Bool)
    /// A String, Text or UUID.
    case text(String)
    /// Milliseconds since 1970-01-01 UTC.
    case time(UInt64)
    /// The metric has no value: `is_null`, or a number that is none.
    case null
    /// A DataSet, a Template, an array, bytes: nothing that a chart or a rule could use.
    case opaque

    /// The value as a number, the way it is stored; nil for texts and booleans.
    ///
    /// Integers beyond 2^53 are rounded.
    public var double: Double? {
        switch self {
        case .signed(let value): Double(value)
        case .unsigned(let value), .time(let value): Double(value)
        case .number(let value): value
        case .boolean, .text, .null, .opaque: nil
        }
    }
}

/// The value field that a metric uses on the wire.
enum WireValue: Hashable, Sendable {
    case int(UInt32)
    case long(UInt64)
    case float(Float)
    case double(Double)
    case boolean(Bool)
    case string(String)
    case opaque
    case absent
}

extension SparkplugValue {
    /// Reads a wire value as the type that the metric's birth declared.
    ///
    /// Signed integers travel in unsigned fields, in two's complement of their own width or sign-extended to the field's:
    /// both are in use. UInt32 is found in either integer field.
    ///
    /// - Returns: nil when the field does not fit the type or the number does not fit its width.
    init?(_ wire: WireValue, as type: SparkplugDataType) {
        switch (type, wire) {
        case (_, .absent): self = .null
        case (_, _) where !type.isScalar: self = .opaque
        case (_, .opaque): self = .opaque
        case (.float, .float(let value)), (.double, .float(let value)): self.init(number: Double(value))
        case (.float, .double(let value)), (.double, .double(let value)): self.init(number: value)
        case (.boolean, .boolean(let value)): self = .boolean(value)
        case (.string, .string(let value)), (.text, .string(let value)), (.uuid, .string(let value)):
            self = .text(value)
        case (.dateTime, .long(let value)): self = .time(value)
        case (.dateTime, .int(let value)): self = .time(UInt64(value))
        case (_, .int(let value)): self.init(field: UInt64(value), fieldBits: 32, as: type)
        case (_, .long(let value)): self.init(field: value, fieldBits: 64, as: type)
        default: return nil
        }
    }

    private init(number: Double) {
        self = number.isFinite ? .number(number) : .null
    }

    private init?(field: UInt64, fieldBits: Int, as type: SparkplugDataType) {
        guard let (bits, isSigned) = type.integer else { return nil }
        let range = bits == 64 ? UInt64.max : (UInt64(1) << UInt64(bits)) - 1
        guard isSigned else {
            guard field <= range else { return nil }
            self = .unsigned(field)
            return
        }
        // Int64 in the 32-bit field cannot be negative; every other width has a sign bit to look at.
        let width = field <= range ? min(bits, 64) : fieldBits
        let shift = UInt64(64 - width)
        let value = Int64(bitPattern: field << shift) >> Int64(shift)
        guard bits == 64 || (value >= -(Int64(1) << Int64(bits - 1)) && value < Int64(1) << Int64(bits - 1)) else {
            return nil
        }
        self = .signed(value)
    }
}
