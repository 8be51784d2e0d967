import Primitives

/// The formats that a source can have.
public enum DecoderKind: String, CaseIterable, Sendable {
    /// Any JSON, by paths.
    case json
    /// Eclipse Sparkplug B 3.0; it keeps state and is decoded elsewhere.
    case sparkplugB = "sparkplug-b"
    /// SenML as JSON (RFC 8428).
    case senml
    /// SenML as CBOR (RFC 8428).
    case senmlCBOR = "senml-cbor"
    /// Uplink events of ChirpStack v4.
    case chirpstack
    /// Uplink messages of The Things Stack v3.
    case theThingsStack = "the-things-stack"
    /// Comma-separated values (RFC 4180).
    case csv
    /// InfluxDB's line protocol.
    case lineProtocol = "line-protocol"
    /// ThingsBoard's device and gateway telemetry.
    case thingsboard
}

/// Turns payloads of one format into samples; it has no state.
public protocol PayloadDecoder: Sendable {
    /// Reads the decoder's options.
    ///
    /// - Parameter options: reads `/options` of the source; the decoder asks for its members and leaves the end to the
    ///   caller.
    init(options: inout InputReader)

    /// Decodes one payload; nothing of it is accepted when any part is wrong.
    ///
    /// - Parameters:
    ///   - payload: the bytes, decompressed.
    ///   - topic: the topic they came on.
    ///   - receivedAt: when they came, for formats whose times can be relative to it.
    /// - Returns: the samples in the payload's order; those without an identifier get one from the source's template.
    /// - Throws: ``DecodeFailure``.
    func decode(_ payload: [UInt8], topic: String, receivedAt: Timestamp) throws(DecodeFailure) -> [Sample]
}

extension DecoderKind {
    /// Makes the decoder from a source's `options`.
    ///
    /// - Returns: nil for a format whose decoder keeps state.
    /// - Throws: `InvalidInput` with pointers below `/options`; for a format with state nothing is checked.
    public func makeDecoder(options: JSONObject) throws(InvalidInput) -> (any PayloadDecoder)? {
        guard let type = decoderType else { return nil }
        var reader = try InputReader(.object(options), at: "/options")
        let decoder = type.init(options: &reader)
        try reader.finish()
        return decoder
    }

    private var decoderType: (any PayloadDecoder.Type)? {
        switch self {
        case .json: FreeJSONDecoder.self
        case .sparkplugB: nil
        case .senml: SenMLJSONDecoder.self
        case .senmlCBOR: SenMLCBORDecoder.self
        case .chirpstack: ChirpStackDecoder.self
        case .theThingsStack: TheThingsStackDecoder.self
        case .csv: CSVDecoder.self
        case .lineProtocol: LineProtocolDecoder.self
        case .thingsboard: ThingsBoardDecoder.self
        }
    }
}
