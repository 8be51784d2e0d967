import Assets
import Decoders
import Primitives

/// Decodes the native JSON: `{"ts": T, "temperature": 71.4, "running": true}` or an array of such objects.
struct NativeDecoder {
    /// What a payload holds.
    struct Result {
        /// Readings in the payload's order.
        var readings: [DecodedReading] = []
        /// Members whose names are no metric of the profile.
        var ignoredKeys = 0
        /// State texts without a code; when there are any, register them and decode again.
        var unknownTexts: Set<String> = []
    }

    /// One object of the payload.
    struct DecodedReading {
        /// Source time; nil when the payload has none.
        var timestamp: Timestamp?
        var values: MetricValues
    }

    /// Largest accepted payload, in bytes.
    static let maximumPayload = 1 << 20
    /// Most objects in one payload.
    static let maximumReadings = 10_000
    /// How far a source time may lie ahead of the time of receipt, in seconds.
    static let maximumLead = 3_600.0

    let metrics: [String: Metric]
    let slotCount: Int
    let states: StateTexts

    init(profile: Profile, states: StateTexts) {
        metrics = Dictionary(profile.metrics.map { ($0.key, $0) }) { first, _ in first }
        slotCount = profile.slotCount
        self.states = states
    }

    /// Decodes one payload; nothing of it is accepted when any part is wrong.
    func decode(_ payload: [UInt8], receivedAt: Timestamp) throws(Rejection) -> Result {
        guard payload.count <= Self.maximumPayload else {
            throw Rejection(
                .tooLarge,
                "The payload has \(payload.count) bytes; at most \(Self.maximumPayload) are accepted."
            )
        }
        let document: JSONValue
        do throws(JSONSyntaxError) {
            document = try JSONValue(parsing: payload, maximumDepth: 8)
        } catch {
            throw Rejection(.badJSON, "Not valid JSON: \(error.message).")
        }
        var result = Result()
        switch document {
        case .object(let object):
            result.readings.append(try reading(object, at: "", receivedAt: receivedAt, result: &result))
        case .array(let elements):
            guard (1...Self.maximumReadings).contains(elements.count) else {
                throw Rejection(.badShape, "An array of 1 to \(Self.maximumReadings) objects is expected.")
            }
            result.readings.reserveCapacity(elements.count)
            for (index, element) in elements.enumerated() {
                guard let object = element.object else {
                    throw Rejection(.badShape, "Each element must be an object.", pointer: "/\(index)")
                }
                result.readings.append(try reading(object, at: "/\(index)", receivedAt: receivedAt, result: &result))
            }
        default:
            throw Rejection(.badShape, "Expected an object such as {\"ts\": 1763827200000, \"temperature\": 71.4}.")
        }
        return result
    }

    private func reading(
        _ object: JSONObject,
        at pointer: String,
        receivedAt: Timestamp,
        result: inout Result
    ) throws(Rejection) -> DecodedReading {
        var values = MetricValues(count: slotCount)
        var timestamp: Timestamp?
        var known = 0
        for member in object.members {
            if member.name == "ts" {
                timestamp = try Self.time(member.value, at: pointer + "/ts", receivedAt: receivedAt)
            } else if let metric = metrics[member.name] {
                known += 1
                try set(metric, member.value, at: pointer, in: &values, unknownTexts: &result.unknownTexts)
            } else {
                result.ignoredKeys += 1
            }
        }
        guard known > 0 else {
            throw Rejection(
                .noValues,
                "None of the keys is a metric of the device's profile (\(metrics.keys.sorted().prefix(8).joined(separator: ", "))).",
                pointer: pointer
            )
        }
        return DecodedReading(timestamp: timestamp, values: values)
    }

    private func set(
        _ metric: Metric,
        _ value: JSONValue,
        at pointer: String,
        in values: inout MetricValues,
        unknownTexts: inout Set<String>
    ) throws(Rejection) {
        func wrong(_ expected: String) -> Rejection {
            let place = pointer + "/" + metric.key
            return Rejection(
                .wrongType,
                "“\(metric.key)” is a \(metric.kind.rawValue): expected \(expected).",
                pointer: place
            )
        }
        if value.isNull { return }
        switch metric.kind {
        case .gauge, .counter:
            guard let number = value.double else { throw wrong("a number") }
            values.slots[metric.ordinal] = number
        case .state:
            switch value {
            case .bool(let flag): values.slots[metric.ordinal] = flag ? 1 : 0
            case .string(let text):
                guard text.count <= 255, !text.utf8.contains(0) else { throw wrong("a text of at most 255 characters") }
                if let code = states.code(of: text) {
                    values.slots[metric.ordinal] = Double(code)
                } else {
                    unknownTexts.insert(text)
                }
            default: throw wrong("a text or a boolean")
            }
        case .location:
            guard let object = value.object, let latitude = object["lat"]?.double,
                let longitude = object["lon"]?.double,
                (-90...90).contains(latitude), (-180...180).contains(longitude)
            else { throw wrong("{\"lat\": -90 to 90, \"lon\": -180 to 180}") }
            values.slots[metric.ordinal] = latitude
            values.slots[metric.ordinal + 1] = longitude
        }
    }

    /// Reads a source time: Unix milliseconds or RFC 3339, from 2000-01-01 to one hour ahead.
    static func time(_ value: JSONValue, at pointer: String, receivedAt: Timestamp) throws(Rejection) -> Timestamp? {
        func bad(_ detail: String) -> Rejection { Rejection(.badTime, detail, pointer: pointer) }
        let timestamp: Timestamp
        switch value {
        case .null: return nil
        case .string(let text):
            guard let parsed = Timestamp(rfc3339: text) else {
                throw bad("“ts” is neither Unix milliseconds nor an RFC 3339 time.")
            }
            timestamp = parsed
        case .integer, .number:
            guard let number = value.double, abs(number) < 1e15 else { throw bad("“ts” is out of range.") }
            if abs(number) < 1e11 {
                throw bad("“ts” is \(JSONValue.text(of: number)): in seconds? Unix milliseconds are expected.")
            }
            timestamp = Timestamp(microseconds: Int64((number * 1_000).rounded()))
        default: throw bad("“ts” is neither Unix milliseconds nor an RFC 3339 time.")
        }
        if timestamp < .earliestAccepted { throw bad("“ts” is \(timestamp.rfc3339), before 2000-01-01.") }
        if timestamp.seconds(since: receivedAt) > maximumLead {
            throw bad("“ts” is \(timestamp.rfc3339), more than an hour in the future. Is the device's clock right?")
        }
        return timestamp
    }
}
