import Assets
import Primitives

/// Writes readings as CSV (RFC 4180): `ts,receivedAt,<metric keys in profile order>`, empty = absent.
///
/// A location takes one column, `lat lon` separated by a blank.
public struct CSVExport: Sendable {
    let metrics: [Metric]
    let states: StateTexts

    /// Makes a writer for a profile.
    public init(profile: Profile, states: StateTexts) {
        metrics = profile.metrics
        self.states = states
    }

    /// The header line.
    public var header: String {
        (["ts", "receivedAt"] + metrics.map(\.key)).joined(separator: ",") + "\n"
    }

    /// Appends one line per reading.
    public func write(_ readings: [Reading], to output: inout [UInt8]) {
        for reading in readings {
            output.append(contentsOf: reading.timestamp.rfc3339.utf8)
            output.append(UInt8(ascii: ","))
            output.append(contentsOf: reading.receivedAt.rfc3339.utf8)
            for metric in metrics {
                output.append(UInt8(ascii: ","))
                output.append(contentsOf: Self.field(states.json(of: metric, in: reading.values)).utf8)
            }
            output.append(UInt8(ascii: "\n"))
        }
    }

    /// One field, quoted where RFC 4180 asks for it.
    static func field(_ value: JSONValue) -> String {
        switch value {
        case .null: return ""
        case .bool(let flag): return flag ? "true" : "false"
        case .integer(let number): return String(number)
        case .number(let number): return JSONValue.text(of: number)
        case .object(let object):
            let latitude = object["lat"]?.double ?? 0
            let longitude = object["lon"]?.double ?? 0
            return JSONValue.text(of: latitude) + " " + JSONValue.text(of: longitude)
        case .array: return ""
        case .string(let text):
            let needsQuotes = text.utf8.contains { [0x22, 0x2C, 0x0A, 0x0D].contains($0) }
            return needsQuotes ? "\"" + text.replacing("\"", with: "\"\"") + "\"" : text
        }
    }
}
