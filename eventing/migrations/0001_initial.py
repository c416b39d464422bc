import pgtrigger.compiler
import pgtrigger.migrations
from django.db import migrations, models

import core.db.fields
import core.db.immutability


class Migration(migrations.Migration):
    initial = True

    dependencies = []

    operations = [
        migrations.CreateModel(
            name="OutboxEvent",
            fields=[
                (
                    "id",
                    models.BigAutoField(
                        auto_created=True, primary_key=True, serialize=False, verbose_name="ID"
                    ),
                ),
                ("public_id", core.db.fields.PublicIdField(prefix="evt")),
                (
                    "type",
                    models.CharField(
                        help_text="Past tense, such as invoice.issued.", max_length=100
                    ),
                ),
                (
                    "subject",
                    models.CharField(help_text="Public id of what it happened to.", max_length=64),
                ),
                ("sequence", models.PositiveBigIntegerField()),
                ("payload", models.JSONField()),
                ("created_at", models.DateTimeField()),
            ],
            options={
                "abstract": False,
                "constraints": [
                    models.UniqueConstraint(
                        fields=("subject", "sequence"), name="outbox_event_once_in_sequence"
                    ),
                    models.CheckConstraint(
                        condition=models.Q(("sequence__gte", 1)),
                        name="outbox_event_sequence_from_one",
                    ),
                ],
            },
        ),
        pgtrigger.migrations.AddTrigger(
            model_name="outboxevent",
            trigger=pgtrigger.compiler.Trigger(
                name="append_only",
                sql=core.db.immutability.UnconditionalTriggerSql(
                    func="RAISE EXCEPTION '% is append-only: % is refused', TG_TABLE_NAME, TG_OP USING ERRCODE = 'restrict_violation', CONSTRAINT = 'append_only';",
                    hash="172ba601150b51e3def82e251985cc2764f045c4",
                    operation="UPDATE OR DELETE",
                    pgid="pgtrigger_append_only_903a2",
                    table="eventing_outboxevent",
                    when="BEFORE",
                ),
            ),
        ),
        pgtrigger.migrations.AddTrigger(
            model_name="outboxevent",
            trigger=pgtrigger.compiler.Trigger(
                name="no_truncate",
                sql=core.db.immutability.UnconditionalTriggerSql(
                    func="RAISE EXCEPTION '% is append-only: % is refused', TG_TABLE_NAME, TG_OP USING ERRCODE = 'restrict_violation', CONSTRAINT = 'append_only';",
                    hash="24b6640610738ed282783e2b67c0d4558b1c4998",
                    level="STATEMENT",
                    operation="TRUNCATE",
                    pgid="pgtrigger_no_truncate_2855e",
                    table="eventing_outboxevent",
                    when="BEFORE",
                ),
            ),
        ),
    ]
