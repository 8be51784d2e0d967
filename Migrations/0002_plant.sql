-- The plant's model: profiles with their metrics, the asset tree, devices, sources.

CREATE TABLE profile (
    id                 integer GENERATED ALWAYS AS IDENTITY PRIMARY KEY,
    key                text NOT NULL UNIQUE,
    name               text NOT NULL,
    reporting_interval double precision CHECK (reporting_interval > 0),
    revision           integer NOT NULL DEFAULT 1,
    updated_at         timestamptz NOT NULL DEFAULT now()
);

-- An ordinal is the metric's place in reading.values. It is append-only and never reused; a location takes two.
CREATE TABLE metric (
    profile_id integer NOT NULL REFERENCES profile ON DELETE CASCADE,
    ordinal    smallint NOT NULL CHECK (ordinal >= 0),
    key        text NOT NULL,
    name       text NOT NULL,
    unit       text NOT NULL DEFAULT '',
    kind       text NOT NULL CHECK (kind IN ('gauge', 'counter', 'state', 'location')),
    position   smallint NOT NULL,
    retired_at timestamptz,
    PRIMARY KEY (profile_id, ordinal),
    UNIQUE (profile_id, key)
);

-- Texts of state metrics; codes 0 and 1 are false and true and are not stored here.
CREATE TABLE state_text (
    id   integer GENERATED ALWAYS AS IDENTITY (START WITH 2) PRIMARY KEY,
    text text NOT NULL UNIQUE CHECK (length(text) <= 255)
);

CREATE TABLE asset (
    id        integer GENERATED ALWAYS AS IDENTITY PRIMARY KEY,
    key       text NOT NULL UNIQUE,
    name      text NOT NULL,
    level     text NOT NULL CHECK (level IN ('enterprise', 'site', 'area', 'line', 'work-unit')),
    parent_id integer REFERENCES asset ON DELETE RESTRICT CHECK (parent_id <> id),
    latitude  double precision CHECK (latitude BETWEEN -90 AND 90),
    longitude double precision CHECK (longitude BETWEEN -180 AND 180),
    equipment jsonb NOT NULL DEFAULT '{}' CHECK (jsonb_typeof(equipment) = 'object'),
    revision  integer NOT NULL DEFAULT 1,
    updated_at timestamptz NOT NULL DEFAULT now(),
    CONSTRAINT asset_location_whole CHECK ((latitude IS NULL) = (longitude IS NULL))
);
CREATE INDEX asset_parent ON asset (parent_id);

CREATE TABLE device (
    id         integer GENERATED ALWAYS AS IDENTITY PRIMARY KEY,
    key        text NOT NULL UNIQUE,
    name       text NOT NULL,
    identifier text NOT NULL UNIQUE CHECK (length(identifier) BETWEEN 1 AND 255),
    profile_id integer NOT NULL REFERENCES profile ON DELETE RESTRICT,
    asset_id   integer REFERENCES asset ON DELETE RESTRICT,
    revision   integer NOT NULL DEFAULT 1,
    updated_at timestamptz NOT NULL DEFAULT now()
);
CREATE INDEX device_profile ON device (profile_id);
CREATE INDEX device_asset ON device (asset_id);
