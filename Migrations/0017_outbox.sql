-- The outbox at hundreds of deliveries a second: the turns of a whole batch are given at once; hints of ERPs are counted
-- over all processes.

-- A delivery that keeps failing can be told to let the later ones of its asset go first.
ALTER TABLE delivery_act DROP CONSTRAINT delivery_act_act_check,
    ADD CONSTRAINT delivery_act_act_check
        CHECK (act IN ('approved', 'rejected', 'edited', 'retried', 'dismissed', 'stepped-aside'));

-- When an ERP last said that something changed.
ALTER TABLE connector_state ADD COLUMN hinted_at timestamptz;

DROP TRIGGER delivery_promote ON delivery;
DROP FUNCTION promote_delivery();
DROP FUNCTION let_delivery_go(uuid, timestamptz);

-- Lets the heads of lanes go that nobody has let go, unless somebody else is at them: waiting here could end in a
-- deadlock with ingest. Who is missed, because two transactions did not see each other, is found by the dispatcher's
-- sweep.
CREATE FUNCTION let_heads_go(connectors integer[], lanes text[], since timestamptz[]) RETURNS void LANGUAGE plpgsql
    -- Whatever statistics say about a table that grows and empties: these are index look-ups.
    SET enable_seqscan = off SET enable_bitmapscan = off SET enable_sort = off
AS $$
BEGIN
    WITH heads AS MATERIALIZED (
        SELECT h.id, f.since
        FROM unnest(connectors, lanes, since) AS f (connector_id, lane, since)
        CROSS JOIN LATERAL (
            SELECT d.id FROM delivery d
            WHERE d.connector_id = f.connector_id AND d.lane = f.lane AND d.state IN ('waiting', 'leased', 'uncertain')
            ORDER BY d.created_at, d.reading_ts, d.id LIMIT 1) AS h
    ), free AS MATERIALIZED (
        SELECT d.id, h.since FROM heads h JOIN delivery d ON d.id = h.id
        WHERE NOT d.is_next FOR NO KEY UPDATE OF d SKIP LOCKED
    )
    UPDATE delivery d SET is_next = true, next_attempt_at = least(d.next_attempt_at, f.since)
    FROM (SELECT id, min(free.since) AS since FROM free GROUP BY id) f WHERE d.id = f.id;
END $$;

-- The end of one is the beginning of the next: of its lane, and of those about the order that it made.
CREATE FUNCTION promote_deliveries() RETURNS trigger LANGUAGE plpgsql AS $$
DECLARE
    connectors integer[];
    lanes text[];
    since timestamptz[];
BEGIN
    SELECT array_agg(f.connector_id), array_agg(f.lane), array_agg(f.since) INTO connectors, lanes, since
    FROM (
        SELECT connector_id, lane, NULL::timestamptz AS since FROM is_now
        WHERE state IN ('delivered', 'dead', 'superseded', 'dismissed') AND lane IS NOT NULL
        UNION
        SELECT connector_id, 'order/' || id, finished_at FROM is_now
        WHERE state IN ('delivered', 'dead', 'superseded', 'dismissed') AND operation = 'work-order.create'
    ) f;
    IF connectors IS NOT NULL THEN
        PERFORM let_heads_go(connectors, lanes, since);
    END IF;
    RETURN NULL;
END $$;
CREATE TRIGGER delivery_promote AFTER UPDATE ON delivery REFERENCING NEW TABLE AS is_now
    FOR EACH STATEMENT WHEN (pg_trigger_depth() = 0) EXECUTE FUNCTION promote_deliveries();

-- One that leaves its lane without ending: it was bound to its order, or stepped aside.
CREATE FUNCTION promote_in_old_lane() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
    PERFORM let_heads_go(ARRAY[OLD.connector_id], ARRAY[OLD.lane], ARRAY[NULL::timestamptz]);
    RETURN NULL;
END $$;
CREATE TRIGGER delivery_leave_lane AFTER UPDATE ON delivery
    FOR EACH ROW WHEN (OLD.lane IS NOT NULL AND OLD.lane IS DISTINCT FROM NEW.lane)
    EXECUTE FUNCTION promote_in_old_lane();
