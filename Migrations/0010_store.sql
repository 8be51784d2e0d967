-- The store: readings by retention class and month, rollups, packed hours. docs/storage.md describes the layout.

-- How long a profile's readings are kept, by source time: the entry with the greatest `since` at or before a reading's
-- time gives its class, the number of days; 0, or no entry, is for ever. Entries never change the class of a time that
-- may already hold readings, so that (device, ts) stays one identity.
CREATE TABLE profile_retention (
    profile_id integer NOT NULL REFERENCES profile ON DELETE CASCADE,
    since      timestamptz NOT NULL,
    days       smallint NOT NULL CHECK (days >= 0),
    PRIMARY KEY (profile_id, since)
);

-- Sets a profile's retention: from the beginning while it has no devices, else from the month after next day's month,
-- because times up to an hour ahead are accepted already.
CREATE FUNCTION set_profile_retention(profile integer, kept smallint) RETURNS void LANGUAGE plpgsql AS $$
DECLARE
    start timestamptz := (date_trunc('month', now() AT TIME ZONE 'UTC' + interval '1 day') + interval '1 month')
        AT TIME ZONE 'UTC';
    known smallint;
BEGIN
    IF NOT EXISTS (SELECT FROM device WHERE profile_id = profile) THEN
        DELETE FROM profile_retention WHERE profile_id = profile;
        start := 'epoch';
    END IF;
    DELETE FROM profile_retention WHERE profile_id = profile AND since >= start;
    SELECT days INTO known FROM profile_retention WHERE profile_id = profile ORDER BY since DESC LIMIT 1;
    IF coalesce(known, 0) <> kept THEN
        INSERT INTO profile_retention (profile_id, since, days) VALUES (profile, start, kept);
    END IF;
END $$;

ALTER TABLE reading RENAME TO reading_before;
ALTER INDEX reading_pkey RENAME TO reading_before_pkey;

-- One row per device and source timestamp, values by metric ordinal; by retention class, then by UTC month. The index
-- needs no more bytes for the class: 4 + 2 (+ 2) + 8.
CREATE TABLE reading (
    device_id   integer NOT NULL,
    quality     smallint NOT NULL,
    retention   smallint NOT NULL,
    ts          timestamptz NOT NULL,
    received_at timestamptz NOT NULL,
    values      double precision[] NOT NULL,
    PRIMARY KEY (device_id, retention, ts)
) PARTITION BY LIST (retention);

CREATE TABLE reading_forever (LIKE reading INCLUDING ALL) PARTITION BY RANGE (ts);

-- The months of existing installations are carried over as class 0: the column's default is not written into the rows,
-- only the index is made again.
DO $$
DECLARE
    leaf    record;
    starts  timestamptz;
    ends    timestamptz;
BEGIN
    FOR leaf IN
        SELECT child.relname AS name, constraint_.conname AS key
        FROM pg_inherits JOIN pg_class child ON child.oid = inhrelid
        LEFT JOIN pg_constraint constraint_ ON conrelid = child.oid AND contype = 'p'
        WHERE inhparent = 'reading_before'::regclass
    LOOP
        starts := to_date(right(leaf.name, 6), 'YYYYMM')::timestamp AT TIME ZONE 'UTC';
        ends := (to_date(right(leaf.name, 6), 'YYYYMM')::timestamp + interval '1 month') AT TIME ZONE 'UTC';
        EXECUTE format('ALTER TABLE reading_before DETACH PARTITION %I', leaf.name);
        EXECUTE format('ALTER TABLE %I DROP CONSTRAINT %I', leaf.name, leaf.key);
        EXECUTE format('ALTER TABLE %I ADD COLUMN retention smallint NOT NULL DEFAULT 0', leaf.name);
        EXECUTE format('ALTER TABLE %I ALTER COLUMN retention DROP DEFAULT', leaf.name);
        EXECUTE format('ALTER TABLE %I RENAME TO %I', leaf.name, 'reading_forever_' || right(leaf.name, 6));
        EXECUTE format('ALTER TABLE %I ADD PRIMARY KEY (device_id, retention, ts)',
            'reading_forever_' || right(leaf.name, 6));
        EXECUTE format('ALTER TABLE reading_forever ATTACH PARTITION %I FOR VALUES FROM (%L) TO (%L)',
            'reading_forever_' || right(leaf.name, 6), starts, ends);
    END LOOP;
END $$;

ALTER TABLE reading ATTACH PARTITION reading_forever FOR VALUES IN (0);
DROP TABLE reading_before;
DROP FUNCTION ensure_reading_partition(timestamptz);

-- The name of a class's table.
CREATE FUNCTION reading_class_table(class smallint) RETURNS text LANGUAGE sql IMMUTABLE AS $$
    SELECT CASE class WHEN 0 THEN 'reading_forever' ELSE 'reading_p' || class || 'd' END
$$;

-- Makes the partition of a class and UTC month when it is missing: standalone tables that are then attached, because
-- CREATE TABLE … PARTITION OF would block every writer of the parent. Returns whether it made one.
CREATE FUNCTION ensure_reading_partition(class smallint, month timestamptz) RETURNS boolean LANGUAGE plpgsql AS $$
DECLARE
    lower_bound timestamptz := date_trunc('month', month AT TIME ZONE 'UTC') AT TIME ZONE 'UTC';
    upper_bound timestamptz := (date_trunc('month', month AT TIME ZONE 'UTC') + interval '1 month') AT TIME ZONE 'UTC';
    parent      text := reading_class_table(class);
    partition   text := parent || '_' || to_char(month AT TIME ZONE 'UTC', 'YYYYMM');
BEGIN
    IF EXISTS (SELECT FROM pg_inherits WHERE inhrelid = to_regclass(partition) AND NOT inhdetachpending) THEN
        RETURN false;
    END IF;
    PERFORM pg_advisory_xact_lock(hashtext('plantwright.reading_partition'));
    IF EXISTS (SELECT FROM pg_inherits WHERE inhrelid = to_regclass(partition) AND NOT inhdetachpending) THEN
        RETURN false;
    END IF;
    IF to_regclass(parent) IS NULL THEN
        EXECUTE format('CREATE TABLE %I (LIKE reading INCLUDING ALL) PARTITION BY RANGE (ts)', parent);
        EXECUTE format('ALTER TABLE reading ATTACH PARTITION %I FOR VALUES IN (%L)', parent, class);
    END IF;
    EXECUTE format(
        'CREATE TABLE %I (LIKE reading INCLUDING ALL, CHECK (retention = %L AND ts >= %L AND ts < %L))',
        partition, class, lower_bound, upper_bound);
    EXECUTE format('ALTER TABLE %I ATTACH PARTITION %I FOR VALUES FROM (%L) TO (%L)',
        parent, partition, lower_bound, upper_bound);
    RETURN true;
END $$;

-- Statistics of one device over one bucket of 1, 10 or 60 minutes, per slot of reading.values (NULL or missing element:
-- no value). minimum, maximum, total and first are NULL as a whole when the bucket has one reading: they equal last.
-- rise is the increase within the bucket, resets counted from 0; NULL when the profile has no counters.
CREATE TABLE rollup (
    device_id integer NOT NULL,
    span      smallint NOT NULL,
    bucket    timestamptz NOT NULL,
    readings  integer NOT NULL,
    counts    integer[] NOT NULL,
    minimum   double precision[],
    maximum   double precision[],
    total     double precision[],
    first     double precision[],
    last      double precision[] NOT NULL,
    rise      double precision[],
    PRIMARY KEY (device_id, span, bucket)
) PARTITION BY LIST (span);
CREATE TABLE rollup_minute PARTITION OF rollup FOR VALUES IN (1);
CREATE TABLE rollup_ten_minutes PARTITION OF rollup FOR VALUES IN (10);
CREATE TABLE rollup_hour PARTITION OF rollup FOR VALUES IN (60);

-- Buckets that end at or before `through` are computed.
CREATE TABLE rollup_progress (
    device_id integer PRIMARY KEY,
    through   timestamptz NOT NULL
);

-- Minutes before `through` whose readings changed since; several marks of one minute are one. No unique key, so that
-- nobody ever waits for another.
CREATE TABLE rollup_dirty (
    device_id integer NOT NULL,
    minute    timestamptz NOT NULL
);

-- Readings of one device over an hour, or a day when they are few, of an ended month, coded (docs/storage.md). For a
-- device, an hour is either here or in `reading`.
CREATE TABLE reading_packed (
    device_id integer NOT NULL,
    retention smallint NOT NULL,
    hours     smallint NOT NULL CHECK (hours IN (1, 24)),
    start     timestamptz NOT NULL,
    newest    timestamptz NOT NULL,          -- the source time of the last reading in it
    rows      integer NOT NULL,
    points    integer NOT NULL,
    data      bytea NOT NULL,
    PRIMARY KEY (device_id, retention, start)
);
ALTER TABLE reading_packed ALTER COLUMN data SET STORAGE EXTERNAL;
CREATE INDEX reading_packed_start ON reading_packed USING brin (start) WITH (pages_per_range = 16);

-- What is packed of a class and month.
CREATE TABLE reading_packed_month (
    retention smallint NOT NULL,
    month     timestamptz NOT NULL,
    rows      bigint NOT NULL,
    points    bigint NOT NULL,
    bytes     bigint NOT NULL,
    PRIMARY KEY (retention, month)
);

-- The size of the database over time, for its growth.
CREATE TABLE storage_sample (
    at    timestamptz PRIMARY KEY,
    bytes bigint NOT NULL
);
