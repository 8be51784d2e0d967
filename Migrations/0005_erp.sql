-- ERP systems, mappings, the transactional outbox, and our mirror of what the ERP holds.

CREATE TABLE connector (
    id          integer GENERATED ALWAYS AS IDENTITY PRIMARY KEY,
    key         text NOT NULL,
    name        text NOT NULL,
    kind        text NOT NULL,
    url         text NOT NULL,
    credentials bytea,                             -- sealed with the server's secret key
    options     json NOT NULL DEFAULT '{}',
    paused_at   timestamptz,
    revision    integer NOT NULL DEFAULT 1,
    updated_at  timestamptz NOT NULL DEFAULT now(),
    deleted_at  timestamptz
);
CREATE UNIQUE INDEX connector_key ON connector (key) WHERE deleted_at IS NULL;

CREATE TABLE mapping (
    id              integer GENERATED ALWAYS AS IDENTITY PRIMARY KEY,
    key             text NOT NULL,
    name            text NOT NULL,
    trigger_rule_id integer REFERENCES rule,
    trigger_metric  text,
    trigger_profile_id integer REFERENCES profile ON DELETE RESTRICT,
    min_change      double precision CHECK (min_change >= 0),
    min_interval_ms bigint CHECK (min_interval_ms >= 0),
    max_age_ms      bigint NOT NULL DEFAULT 86400000 CHECK (max_age_ms > 0),
    connector_id    integer NOT NULL REFERENCES connector,
    operation       text NOT NULL,
    fields          json NOT NULL,
    enabled         boolean NOT NULL DEFAULT true,
    revision        integer NOT NULL DEFAULT 1,
    updated_at      timestamptz NOT NULL DEFAULT now(),
    deleted_at      timestamptz,
    CONSTRAINT mapping_trigger CHECK (
        (trigger_rule_id IS NOT NULL AND trigger_metric IS NULL AND trigger_profile_id IS NULL)
        OR (trigger_rule_id IS NULL AND trigger_metric IS NOT NULL AND trigger_profile_id IS NOT NULL))
);
CREATE UNIQUE INDEX mapping_key ON mapping (key) WHERE deleted_at IS NULL;

-- The last value for which a metric mapping made a delivery.
CREATE TABLE mapping_state (
    mapping_id integer NOT NULL REFERENCES mapping ON DELETE CASCADE,
    device_id  integer NOT NULL REFERENCES device ON DELETE CASCADE,
    value      double precision NOT NULL,
    ts         timestamptz NOT NULL,
    PRIMARY KEY (mapping_id, device_id)
);

-- The outbox: one ERP call that must happen.
--   waiting    due at next_attempt_at
--   leased     a dispatcher works on it until lease_until; an expired lease means the outcome is uncertain
--   uncertain  the last attempt's outcome is unknown: look up by key before any repeat
--   delivered, dead, superseded   final
CREATE TABLE delivery (
    id               uuid PRIMARY KEY,
    idempotency_key  text NOT NULL UNIQUE CHECK (idempotency_key ~ '^[a-z0-9-]{1,16}$'),
    mapping_id       integer NOT NULL REFERENCES mapping,
    mapping_revision integer NOT NULL,
    connector_id     integer NOT NULL REFERENCES connector,
    operation        text NOT NULL,
    alarm_id         uuid REFERENCES alarm ON DELETE SET NULL,
    device_id        integer REFERENCES device ON DELETE SET NULL,
    asset_id         integer REFERENCES asset ON DELETE SET NULL,
    reading_ts       timestamptz NOT NULL,         -- source time of the cause
    reading_received_at timestamptz NOT NULL,
    fields           json NOT NULL,                -- the mapping's computed fields
    item             text,                         -- what a stock operation is about; orders supersession
    state            text NOT NULL CHECK (state IN ('waiting', 'leased', 'uncertain', 'delivered', 'dead', 'superseded')),
    reason           text,                         -- why it is dead, or the last failure
    detail           text,
    attempts         integer NOT NULL DEFAULT 0,
    created_at       timestamptz NOT NULL,
    next_attempt_at  timestamptz NOT NULL,
    lease_until      timestamptz,
    lease_token      uuid,
    attempt_started_at timestamptz,                -- start of the last create that may have reached the ERP
    finished_at      timestamptz,
    external_id      text,
    CONSTRAINT delivery_leased_whole CHECK ((state = 'leased') = (lease_token IS NOT NULL AND lease_until IS NOT NULL)),
    CONSTRAINT delivery_finished_whole CHECK ((state IN ('delivered', 'dead', 'superseded')) = (finished_at IS NOT NULL))
);
CREATE INDEX delivery_due ON delivery (next_attempt_at) WHERE state IN ('waiting', 'uncertain');
CREATE INDEX delivery_leases ON delivery (lease_until) WHERE state = 'leased';
CREATE INDEX delivery_item ON delivery (connector_id, item, created_at)
    WHERE state IN ('waiting', 'leased', 'uncertain') AND item IS NOT NULL;
CREATE INDEX delivery_alarm ON delivery (alarm_id);
CREATE INDEX delivery_created ON delivery (created_at, id);
CREATE INDEX delivery_device ON delivery (device_id, reading_ts);

-- The time line of a delivery: every call, without secrets, bounded.
CREATE TABLE delivery_attempt (
    delivery_id uuid NOT NULL REFERENCES delivery ON DELETE CASCADE,
    number      integer NOT NULL,
    purpose     text NOT NULL CHECK (purpose IN ('create', 'look-up', 'write')),
    started_at  timestamptz NOT NULL,
    ended_at    timestamptz,
    outcome     text,
    request     text,
    status      integer,
    response    text,
    PRIMARY KEY (delivery_id, number)
);

CREATE TABLE work_order (
    id           uuid PRIMARY KEY,
    delivery_id  uuid NOT NULL UNIQUE REFERENCES delivery,
    connector_id integer NOT NULL REFERENCES connector,
    alarm_id     uuid REFERENCES alarm ON DELETE SET NULL,
    device_id    integer REFERENCES device ON DELETE SET NULL,
    asset_id     integer REFERENCES asset ON DELETE SET NULL,
    external_id  text NOT NULL,
    title        text NOT NULL DEFAULT '',
    status       text NOT NULL DEFAULT '',
    done_at      timestamptz,
    created_at   timestamptz NOT NULL,
    checked_at   timestamptz,
    next_check_at timestamptz,
    UNIQUE (connector_id, external_id)
);
CREATE INDEX work_order_check ON work_order (next_check_at) WHERE done_at IS NULL;
CREATE INDEX work_order_device ON work_order (device_id, created_at);

CREATE TABLE inventory_record (
    connector_id integer NOT NULL REFERENCES connector,
    item         text NOT NULL,
    quantity     double precision NOT NULL,
    device_id    integer REFERENCES device ON DELETE SET NULL,
    asset_id     integer REFERENCES asset ON DELETE SET NULL,
    reading_ts   timestamptz NOT NULL,
    delivery_id  uuid NOT NULL REFERENCES delivery,
    updated_at   timestamptz NOT NULL,
    PRIMARY KEY (connector_id, item)
);
