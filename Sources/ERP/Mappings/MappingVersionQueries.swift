import ERPConnectors
import PostgreSQL
import Primitives

/// The statements on `mapping_version`.
enum MappingVersionQueries {
    static func add(_ document: MappingDocument, by author: String?, at time: Timestamp) -> Statement<Void> {
        Statement(
            "erp.mapping-version.add",
            """
            INSERT INTO mapping_version (mapping_id, revision, saved_at, saved_by, document)
            VALUES (\(document.mapping.id), \(document.revision), \(time), \(author), \(document.json))
            """
        )
    }

    /// The versions of the mapping in use that has a key, newest first.
    static func list(key: String) -> Statement<MappingVersion> {
        Statement(
            "erp.mapping-version.list",
            """
            SELECT v.mapping_id, v.revision, v.saved_at, v.saved_by, v.document
            FROM mapping m JOIN mapping_version v ON v.mapping_id = m.id
            WHERE m.key = \(key) AND m.deleted_at IS NULL ORDER BY v.revision DESC LIMIT 1000
            """
        ) { row throws(PostgresError) in
            MappingVersion(
                mappingID: try row.int32(0),
                version: try row.int32(1),
                savedAt: try row.timestamp(2),
                savedBy: try row.optionalString(3),
                document: try row.json(4)
            )
        }
    }

    static let all: [AnyStatement] = {
        let time = Timestamp(microseconds: 0)
        let definition = MappingDefinition(
            name: "",
            trigger: .rule(RuleTrigger(ruleID: 0)),
            connectorID: 0,
            operation: .workOrderCreate,
            fields: [:],
            maxAge: MappingDefinition.defaultMaxAge,
            isEnabled: true
        )
        let mapping = Mapping(id: 0, key: "", definition: definition, revision: 0, updatedAt: time)
        let document = MappingDocument(mapping: mapping, connectorKey: "")
        return [AnyStatement(add(document, by: nil, at: time)), AnyStatement(list(key: ""))]
    }()
}
