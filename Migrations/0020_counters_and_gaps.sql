-- Where a counter begins at 0 again: the first value that it never shows.
ALTER TABLE metric ADD COLUMN rollover double precision CHECK (rollover IS NULL OR rollover > 0 AND kind = 'counter');

-- With which roll-over values the increases in `rollup` are computed; no row: with none. Written by the roller, which
-- computes the buckets anew in which a counter fell when this and the profile differ.
CREATE TABLE rollup_rollover (
    profile_id integer NOT NULL REFERENCES profile ON DELETE CASCADE,
    ordinal    smallint NOT NULL,
    rollover   double precision NOT NULL,
    PRIMARY KEY (profile_id, ordinal)
);

-- Messages that the sequence of a device's edge node left out (Sparkplug `seq`), and that never came.
ALTER TABLE ledger_batch ADD COLUMN sequence_gaps bigint[];
ALTER TABLE device_ledger ADD COLUMN sequence_gaps bigint NOT NULL DEFAULT 0;
