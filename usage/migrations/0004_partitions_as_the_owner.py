"""A process that owns no table makes partitions all the same: the function runs as its owner.

Expand: the function keeps its name and what it answers. What it looks up is named from the schema it
lies in, so that nobody's temporary table can stand in for one.
"""

from django.db import migrations

AS_OWNER = """
DO $$ BEGIN
    EXECUTE format(
        'ALTER FUNCTION usage_make_event_partition(date) SECURITY DEFINER SET search_path = %I, pg_temp',
        current_schema());
END $$;
REVOKE EXECUTE ON FUNCTION usage_make_event_partition(date) FROM PUBLIC;
"""
AS_CALLER = """
ALTER FUNCTION usage_make_event_partition(date) SECURITY INVOKER RESET search_path;
GRANT EXECUTE ON FUNCTION usage_make_event_partition(date) TO PUBLIC;
"""


class Migration(migrations.Migration):
    dependencies = [("usage", "0003_reference_changes")]

    operations = [migrations.RunSQL(AS_OWNER, AS_CALLER)]
