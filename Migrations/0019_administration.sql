-- Who changed what in the configuration, from which document to which; what accounts are told apart by.

CREATE TABLE configuration_change (
    id      bigint GENERATED ALWAYS AS IDENTITY PRIMARY KEY,
    at      timestamptz NOT NULL DEFAULT now(),
    author  text,                                  -- NULL: the program itself
    section text NOT NULL,
    key     text NOT NULL,
    before  json,                                  -- NULL: it was not there
    after   json,                                  -- NULL: it is no longer there
    CHECK (before IS NOT NULL OR after IS NOT NULL)
);
CREATE INDEX configuration_change_entry ON configuration_change (section, key, id);

CREATE FUNCTION refuse_change() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
    RAISE EXCEPTION '% is append-only', TG_TABLE_NAME;
END $$;
CREATE TRIGGER configuration_change_kept BEFORE UPDATE OR DELETE ON configuration_change
    FOR EACH ROW EXECUTE FUNCTION refuse_change();

-- Every process reads the configuration anew when another one wrote. PostgreSQL sends equal notifications of one
-- transaction once.
CREATE FUNCTION tell_configuration_change() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
    PERFORM pg_notify('plantwright_configuration',
        pg_current_xact_id()::text || ' ' || coalesce(current_setting('plantwright.process', true), ''));
    RETURN NULL;
END $$;
CREATE TRIGGER configuration_change_told AFTER INSERT ON configuration_change
    FOR EACH ROW EXECUTE FUNCTION tell_configuration_change();

-- A session is addressed without its secret, and told by its browser; accounts and tokens by their last use.
ALTER TABLE session ADD COLUMN id uuid NOT NULL DEFAULT gen_random_uuid() UNIQUE, ADD COLUMN user_agent text;
ALTER TABLE user_account ADD COLUMN last_seen_at timestamptz;
UPDATE user_account SET last_seen_at = (SELECT max(last_seen_at) FROM session WHERE user_id = user_account.id);
ALTER TABLE api_token ADD COLUMN last_used_at timestamptz, ADD COLUMN created_by text;
