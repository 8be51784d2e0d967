import Decoders
import Primitives

/// What must hold of a decoder for any input: the same properties are tried by the fuzzers of Fuzz/ and, on their seeds
/// and the inputs that once broke them, by the tests.
public protocol DecoderProperty: SendableMetatype {
    /// Says what is wrong, or nil when the property holds.
    static func violation(_ input: [UInt8]) -> String?
}

/// What holds of everything that decoders give.
enum SampleRules {
    /// Decodes twice and looks at what comes out.
    static func violation(
        _ kind: DecoderKind,
        _ options: JSONObject,
        _ payload: [UInt8],
        topic: String = "a/b/c"
    ) -> String? {
        let first = outcome(kind, options, payload, topic)
        if first != outcome(kind, options, payload, topic) { return "the second time differs" }
        switch first {
        case .success(let samples): return violation(samples)
        case .failure(let failure): return failure.detail.isEmpty ? "a failure without words" : nil
        }
    }

    static func outcome(
        _ kind: DecoderKind,
        _ options: JSONObject,
        _ payload: [UInt8],
        _ topic: String = "a/b/c"
    ) -> Result<[Sample], DecodeFailure> {
        guard let decoder = try? kind.makeDecoder(options: options) else {
            return .failure(DecodeFailure(.badShape, "Options that are refused."))
        }
        do throws(DecodeFailure) {
            let receipt = Timestamp(milliseconds: 1_795_362_847_000)
            return .success(try decoder.decode(payload, topic: topic, receivedAt: receipt))
        } catch {
            return .failure(error)
        }
    }

    /// Limits, finite numbers, locations within their ranges, names that are not too long.
    static func violation(_ samples: [Sample]) -> String? {
        if samples.count > DecoderLimits.samples { return "too many samples" }
        var count = 0
        for sample in samples {
            count += sample.fields.count
            if sample.fields.count > DecoderLimits.fields + 8 { return "too many fields" }
            for field in sample.fields {
                switch field.value {
                case .number(let number): if !number.isFinite { return "a number that is not finite" }
                case .location(let latitude, let longitude):
                    if abs(latitude) > 90 || abs(longitude) > 180 { return "a location out of range" }
                case .text, .flag, .absent: break
                }
            }
        }
        return count > DecoderLimits.fieldsInAll ? "too many fields in all" : nil
    }
}
