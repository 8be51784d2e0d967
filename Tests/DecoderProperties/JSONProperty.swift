import Decoders
import Primitives

/// The decoders of JSON formats; the first byte chooses.
///
/// For free JSON, the document in an array is read alike.
public enum JSONProperty: DecoderProperty {
    private static let kinds: [DecoderKind] = [.json, .chirpstack, .theThingsStack, .thingsboard]

    /// Says what is wrong, or nil when the property holds.
    public static func violation(_ input: [UInt8]) -> String? {
        guard let choice = input.first else { return nil }
        let payload = Array(input.dropFirst())
        let kind = kinds[Int(choice & 3)]
        let topic = choice & 4 == 0 ? "v1/gateway/telemetry" : "v1/devices/d/telemetry"
        if kind != .json { return SampleRules.trial(kind, [:], payload, topic: topic).violation }
        // A path up to the first line end, then the document.
        let end = payload.firstIndex(of: UInt8(ascii: "\n")) ?? payload.startIndex
        let path = String(decoding: payload[..<end], as: UTF8.self)
        let document = Array(payload[end...])
        let trial = SampleRules.trial(.json, [:], document)
        if let violation = trial.violation { return violation }
        if path.count <= 255, !path.utf8.contains(0) {
            let options: JSONObject = ["items": .string(path), "time": .string(path)]
            if let violation = SampleRules.trial(.json, options, document).violation { return violation }
        }
        guard let samples = trial.samples, samples.count == 1 else { return nil }
        guard let first = document.first(where: { ![0x20, 0x0A, 0x0D, 0x09].contains($0) }), first == UInt8(ascii: "{")
        else { return nil }
        let wrapped = Array("[".utf8) + document + Array("]".utf8)
        guard case .success(let inArray) = SampleRules.outcome(.json, [:], wrapped) else {
            // One level more may be one too many.
            return nil
        }
        return inArray.map(\.fields) == samples.map(\.fields) ? nil : "in an array it is read differently"
    }
}

/// Decompression never exceeds its limit and gives the same twice.
public enum ExpansionProperty: DecoderProperty {
    /// Says what is wrong, or nil when the property holds.
    public static func violation(_ input: [UInt8]) -> String? {
        guard let choice = input.first else { return nil }
        let kinds = PayloadCompression.allCases
        let kind = kinds[Int(choice) % kinds.count]
        let payload = Array(input.dropFirst())
        let first = try? kind.expand(payload)
        if first != (try? kind.expand(payload)) { return "the second time differs" }
        guard let first else { return nil }
        if first.count > DecoderLimits.expanded { return "longer than the limit" }
        return kind == .none && first != payload ? "it is changed" : nil
    }
}
