import Primitives
import Testing

@testable import Decoders

/// The time of receipt in these tests: 2026-11-22T15:54:07Z.
let receipt = Timestamp(milliseconds: 1_795_362_847_000)

/// Decodes a payload with options that are written as JSON.
func decode(
    _ kind: DecoderKind,
    _ payload: [UInt8],
    options: String = "{}",
    topic: String = "a/b/c"
) throws -> [Sample] {
    let object = try #require(try JSONValue(parsing: options).object)
    let decoder = try #require(try kind.makeDecoder(options: object))
    return try decoder.decode(payload, topic: topic, receivedAt: receipt)
}

/// Decodes a text.
func decode(
    _ kind: DecoderKind,
    _ payload: String,
    options: String = "{}",
    topic: String = "a/b/c"
) throws -> [Sample] {
    try decode(kind, Array(payload.utf8), options: options, topic: topic)
}

/// Why a payload is refused; nil when it is not.
func failure(_ kind: DecoderKind, _ payload: [UInt8], options: String = "{}", topic: String = "a/b/c") -> DecodeFailure?
{
    do {
        _ = try decode(kind, payload, options: options, topic: topic)
        return nil
    } catch {
        return error as? DecodeFailure
    }
}

/// Why a text is refused; nil when it is not.
func failure(_ kind: DecoderKind, _ payload: String, options: String = "{}", topic: String = "a/b/c") -> DecodeFailure?
{
    failure(kind, Array(payload.utf8), options: options, topic: topic)
}

/// The issues of options, as "pointer code".
func issues(_ kind: DecoderKind, _ options: String) throws -> [String] {
    let object = try #require(try JSONValue(parsing: options).object)
    do {
        _ = try kind.makeDecoder(options: object)
        return []
    } catch {
        return error.issues.map { "\($0.pointer) \($0.code)" }
    }
}

extension Sample {
    /// The fields as `name=value`, in order.
    var summary: [String] {
        fields.map { field in
            switch field.value {
            case .number(let number): "\(field.name)=\(JSONValue.text(of: number))"
            case .flag(let flag): "\(field.name)=\(flag)"
            case .text(let text): "\(field.name)='\(text)'"
            case .location(let latitude, let longitude): "\(field.name)=@\(latitude),\(longitude)"
            case .absent: "\(field.name)=-"
            }
        }
    }
}
