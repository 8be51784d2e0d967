import Decoders
import Primitives

/// What a source says, apart from its address and history.
public struct SourceDefinition: Hashable, Sendable {
    /// The name that people read.
    public var name: String
    /// Which messages it takes.
    public var topicFilter: TopicFilter
    /// How they are decoded.
    public var decoder: DecoderKind
    /// The template of the device's name on the wire; nil for the decoder's own way.
    public var deviceKey: DeviceTemplate?
    /// Where metrics stand; empty when payload names are metric keys.
    public var fields: [FieldDefinition]
    /// The decoder's options.
    public var options: JSONObject
    /// How payloads are compressed.
    public var compression: PayloadCompression
    /// Whether its messages are taken.
    public var isEnabled: Bool
}

/// A stored source: a topic filter, a decoder, how the device is found, which value is which metric.
public struct Source: Hashable, Sendable {
    /// The row's number.
    public var id: Int32
    /// Its address.
    public var key: String
    /// What it says.
    public var definition: SourceDefinition
    /// Counts the writes; the ETag.
    public var revision: Int32
    /// When it was last written.
    public var updatedAt: Timestamp

    /// What a condition compares; the ETag.
    public var version: ResourceVersion { ResourceVersion(id: id, revision: revision) }

    /// The API's form.
    public var json: JSONValue {
        .object(definition.json(key: key))
    }

    /// The key under which the native format is shown among the sources.
    public static let nativeKey = "native"

    /// The native format as a source, for the list.
    public static let native: JSONValue = [
        "key": .string(nativeKey), "name": "Native JSON", "topicFilter": .string(TelemetryMessage.nativeTopicFilter),
        "decoder": "json", "deviceKey": "${topic.3}", "fields": [:], "options": [:], "compression": "none",
        "enabled": true, "builtIn": true,
    ]
}

extension SourceDefinition {
    /// The API's form.
    func json(key: String) -> JSONObject {
        [
            "key": .string(key),
            "name": .string(name),
            "topicFilter": .string(topicFilter.text),
            "decoder": .string(decoder.rawValue),
            "deviceKey": .optional(deviceKey?.text),
            "fields": fieldsJSON,
            "options": .object(options),
            "compression": .string(compression.rawValue),
            "enabled": .bool(isEnabled),
        ]
    }
}
