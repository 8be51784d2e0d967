import Assets
import Primitives
import Telemetry

extension ReadingColumns.Column {
    /// The API's form.
    var json: JSONObject {
        switch self {
        case .values(let values): return ["values": .array(values)]
        case .buckets(let minimum, let maximum, let average, let increase):
            var object: JSONObject = [
                "min": .array(minimum.map(JSONValue.optional)), "max": .array(maximum.map(JSONValue.optional)),
                "avg": .array(average.map(JSONValue.optional)),
            ]
            if let increase { object["increase"] = .array(increase.map(JSONValue.optional)) }
            return object
        }
    }
}

extension ReadingColumns {
    /// Times in Unix milliseconds.
    private var milliseconds: JSONValue { .array(times.map { .integer($0.milliseconds) }) }

    /// The API's form: times and one column per metric.
    func json(device: String, from: Timestamp, to: Timestamp) -> JSONValue {
        var columns = JSONObject()
        for (metric, column) in series { columns[metric.key] = .object(column.json) }
        return [
            "device": .string(device), "from": .string(from.rfc3339), "to": .string(to.rfc3339),
            "bucket": .number(bucket), "resolution": .string(resolution), "times": milliseconds,
            "series": .object(columns),
        ]
    }

    /// The API's form as one series among those of several devices.
    func json(of wanted: ReadingStore.Series) -> JSONValue {
        var object: JSONObject = [
            "device": .string(wanted.device.key), "metric": .string(wanted.metric.key),
            "unit": .string(wanted.metric.unit), "bucket": .number(bucket), "resolution": .string(resolution),
            "times": milliseconds,
        ]
        for member in series.first?.column.json.members ?? [] { object[member.name] = member.value }
        return .object(object)
    }
}

extension Track {
    /// The API's form: `[longitude, latitude, milliseconds]` per point.
    func json(device: String, metric: String) -> JSONValue {
        let lines = segments.map { segment in
            segment.map { point -> JSONValue in
                [.number(point.longitude), .number(point.latitude), .integer(point.time.milliseconds)]
            }
        }
        return [
            "device": .string(device), "metric": .string(metric), "segments": .array(lines.map(JSONValue.array)),
            "points": .array(lines.flatMap { $0 }), "total": .integer(Int64(total)), "tolerance": .number(tolerance),
            "cut": .bool(isCut),
        ]
    }
}
