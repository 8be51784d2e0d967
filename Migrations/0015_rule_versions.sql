-- Every version of a rule, since alarms and evidence refer to the one that was in force.

CREATE TABLE rule_version (
    rule_id   integer NOT NULL REFERENCES rule,
    revision  integer NOT NULL,
    name      text NOT NULL,
    condition text NOT NULL,
    saved_at  timestamptz NOT NULL,
    PRIMARY KEY (rule_id, revision)
);

INSERT INTO rule_version (rule_id, revision, name, condition, saved_at)
SELECT id, revision, name, condition, updated_at FROM rule;

-- A trigger, so that no way of writing a rule can forget it.
CREATE FUNCTION keep_rule_version() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
    INSERT INTO rule_version (rule_id, revision, name, condition, saved_at)
    VALUES (NEW.id, NEW.revision, NEW.name, NEW.condition, NEW.updated_at)
    ON CONFLICT (rule_id, revision) DO NOTHING;
    RETURN NULL;
END $$;

CREATE TRIGGER rule_version_kept AFTER INSERT OR UPDATE ON rule
    FOR EACH ROW EXECUTE FUNCTION keep_rule_version();
