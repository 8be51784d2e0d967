import Primitives

/// Decodes SenML as JSON (RFC 8428 section 5).
public struct SenMLJSONDecoder: PayloadDecoder {
    /// There are no options.
    public init(options: inout InputReader) {}

    /// Decodes one pack.
    public func decode(_ payload: [UInt8], topic: String, receivedAt: Timestamp) throws(DecodeFailure) -> [Sample] {
        guard let records = try JSONPayload.parse(payload).array else {
            throw DecodeFailure(.badShape, "A SenML pack is an array of records.")
        }
        var resolver = SenMLResolver(receivedAt: receivedAt)
        for (index, element) in records.enumerated() {
            let pointer = "/\(index)"
            guard let object = element.object else {
                throw DecodeFailure(.badShape, "A SenML record is an object.", pointer: pointer)
            }
            var record = SenMLRecord(pointer: pointer)
            for member in object.members { try Self.take(member, into: &record) }
            try resolver.add(record)
        }
        return try resolver.finish()
    }

    private static func take(_ member: JSONObject.Member, into record: inout SenMLRecord) throws(DecodeFailure) {
        guard let label = SenMLRecord.Label(rawValue: member.name) else {
            if member.name.hasSuffix("_") { throw SenMLRecord.mustUnderstand(member.name, record.pointer) }
            return
        }
        switch member.value {
        case .integer(let number): try record.set(label, .number(Double(number)))
        case .number(let number): try record.set(label, .number(number))
        case .string(let text): try record.set(label, .text(text))
        case .bool(let flag): try record.set(label, .flag(flag))
        case .null, .array, .object:
            throw DecodeFailure(
                .badShape,
                "“\(member.name)” has a value of another type than RFC 8428 says.",
                pointer: record.pointer + "/" + member.name
            )
        }
    }
}

/// Decodes SenML as CBOR (RFC 8428 section 6), with integer or text labels.
public struct SenMLCBORDecoder: PayloadDecoder {
    /// There are no options.
    public init(options: inout InputReader) {}

    /// Decodes one pack.
    public func decode(_ payload: [UInt8], topic: String, receivedAt: Timestamp) throws(DecodeFailure) -> [Sample] {
        let document: CBORValue
        do throws(CBORError) {
            document = try CBORReader.read(payload)
        } catch {
            let isLimit = error.reason == .tooDeep || error.reason == .tooMany
            throw DecodeFailure(isLimit ? .tooLarge : .badPayload, "Not valid CBOR: \(error.message).")
        }
        guard case .array(let records) = document else {
            throw DecodeFailure(.badShape, "A SenML pack is an array of records.")
        }
        var resolver = SenMLResolver(receivedAt: receivedAt)
        for (index, element) in records.enumerated() {
            let pointer = "/\(index)"
            guard case .map(let pairs) = element else {
                throw DecodeFailure(.badShape, "A SenML record is a map.", pointer: pointer)
            }
            guard Set(pairs.map(\.key)).count == pairs.count else {
                throw DecodeFailure(.badShape, "A record has a label twice.", pointer: pointer)
            }
            var record = SenMLRecord(pointer: pointer)
            for pair in pairs { try Self.take(pair, into: &record) }
            try resolver.add(record)
        }
        return try resolver.finish()
    }

    private static func take(_ pair: CBORValue.Pair, into record: inout SenMLRecord) throws(DecodeFailure) {
        let known: SenMLRecord.Label?
        switch pair.key {
        case .text(let name):
            known = SenMLRecord.Label(rawValue: name)
            if known == nil, name.hasSuffix("_") { throw SenMLRecord.mustUnderstand(name, record.pointer) }
        default: known = pair.key.integer.flatMap(SenMLRecord.Label.init(cborKey:))
        }
        guard let label = known else { return }
        switch pair.value {
        case .text(let text): try record.set(label, .text(text))
        case .bool(let flag): try record.set(label, .flag(flag))
        case .bytes(let bytes): try record.set(label, .data(Base64URL.text(of: bytes)))
        default:
            guard let number = pair.value.number else {
                throw DecodeFailure(
                    .badShape,
                    "“\(label.rawValue)” has a value of another type than RFC 8428 says.",
                    pointer: record.pointer + "/" + label.rawValue
                )
            }
            try record.set(label, .number(number))
        }
    }
}

/// Base64 with the URL alphabet and without padding (RFC 4648 section 5), as SenML writes data in JSON.
enum Base64URL {
    private static let alphabet = Array("ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789-_".utf8)

    static func text(of bytes: [UInt8]) -> String {
        var result: [UInt8] = []
        result.reserveCapacity(bytes.count * 4 / 3 + 3)
        for start in stride(from: 0, to: bytes.count, by: 3) {
            let group = bytes[start..<min(start + 3, bytes.count)]
            var bits: UInt32 = 0
            for byte in group { bits = bits << 8 | UInt32(byte) }
            bits <<= UInt32(8 * (3 - group.count))
            for place in 0...group.count { result.append(alphabet[Int(bits >> UInt32(18 - 6 * place) & 63)]) }
        }
        return String(decoding: result, as: UTF8.self)
    }
}
