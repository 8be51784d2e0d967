-- Rules, their evaluation state, and alarms with the ISA-18.2 life cycle.

CREATE TABLE rule (
    id         integer GENERATED ALWAYS AS IDENTITY PRIMARY KEY,
    key        text NOT NULL,
    name       text NOT NULL,
    profile_id integer REFERENCES profile ON DELETE RESTRICT,
    asset_ids  integer[],
    severity   text NOT NULL CHECK (severity IN ('low', 'medium', 'high', 'critical')),
    condition  text NOT NULL,
    hold_ms    bigint NOT NULL DEFAULT 0 CHECK (hold_ms >= 0),
    clear      text,
    enabled    boolean NOT NULL DEFAULT true,
    revision   integer NOT NULL DEFAULT 1,
    updated_at timestamptz NOT NULL DEFAULT now(),
    deleted_at timestamptz,
    CONSTRAINT rule_scope CHECK ((profile_id IS NULL) <> (asset_ids IS NULL))
);
CREATE UNIQUE INDEX rule_key ON rule (key) WHERE deleted_at IS NULL;

CREATE TABLE alarm (
    id              uuid PRIMARY KEY,
    rule_id         integer NOT NULL REFERENCES rule,
    rule_revision   integer NOT NULL,
    device_id       integer NOT NULL REFERENCES device ON DELETE CASCADE,
    asset_id        integer REFERENCES asset ON DELETE SET NULL,
    severity        text NOT NULL CHECK (severity IN ('low', 'medium', 'high', 'critical')),
    raised_at       timestamptz NOT NULL,          -- source time of the reading that raised it
    received_at     timestamptz NOT NULL,          -- when that reading reached us
    cleared_at      timestamptz,                   -- source time of the reading that cleared it
    clear_reason    text CHECK (clear_reason IN ('condition', 'rule-disabled', 'rule-deleted')),
    acknowledged_at timestamptz,
    acknowledged_by text,
    note            text,
    CONSTRAINT alarm_cleared_whole CHECK ((cleared_at IS NULL) = (clear_reason IS NULL)),
    CONSTRAINT alarm_acknowledged_whole CHECK ((acknowledged_at IS NULL) = (acknowledged_by IS NULL))
);
CREATE UNIQUE INDEX alarm_one_open ON alarm (rule_id, device_id) WHERE cleared_at IS NULL;
CREATE INDEX alarm_device ON alarm (device_id, raised_at);
CREATE INDEX alarm_raised ON alarm (raised_at, id);

-- Where a rule stands for a device; written only when the phase changes. No row means normal.
CREATE TABLE rule_state (
    rule_id   integer NOT NULL REFERENCES rule ON DELETE CASCADE,
    device_id integer NOT NULL REFERENCES device ON DELETE CASCADE,
    phase     text NOT NULL CHECK (phase IN ('normal', 'pending', 'active')),
    since     timestamptz NOT NULL,
    alarm_id  uuid REFERENCES alarm ON DELETE SET NULL,
    PRIMARY KEY (rule_id, device_id)
);
