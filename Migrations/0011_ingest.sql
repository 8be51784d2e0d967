-- Who ingests, and what became of what came in.

-- One row per ingest partition (a durable MQTT session). The epoch rises whenever another process takes it over; every
-- ingest transaction checks the epoch that it works under, so that a process that lost the lease cannot write.
CREATE TABLE ingest_lease (
    name           text PRIMARY KEY,
    epoch          bigint NOT NULL DEFAULT 0,
    holder         uuid,
    holder_pid     integer,                -- the holder's backend: when it is gone, so is the holder
    holder_started timestamptz,
    acquired_at    timestamptz,
    expires_at     timestamptz NOT NULL DEFAULT '-infinity'
);
INSERT INTO ingest_lease (name) VALUES ('main');

-- What each batch adds to the ledgers, written in its transaction and soon folded into device_ledger. The arrays go by
-- place; an absent one is all zeros.
CREATE TABLE ledger_batch (
    id          bigint GENERATED ALWAYS AS IDENTITY PRIMARY KEY,
    day         date NOT NULL,
    devices     integer[] NOT NULL,
    received    bigint[] NOT NULL,
    stored      bigint[],
    merged      bigint[],
    duplicate   bigint[],
    conflict    bigint[],
    late        bigint[],
    rejected    bigint[],
    gaps        bigint[],
    gap_seconds double precision[],
    least_delay double precision[]
);

-- Per device and UTC day of receipt.
CREATE TABLE device_ledger (
    device_id   integer NOT NULL REFERENCES device ON DELETE CASCADE,
    day         date NOT NULL,
    received    bigint NOT NULL,
    stored      bigint NOT NULL,
    merged      bigint NOT NULL,
    duplicate   bigint NOT NULL,
    conflict    bigint NOT NULL,
    late        bigint NOT NULL,
    rejected    bigint NOT NULL,
    gaps        bigint NOT NULL,
    gap_seconds double precision NOT NULL,
    least_delay double precision,          -- in seconds, from the device's clock to ours
    PRIMARY KEY (device_id, day)
) WITH (fillfactor = 70);
