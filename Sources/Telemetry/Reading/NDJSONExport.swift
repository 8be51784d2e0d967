import Assets
import Primitives

/// Writes readings as newline-delimited JSON: `{"ts": …, "receivedAt": …, <metric key>: value, …}`, absent ones left out.
public struct NDJSONExport: Sendable {
    let metrics: [Metric]
    let states: StateTexts

    /// Makes a writer for a profile.
    public init(profile: Profile, states: StateTexts) {
        metrics = profile.metrics
        self.states = states
    }

    /// Appends one line per reading.
    public func write(_ readings: [Reading], to output: inout [UInt8]) {
        for reading in readings {
            var object: JSONObject = [
                "ts": .string(reading.timestamp.rfc3339), "receivedAt": .string(reading.receivedAt.rfc3339),
            ]
            for metric in metrics {
                let value = states.json(of: metric, in: reading.values)
                if !value.isNull { object[metric.key] = value }
            }
            JSONValue.object(object).write(to: &output)
            output.append(UInt8(ascii: "\n"))
        }
    }
}
