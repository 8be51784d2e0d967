import Assets
import Decoders
import Expressions
import Primitives

extension SourceDefinition {
    /// Reads and checks a source as an admin wrote it:
    /// `{name, topicFilter, decoder, deviceKey, fields, options, compression, enabled}`.
    ///
    /// - Parameters:
    ///   - document: the source; `key` and `builtIn` in it are ignored.
    ///   - key: its address, the default of its name.
    ///   - plant: the profiles that units and expressions are checked against.
    /// - Throws: `InvalidInput` with every issue found.
    public init(_ document: JSONValue, key: String, plant: PlantSnapshot) throws(InvalidInput) {
        var reader = try InputReader(document)
        _ = reader.value("key")
        _ = reader.value("builtIn")
        let name = reader.string("name") ?? key
        let filter = Self.filter(&reader)
        let decoder = reader.required("decoder") == nil ? nil : reader.choice("decoder", DecoderKind.self)
        let template = Self.template(&reader)
        let fields = Self.fields(&reader, plant)
        let options = Self.options(&reader, decoder)
        let compression = reader.choice("compression", PayloadCompression.self) ?? PayloadCompression.none
        let isEnabled = reader.bool("enabled") ?? true
        if reader.value("deviceKey") == nil, let filter, decoder?.needsTemplate == true,
            filter.firstWildcardLevel == nil
        {
            reader.note(
                "deviceKey",
                "required",
                "The topic filter has no “+” that could name the device; write a template such as ${payload.id}."
            )
        }
        try reader.finish()
        guard let filter, let decoder else { throw InvalidInput(reader.issues) }
        self.init(
            name: name,
            topicFilter: filter,
            decoder: decoder,
            deviceKey: template,
            fields: fields,
            options: options,
            compression: compression,
            isEnabled: isEnabled
        )
    }

    private static func filter(_ reader: inout InputReader) -> TopicFilter? {
        guard reader.required("topicFilter") != nil,
            let text = reader.string("topicFilter", maximumLength: TopicFilter.maximumLength)
        else { return nil }
        if text == TelemetryMessage.nativeTopicFilter {
            reader.note(
                "topicFilter",
                "reserved",
                "This is the topic filter of the native format, which is always read."
            )
            return nil
        }
        do throws(InvalidInput) {
            return try TopicFilter(text)
        } catch {
            reader.absorb(error.issues)
            return nil
        }
    }

    private static func template(_ reader: inout InputReader) -> DeviceTemplate? {
        guard let text = reader.string("deviceKey", maximumLength: 1_024) else { return nil }
        do throws(InvalidInput) {
            return try DeviceTemplate(text)
        } catch {
            reader.absorb(error.issues)
            return nil
        }
    }

    private static func options(_ reader: inout InputReader, _ decoder: DecoderKind?) -> JSONObject {
        guard let value = reader.value("options") else { return JSONObject() }
        guard let options = value.object else {
            reader.note("options", "type", "Expected an object.")
            return JSONObject()
        }
        do throws(InvalidInput) {
            _ = try decoder?.makeDecoder(options: options)
        } catch {
            reader.absorb(error.issues)
        }
        return options
    }

    private static func fields(_ reader: inout InputReader, _ plant: PlantSnapshot) -> [FieldDefinition] {
        do throws(InvalidInput) {
            let fields = try FieldDefinition.list(reader.value("fields"))
            for field in fields { reader.absorb(field.issues(in: plant)) }
            return fields
        } catch {
            reader.absorb(error.issues)
            return []
        }
    }
}

extension FieldDefinition {
    /// What is wrong with a field for the profiles that have its metric; nothing when none has it yet.
    func issues(in plant: PlantSnapshot) -> [InputIssue] {
        var issues: [InputIssue] = []
        for profile in plant.profiles.values.sorted(by: { $0.key < $1.key }) {
            guard let metric = profile.metric(metric) else { continue }
            if let issue = FieldTarget.issue(with: self, for: metric, profile: profile) {
                issues.append(issue)
                break
            }
        }
        return issues
    }
}

extension DecoderKind {
    /// Whether the payloads do not tell the device, so that a template or a `+` of the filter must.
    var needsTemplate: Bool {
        switch self {
        case .json, .csv: true
        case .sparkplugB, .senml, .senmlCBOR, .chirpstack, .theThingsStack, .lineProtocol, .thingsboard: false
        }
    }
}
