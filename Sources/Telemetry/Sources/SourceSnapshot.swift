import Assets
import Decoders
import Primitives
import Synchronization

/// A source with its decoder, ready for messages.
struct ReadySource: Sendable {
    let source: Source
    /// The decoder of a format without state.
    let decoder: (any PayloadDecoder)?
    /// The decoder of a format with state.
    let stateful: (any StatefulDecoder)?
    /// The template that names devices; nil when the payload does.
    let template: DeviceTemplate?

    init(_ source: Source, stateful: (any StatefulDecoder)?) {
        let definition = source.definition
        self.source = source
        self.stateful = stateful
        decoder = stateful == nil ? (try? definition.decoder.makeDecoder(options: definition.options)) ?? nil : nil
        if definition.deviceKey == nil, definition.decoder.needsTemplate,
            let level = definition.topicFilter.firstWildcardLevel
        {
            template = try? DeviceTemplate("${topic.\(level)}")
        } else {
            template = definition.deviceKey
        }
    }

    /// The name on the wire of the device that a sample is about: by the template, else as the payload says.
    func identifier(of sample: Sample, topic: String) throws(DecodeFailure) -> String {
        if let template, stateful == nil || sample.identifier == nil {
            return try template.identifier(of: sample, topic: topic)
        }
        guard let name = sample.identifier else {
            throw DecodeFailure(
                .noIdentifier,
                "The payload does not name the device; write a template into the source's “deviceKey”.",
                pointer: sample.pointer
            )
        }
        return try DeviceTemplate.checked(name, pointer: sample.pointer)
    }
}

/// All sources at one moment, immutable and indexed by topic; ingest works against one snapshot per batch.
final class SourceSnapshot: Sendable {
    private struct MapKey: Hashable {
        var source: Int32
        var profile: Int32
        var revision: Int32
    }

    /// All sources by row.
    let sources: [Int32: ReadySource]
    private let enabled: TopicFilterTree<Int32>
    /// The topic filters to subscribe to, beside the native one.
    let filters: [String]
    private let maps = Mutex<[MapKey: FieldMap]>([:])

    init(_ sources: [ReadySource]) {
        self.sources = Dictionary(sources.map { ($0.source.id, $0) }) { first, _ in first }
        let inUse = sources.filter(\.source.definition.isEnabled).sorted { $0.source.id < $1.source.id }
        var tree = TopicFilterTree<Int32>()
        for ready in inUse { tree.insert(ready.source.definition.topicFilter, ready.source.id) }
        enabled = tree
        filters = Set(inUse.map(\.source.definition.topicFilter.text)).sorted()
    }

    /// The enabled source that takes a topic: the one with the most specific filter.
    func source(ofTopic topic: String) -> ReadySource? {
        enabled.match(topic).flatMap { sources[$0] }
    }

    /// How a source's fields go into a profile; kept as long as neither changes.
    func map(of source: Source, profile: Profile) -> FieldMap {
        let key = MapKey(source: source.id, profile: profile.id, revision: profile.revision)
        if let map = maps.withLock({ $0[key] }) { return map }
        let map = FieldMap(source.definition.fields, profile: profile)
        maps.withLock { $0[key] = map }
        return map
    }
}
