-- Versions of mappings, what they may ask for beside trigger and fields, and what their guards look at.

-- The document's members that no statement asks about: condition, lookups, guards, windows, the event of a rule trigger.
ALTER TABLE mapping ADD COLUMN options json NOT NULL DEFAULT '{}';

-- Every saved document; deliveries refer to it by (mapping_id, mapping_revision).
CREATE TABLE mapping_version (
    mapping_id integer NOT NULL REFERENCES mapping ON DELETE CASCADE,
    revision   integer NOT NULL,
    saved_at   timestamptz NOT NULL,
    saved_by   text,                               -- NULL: by the program itself, or before versions were kept
    document   json NOT NULL,
    PRIMARY KEY (mapping_id, revision)
);

-- What is in force now is the first version that is known.
INSERT INTO mapping_version (mapping_id, revision, saved_at, document)
SELECT m.id, m.revision, m.updated_at, json_build_object(
    'key', m.key, 'name', m.name,
    'trigger', CASE WHEN m.trigger_rule_id IS NOT NULL THEN json_build_object('rule', r.key)
        ELSE json_strip_nulls(json_build_object('metric', m.trigger_metric, 'profile', p.key, 'minChange', m.min_change,
            'minInterval', 'PT' || trim_scale(m.min_interval_ms / 1000.0) || 'S')) END,
    'connector', c.key, 'operation', m.operation, 'fields', m.fields,
    'maxAge', 'PT' || trim_scale(m.max_age_ms / 1000.0) || 'S', 'enabled', m.enabled)
FROM mapping m JOIN connector c ON c.id = m.connector_id LEFT JOIN rule r ON r.id = m.trigger_rule_id
    LEFT JOIN profile p ON p.id = m.trigger_profile_id
WHERE m.deleted_at IS NULL;

-- Which metric it is about, and where the bookings of a meter stand.
ALTER TABLE mapping_state ADD COLUMN state json;

-- Guards: how many deliveries of a mapping an asset had, and which orders are open or on their way.
CREATE INDEX delivery_guard ON delivery (mapping_id, asset_id, reading_ts);
CREATE INDEX delivery_order_asset ON delivery (connector_id, asset_id)
    WHERE operation = 'work-order.create' AND state IN ('held', 'waiting', 'leased', 'uncertain');
CREATE INDEX delivery_order_device ON delivery (connector_id, device_id)
    WHERE operation = 'work-order.create' AND state IN ('held', 'waiting', 'leased', 'uncertain');
CREATE INDEX work_order_open_asset ON work_order (connector_id, asset_id) WHERE done_at IS NULL;
CREATE INDEX work_order_open_device ON work_order (connector_id, device_id) WHERE done_at IS NULL;

-- Dry runs read the alarms of one rule.
CREATE INDEX alarm_rule ON alarm (rule_id, raised_at, id);
CREATE INDEX alarm_rule_cleared ON alarm (rule_id, cleared_at, id) WHERE cleared_at IS NOT NULL;
