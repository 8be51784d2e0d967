-- Indexes of the outbox. Leasing asks per connector, so that one connector's backlog is never read to find another's
-- due rows; dead and pending deliveries are few among many and have small indexes of their own.

DROP INDEX delivery_due;
CREATE INDEX delivery_due ON delivery (connector_id, next_attempt_at) WHERE state IN ('waiting', 'uncertain');
CREATE INDEX delivery_pending ON delivery (created_at, id) WHERE state IN ('waiting', 'leased', 'uncertain');
CREATE INDEX delivery_dead ON delivery (created_at, id) WHERE state = 'dead';

DROP INDEX work_order_check;
CREATE INDEX work_order_check ON work_order (connector_id, next_check_at) WHERE done_at IS NULL;
CREATE INDEX work_order_created ON work_order (created_at, id);

-- Rows with a json column have no equality (IS NOT DISTINCT FROM fails on them); *= compares their stored form. Their
-- fields are named, since to_jsonb() of a row refuses what json itself allows (an escaped NUL).
CREATE OR REPLACE FUNCTION note_change() RETURNS trigger LANGUAGE plpgsql AS $$
DECLARE
    entity text;
BEGIN
    IF TG_OP = 'UPDATE' AND OLD *= NEW THEN
        RETURN NULL;
    END IF;
    IF TG_ARGV[0] = 'inventory' THEN
        entity := NEW.connector_id || '/' || NEW.item;
    ELSE
        entity := NEW.id;
    END IF;
    INSERT INTO change (kind, entity_id) VALUES (TG_ARGV[0], entity);
    PERFORM pg_notify('plantwright_change', '');
    RETURN NULL;
END $$;
