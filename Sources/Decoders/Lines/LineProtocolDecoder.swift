import Primitives

/// Decodes InfluxDB's line protocol, one reading per line.
///
/// Options: `precision` of the times (default `ns`), `prefix` (fields are then called `measurement.field`). Tags are
/// text fields, and so is `measurement`. The device is the tag `device`, else `host`.
public struct LineProtocolDecoder: PayloadDecoder {
    let precision: TimeFormat
    let hasPrefix: Bool

    private enum Precision: String, CaseIterable {
        case nanoseconds = "ns"
        case microseconds = "us"
        case milliseconds = "ms"
        case seconds = "s"
    }

    /// Reads the options.
    public init(options: inout InputReader) {
        let precision = options.choice("precision", Precision.self) ?? .nanoseconds
        self.precision = TimeFormat(rawValue: precision.rawValue) ?? .nanoseconds
        hasPrefix = options.bool("prefix") ?? false
    }

    /// Decodes all lines.
    public func decode(_ payload: [UInt8], topic: String, receivedAt: Timestamp) throws(DecodeFailure) -> [Sample] {
        var reader = LineProtocolReader(payload)
        var budget = DecoderBudget()
        var samples: [Sample] = []
        while let point = try reader.next() {
            let pointer = "/\(point.line)"
            var fields = point.fields
            if hasPrefix {
                for index in fields.indices { fields[index].name = point.measurement + "." + fields[index].name }
            }
            fields += point.tags
            fields.append(Field("measurement", .text(point.measurement)))
            try budget.spend(fields: fields.count, pointer: pointer)
            var time: Timestamp?
            if let number = point.time {
                time = precision.timestamp(number)
                if time == nil { throw precision.failure(pointer) }
            }
            let device = point.tags.first { $0.name == "device" } ?? point.tags.first { $0.name == "host" }
            samples.append(
                Sample(identifier: device?.value.name, timestamp: time, fields: fields, pointer: pointer)
            )
        }
        return samples
    }
}
