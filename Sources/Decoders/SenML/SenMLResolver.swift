import Primitives

/// Resolves the records of a SenML pack (RFC 8428 section 4.6) and gathers them by device and time.
///
/// The device is the base name, without a separator at its end, and the field is the record's own name. A record
/// without a base name is split at its last `/`, or, in a device URN (RFC 9039), at its `_`, or else at its last `:`;
/// one that cannot be split is a device whose field is called `value`.
struct SenMLResolver {
    /// The version that is understood.
    private static let version = 10.0
    /// Times below are relative to now (RFC 8428 section 4.5.3).
    private static let relativeLimit = 268_435_456.0

    private struct Key: Hashable {
        var identifier: String
        var time: Timestamp?
    }

    private let receivedAt: Timestamp
    private var baseName: String?
    private var baseTime = 0.0
    private var baseUnit: String?
    private var baseValue = 0.0
    private var baseSum = 0.0
    private var hasTime = false
    private var places: [Key: Int] = [:]
    private var samples: [Sample] = []
    private var degrees: [Int: (latitude: Double?, longitude: Double?)] = [:]
    private var fieldCount = 0

    init(receivedAt: Timestamp) {
        self.receivedAt = receivedAt
    }

    /// The samples of all records, in the order of first mention.
    func finish() throws(DecodeFailure) -> [Sample] {
        var result = samples
        for (place, position) in degrees {
            guard let latitude = position.latitude, let longitude = position.longitude,
                let location = FieldValue(latitude: latitude, longitude: longitude)
            else { continue }
            result[place].fields.append(Field("location", location))
        }
        var budget = DecoderBudget()
        for sample in result { try budget.spend(fields: sample.fields.count, pointer: sample.pointer) }
        return result
    }

    /// Takes the next record in.
    mutating func add(_ record: SenMLRecord) throws(DecodeFailure) {
        try takeBase(of: record)
        guard record.value != nil || record.sum != nil || record.name != nil && record.baseValue != nil else {
            // A record of base fields alone is there for those that follow.
            return
        }
        let (identifier, field) = try split(record)
        let time = try time(of: record)
        let key = Key(identifier: identifier, time: time)
        let place = places[key] ?? samples.count
        if place == samples.count {
            places[key] = place
            samples.append(Sample(identifier: identifier, timestamp: time, pointer: record.pointer))
        }
        fieldCount += 2
        guard fieldCount <= DecoderLimits.fieldsInAll else {
            throw DecodeFailure(.tooLarge, "There are too many records in one message; send several.")
        }
        append(record, field, at: place)
    }

    private mutating func append(_ record: SenMLRecord, _ field: String, at place: Int) {
        let unit = record.unit ?? baseUnit
        switch record.value {
        case .number(let number): appendNumber(baseValue + number, field, unit, at: place)
        case .text(let text), .data(let text): samples[place].fields.append(Field(field, .text(text)))
        case .flag(let flag): samples[place].fields.append(Field(field, .flag(flag)))
        case nil: if record.sum == nil { appendNumber(baseValue, field, unit, at: place) }
        }
        if let sum = record.sum, (baseSum + sum).isFinite {
            samples[place].fields.append(Field(field + ".sum", .number(baseSum + sum)))
        }
    }

    private mutating func appendNumber(_ number: Double, _ field: String, _ unit: String?, at place: Int) {
        guard number.isFinite else { return }
        samples[place].fields.append(Field(field, .number(number)))
        if unit == "lat" { degrees[place, default: (nil, nil)].latitude = number }
        if unit == "lon" { degrees[place, default: (nil, nil)].longitude = number }
    }

    private mutating func takeBase(of record: SenMLRecord) throws(DecodeFailure) {
        if let version = record.baseVersion, version > Self.version {
            throw DecodeFailure(
                .badShape,
                "The SenML version is \(JSONValue.text(of: version)); up to 10 is understood.",
                pointer: record.pointer + "/bver"
            )
        }
        baseName = record.baseName ?? baseName
        baseUnit = record.baseUnit ?? baseUnit
        baseValue = record.baseValue ?? baseValue
        baseSum = record.baseSum ?? baseSum
        if let time = record.baseTime {
            baseTime = time
            hasTime = true
        }
    }

    /// The resolved time; nil for "now", which is the time of receipt.
    private func time(of record: SenMLRecord) throws(DecodeFailure) -> Timestamp? {
        guard hasTime || record.time != nil else { return nil }
        let seconds = baseTime + (record.time ?? 0)
        if seconds == 0 { return nil }
        guard seconds.isFinite, abs(seconds) < 1e11 else {
            throw DecodeFailure(.badTime, "The time is out of range.", pointer: record.pointer + "/t")
        }
        if seconds < Self.relativeLimit { return receivedAt.adding(seconds: seconds) }
        return TimeFormat.seconds.timestamp(seconds)
    }

    private func split(_ record: SenMLRecord) throws(DecodeFailure) -> (identifier: String, field: String) {
        let own = record.name ?? ""
        let base = baseName ?? ""
        guard Self.isName(base + own) else {
            throw DecodeFailure(
                .badShape,
                "A name has letters, digits and - : . / _ and begins with a letter or digit (RFC 8428 section 4.5.1).",
                pointer: record.pointer + "/n"
            )
        }
        if !base.isEmpty {
            let device = base.trimmed(of: Self.separators)
            return (device, own.isEmpty ? Self.field(ofUnit: record.unit) : own)
        }
        let separator: Character? =
            own.contains("/")
            ? "/" : own.hasPrefix("urn:dev:") ? (own.contains("_") ? "_" : nil) : own.contains(":") ? ":" : nil
        guard let separator, let place = own.lastIndex(of: separator), place != own.startIndex else {
            return (own, "value")
        }
        let field = own[own.index(after: place)...]
        return field.isEmpty ? (String(own[..<place]), "value") : (String(own[..<place]), String(field))
    }

    /// The field of a record without a name: a base name alone may have several, told apart by their units.
    private static func field(ofUnit unit: String?) -> String {
        unit == "lat" || unit == "lon" ? unit ?? "value" : "value"
    }

    private static let separators: Set<Character> = [":", "/", ".", "_", "-"]

    private static func isName(_ text: String) -> Bool {
        func isAlphanumeric(_ byte: UInt8) -> Bool {
            (0x30...0x39).contains(byte) || (0x41...0x5A).contains(byte) || (0x61...0x7A).contains(byte)
        }
        guard let first = text.utf8.first, isAlphanumeric(first), text.utf8.count <= DecoderLimits.name else {
            return false
        }
        return text.utf8.allSatisfy { isAlphanumeric($0) || "-:./_".utf8.contains($0) }
    }
}

extension String {
    /// The text without separators at its end; the text itself when nothing else is left.
    fileprivate func trimmed(of separators: Set<Character>) -> String {
        var text = self[...]
        while let last = text.last, separators.contains(last) { text.removeLast() }
        return text.isEmpty ? self : String(text)
    }
}
