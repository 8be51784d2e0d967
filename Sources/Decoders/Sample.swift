import Primitives

/// What a decoder found in a payload about one device at one time, before anything is known of devices and metrics.
public struct Sample: Hashable, Sendable {
    /// The name of the device on the wire; nil when the payload does not tell and a template must.
    public var identifier: String?
    /// Source time; nil when the payload has none.
    public var timestamp: Timestamp?
    /// Named values in the payload's order; of several with one name the first counts.
    public var fields: [Field]
    /// JSON Pointer of the sample within the payload, or `/line` counted from 0 for formats of lines.
    public var pointer: String
    /// What is to be known of all values, as in a stored reading's quality: 0 is good.
    ///
    /// That the time is missing is added when the sample is stored.
    public var quality: Int16

    /// Makes a sample.
    public init(
        identifier: String? = nil,
        timestamp: Timestamp? = nil,
        fields: [Field] = [],
        pointer: String = "",
        quality: Int16 = 0
    ) {
        self.identifier = identifier
        self.timestamp = timestamp
        self.fields = fields
        self.pointer = pointer
        self.quality = quality
    }

    /// The first value of that name.
    public subscript(name: String) -> FieldValue? {
        fields.first { $0.name == name }?.value
    }
}

/// A named value of a sample.
public struct Field: Hashable, Sendable {
    /// Its name: the dotted path in a nested payload, such as `a.b.0`.
    public var name: String
    /// Its value.
    public var value: FieldValue

    /// Makes a field.
    public init(_ name: String, _ value: FieldValue) {
        self.name = name
        self.value = value
    }
}

/// What a payload says for a name.
public enum FieldValue: Hashable, Sendable {
    /// A finite number.
    case number(Double)
    /// True or false.
    case flag(Bool)
    /// A text.
    case text(String)
    /// A WGS 84 position in degrees, within their ranges.
    case location(latitude: Double, longitude: Double)
    /// The name is there without a value: `null`, an empty column.
    case absent

    /// The value as it stands in a text, for device names; nil for what is no name.
    public var name: String? {
        switch self {
        case .text(let text): text
        case .number(let number): JSONValue.text(of: number)
        case .flag, .location, .absent: nil
        }
    }

    /// The value as JSON, for people to look at.
    public var json: JSONValue {
        switch self {
        case .number(let number): .number(number)
        case .flag(let flag): .bool(flag)
        case .text(let text): .string(text)
        case .location(let latitude, let longitude): ["lat": .number(latitude), "lon": .number(longitude)]
        case .absent: .null
        }
    }
}
