import Decoders
import PostgreSQL
import Primitives
import SparkplugB
import Synchronization

/// The hosts of all Sparkplug sources; its ``make(_:)`` is the factory that a ``SourceStore`` is given.
public final class SparkplugHosts: Sendable {
    private let hosts = Mutex<[Int32: SparkplugHost]>([:])

    /// Makes an empty registry.
    public init() {}

    /// What a ``SourceStore`` makes decoders with.
    public var factories: [DecoderKind: SourceStore.StatefulFactory] { [.sparkplugB: { self.make($0) }] }

    /// Makes the host of a source; a draft's, which has no row, is not kept.
    public func make(_ source: Source) -> SparkplugHost {
        let host = SparkplugHost(source)
        if source.id != 0 { hosts.withLock { $0[source.id] = host } }
        return host
    }

    /// The host of a source.
    public func host(of source: Source) -> SparkplugHost? { hosts.withLock { $0[source.id] } }

    /// The hosts of the enabled sources, and those of no other.
    public func current(_ sources: [Source]) -> [(source: Source, host: SparkplugHost)] {
        let enabled = sources.filter { $0.definition.decoder == .sparkplugB && $0.definition.isEnabled }
        return hosts.withLock { hosts in
            let ids = Set(sources.map(\.id))
            hosts = hosts.filter { ids.contains($0.key) }
            return enabled.compactMap { source in hosts[source.id].map { (source, $0) } }
        }
    }

    /// The connection to the broker was lost.
    public func resume() {
        for host in hosts.withLock({ Array($0.values) }) { host.resume() }
    }
}
