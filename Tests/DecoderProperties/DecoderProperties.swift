/// All properties of decoders with the names of their fuzzers.
public enum DecoderProperties {
    /// Name and property; the seeds stand in Fuzz/Regressions under the name.
    public static let all: [(name: String, property: any DecoderProperty.Type)] = [
        ("CBOR", CBORProperty.self), ("SenML", SenMLProperty.self), ("CSV", CSVProperty.self),
        ("LineProtocol", LineProtocolProperty.self), ("JSON", JSONProperty.self),
        ("Expansion", ExpansionProperty.self), ("Topic", TopicProperty.self),
    ]
}
