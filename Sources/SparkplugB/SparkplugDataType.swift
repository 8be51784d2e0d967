/// The type that a birth declares for a metric (Sparkplug 3.0, section 6.4.16).
public enum SparkplugDataType: UInt32, CaseIterable, Sendable {
    case unknown = 0
    case int8 = 1
    case int16 = 2
    case int32 = 3
    case int64 = 4
    case uint8 = 5
    case uint16 = 6
    case uint32 = 7
    case uint64 = 8
    case float = 9
    case double = 10
    case boolean = 11
    case string = 12
    case dateTime = 13
    case text = 14
    case uuid = 15
    case dataSet = 16
    case bytes = 17
    case file = 18
    case template = 19
    case propertySet = 20
    case propertySetList = 21
    case int8Array = 22
    case int16Array = 23
    case int32Array = 24
    case int64Array = 25
    case uint8Array = 26
    case uint16Array = 27
    case uint32Array = 28
    case uint64Array = 29
    case floatArray = 30
    case doubleArray = 31
    case booleanArray = 32
    case stringArray = 33
    case dateTimeArray = 34

    /// The specification's name, such as `Int8` or `DateTimeArray`.
    public var name: String {
        switch self {
        case .uint8, .uint16, .uint32, .uint64, .uint8Array, .uint16Array, .uint32Array, .uint64Array:
            "UI" + "\(self)".dropFirst(2)
        case .uuid: "UUID"
        default: "\(self)".prefix(1).uppercased() + "\(self)".dropFirst()
        }
    }

    /// The width in bits and signedness of an integer type; nil for the others.
    var integer: (bits: Int, isSigned: Bool)? {
        switch self {
        case .int8: (8, true)
        case .int16: (16, true)
        case .int32: (32, true)
        case .int64: (64, true)
        case .uint8: (8, false)
        case .uint16: (16, false)
        case .uint32: (32, false)
        case .uint64: (64, false)
        default: nil
        }
    }

    /// Whether values of the type become values of a metric: numbers, booleans and texts do.
    public var isScalar: Bool { (1...15).contains(rawValue) }
}
