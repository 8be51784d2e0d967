import Assets
import Decoders
import Primitives

/// The columns of an uploaded CSV file: `ts,<metric keys>` in any order, as the export writes them.
struct CSVColumns {
    private enum Column {
        case time
        case metric(Metric)
        case ignored
    }

    private let columns: [Column]
    /// Names that are neither `ts` nor a metric's key, `receivedAt` apart.
    let ignored: [String]

    /// Reads the header line.
    ///
    /// - Throws: a rejection when there is no `ts`, no metric, or a name twice.
    init(header: [UInt8], profile: Profile) throws(Rejection) {
        let names = try Self.fields(header, line: 1)
        var columns: [Column] = []
        var ignored: [String] = []
        for name in names {
            if name == "ts" {
                columns.append(.time)
            } else if let metric = profile.metric(name) {
                columns.append(.metric(metric))
            } else {
                columns.append(.ignored)
                if name != "receivedAt" { ignored.append(name) }
            }
        }
        let known = names.filter { $0 == "ts" || profile.metric($0) != nil }
        let keys = profile.metrics.map(\.key).joined(separator: ",")
        guard known.contains("ts"), known.count > 1 else {
            throw Rejection(.badShape, "The first line must name “ts” and metrics of the device, such as: ts,\(keys)")
        }
        guard Set(known).count == known.count else {
            throw Rejection(.badShape, "The first line names a column twice.")
        }
        self.columns = columns
        self.ignored = ignored
    }

    /// A record as the native JSON.
    func document(_ record: RecordSplitter.Record) throws(Rejection) -> JSONValue {
        let fields = try Self.fields(record.bytes, line: record.line)
        guard fields.count <= columns.count else {
            throw Rejection(.badShape, "There are more values (\(fields.count)) than columns (\(columns.count)).")
        }
        var object = JSONObject()
        for (column, text) in zip(columns, fields) where !text.isEmpty {
            switch column {
            case .time: object["ts"] = Double(text).map(JSONValue.number) ?? .string(text)
            case .metric(let metric): object[metric.key] = try Self.value(text, of: metric)
            case .ignored: break
            }
        }
        guard object["ts"] != nil else { throw Rejection(.badTime, "“ts” is empty.") }
        return .object(object)
    }

    private static func fields(_ bytes: [UInt8], line: Int) throws(Rejection) -> [String] {
        var reader = CSVReader(bytes, delimiter: UInt8(ascii: ","))
        do throws(DecodeFailure) {
            return try reader.next()?.fields ?? []
        } catch {
            throw Rejection(.badShape, error.detail)
        }
    }

    private static func value(_ text: String, of metric: Metric) throws(Rejection) -> JSONValue {
        switch metric.kind {
        case .gauge, .counter:
            guard let number = Double(text), number.isFinite else {
                throw Rejection(.wrongType, "“\(metric.key)” is “\(text.prefix(40))”: a number is expected.")
            }
            return .number(number)
        case .state:
            return text == "true" ? .bool(true) : text == "false" ? .bool(false) : .string(text)
        case .location:
            let parts = text.split(separator: " ")
            guard parts.count == 2, let latitude = Double(parts[0]), let longitude = Double(parts[1]) else {
                throw Rejection(
                    .wrongType,
                    "“\(metric.key)” is “\(text.prefix(40))”: latitude and longitude with a blank between are expected."
                )
            }
            return ["lat": .number(latitude), "lon": .number(longitude)]
        }
    }
}
