import PostgreSQL
import Primitives

/// A row of `metric` with the profile it belongs to.
struct MetricRow: Sendable {
    var profileID: Int32
    var metric: Metric
}

/// A row of `profile_retention`.
struct RetentionRow: Sendable {
    var profileID: Int32
    var entry: RetentionSchedule.Entry
}

/// The statements that read the plant model.
///
/// Each takes a set of rows, or nil for all.
enum PlantQueries {
    static func profiles(_ ids: [Int32]?) -> Statement<Profile> {
        Statement(
            "assets.profiles",
            """
            SELECT id, key, name, reporting_interval, revision FROM profile
            WHERE \(ids)::integer[] IS NULL OR id = ANY(\(ids)::integer[])
            """
        ) { row throws(PostgresError) in
            Profile(
                id: try row.int32(0),
                key: try row.string(1),
                name: try row.string(2),
                reportingInterval: try row.optionalDouble(3),
                metrics: [],
                retired: [],
                revision: try row.int32(4)
            )
        }
    }

    static func metrics(ofProfiles ids: [Int32]?) -> Statement<MetricRow> {
        Statement(
            "assets.metrics",
            """
            SELECT profile_id, key, name, unit, kind, ordinal, retired_at IS NOT NULL, rollover FROM metric
            WHERE \(ids)::integer[] IS NULL OR profile_id = ANY(\(ids)::integer[])
            ORDER BY profile_id, position, ordinal
            """
        ) { row throws(PostgresError) in
            MetricRow(
                profileID: try row.int32(0),
                metric: Metric(
                    key: try row.string(1),
                    name: try row.string(2),
                    unit: try row.string(3),
                    kind: MetricKind(rawValue: try row.string(4)) ?? .gauge,
                    rollover: try row.optionalDouble(7),
                    ordinal: Int(try row.int16(5)),
                    isRetired: try row.bool(6)
                )
            )
        }
    }

    static func retention(ofProfiles ids: [Int32]?) -> Statement<RetentionRow> {
        Statement(
            "assets.retention",
            """
            SELECT profile_id, since, days FROM profile_retention
            WHERE \(ids)::integer[] IS NULL OR profile_id = ANY(\(ids)::integer[])
            """
        ) { row throws(PostgresError) in
            RetentionRow(
                profileID: try row.int32(0),
                entry: RetentionSchedule.Entry(
                    since: try row.timestamp(1),
                    retention: RetentionClass(days: try row.int16(2))
                )
            )
        }
    }

    static func assets(_ ids: [Int32]?) -> Statement<Asset> {
        Statement(
            "assets.assets",
            """
            SELECT id, key, name, level, parent_id, latitude, longitude, equipment, revision FROM asset
            WHERE \(ids)::integer[] IS NULL OR id = ANY(\(ids)::integer[])
            """
        ) { row throws(PostgresError) in
            var location: Coordinate?
            if let latitude = try row.optionalDouble(5), let longitude = try row.optionalDouble(6) {
                location = Coordinate(latitude: latitude, longitude: longitude)
            }
            var equipment: [String: String] = [:]
            for member in try row.json(7).object?.members ?? [] { equipment[member.name] = member.value.string }
            return Asset(
                id: try row.int32(0),
                key: try row.string(1),
                name: try row.string(2),
                level: AssetLevel(rawValue: try row.string(3)) ?? .workUnit,
                parentID: try row.optionalInt32(4),
                location: location,
                equipment: equipment,
                revision: try row.int32(8)
            )
        }
    }

    static func devices(_ ids: [Int32]?) -> Statement<Device> {
        Statement(
            "assets.devices",
            """
            SELECT id, key, name, identifier, profile_id, asset_id, revision FROM device
            WHERE \(ids)::integer[] IS NULL OR id = ANY(\(ids)::integer[])
            """
        ) { row throws(PostgresError) in
            Device(
                id: try row.int32(0),
                key: try row.string(1),
                name: try row.string(2),
                identifier: try row.string(3),
                profileID: try row.int32(4),
                assetID: try row.optionalInt32(5),
                revision: try row.int32(6)
            )
        }
    }
}

/// The statements that write the plant model.
enum PlantWriteQueries {
    /// Writes over the revision that the caller judged; no row when another process has written since.
    static func upsertProfile(
        key: String,
        name: String,
        reportingInterval: Double?,
        over revision: Int32
    ) -> Statement<Int32> {
        Statement(
            "assets.profile.upsert",
            """
            INSERT INTO profile (key, name, reporting_interval) VALUES (\(key), \(name), \(reportingInterval))
            ON CONFLICT (key) DO UPDATE SET name = excluded.name, reporting_interval = excluded.reporting_interval,
                revision = profile.revision + 1, updated_at = now()
            WHERE profile.revision = \(revision)
            RETURNING id
            """
        ) { row throws(PostgresError) in try row.int32(0) }
    }

    static func upsertMetric(profileID: Int32, metric: Metric, position: Int16) -> Statement<Void> {
        Statement(
            "assets.metric.upsert",
            """
            INSERT INTO metric (profile_id, ordinal, key, name, unit, kind, rollover, position)
            VALUES (\(profileID), \(Int16(metric.ordinal)), \(metric.key), \(metric.name), \(metric.unit),
                \(metric.kind.rawValue), \(metric.rollover), \(position))
            ON CONFLICT (profile_id, key) DO UPDATE SET name = excluded.name, unit = excluded.unit,
                rollover = excluded.rollover, position = excluded.position, retired_at = NULL
            """
        )
    }

    static func setRetention(profileID: Int32, _ retention: RetentionClass) -> Statement<Void> {
        Statement("assets.retention.set", "SELECT set_profile_retention(\(profileID), \(retention.days))")
    }

    static func retireMetrics(profileID: Int32, except keys: [String]) -> Statement<Void> {
        Statement(
            "assets.metric.retire",
            """
            UPDATE metric SET retired_at = now()
            WHERE profile_id = \(profileID) AND retired_at IS NULL AND NOT key = ANY(\(keys))
            """
        )
    }

    static func deleteProfile(_ version: ResourceVersion) -> Statement<Void> {
        Statement(
            "assets.profile.delete",
            "DELETE FROM profile WHERE id = \(version.id) AND revision = \(version.revision)"
        )
    }

    /// Writes over the revision that the caller judged; no row when another process has written since.
    static func upsertAsset(
        _ draft: AssetDraft,
        key: String,
        parentID: Int32?,
        over revision: Int32
    ) -> Statement<Int32> {
        let equipment = JSONValue.object(draft.equipmentObject)
        return Statement(
            "assets.asset.upsert",
            """
            INSERT INTO asset (key, name, level, parent_id, latitude, longitude, equipment)
            VALUES (\(key), \(draft.name), \(draft.level.rawValue), \(parentID), \(draft.location?.latitude),
                \(draft.location?.longitude), \(equipment))
            ON CONFLICT (key) DO UPDATE SET name = excluded.name, level = excluded.level,
                parent_id = excluded.parent_id, latitude = excluded.latitude, longitude = excluded.longitude,
                equipment = excluded.equipment, revision = asset.revision + 1, updated_at = now()
            WHERE asset.revision = \(revision)
            RETURNING id
            """
        ) { row throws(PostgresError) in try row.int32(0) }
    }

    static func deleteAsset(_ version: ResourceVersion) -> Statement<Void> {
        Statement(
            "assets.asset.delete",
            "DELETE FROM asset WHERE id = \(version.id) AND revision = \(version.revision)"
        )
    }

    /// Writes over the revision that the caller judged; no row when another process has written since.
    static func upsertDevice(
        key: String,
        name: String,
        identifier: String,
        profileID: Int32,
        assetID: Int32?,
        over revision: Int32
    ) -> Statement<Int32> {
        Statement(
            "assets.device.upsert",
            """
            INSERT INTO device (key, name, identifier, profile_id, asset_id)
            VALUES (\(key), \(name), \(identifier), \(profileID), \(assetID))
            ON CONFLICT (key) DO UPDATE SET name = excluded.name, identifier = excluded.identifier,
                profile_id = excluded.profile_id, asset_id = excluded.asset_id, revision = device.revision + 1,
                updated_at = now()
            WHERE device.revision = \(revision)
            RETURNING id
            """
        ) { row throws(PostgresError) in try row.int32(0) }
    }

    static func deleteDevice(_ version: ResourceVersion) -> Statement<Void> {
        Statement(
            "assets.device.delete",
            "DELETE FROM device WHERE id = \(version.id) AND revision = \(version.revision)"
        )
    }
}
