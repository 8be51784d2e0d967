-- What items of stock the ERP has, as read last: names and units of figures, and what mappings may name.

CREATE TABLE erp_item (
    connector_id integer NOT NULL REFERENCES connector,
    reference    text NOT NULL,                    -- what stock operations name it by
    name         text NOT NULL,
    unit         text,                             -- what it is counted in, in the ERP's words
    PRIMARY KEY (connector_id, reference)
);

CREATE TABLE erp_item_read (
    connector_id integer PRIMARY KEY REFERENCES connector,
    read_at      timestamptz NOT NULL
);
