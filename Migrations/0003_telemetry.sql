-- Readings: one row per device and source timestamp, values by metric ordinal. Partitions (one per UTC month, named
-- reading_YYYYMM) are made by the server before the transaction that needs them; there is no default partition.

CREATE TABLE reading (
    device_id   integer NOT NULL,
    quality     smallint NOT NULL,
    ts          timestamptz NOT NULL,
    received_at timestamptz NOT NULL,
    values      double precision[] NOT NULL,
    PRIMARY KEY (device_id, ts)
) PARTITION BY RANGE (ts);

-- Makes the partition of a UTC month when it is missing: a standalone table that is then attached, because
-- CREATE TABLE … PARTITION OF would block every writer of the parent. Returns whether it made one.
CREATE FUNCTION ensure_reading_partition(month timestamptz) RETURNS boolean LANGUAGE plpgsql AS $$
DECLARE
    lower_bound timestamptz := date_trunc('month', month AT TIME ZONE 'UTC') AT TIME ZONE 'UTC';
    upper_bound timestamptz := (date_trunc('month', month AT TIME ZONE 'UTC') + interval '1 month') AT TIME ZONE 'UTC';
    partition   text := 'reading_' || to_char(month AT TIME ZONE 'UTC', 'YYYYMM');
BEGIN
    PERFORM pg_advisory_xact_lock(hashtext('plantwright.reading_partition'));
    IF to_regclass(partition) IS NOT NULL THEN
        RETURN false;
    END IF;
    EXECUTE format('CREATE TABLE %I (LIKE reading INCLUDING ALL, CHECK (ts >= %L AND ts < %L))',
        partition, lower_bound, upper_bound);
    EXECUTE format('ALTER TABLE reading ATTACH PARTITION %I FOR VALUES FROM (%L) TO (%L)',
        partition, lower_bound, upper_bound);
    RETURN true;
END $$;

-- Readings whose values differ from the stored ones for the same device and timestamp: kept apart, never overwriting.
CREATE TABLE reading_conflict (
    id          bigint GENERATED ALWAYS AS IDENTITY PRIMARY KEY,
    device_id   integer NOT NULL,
    ts          timestamptz NOT NULL,
    received_at timestamptz NOT NULL,
    values      double precision[] NOT NULL
);
CREATE INDEX reading_conflict_device ON reading_conflict (device_id, ts);

-- Messages of unknown devices, bounded: the newest are kept.
CREATE TABLE quarantined_message (
    id          bigint GENERATED ALWAYS AS IDENTITY PRIMARY KEY,
    identifier  text NOT NULL,
    topic       text NOT NULL,
    payload     bytea NOT NULL,
    received_at timestamptz NOT NULL
);
CREATE INDEX quarantined_message_identifier ON quarantined_message (identifier, id);

-- Messages that could not be decoded or accepted, bounded: the newest are kept.
CREATE TABLE rejected_message (
    id          bigint GENERATED ALWAYS AS IDENTITY PRIMARY KEY,
    device_id   integer REFERENCES device ON DELETE SET NULL,
    topic       text NOT NULL,
    payload     bytea NOT NULL,
    received_at timestamptz NOT NULL,
    reason      text NOT NULL,
    detail      text NOT NULL
);
