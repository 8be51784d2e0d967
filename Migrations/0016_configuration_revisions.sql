-- How often each part of the configuration was written. Every process compares it with what it has in memory; each
-- ingest transaction does, so that a write through one process is in force in another that ingests.
CREATE TABLE configuration (
    part     text PRIMARY KEY CHECK (part IN ('plant', 'source', 'rule', 'mapping', 'connector')),
    revision bigint NOT NULL DEFAULT 0,
    -- The revision that the process that ingests has in force beyond its memory: of sources, what it has subscribed to.
    applied  bigint NOT NULL DEFAULT 0
);
INSERT INTO configuration (part) VALUES ('plant'), ('source'), ('rule'), ('mapping'), ('connector');

-- Counts a transaction once, and at its end: until then it holds nothing that another writer waits for.
CREATE FUNCTION note_configuration() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
    UPDATE configuration SET revision = revision + 1
    WHERE part = TG_ARGV[0] AND xmin <> pg_current_xact_id()::xid;
    RETURN NULL;
END $$;

CREATE CONSTRAINT TRIGGER profile_configuration AFTER INSERT OR UPDATE OR DELETE ON profile
    DEFERRABLE INITIALLY DEFERRED FOR EACH ROW EXECUTE FUNCTION note_configuration('plant');
CREATE CONSTRAINT TRIGGER metric_configuration AFTER INSERT OR UPDATE OR DELETE ON metric
    DEFERRABLE INITIALLY DEFERRED FOR EACH ROW EXECUTE FUNCTION note_configuration('plant');
CREATE CONSTRAINT TRIGGER profile_retention_configuration AFTER INSERT OR UPDATE OR DELETE ON profile_retention
    DEFERRABLE INITIALLY DEFERRED FOR EACH ROW EXECUTE FUNCTION note_configuration('plant');
CREATE CONSTRAINT TRIGGER asset_configuration AFTER INSERT OR UPDATE OR DELETE ON asset
    DEFERRABLE INITIALLY DEFERRED FOR EACH ROW EXECUTE FUNCTION note_configuration('plant');
CREATE CONSTRAINT TRIGGER device_configuration AFTER INSERT OR UPDATE OR DELETE ON device
    DEFERRABLE INITIALLY DEFERRED FOR EACH ROW EXECUTE FUNCTION note_configuration('plant');
CREATE CONSTRAINT TRIGGER source_configuration AFTER INSERT OR UPDATE OR DELETE ON source
    DEFERRABLE INITIALLY DEFERRED FOR EACH ROW EXECUTE FUNCTION note_configuration('source');
CREATE CONSTRAINT TRIGGER rule_configuration AFTER INSERT OR UPDATE OR DELETE ON rule
    DEFERRABLE INITIALLY DEFERRED FOR EACH ROW EXECUTE FUNCTION note_configuration('rule');
CREATE CONSTRAINT TRIGGER mapping_configuration AFTER INSERT OR UPDATE OR DELETE ON mapping
    DEFERRABLE INITIALLY DEFERRED FOR EACH ROW EXECUTE FUNCTION note_configuration('mapping');
CREATE CONSTRAINT TRIGGER connector_configuration AFTER INSERT OR UPDATE OR DELETE ON connector
    DEFERRABLE INITIALLY DEFERRED FOR EACH ROW EXECUTE FUNCTION note_configuration('connector');
