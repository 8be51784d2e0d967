import ERPConnectors
import PostgreSQL
import Primitives

/// The statements on the ERP's equipment as it was read.
enum EquipmentQueries {
    static func forget(connector id: Int32) -> Statement<Void> {
        Statement("erp.equipment.forget", "DELETE FROM erp_equipment WHERE connector_id = \(id)")
    }

    /// Adds a page; what two pages have is taken from the later one.
    static func add(_ page: JSONValue, connector id: Int32) -> Statement<Void> {
        Statement(
            "erp.equipment.add",
            """
            INSERT INTO erp_equipment (connector_id, reference, name, serial, tag, location, retired)
            SELECT DISTINCT ON (reference) \(id), reference, name, serial, tag, location, retired
            FROM json_to_recordset(\(page)) AS page (reference text, name text, serial text, tag text, location text,
                retired boolean)
            ON CONFLICT (connector_id, reference) DO UPDATE SET name = excluded.name, serial = excluded.serial,
                tag = excluded.tag, location = excluded.location, retired = excluded.retired
            """
        )
    }

    static func noteRead(connector id: Int32, at time: Timestamp) -> Statement<Void> {
        Statement(
            "erp.equipment.note-read",
            """
            INSERT INTO erp_equipment_read (connector_id, read_at) VALUES (\(id), \(time))
            ON CONFLICT (connector_id) DO UPDATE SET read_at = excluded.read_at
            """
        )
    }

    static func forgetReading(connector id: Int32) -> Statement<Void> {
        Statement("erp.equipment.forget-reading", "DELETE FROM erp_equipment_read WHERE connector_id = \(id)")
    }

    static func readAt(connector id: Int32) -> Statement<Timestamp> {
        Statement("erp.equipment.read-at", "SELECT read_at FROM erp_equipment_read WHERE connector_id = \(id)") {
            row throws(PostgresError) in try row.timestamp(0)
        }
    }

    static func all(connector id: Int32) -> Statement<EquipmentRecord> {
        Statement(
            "erp.equipment.all",
            """
            SELECT reference, name, serial, tag, location, retired FROM erp_equipment WHERE connector_id = \(id)
            ORDER BY reference
            """
        ) { row throws(PostgresError) in
            EquipmentRecord(
                reference: try row.string(0),
                name: try row.string(1),
                serial: try row.optionalString(2),
                tag: try row.optionalString(3),
                location: try row.optionalString(4),
                isRetired: try row.bool(5)
            )
        }
    }

    static let all: [AnyStatement] = {
        let time = Timestamp(microseconds: 0)
        return [
            AnyStatement(forget(connector: 0)), AnyStatement(add([], connector: 0)),
            AnyStatement(noteRead(connector: 0, at: time)), AnyStatement(forgetReading(connector: 0)),
            AnyStatement(readAt(connector: 0)),
            AnyStatement(all(connector: 0)),
        ]
    }()
}

extension EquipmentRecord {
    /// A row for ``EquipmentQueries/add(_:connector:)``.
    var row: JSONValue {
        [
            "reference": .string(reference.withoutNUL), "name": .string(name.withoutNUL),
            "serial": serial.map { .string($0.withoutNUL) } ?? .null,
            "tag": tag.map { .string($0.withoutNUL) } ?? .null,
            "location": location.map { .string($0.withoutNUL) } ?? .null, "retired": .bool(isRetired),
        ]
    }
}
