import ERPConnectors
import PostgreSQL
import Primitives

/// The statements on the ERP's items of stock as they were read.
enum ItemQueries {
    static func forget(connector id: Int32) -> Statement<Void> {
        Statement("erp.item.forget", "DELETE FROM erp_item WHERE connector_id = \(id)")
    }

    /// Adds a part of the list; what two pages have is taken from the later one.
    static func add(_ items: [ItemRecord], connector id: Int32) -> Statement<Void> {
        Statement(
            "erp.item.add",
            """
            INSERT INTO erp_item (connector_id, reference, name, unit)
            SELECT DISTINCT ON (reference) \(id), reference, name, unit
            FROM unnest(\(items.map(\.reference.withoutNUL)), \(items.map(\.name.withoutNUL)),
                \(items.map(\.unit?.withoutNUL))) AS item (reference, name, unit)
            WHERE reference <> ''
            ON CONFLICT (connector_id, reference) DO UPDATE SET name = excluded.name, unit = excluded.unit
            """
        )
    }

    static func noteRead(connector id: Int32, at time: Timestamp) -> Statement<Void> {
        Statement(
            "erp.item.note-read",
            """
            INSERT INTO erp_item_read (connector_id, read_at) VALUES (\(id), \(time))
            ON CONFLICT (connector_id) DO UPDATE SET read_at = excluded.read_at
            """
        )
    }

    static func forgetReading(connector id: Int32) -> Statement<Void> {
        Statement("erp.item.forget-reading", "DELETE FROM erp_item_read WHERE connector_id = \(id)")
    }

    static func readAt(connector id: Int32) -> Statement<Timestamp> {
        Statement("erp.item.read-at", "SELECT read_at FROM erp_item_read WHERE connector_id = \(id)") {
            row throws(PostgresError) in try row.timestamp(0)
        }
    }

    static func count(connector id: Int32) -> Statement<Int64> {
        Statement("erp.item.count", "SELECT count(*) FROM erp_item WHERE connector_id = \(id)") {
            row throws(PostgresError) in try row.int64(0)
        }
    }

    /// Items with these words in reference or name, in any case; the references that begin with them first.
    static func search(_ words: String, connector id: Int32, limit: Int) -> Statement<ItemRecord> {
        Statement(
            "erp.item.search",
            """
            SELECT reference, name, unit FROM erp_item
            WHERE connector_id = \(id) AND (strpos(lower(reference), lower(\(words))) > 0
                OR strpos(lower(name), lower(\(words))) > 0)
            ORDER BY NOT starts_with(lower(reference), lower(\(words))), reference LIMIT \(Int64(limit))
            """
        ) { row throws(PostgresError) in
            ItemRecord(
                reference: try row.string(0),
                name: try row.string(1),
                unit: try row.optionalString(2)
            )
        }
    }

    /// Those of some references that are there.
    static func known(_ references: [String], connector id: Int32) -> Statement<String> {
        Statement(
            "erp.item.known",
            "SELECT reference FROM erp_item WHERE connector_id = \(id) AND reference = ANY(\(references))"
        ) { row throws(PostgresError) in try row.string(0) }
    }

    /// The connectors with figures of stock whose items were not read since a time.
    static func due(before time: Timestamp) -> Statement<Int32> {
        Statement(
            "erp.item.due",
            """
            SELECT DISTINCT i.connector_id FROM inventory_record i LEFT JOIN erp_item_read r USING (connector_id)
            WHERE r.read_at IS NULL OR r.read_at < \(time)
            """
        ) { row throws(PostgresError) in try row.int32(0) }
    }

    static let all: [AnyStatement] = {
        let time = Timestamp(microseconds: 0)
        return [
            AnyStatement(forget(connector: 0)), AnyStatement(add([], connector: 0)),
            AnyStatement(noteRead(connector: 0, at: time)), AnyStatement(forgetReading(connector: 0)),
            AnyStatement(readAt(connector: 0)),
            AnyStatement(count(connector: 0)), AnyStatement(search("", connector: 0, limit: 1)),
            AnyStatement(known([], connector: 0)), AnyStatement(due(before: time)),
        ]
    }()
}
