import Primitives

/// What people are told about a format when they make a source.
public struct DecoderDescription: Hashable, Sendable {
    /// One option.
    public struct Option: Hashable, Sendable {
        /// Its name in `options`.
        public var name: String
        /// `text`, `flag`, `list`, or the choices separated by `|`.
        public var type: String
        /// What holds when it is left out.
        public var fallback: JSONValue
        /// What it does.
        public var description: String

        init(_ name: String, _ type: String, _ fallback: JSONValue, _ description: String) {
            self.name = name
            self.type = type
            self.fallback = fallback
            self.description = description
        }
    }

    /// The format.
    public var kind: DecoderKind
    /// Its name for people.
    public var name: String
    /// What it is and where it is from.
    public var description: String
    /// A topic filter to begin with.
    public var topicFilter: String
    /// The template that stands for `deviceKey: null`, or words for what the payload tells.
    public var deviceKey: String
    /// Its options.
    public var options: [Option]

    /// The API's form.
    public var json: JSONValue {
        [
            "decoder": .string(kind.rawValue), "name": .string(name), "description": .string(description),
            "defaultTopicFilter": .string(topicFilter), "defaultDeviceKey": .string(deviceKey),
            "options": .array(
                options.map { option in
                    [
                        "name": .string(option.name), "type": .string(option.type), "default": option.fallback,
                        "description": .string(option.description),
                    ]
                }
            ),
        ]
    }
}

extension DecoderDescription {
    private static let timeFormats = TimeFormat.allCases.map(\.rawValue).joined(separator: "|")

    private static let timeFormat = Option(
        "timeFormat",
        timeFormats,
        "auto",
        "How times are written; “auto” tells the unit of a number by its size."
    )

    /// All formats, in the order in which they are offered.
    public static let all: [DecoderDescription] = [
        DecoderDescription(
            kind: .json,
            name: "JSON",
            description: "Any JSON document; values are found by their paths, such as motor.temperature or values.0.",
            topicFilter: "factory/+/data",
            deviceKey: "${topic.2}",
            options: [
                Option("items", "text", nil, "Path of an array that has one reading per element."),
                Option("time", "text", "ts", "Path of the source time, in the element or in the document."), timeFormat,
            ]
        ),
        DecoderDescription(
            kind: .sparkplugB,
            name: "Sparkplug B",
            description: "Eclipse Sparkplug 3.0: births, data and deaths of edge nodes and their devices.",
            topicFilter: "spBv1.0/#",
            deviceKey: "{group}/{node} or {group}/{node}/{device}",
            options: [
                Option(
                    "hostId",
                    "text",
                    "plantwright",
                    "The id under which spBv1.0/STATE/{id} says that we are online."
                ),
                Option(
                    "reorderTimeout",
                    "number",
                    2,
                    "Seconds that a missing message may take before new births are asked for."
                ),
            ]
        ),
        DecoderDescription(
            kind: .senml,
            name: "SenML (JSON)",
            description: "Sensor Measurement Lists as JSON (RFC 8428).",
            topicFilter: "senml/+",
            deviceKey: "the base name",
            options: []
        ),
        DecoderDescription(
            kind: .senmlCBOR,
            name: "SenML (CBOR)",
            description: "Sensor Measurement Lists as CBOR (RFC 8428).",
            topicFilter: "senml/+",
            deviceKey: "the base name",
            options: []
        ),
        DecoderDescription(
            kind: .chirpstack,
            name: "ChirpStack v4",
            description: "LoRaWAN uplink events of ChirpStack v4 in JSON, with the object that its codec decoded.",
            topicFilter: "application/+/device/+/event/up",
            deviceKey: "the DevEUI",
            options: []
        ),
        DecoderDescription(
            kind: .theThingsStack,
            name: "The Things Stack v3",
            description: "LoRaWAN uplink messages of The Things Stack, with the payload that its formatter decoded.",
            topicFilter: "v3/+/devices/+/up",
            deviceKey: "the device ID",
            options: []
        ),
        DecoderDescription(
            kind: .csv,
            name: "CSV",
            description: "Lines of separated values (RFC 4180), one reading per line.",
            topicFilter: "factory/+/csv",
            deviceKey: "${topic.2}",
            options: [
                Option("header", "flag", true, "Whether the first line names the columns."),
                Option("columns", "list", nil, "The columns' names, when there is no such line."),
                Option("delimiter", "text", ",", "The character between values."),
                Option("decimal", ".|,", ".", "The character before fractions."),
                Option("time", "text", "ts", "The column of the source time."), timeFormat,
            ]
        ),
        DecoderDescription(
            kind: .lineProtocol,
            name: "InfluxDB line protocol",
            description: "Lines of measurement, tags, fields and time, as Telegraf sends them.",
            topicFilter: "telegraf/+",
            deviceKey: "the tag “device”, else “host”",
            options: [
                Option("precision", "ns|us|ms|s", "ns", "The unit of the times."),
                Option("prefix", "flag", false, "Whether the measurement and a dot stand before every field's name."),
            ]
        ),
        DecoderDescription(
            kind: .thingsboard,
            name: "ThingsBoard",
            description: "ThingsBoard's telemetry of devices (v1/devices/me/telemetry) and gateways.",
            topicFilter: "v1/gateway/telemetry",
            deviceKey: "the device's name of a gateway, else the third level of the topic",
            options: [
                Option("format", "auto|device|gateway", "auto", "Which of the two; “auto” tells by the topic.")
            ]
        ),
    ]
}
