import Decoders
import PostgreSQL
import Primitives
import SparkplugB
import Synchronization

/// The host application of one Sparkplug source: keeps the sessions of its edge nodes.
///
/// Sessions are written in the transaction of the batch that changes them and change in memory after COMMIT only, so
/// that a killed server goes on with what the broker delivers next, and with what it delivers again.
public final class SparkplugHost: StatefulDecoder {
    struct State {
        /// What is committed; nil when it must be read first.
        var nodes: [EdgeNodeName: NodeSession]?
        /// What was committed before a ``SparkplugHost/reset()``, for what is not stored.
        var earlier: [EdgeNodeName: NodeSession] = [:]
        /// Requests for a rebirth that were sent, by node.
        var rebirths: [EdgeNodeName: Int64] = [:]
        /// Nodes that somebody wants reborn.
        var wanted: Set<EdgeNodeName> = []
        var schedule = RebirthSchedule()
        var isPresent = false
    }

    /// Most edge nodes of a source.
    public static let maximumNodes = 10_000

    /// The row of the source.
    public let sourceID: Int32
    /// The host id of STATE messages; nil when the source's `options.hostId` is no name.
    public let hostID: String?
    let settings: HostSettings
    let state = Mutex(State())

    /// Makes a host that knows nothing yet.
    ///
    /// - Parameter source: its options `hostId` (default `plantwright`) and `reorderTimeout` (seconds, 0 to 600, default
    ///   2) count.
    public init(_ source: Source) {
        sourceID = source.id
        let options = source.definition.options
        let name = options["hostId"]?.string ?? "plantwright"
        hostID = SparkplugTopic.isValidName(name) ? name : nil
        settings = HostSettings(reorderTimeout: min(max(options["reorderTimeout"]?.double ?? 2, 0), 600))
    }

    /// Starts a batch from the committed sessions.
    public func begin(in database: any PostgresSession) async throws -> any StatefulDecoding {
        SparkplugBatch(host: self, nodes: try await load(from: database))
    }

    /// Has the sessions read again.
    public func reset() async {
        state.withLock { state in
            state.earlier = state.nodes ?? state.earlier
            state.nodes = nil
        }
    }

    /// Decodes a message with what is known of its node, without changing it.
    public func preview(_ message: SourceMessage) throws(DecodeFailure) -> [Sample] {
        var kept = message
        kept.isReplay = true
        var batch = SparkplugBatch(host: self, nodes: state.withLock { $0.nodes } ?? [:])
        return try batch.decode(kept)
    }

    private func load(from database: any PostgresSession) async throws -> [EdgeNodeName: NodeSession] {
        if let nodes = state.withLock({ $0.nodes }) { return nodes }
        _ = try await database.execute(SparkplugQueries.removeOrphans())
        return adopt(try await database.query(SparkplugQueries.nodes(ofSource: sourceID)))
    }

    /// Takes over what was read; a function of its own, since no lock may stand after a suspension.
    @inline(never)
    private func adopt(_ rows: [SparkplugRow]) -> [EdgeNodeName: NodeSession] {
        state.withLock { state in
            var nodes: [EdgeNodeName: NodeSession] = [:]
            for row in rows {
                var session = row.session
                if let earlier = state.earlier[row.name] { session.recall(earlier) }
                nodes[row.name] = session
                state.rebirths[row.name] = max(state.rebirths[row.name] ?? 0, row.rebirths)
            }
            state.nodes = nodes
            state.earlier = [:]
            return nodes
        }
    }

    /// A batch is committed.
    func committed(_ nodes: [EdgeNodeName: NodeSession]) {
        state.withLock { state in
            // A reset in between has the sessions read again.
            if state.nodes != nil { state.nodes = nodes }
        }
    }

    /// The connection to the broker was lost: what was not acknowledged comes again.
    public func resume() {
        state.withLock { state in
            guard let names = state.nodes?.keys else { return }
            for name in names { state.nodes?[name]?.resume() }
        }
    }

    // MARK: - Rebirth requests

    /// What becomes of somebody's wish for new births.
    public enum RebirthAnswer: Hashable, Sendable {
        case accepted
        /// No message of the node has come.
        case unknownNode
        /// Nobody here talks to the broker now.
        case offline
    }

    /// Notes that somebody wants new births of a node.
    ///
    /// - Returns: whether the node will be asked.
    public func requestRebirth(group: String, node: String) -> RebirthAnswer {
        let name = EdgeNodeName(group: group, node: node)
        return state.withLock { state in
            guard state.isPresent else { return .offline }
            guard state.nodes?[name] != nil else { return .unknownNode }
            state.wanted.insert(name)
            return .accepted
        }
    }

    /// The nodes to ask for a rebirth now; each is counted as asked.
    public func takeDueRebirths(at now: Timestamp) -> [EdgeNodeName] {
        state.withLock { state in
            let wanted = (state.nodes ?? [:]).values.filter { $0.wantsRebirth(at: now, settings) != nil }
            let due = state.schedule.take(wanted.map(\.name).sorted(), at: now)
            let all = state.wanted.union(due).sorted()
            state.wanted = []
            for name in all { state.rebirths[name, default: 0] += 1 }
            return all
        }
    }

    /// Keeps the count of requests.
    public func storeRebirths(_ names: [EdgeNodeName], in pool: PostgresPool) async throws {
        guard !names.isEmpty else { return }
        _ = try await pool.execute(SparkplugQueries.countRebirths(of: names, source: sourceID))
    }

    /// Whether STATE says that we are online.
    public var isPresent: Bool {
        get { state.withLock(\.isPresent) }
        set { state.withLock { $0.isPresent = newValue } }
    }
}
