"""Every change of what ingest remembers leaves a row, and makes stale what it re-attributes.

Triggers, because the admin, raw SQL and the apps below usage change these tables without knowing of
usage. usage.reference_cache reads the rows.
"""

from django.db import migrations

TABLE = """
CREATE TABLE usage_referencechange (
    id bigint GENERATED ALWAYS AS IDENTITY PRIMARY KEY,
    txid xid8 NOT NULL DEFAULT pg_current_xact_id(),
    kind text NOT NULL CHECK (kind IN ('resource', 'account', 'catalogue', 'everything')),
    ref text NOT NULL,
    changed_at timestamptz NOT NULL DEFAULT now()
);
CREATE INDEX usage_referencechange_txid ON usage_referencechange (txid);
CREATE INDEX usage_referencechange_changed ON usage_referencechange (changed_at);
"""

# DO UPDATE and not DO NOTHING: it locks the mark, so a refresh that is about to take it away waits
# until this transaction's change can be seen.
FUNCTIONS = """
CREATE FUNCTION usage_mark_stale(account bigint, resource bigint, since timestamptz)
RETURNS void LANGUAGE sql AS $body$
    INSERT INTO usage_staleusage (account_id, resource_id, meter_id, day_from, day_until, marked_at)
    VALUES (account, resource, NULL, (since AT TIME ZONE 'UTC')::date - 1, NULL, now())
    ON CONFLICT (account_id, resource_id, meter_id, day_from, day_until)
    DO UPDATE SET marked_at = excluded.marked_at;
$body$;

CREATE FUNCTION usage_note_resource() RETURNS trigger LANGUAGE plpgsql AS $body$
BEGIN
    IF TG_OP = 'DELETE' OR OLD.platform_id <> NEW.platform_id
       OR OLD.provider_id IS DISTINCT FROM NEW.provider_id THEN
        INSERT INTO usage_referencechange (kind, ref) VALUES ('resource', OLD.platform_id);
    END IF;
    IF TG_OP = 'UPDATE' AND OLD.platform_id <> NEW.platform_id THEN
        INSERT INTO usage_referencechange (kind, ref) VALUES ('resource', NEW.platform_id);
    END IF;
    RETURN NULL;
END
$body$;

CREATE FUNCTION usage_note_ownership() RETURNS trigger LANGUAGE plpgsql AS $body$
DECLARE
    changed accounts_resourceownership;
    since timestamptz;
BEGIN
    changed := CASE WHEN TG_OP = 'DELETE' THEN OLD ELSE NEW END;
    INSERT INTO usage_referencechange (kind, ref)
    SELECT 'resource', platform_id FROM accounts_resource
    WHERE id = changed.resource_id OR (TG_OP = 'UPDATE' AND id = OLD.resource_id);
    -- The first owner of a resource re-attributes nothing: what came before is in quarantine.
    IF TG_OP = 'INSERT' AND NOT EXISTS (
        SELECT FROM accounts_resourceownership
        WHERE resource_id = NEW.resource_id AND id <> NEW.id
    ) THEN
        RETURN NULL;
    END IF;
    IF TG_OP = 'UPDATE' AND OLD.account_id = NEW.account_id AND OLD.resource_id = NEW.resource_id
       AND OLD.owned_from = NEW.owned_from THEN
        IF OLD.owned_until IS NOT DISTINCT FROM NEW.owned_until THEN
            RETURN NULL;
        END IF;
        since := least(OLD.owned_until, NEW.owned_until);
    ELSIF TG_OP = 'UPDATE' THEN
        since := least(OLD.owned_from, NEW.owned_from);
    ELSE
        since := changed.owned_from;
    END IF;
    PERFORM usage_mark_stale(changed.account_id, changed.resource_id, since);
    IF TG_OP = 'UPDATE' AND (OLD.account_id, OLD.resource_id) <> (NEW.account_id, NEW.resource_id)
    THEN
        PERFORM usage_mark_stale(OLD.account_id, OLD.resource_id, since);
    END IF;
    RETURN NULL;
END
$body$;

CREATE FUNCTION usage_note_profile() RETURNS trigger LANGUAGE plpgsql AS $body$
DECLARE
    changed accounts_billingprofile;
    since timestamptz;
BEGIN
    changed := CASE WHEN TG_OP = 'DELETE' THEN OLD ELSE NEW END;
    INSERT INTO usage_referencechange (kind, ref) VALUES ('account', changed.account_id::text);
    -- An account with one zone at all times has all its days where they were.
    IF NOT EXISTS (
        SELECT FROM accounts_billingprofile
        WHERE account_id = changed.account_id AND zone <> changed.zone
    ) AND (TG_OP <> 'UPDATE' OR OLD.zone = NEW.zone) AND (
        TG_OP <> 'INSERT' OR EXISTS (
            SELECT FROM accounts_billingprofile
            WHERE account_id = changed.account_id AND id <> changed.id)
    ) THEN
        RETURN NULL;
    END IF;
    since := CASE WHEN TG_OP = 'UPDATE' THEN least(OLD.valid_from, NEW.valid_from)
                  ELSE changed.valid_from END;
    IF EXISTS (SELECT FROM accounts_resourceownership WHERE account_id = changed.account_id) THEN
        PERFORM usage_mark_stale(changed.account_id, NULL, since);
    END IF;
    RETURN NULL;
END
$body$;

CREATE FUNCTION usage_note_catalogue() RETURNS trigger LANGUAGE plpgsql AS $body$
BEGIN
    INSERT INTO usage_referencechange (kind, ref) VALUES ('catalogue', TG_TABLE_NAME);
    RETURN NULL;
END
$body$;

CREATE FUNCTION usage_note_everything() RETURNS trigger LANGUAGE plpgsql AS $body$
BEGIN
    INSERT INTO usage_referencechange (kind, ref) VALUES ('everything', TG_TABLE_NAME);
    RETURN NULL;
END
$body$;
"""

_ROW = """
CREATE TRIGGER {name} AFTER INSERT OR UPDATE OR DELETE ON {table}
    FOR EACH ROW EXECUTE FUNCTION {name}();
"""
_STATEMENT = """
CREATE TRIGGER usage_note_catalogue AFTER INSERT OR UPDATE OR DELETE ON {table}
    FOR EACH STATEMENT EXECUTE FUNCTION usage_note_catalogue();
"""
_EMPTIED = """
CREATE TRIGGER usage_note_everything AFTER TRUNCATE ON {table}
    FOR EACH STATEMENT EXECUTE FUNCTION usage_note_everything();
ALTER TABLE {table} ENABLE ALWAYS TRIGGER usage_note_everything;
"""
_TRACKED = {
    "accounts_resourceownership": "usage_note_ownership",
    "accounts_billingprofile": "usage_note_profile",
}
_CATALOGUE = (
    "usage_source",
    "usage_meter",
    "usage_meterversion",
    "accounts_partner",
    "accounts_partner_reportable_accounts",
)
_REMEMBERED = (
    "accounts_resource",
    *_TRACKED,
    *_CATALOGUE,
    "usage_dimensionset",
    "usage_eventtype",
)

TRIGGERS = (
    """
CREATE TRIGGER usage_note_resource AFTER UPDATE OR DELETE ON accounts_resource
    FOR EACH ROW EXECUTE FUNCTION usage_note_resource();
"""
    + "".join(_ROW.format(name=name, table=table) for table, name in _TRACKED.items())
    + "".join(_STATEMENT.format(table=table) for table in _CATALOGUE)
    + "".join(_EMPTIED.format(table=table) for table in _REMEMBERED)
)

UNDO = (
    "DROP TRIGGER usage_note_resource ON accounts_resource;\n"
    + "".join(f"DROP TRIGGER {name} ON {table};\n" for table, name in _TRACKED.items())
    + "".join(f"DROP TRIGGER usage_note_catalogue ON {table};\n" for table in _CATALOGUE)
    + "".join(f"DROP TRIGGER usage_note_everything ON {table};\n" for table in _REMEMBERED)
    + """
DROP FUNCTION usage_note_everything();
DROP FUNCTION usage_note_catalogue();
DROP FUNCTION usage_note_profile();
DROP FUNCTION usage_note_ownership();
DROP FUNCTION usage_note_resource();
DROP FUNCTION usage_mark_stale(bigint, bigint, timestamptz);
"""
)

# A version is what past events were read by; only an open end may be closed, once, and a version
# that has not taken effect yet may be closed to nothing.
VERSIONS = """
CREATE FUNCTION usage_meterversion_is_immutable() RETURNS trigger LANGUAGE plpgsql AS $body$
BEGIN
    IF TG_OP = 'UPDATE' AND OLD.effective_until IS NULL
       AND (to_jsonb(OLD) - 'effective_until') = (to_jsonb(NEW) - 'effective_until') THEN
        RETURN NEW;
    END IF;
    RAISE EXCEPTION 'meter versions are immutable: % is refused', TG_OP
        USING ERRCODE = 'restrict_violation', CONSTRAINT = 'usage_meterversion_immutable';
END
$body$;
CREATE TRIGGER usage_meterversion_is_immutable BEFORE UPDATE OR DELETE ON usage_meterversion
    FOR EACH ROW EXECUTE FUNCTION usage_meterversion_is_immutable();
CREATE TRIGGER usage_meterversion_no_truncate BEFORE TRUNCATE ON usage_meterversion
    FOR EACH STATEMENT EXECUTE FUNCTION usage_meterversion_is_immutable();
"""
UNDO_VERSIONS = """
DROP TRIGGER usage_meterversion_no_truncate ON usage_meterversion;
DROP TRIGGER usage_meterversion_is_immutable ON usage_meterversion;
DROP FUNCTION usage_meterversion_is_immutable();
"""


class Migration(migrations.Migration):
    dependencies = [("usage", "0002_event_partitions"), ("accounts", "0001_initial")]

    operations = [
        migrations.RunSQL(TABLE, "DROP TABLE usage_referencechange;"),
        migrations.RunSQL(FUNCTIONS, migrations.RunSQL.noop),
        migrations.RunSQL(TRIGGERS, UNDO),
        migrations.RunSQL(VERSIONS, UNDO_VERSIONS),
    ]
