-- Pictures at orders: an order whose mapping asks for one gets it by a delivery of its own, once the ERP has the order.

-- Whether a picture of the readings goes to the order that this makes.
ALTER TABLE delivery ADD COLUMN attach_chart boolean NOT NULL DEFAULT false;

-- In the transaction that notes the order's number: a server that ends before or after it loses nothing. The key is the
-- order's own under another prefix, so that there is one picture, however often its order was on its way.
CREATE FUNCTION add_picture_delivery() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
    INSERT INTO delivery (id, idempotency_key, mapping_id, mapping_revision, connector_id, operation, alarm_id, device_id,
        asset_id, reading_ts, reading_received_at, fields, state, created_at, next_attempt_at, target_id)
    VALUES (gen_random_uuid(), 'pc-' || substr(NEW.idempotency_key, 4), NEW.mapping_id, NEW.mapping_revision,
        NEW.connector_id, 'work-order.attach', NEW.alarm_id, NEW.device_id, NEW.asset_id, NEW.reading_ts,
        NEW.reading_received_at, '{}', 'waiting', NEW.finished_at, NEW.finished_at, NEW.id)
    ON CONFLICT (idempotency_key) DO NOTHING;
    PERFORM pg_notify('plantwright_outbox', '');
    RETURN NULL;
END $$;
CREATE TRIGGER delivery_add_picture AFTER UPDATE ON delivery
    FOR EACH ROW WHEN (NEW.attach_chart AND NEW.operation = 'work-order.create' AND NEW.alarm_id IS NOT NULL
        AND NEW.state = 'delivered' AND OLD.state <> 'delivered')
    EXECUTE FUNCTION add_picture_delivery();

-- Pictures let every order go first. The name comes after those of the triggers that give a delivery its place.
CREATE FUNCTION place_picture_delivery() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
    NEW.rank := 5;
    RETURN NEW;
END $$;
CREATE TRIGGER delivery_place_picture BEFORE INSERT OR UPDATE ON delivery
    FOR EACH ROW WHEN (NEW.operation = 'work-order.attach') EXECUTE FUNCTION place_picture_delivery();
