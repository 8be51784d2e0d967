import Primitives

/// Turns a JSON value into named fields: `{"a": {"b": [1, 2]}}` gives `a.b.0` and `a.b.1`.
///
/// An object with a latitude and a longitude is a location of its own, beside its members.
struct JSONFlattener {
    private(set) var fields: [Field] = []
    /// The path that is left out: the array that is decoded element by element.
    var leavingOut: String?

    /// Adds a value under a name; an empty name stands for the document itself.
    mutating func add(_ value: JSONValue, as name: String, pointer: String) throws(DecodeFailure) {
        if let leavingOut, name == leavingOut { return }
        switch value {
        case .null: try append(name, .absent, pointer)
        case .bool(let flag): try append(name, .flag(flag), pointer)
        case .integer(let number): try append(name, .number(Double(number)), pointer)
        case .number(let number): try append(name, .number(number), pointer)
        case .string(let text): try append(name, .text(text), pointer)
        case .array(let elements):
            for (index, element) in elements.enumerated() {
                try add(element, as: Self.join(name, String(index)), pointer: pointer)
            }
        case .object(let object):
            if let location = FieldValue(locationIn: object) {
                try append(name.isEmpty ? "location" : name, location, pointer)
            }
            for member in object.members {
                try add(member.value, as: Self.join(name, member.name), pointer: pointer)
            }
        }
    }

    private mutating func append(_ name: String, _ value: FieldValue, _ pointer: String) throws(DecodeFailure) {
        guard fields.count < DecoderLimits.fields else { throw DecoderBudget.tooManyFields(pointer) }
        guard name.utf8.count <= DecoderLimits.name else {
            throw DecodeFailure(.tooLarge, "A name has more than \(DecoderLimits.name) bytes.", pointer: pointer)
        }
        fields.append(Field(name, value))
    }

    private static func join(_ path: String, _ name: String) -> String {
        path.isEmpty ? name : path + "." + name
    }
}

extension FieldValue {
    /// The location in an object with `lat` or `latitude` and `lon`, `lng`, `long` or `longitude` in degrees; nil when
    /// it has none.
    init?(locationIn object: JSONObject) {
        var latitude: Double?
        var longitude: Double?
        for member in object.members {
            switch member.name {
            case "lat", "latitude": latitude = latitude ?? member.value.double
            case "lon", "lng", "long", "longitude": longitude = longitude ?? member.value.double
            default: break
            }
        }
        guard let latitude, let longitude else { return nil }
        self.init(latitude: latitude, longitude: longitude)
    }

    /// A location; nil outside the ranges of latitude and longitude.
    init?(latitude: Double, longitude: Double) {
        guard (-90...90).contains(latitude), (-180...180).contains(longitude) else { return nil }
        self = .location(latitude: latitude, longitude: longitude)
    }
}
