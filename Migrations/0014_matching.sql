-- What equipment the ERP has, as read last: for matching it with assets.

CREATE TABLE erp_equipment (
    connector_id integer NOT NULL REFERENCES connector,
    reference    text NOT NULL,                    -- what orders name it by
    name         text NOT NULL,
    serial       text,
    tag          text,
    location     text,
    retired      boolean NOT NULL,
    PRIMARY KEY (connector_id, reference)
);

CREATE TABLE erp_equipment_read (
    connector_id integer PRIMARY KEY REFERENCES connector,
    read_at      timestamptz NOT NULL
);
