import Primitives

/// One simulated value of a metric.
public enum PlantValue: Hashable, Sendable {
    /// A gauge or counter.
    case number(Double)
    /// A state that is true or false.
    case flag(Bool)
    /// A state with a name.
    case text(String)
    /// A WGS 84 position in degrees.
    case position(latitude: Double, longitude: Double)

    /// The value as payloads write it.
    public var json: JSONValue {
        switch self {
        case .number(let value): .number(value)
        case .flag(let value): .bool(value)
        case .text(let value): .string(value)
        case .position(let latitude, let longitude): ["lat": .number(latitude), "lon": .number(longitude)]
        }
    }

    /// A number with so many decimals, as an instrument would show it.
    static func rounded(_ value: Double, decimals: Int = 2) -> PlantValue {
        let scale = decimals == 0 ? 1.0 : decimals == 1 ? 10.0 : decimals == 2 ? 100.0 : 1_000.0
        return .number((value * scale).rounded() / scale)
    }
}

/// What a device measured at one time: values in the order of its profile's metrics.
public struct PlantSample: Hashable, Sendable {
    /// The source time.
    public var time: Timestamp
    /// The values.
    public var values: [PlantValue]
}
