-- What the live page must not miss: one row per committed change of an alarm, delivery, work order or stock figure.
-- Readers take rows below pg_snapshot_xmin(pg_current_snapshot()) in (xid, id) order: a lower id can commit later.

CREATE TABLE change (
    id        bigint GENERATED ALWAYS AS IDENTITY PRIMARY KEY,
    xid       xid8 NOT NULL DEFAULT pg_current_xact_id(),
    at        timestamptz NOT NULL DEFAULT clock_timestamp(),
    kind      text NOT NULL,
    entity_id text NOT NULL
);
CREATE INDEX change_cursor ON change (xid, id);

CREATE FUNCTION note_change() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
    IF TG_OP = 'UPDATE' AND OLD IS NOT DISTINCT FROM NEW THEN
        RETURN NULL;
    END IF;
    INSERT INTO change (kind, entity_id)
    VALUES (TG_ARGV[0], CASE TG_ARGV[0]
        WHEN 'inventory' THEN to_jsonb(NEW) ->> 'connector_id' || '/' || (to_jsonb(NEW) ->> 'item')
        ELSE to_jsonb(NEW) ->> 'id' END);
    PERFORM pg_notify('plantwright_change', '');
    RETURN NULL;
END $$;

CREATE TRIGGER alarm_change AFTER INSERT OR UPDATE ON alarm
    FOR EACH ROW EXECUTE FUNCTION note_change('alarm');
CREATE TRIGGER delivery_insert_change AFTER INSERT ON delivery
    FOR EACH ROW EXECUTE FUNCTION note_change('delivery');
-- A lease is no news; every other change of state is.
CREATE TRIGGER delivery_update_change AFTER UPDATE ON delivery
    FOR EACH ROW WHEN (OLD.state IS DISTINCT FROM NEW.state AND NEW.state <> 'leased'
        OR OLD.reason IS DISTINCT FROM NEW.reason)
    EXECUTE FUNCTION note_change('delivery');
CREATE TRIGGER work_order_insert_change AFTER INSERT ON work_order
    FOR EACH ROW EXECUTE FUNCTION note_change('work-order');
-- A check that finds nothing new is no news.
CREATE TRIGGER work_order_update_change AFTER UPDATE ON work_order
    FOR EACH ROW WHEN (OLD.status IS DISTINCT FROM NEW.status OR OLD.done_at IS DISTINCT FROM NEW.done_at
        OR OLD.title IS DISTINCT FROM NEW.title)
    EXECUTE FUNCTION note_change('work-order');
CREATE TRIGGER inventory_change AFTER INSERT OR UPDATE ON inventory_record
    FOR EACH ROW EXECUTE FUNCTION note_change('inventory');
