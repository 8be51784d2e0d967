import Decoders
import PostgreSQL
import Primitives

/// A row of `source`, before its texts are checked.
struct SourceRow: Sendable {
    var id: Int32
    var key: String
    var name: String
    var topicFilter: String
    var decoder: String
    var deviceKey: String?
    var fields: JSONValue
    var options: JSONValue
    var compression: String
    var isEnabled: Bool
    var revision: Int32
    var updatedAt: Timestamp

    /// The source; nil when another version of the program wrote something that this one does not know.
    var source: Source? {
        guard let filter = try? TopicFilter(topicFilter), let decoder = DecoderKind(rawValue: decoder),
            let fields = try? FieldDefinition.list(fields), let options = options.object,
            let compression = PayloadCompression(rawValue: compression)
        else { return nil }
        var template: DeviceTemplate?
        if let deviceKey {
            guard let known = try? DeviceTemplate(deviceKey) else { return nil }
            template = known
        }
        return Source(
            id: id,
            key: key,
            definition: SourceDefinition(
                name: name,
                topicFilter: filter,
                decoder: decoder,
                deviceKey: template,
                fields: fields,
                options: options,
                compression: compression,
                isEnabled: isEnabled
            ),
            revision: revision,
            updatedAt: updatedAt
        )
    }
}

/// The statements on `source`.
enum SourceQueries {
    @Sendable static func decode(_ row: ResultRow) throws(PostgresError) -> SourceRow {
        SourceRow(
            id: try row.int32(0),
            key: try row.string(1),
            name: try row.string(2),
            topicFilter: try row.string(3),
            decoder: try row.string(4),
            deviceKey: try row.optionalString(5),
            fields: try row.json(6),
            options: try row.json(7),
            compression: try row.string(8),
            isEnabled: try row.bool(9),
            revision: try row.int32(10),
            updatedAt: try row.timestamp(11)
        )
    }

    static func all() -> Statement<SourceRow> {
        Statement(
            "telemetry.source.all",
            """
            SELECT id, key, name, topic_filter, decoder, device_key, fields, options, compression, enabled, revision,
                updated_at
            FROM source ORDER BY key
            """,
            row: decode
        )
    }

    static func lock(key: String) -> Statement<SourceRow> {
        Statement(
            "telemetry.source.lock",
            """
            SELECT id, key, name, topic_filter, decoder, device_key, fields, options, compression, enabled, revision,
                updated_at
            FROM source WHERE key = \(key) FOR UPDATE
            """,
            row: decode
        )
    }

    static func insert(key: String, _ definition: SourceDefinition, at time: Timestamp) -> Statement<SourceRow> {
        Statement(
            "telemetry.source.insert",
            """
            INSERT INTO source (key, name, topic_filter, decoder, device_key, fields, options, compression, enabled,
                updated_at)
            VALUES (\(key), \(definition.name), \(definition.topicFilter.text), \(definition.decoder.rawValue),
                \(definition.deviceKey?.text), \(definition.fieldsJSON)::json,
                \(JSONValue.object(definition.options))::json, \(definition.compression.rawValue),
                \(definition.isEnabled), \(time))
            RETURNING id, key, name, topic_filter, decoder, device_key, fields, options, compression, enabled, revision,
                updated_at
            """,
            row: decode
        )
    }

    static func update(id: Int32, _ definition: SourceDefinition, at time: Timestamp) -> Statement<SourceRow> {
        Statement(
            "telemetry.source.update",
            """
            UPDATE source SET name = \(definition.name), topic_filter = \(definition.topicFilter.text),
                decoder = \(definition.decoder.rawValue), device_key = \(definition.deviceKey?.text),
                fields = \(definition.fieldsJSON)::json, options = \(JSONValue.object(definition.options))::json,
                compression = \(definition.compression.rawValue), enabled = \(definition.isEnabled),
                updated_at = \(time), revision = revision + 1
            WHERE id = \(id)
            RETURNING id, key, name, topic_filter, decoder, device_key, fields, options, compression, enabled, revision,
                updated_at
            """,
            row: decode
        )
    }

    static func delete(id: Int32) -> Statement<Void> {
        Statement("telemetry.source.delete", "DELETE FROM source WHERE id = \(id)")
    }

    /// Every statement, for the test that prepares them.
    static let statements: [AnyStatement] = {
        var statements = [
            AnyStatement(all()), AnyStatement(lock(key: "")), AnyStatement(delete(id: 0)),
        ]
        guard let filter = try? TopicFilter("a") else { return statements }
        let definition = SourceDefinition(
            name: "",
            topicFilter: filter,
            decoder: .json,
            deviceKey: nil,
            fields: [],
            options: [:],
            compression: .none,
            isEnabled: true
        )
        let time = Timestamp(microseconds: 0)
        statements.append(AnyStatement(insert(key: "", definition, at: time)))
        statements.append(AnyStatement(update(id: 0, definition, at: time)))
        return statements
    }()
}

extension SourceDefinition {
    /// The fields as they are stored and shown.
    var fieldsJSON: JSONValue {
        var object = JSONObject()
        for field in fields { object[field.metric] = field.json }
        return .object(object)
    }
}
