-- Deliveries to real ERP systems: approval, orders about orders, lanes, limits, and what the ERP says about its orders.

-- Limits of a connector; NULL means none.
ALTER TABLE connector
    ADD COLUMN per_minute integer CHECK (per_minute > 0),
    ADD COLUMN per_hour integer CHECK (per_hour > 0),
    ADD COLUMN concurrent integer CHECK (concurrent > 0),
    ADD COLUMN webhook_hash bytea;                 -- SHA-256 of the secret in the address
CREATE UNIQUE INDEX connector_webhook ON connector (webhook_hash) WHERE webhook_hash IS NOT NULL;

-- What changes while a connector works, shared by all server processes.
CREATE TABLE connector_state (
    connector_id    integer PRIMARY KEY REFERENCES connector,
    rests_until     timestamptz,                   -- the ERP asked for a rest (Retry-After)
    changes_next_at timestamptz,                   -- when its list of changed orders is read next
    changes_since   timestamptz,                   -- the newest change seen, by the ERP's clock
    changes_read_at timestamptz,
    changes_error   text
);

-- Calls begun, for limits per minute and hour.
CREATE TABLE connector_calls (
    connector_id integer NOT NULL REFERENCES connector,
    minute       timestamptz NOT NULL,
    calls        integer NOT NULL,
    PRIMARY KEY (connector_id, minute)
);

-- New states:
--   held       waits for a person's approval; blocks nothing
--   dismissed  final: a person has seen the dead delivery and wants nothing done
ALTER TABLE delivery
    ADD COLUMN target_id uuid REFERENCES delivery, -- the delivery that makes the order which this one is about
    ADD COLUMN target text,                        -- the ERP's identifier of that order, where no delivery of ours made it
    ADD COLUMN attached_to uuid REFERENCES delivery, -- as target_id, when it became a remark on an open order
    ADD COLUMN note text,                          -- what the ERP said beside “done”
    ADD COLUMN rank smallint NOT NULL DEFAULT 4,   -- 0 critical … 3 low, 4 without an alarm
    ADD COLUMN lane text,                          -- deliveries of one lane go one after the other
    ADD COLUMN is_next boolean NOT NULL DEFAULT true, -- whether nothing of its lane goes first
    DROP CONSTRAINT delivery_state_check,
    ADD CONSTRAINT delivery_state_check CHECK (state IN (
        'held', 'waiting', 'leased', 'uncertain', 'delivered', 'dead', 'superseded', 'dismissed')),
    DROP CONSTRAINT delivery_finished_whole,
    ADD CONSTRAINT delivery_finished_whole CHECK (
        (state IN ('delivered', 'dead', 'superseded', 'dismissed')) = (finished_at IS NOT NULL));

-- What people did with a delivery.
CREATE TABLE delivery_act (
    delivery_id uuid NOT NULL REFERENCES delivery ON DELETE CASCADE,
    at          timestamptz NOT NULL,
    act         text NOT NULL CHECK (act IN ('approved', 'rejected', 'edited', 'retried', 'dismissed')),
    by_name     text NOT NULL,
    note        text,
    PRIMARY KEY (delivery_id, at, act)
);

ALTER TABLE delivery_attempt
    ADD COLUMN exchanges json,                     -- [{request, status, response}]; the last stands in the old columns
    ADD COLUMN note text;

DROP INDEX delivery_due;
-- Only the heads of lanes: however many wait behind them, the next ones stand at the front.
CREATE INDEX delivery_due ON delivery (connector_id, rank, created_at, id)
    WHERE is_next AND state IN ('waiting', 'uncertain');
CREATE INDEX delivery_lane ON delivery (connector_id, lane, created_at, reading_ts, id)
    WHERE state IN ('waiting', 'leased', 'uncertain') AND lane IS NOT NULL;
CREATE INDEX delivery_target ON delivery (target_id) WHERE target_id IS NOT NULL;
CREATE INDEX delivery_attached ON delivery (attached_to) WHERE attached_to IS NOT NULL;
DROP INDEX delivery_pending;
CREATE INDEX delivery_pending ON delivery (created_at, id) WHERE state IN ('held', 'waiting', 'leased', 'uncertain');

-- Lane and rank of a new delivery. Fields are not looked into: json may hold what ->> refuses (an escaped NUL).
CREATE FUNCTION place_delivery() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
    NEW.rank := coalesce((SELECT CASE a.severity WHEN 'critical' THEN 0 WHEN 'high' THEN 1 WHEN 'medium' THEN 2 ELSE 3 END
        FROM alarm a WHERE a.id = NEW.alarm_id), 4);
    NEW.lane := CASE
        WHEN NEW.target_id IS NOT NULL THEN 'order/' || NEW.target_id
        WHEN NEW.target IS NOT NULL THEN 'order/' || NEW.target
        WHEN NEW.operation IN ('work-order.update', 'work-order.cancel', 'work-order.comment') THEN NULL
        WHEN NEW.item IS NOT NULL THEN 'item/' || NEW.item
        WHEN NEW.operation = 'meter.record' AND NEW.device_id IS NOT NULL THEN 'meter/' || NEW.device_id
        WHEN NEW.operation = 'work-order.create' AND NEW.asset_id IS NOT NULL THEN 'asset/' || NEW.asset_id
        END;
    IF NEW.state IN ('waiting', 'uncertain', 'leased') THEN
        NEW.is_next := delivery_may_go(NEW.id, NEW.connector_id, NEW.lane, NEW.target_id);
    END IF;
    RETURN NEW;
END $$;

-- Whether nothing under way goes before a delivery: another one of its lane, or the one that makes its order.
CREATE FUNCTION delivery_may_go(me uuid, connector integer, my_lane text, my_target uuid) RETURNS boolean
LANGUAGE plpgsql STABLE
    -- Whatever statistics say about a table that grows and empties: these are index look-ups.
    SET enable_seqscan = off SET enable_bitmapscan = off SET enable_sort = off
AS $$
BEGIN
    IF my_target IS NOT NULL AND EXISTS (SELECT FROM delivery t WHERE t.id = my_target
            AND t.state IN ('held', 'waiting', 'leased', 'uncertain')) THEN
        RETURN false;
    END IF;
    RETURN my_lane IS NULL OR NOT EXISTS (SELECT FROM delivery d WHERE d.connector_id = connector AND d.lane = my_lane
        AND d.state IN ('waiting', 'leased', 'uncertain') AND d.id <> me);
END $$;

CREATE TRIGGER delivery_place BEFORE INSERT ON delivery FOR EACH ROW EXECUTE FUNCTION place_delivery();
-- Approved, retried, or bound to its order: it finds its place anew.
CREATE TRIGGER delivery_place_again BEFORE UPDATE ON delivery
    FOR EACH ROW WHEN (OLD.state IN ('held', 'dead', 'dismissed') AND NEW.state IN ('waiting', 'uncertain')
        OR OLD.target_id IS DISTINCT FROM NEW.target_id OR OLD.target IS DISTINCT FROM NEW.target)
    EXECUTE FUNCTION place_delivery();

-- Lets a waiting delivery go, unless somebody else is at it: waiting here could end in a deadlock with ingest.
CREATE FUNCTION let_delivery_go(next uuid, since timestamptz) RETURNS void LANGUAGE plpgsql AS $$
BEGIN
    PERFORM FROM delivery WHERE id = next AND NOT is_next FOR NO KEY UPDATE SKIP LOCKED;
    IF FOUND THEN
        UPDATE delivery SET is_next = true, next_attempt_at = least(next_attempt_at, since) WHERE id = next;
    END IF;
END $$;

-- The end of one is the beginning of the next: of its lane, and of those about the order that it made. One that is
-- missed, because two transactions did not see each other, is found by the dispatcher's sweep.
CREATE FUNCTION promote_delivery() RETURNS trigger LANGUAGE plpgsql
    -- Whatever statistics say about a table that grows and empties: these are index look-ups.
    SET enable_seqscan = off SET enable_bitmapscan = off SET enable_sort = off
AS $$
BEGIN
    IF OLD.lane IS NOT NULL THEN
        PERFORM let_delivery_go(d.id, NULL) FROM (
            SELECT d.id FROM delivery d
            WHERE d.connector_id = OLD.connector_id AND d.lane = OLD.lane AND d.state IN ('waiting', 'leased', 'uncertain')
                AND d.id <> NEW.id
            ORDER BY d.created_at, d.reading_ts, d.id LIMIT 1) d;
    END IF;
    IF NEW.operation = 'work-order.create' AND NEW.finished_at IS NOT NULL THEN
        PERFORM let_delivery_go(d.id, NEW.finished_at) FROM (
            SELECT d.id FROM delivery d
            WHERE d.connector_id = NEW.connector_id AND d.lane = 'order/' || NEW.id
                AND d.state IN ('waiting', 'leased', 'uncertain')
            ORDER BY d.created_at, d.reading_ts, d.id LIMIT 1) d;
    END IF;
    RETURN NULL;
END $$;
CREATE TRIGGER delivery_promote AFTER UPDATE ON delivery
    FOR EACH ROW WHEN (OLD.state IN ('held', 'waiting', 'leased', 'uncertain')
        AND NEW.state IN ('delivered', 'dead', 'superseded', 'dismissed')
        OR OLD.lane IS DISTINCT FROM NEW.lane)
    EXECUTE FUNCTION promote_delivery();

-- What waits from before takes its place.
UPDATE delivery d SET
    rank = coalesce((SELECT CASE a.severity WHEN 'critical' THEN 0 WHEN 'high' THEN 1 WHEN 'medium' THEN 2 ELSE 3 END
        FROM alarm a WHERE a.id = d.alarm_id), 4),
    lane = CASE WHEN d.item IS NOT NULL THEN 'item/' || d.item
        WHEN d.operation = 'work-order.create' AND d.asset_id IS NOT NULL THEN 'asset/' || d.asset_id END
WHERE d.state IN ('waiting', 'leased', 'uncertain');
UPDATE delivery d SET is_next = false
WHERE d.state IN ('waiting', 'uncertain') AND d.lane IS NOT NULL AND EXISTS (
    SELECT FROM delivery o WHERE o.connector_id = d.connector_id AND o.lane = d.lane
        AND o.state IN ('waiting', 'leased', 'uncertain')
        AND (o.created_at, o.reading_ts, o.id) < (d.created_at, d.reading_ts, d.id));

DROP TRIGGER delivery_update_change ON delivery;
-- A lease is no news; every other change that lists show is.
CREATE TRIGGER delivery_update_change AFTER UPDATE ON delivery
    FOR EACH ROW WHEN (OLD.state IS DISTINCT FROM NEW.state AND NEW.state <> 'leased'
        OR OLD.reason IS DISTINCT FROM NEW.reason OR OLD.note IS DISTINCT FROM NEW.note
        OR OLD.fields::text IS DISTINCT FROM NEW.fields::text)
    EXECUTE FUNCTION note_change('delivery');

-- Orders that people made in the ERP have no delivery of ours.
ALTER TABLE work_order
    ALTER COLUMN delivery_id DROP NOT NULL,
    ADD COLUMN made_by text NOT NULL DEFAULT 'plantwright' CHECK (made_by IN ('plantwright', 'erp')),
    ADD COLUMN phase text NOT NULL DEFAULT 'open'
        CHECK (phase IN ('open', 'in-progress', 'done', 'cancelled', 'gone')),
    ADD COLUMN number text,
    ADD COLUMN assignee text,
    ADD COLUMN due_at timestamptz,
    ADD COLUMN started_at timestamptz,
    ADD COLUMN finished_at timestamptz,
    ADD COLUMN cost double precision,
    ADD COLUMN currency text,
    ADD COLUMN outcome text,
    ADD COLUMN failure_code text,
    ADD COLUMN equipment text,
    ADD COLUMN changed_at timestamptz,             -- the last change seen, by the ERP's clock
    ADD CONSTRAINT work_order_made_whole CHECK ((made_by = 'plantwright') = (delivery_id IS NOT NULL));
UPDATE work_order SET phase = CASE WHEN done_at IS NOT NULL THEN 'done' WHEN next_check_at IS NULL THEN 'gone' ELSE phase END;
CREATE INDEX work_order_alarm ON work_order (alarm_id) WHERE alarm_id IS NOT NULL;
CREATE INDEX work_order_asset ON work_order (asset_id, created_at);

DROP TRIGGER work_order_update_change ON work_order;
-- A check that finds nothing new is no news.
CREATE TRIGGER work_order_update_change AFTER UPDATE ON work_order
    FOR EACH ROW WHEN (ROW(OLD.status, OLD.done_at, OLD.title, OLD.phase, OLD.number, OLD.assignee, OLD.due_at,
            OLD.started_at, OLD.finished_at, OLD.cost, OLD.outcome, OLD.failure_code, OLD.asset_id)
        IS DISTINCT FROM ROW(NEW.status, NEW.done_at, NEW.title, NEW.phase, NEW.number, NEW.assignee, NEW.due_at,
            NEW.started_at, NEW.finished_at, NEW.cost, NEW.outcome, NEW.failure_code, NEW.asset_id))
    EXECUTE FUNCTION note_change('work-order');

-- What came of an alarm's order.
ALTER TABLE alarm
    ADD COLUMN outcome_order text,                 -- the order's number in the ERP
    ADD COLUMN outcome_phase text CHECK (outcome_phase IN ('done', 'cancelled', 'gone')),
    ADD COLUMN outcome_text text,
    ADD COLUMN outcome_failure_code text,
    ADD COLUMN outcome_at timestamptz,
    ADD CONSTRAINT alarm_outcome_whole CHECK ((outcome_phase IS NULL) = (outcome_order IS NULL));
