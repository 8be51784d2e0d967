import PostgreSQL
import Primitives
import SparkplugB

/// A stored session.
struct SparkplugRow: Sendable {
    var name: EdgeNodeName
    var ordering: String
    var births: String
    var rebirths: Int64

    fileprivate init(_ row: ResultRow) throws(PostgresError) {
        name = EdgeNodeName(group: try row.string(0), node: try row.string(1))
        ordering = try row.string(2)
        births = try row.string(3)
        rebirths = try row.int64(4)
    }

    /// The session; what cannot be read counts as unknown.
    var session: NodeSession {
        NodeSession(
            name: name,
            order: (try? JSONValue(parsing: ordering)) ?? .null,
            births: (try? JSONValue(parsing: births)) ?? .null
        )
    }
}

/// The statements on `sparkplug_node`.
enum SparkplugQueries {
    static func nodes(ofSource id: Int32) -> Statement<SparkplugRow> {
        Statement(
            "telemetry.sparkplug.nodes",
            """
            SELECT group_id, node_id, ordering, births, rebirths FROM sparkplug_node WHERE source_id = \(id)
            ORDER BY group_id, node_id
            """
        ) { row throws(PostgresError) in try SparkplugRow(row) }
    }

    static func node(_ name: EdgeNodeName, ofSource id: Int32) -> Statement<SparkplugRow> {
        Statement(
            "telemetry.sparkplug.node",
            """
            SELECT group_id, node_id, ordering, births, rebirths FROM sparkplug_node
            WHERE source_id = \(id) AND group_id = \(name.group) AND node_id = \(name.node)
            """
        ) { row throws(PostgresError) in try SparkplugRow(row) }
    }

    /// Stores sessions whose births have changed.
    static func store(_ sessions: [NodeSession], ofSource id: Int32) -> Statement<Void> {
        Statement(
            "telemetry.sparkplug.store",
            """
            INSERT INTO sparkplug_node (source_id, group_id, node_id, ordering, births)
            SELECT \(id), * FROM unnest(\(sessions.map(\.name.group)), \(sessions.map(\.name.node)),
                \(sessions.map(\.orderDocument.text)), \(sessions.map(\.birthsDocument.text)))
            ON CONFLICT (source_id, group_id, node_id)
            DO UPDATE SET ordering = excluded.ordering, births = excluded.births
            """
        )
    }

    /// Stores the order of messages of sessions whose births are stored.
    static func storeOrder(_ sessions: [NodeSession], ofSource id: Int32) -> Statement<Void> {
        Statement(
            "telemetry.sparkplug.order",
            """
            UPDATE sparkplug_node SET ordering = new.ordering
            FROM unnest(\(sessions.map(\.name.group)), \(sessions.map(\.name.node)),
                \(sessions.map(\.orderDocument.text))) AS new (group_id, node_id, ordering)
            WHERE source_id = \(id) AND sparkplug_node.group_id = new.group_id
                AND sparkplug_node.node_id = new.node_id
            """
        )
    }

    /// Counts requests for a rebirth.
    static func countRebirths(of names: [EdgeNodeName], source id: Int32) -> Statement<Void> {
        Statement(
            "telemetry.sparkplug.rebirths",
            """
            UPDATE sparkplug_node SET rebirths = rebirths + 1
            FROM unnest(\(names.map(\.group)), \(names.map(\.node))) AS asked (group_id, node_id)
            WHERE source_id = \(id) AND sparkplug_node.group_id = asked.group_id
                AND sparkplug_node.node_id = asked.node_id
            """
        )
    }

    /// Removes what belonged to sources that are no longer there.
    static func removeOrphans() -> Statement<Void> {
        Statement(
            "telemetry.sparkplug.orphans",
            "DELETE FROM sparkplug_node WHERE NOT EXISTS (SELECT FROM source WHERE source.id = source_id)"
        )
    }

    /// Every statement, for the test that prepares them.
    static let statements: [AnyStatement] = [
        AnyStatement(nodes(ofSource: 0)), AnyStatement(node(EdgeNodeName(group: "", node: ""), ofSource: 0)),
        AnyStatement(store([], ofSource: 0)),
        AnyStatement(storeOrder([], ofSource: 0)), AnyStatement(countRebirths(of: [], source: 0)),
        AnyStatement(removeOrphans()),
    ]
}
