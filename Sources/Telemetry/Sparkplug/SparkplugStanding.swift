import PostgreSQL
import Primitives
import SparkplugB
import Synchronization

/// How a Sparkplug source sees one edge node, or one device of it.
public struct SparkplugStanding: Hashable, Sendable {
    /// The key of the source.
    public let source: String
    /// The edge node.
    public let name: EdgeNodeName
    /// The device of it; nil for the edge node itself.
    public let device: String?
    /// Whether it was born in the edge node's session and has not died: if not, its values are stale.
    public let isOnline: Bool
    /// Since when its values are stale; nil while it is online, and when no birth of it ever came.
    public let staleSince: Timestamp?
    /// Whether the edge node is online.
    public let isNodeOnline: Bool
    /// When the last message of the edge node came.
    public let lastSeen: Timestamp?
    /// Messages of the edge node that never came, in all of its sessions.
    public let sequenceGaps: Int64
    /// Messages of the edge node that are missing and may still come.
    public let awaited: Int
    /// Why new births of the edge node are asked for; nil when they are not.
    public let rebirthReason: RebirthReason?

    init(_ session: NodeSession, device: String?, source: String) {
        self.source = source
        name = session.name
        self.device = device
        let subject = device.map { session.devices[$0] } ?? session.node
        isOnline = subject?.isOnline ?? false
        staleSince = subject?.staleSince
        isNodeOnline = session.isOnline
        lastSeen = session.lastSeen
        sequenceGaps = session.gaps
        awaited = session.missing.count
        rebirthReason = session.rebirthReason
    }

    /// The API's form.
    public var json: JSONValue {
        [
            "source": .string(source), "group": .string(name.group), "node": .string(name.node),
            "device": .optional(device), "online": .bool(isOnline), "staleSince": .optional(staleSince),
            "nodeOnline": .bool(isNodeOnline), "lastSeen": .optional(lastSeen),
            "sequenceGaps": .integer(sequenceGaps), "awaited": .integer(Int64(awaited)),
            "rebirthReason": .optional(rebirthReason?.rawValue),
        ]
    }
}

extension SparkplugHosts {
    /// How the enabled Sparkplug sources see the device with that name on the wire.
    ///
    /// - Parameters:
    ///   - identifier: `{group}/{node}` or `{group}/{node}/{device}`.
    ///   - store: the sources; its database is read when this process does not ingest.
    /// - Returns: nil when it is no such name, or when none of them has heard of the edge node.
    /// - Throws: `PostgresError`.
    public func standing(ofIdentifier identifier: String, in store: SourceStore) async throws -> SparkplugStanding? {
        let levels = identifier.split(separator: "/", omittingEmptySubsequences: false).map(String.init)
        guard (2...3).contains(levels.count), levels.allSatisfy(SparkplugTopic.isValidName) else { return nil }
        let name = EdgeNodeName(group: levels[0], node: levels[1])
        for (source, host) in current(store.sources) {
            guard let session = try await host.session(of: name, in: store) else { continue }
            return SparkplugStanding(session, device: levels.count == 3 ? levels[2] : nil, source: source.key)
        }
        return nil
    }
}

extension SparkplugHost {
    /// What is known of an edge node; nil when no message of it came.
    func session(of name: EdgeNodeName, in store: SourceStore) async throws -> NodeSession? {
        if let nodes = state.withLock(\.nodes) { return nodes[name] }
        return try await store.database.first(SparkplugQueries.node(name, ofSource: sourceID))?.session
    }
}
