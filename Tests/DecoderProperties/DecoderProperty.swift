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
    /// What a payload gives, and what is wrong with that.
    struct Trial {
        let outcome: Result<[Sample], DecodeFailure>
        let violation: String?

        /// The samples, when the payload is understood.
        var samples: [Sample]? { try? outcome.get() }
    }

    /// Decodes twice and looks at what comes out.
    static func trial(
        _ kind: DecoderKind,
        _ options: JSONObject,
        _ payload: [UInt8],
        topic: String = "a/b/c"
    ) -> Trial {
        guard let decoder = try? kind.makeDecoder(options: options) else {
            return Trial(outcome: .failure(refused), violation: nil)
        }
        let first = outcome(decoder, payload, topic)
        if first != outcome(decoder, payload, topic) {
            return Trial(outcome: first, violation: "the second time differs")
        }
        switch first {
        case .success(let samples): return Trial(outcome: first, violation: violation(samples))
        case .failure(let failure):
            return Trial(outcome: first, violation: failure.detail.isEmpty ? "a failure without words" : nil)
        }
    }

    /// What a payload gives, decoded once.
    static func outcome(
        _ kind: DecoderKind,
        _ options: JSONObject,
        _ payload: [UInt8]
    ) -> Result<[Sample], DecodeFailure> {
        guard let decoder = try? kind.makeDecoder(options: options) else { return .failure(refused) }
        return outcome(decoder, payload, "a/b/c")
    }

    private static var refused: DecodeFailure { DecodeFailure(.badShape, "Options that are refused.") }

    private static func outcome(
        _ decoder: any PayloadDecoder,
        _ payload: [UInt8],
        _ topic: String
    ) -> Result<[Sample], DecodeFailure> {
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
