-- Sources: which messages are read beside the native ones, how they are decoded, and which value is which metric.
-- What messages kept apart came from is noted with them; a source's row number is never used again.

CREATE TABLE source (
    id           integer GENERATED ALWAYS AS IDENTITY PRIMARY KEY,
    key          text NOT NULL UNIQUE,
    name         text NOT NULL,
    topic_filter text NOT NULL,
    decoder      text NOT NULL,
    device_key   text,
    fields       json NOT NULL CHECK (json_typeof(fields) = 'object'),
    options      json NOT NULL CHECK (json_typeof(options) = 'object'),
    compression  text NOT NULL DEFAULT 'none',
    enabled      boolean NOT NULL DEFAULT true,
    revision     integer NOT NULL DEFAULT 1,
    updated_at   timestamptz NOT NULL DEFAULT now()
);

-- The source that a message came through; NULL for the native format. No foreign key: a source may be deleted while
-- messages of it are being stored.
ALTER TABLE quarantined_message ADD COLUMN source_id integer;

-- identifier: only this device's part of the message was refused; the rest is stored.
ALTER TABLE rejected_message ADD COLUMN source_id integer, ADD COLUMN identifier text;
CREATE INDEX rejected_message_source ON rejected_message (source_id, id);
