"""The event table by UTC day, with two indexes: time and key, and the events of a resource.

The first is filled nearly in order, because events arrive nearly in order; the second is kept narrow.
"""

from django.db import migrations

# Django made a plain table. Its triggers (pgtrigger's) are carried over to the partitioned one.
PARTITIONED = """
DO $body$
DECLARE
    statements text[];
    statement text;
BEGIN
    SELECT array_agg(pg_get_triggerdef(oid)) INTO statements
    FROM pg_trigger WHERE tgrelid = 'usage_event'::regclass AND NOT tgisinternal;

    ALTER TABLE usage_event RENAME TO usage_event_plain;
    CREATE TABLE usage_event (LIKE usage_event_plain INCLUDING DEFAULTS INCLUDING CONSTRAINTS)
        PARTITION BY RANGE (occurred_at);
    DROP TABLE usage_event_plain;
    ALTER TABLE usage_event
        ADD CONSTRAINT usage_event_pkey PRIMARY KEY (occurred_at, key);
    CREATE INDEX usage_event_resource ON usage_event (resource_id, occurred_at);
    CREATE TABLE usage_event_default PARTITION OF usage_event DEFAULT;

    FOREACH statement IN ARRAY statements LOOP
        EXECUTE statement;
    END LOOP;
    EXECUTE format(
        'CREATE TRIGGER no_truncate BEFORE TRUNCATE ON usage_event_default '
        'FOR EACH STATEMENT EXECUTE FUNCTION %s()',
        (SELECT tgfoid::regproc FROM pg_trigger
         WHERE tgrelid = 'usage_event'::regclass AND NOT tgisinternal AND tgtype & 32 = 32));
END
$body$;
"""
PLAIN = """
DO $body$
DECLARE
    statements text[];
    statement text;
BEGIN
    SELECT array_agg(pg_get_triggerdef(oid)) INTO statements
    FROM pg_trigger WHERE tgrelid = 'usage_event'::regclass AND NOT tgisinternal;
    ALTER TABLE usage_event RENAME TO usage_event_parted;
    CREATE TABLE usage_event (LIKE usage_event_parted INCLUDING DEFAULTS INCLUDING CONSTRAINTS);
    INSERT INTO usage_event SELECT * FROM usage_event_parted;
    DROP TABLE usage_event_parted;
    ALTER TABLE usage_event ADD CONSTRAINT usage_event_pkey PRIMARY KEY (key);
    FOREACH statement IN ARRAY statements LOOP
        EXECUTE statement;
    END LOOP;
END
$body$;
"""

# Attaching locks far less than CREATE … PARTITION OF. Events of the day that went to the default
# partition in the meantime are moved by exchanging that partition as a whole.
MAKE_PARTITION = """
CREATE FUNCTION usage_make_event_partition(wanted date) RETURNS boolean LANGUAGE plpgsql
-- Whoever reads or writes the default partition waits behind us while we wait for its readers.
SET lock_timeout = '200ms' AS $body$
DECLARE
    partition text := 'usage_event_' || to_char(wanted, 'YYYYMMDD');
    starts timestamptz := wanted::timestamp AT TIME ZONE 'UTC';
    ends timestamptz := (wanted + 1)::timestamp AT TIME ZONE 'UTC';
    has_strays boolean;
BEGIN
    -- Excludes other makers but no writer; and unlike an advisory lock it makes this session see
    -- a table that another one has just created.
    LOCK TABLE usage_event IN SHARE UPDATE EXCLUSIVE MODE;
    IF to_regclass(partition) IS NOT NULL THEN
        RETURN false;
    END IF;
    EXECUTE format('CREATE TABLE %I (LIKE usage_event INCLUDING ALL)', partition);
    EXECUTE format(
        'CREATE TRIGGER no_truncate BEFORE TRUNCATE ON %I FOR EACH STATEMENT EXECUTE FUNCTION %s()',
        partition,
        (SELECT tgfoid::regproc FROM pg_trigger
         WHERE tgrelid = 'usage_event'::regclass AND NOT tgisinternal AND tgtype & 32 = 32));
    LOCK TABLE usage_event_default IN ACCESS EXCLUSIVE MODE;
    SELECT EXISTS (SELECT FROM usage_event_default WHERE occurred_at >= starts AND occurred_at < ends)
        INTO has_strays;
    IF has_strays THEN
        ALTER TABLE usage_event DETACH PARTITION usage_event_default;
        ALTER TABLE usage_event_default RENAME TO usage_event_strays;
        CREATE TABLE usage_event_default PARTITION OF usage_event DEFAULT;
        EXECUTE format(
            'CREATE TRIGGER no_truncate BEFORE TRUNCATE ON usage_event_default '
            'FOR EACH STATEMENT EXECUTE FUNCTION %s()',
            (SELECT tgfoid::regproc FROM pg_trigger
             WHERE tgrelid = 'usage_event'::regclass AND NOT tgisinternal AND tgtype & 32 = 32));
    END IF;
    EXECUTE format('ALTER TABLE usage_event ATTACH PARTITION %I FOR VALUES FROM (%L) TO (%L)',
                   partition, starts, ends);
    IF has_strays THEN
        INSERT INTO usage_event SELECT * FROM usage_event_strays;
        DROP TABLE usage_event_strays;
    END IF;
    RETURN true;
END
$body$;
"""

ROLLUP_STORAGE = """
ALTER TABLE usage_usageday SET (fillfactor = 70);
"""


class Migration(migrations.Migration):
    dependencies = [("usage", "0001_initial")]

    operations = [
        migrations.RunSQL(PARTITIONED, PLAIN),
        migrations.RunSQL(MAKE_PARTITION, "DROP FUNCTION usage_make_event_partition(date);"),
        migrations.RunSQL(ROLLUP_STORAGE, "ALTER TABLE usage_usageday RESET (fillfactor);"),
    ]
