"""What happened before there was a feed gets its place in it too."""

from django.db import migrations


class Migration(migrations.Migration):
    dependencies = [("eventing", "0002_places_in_the_feed")]

    operations = [
        migrations.RunSQL(
            """
            INSERT INTO eventing_untoldevent (event_id)
            SELECT id FROM eventing_outboxevent ORDER BY id
            """,
            migrations.RunSQL.noop,
        )
    ]
