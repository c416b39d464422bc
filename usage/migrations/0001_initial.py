import datetime

import django.contrib.postgres.constraints
import django.contrib.postgres.fields
import django.db.models.constraints
import django.db.models.deletion
import django.db.models.expressions
import pgtrigger.compiler
import pgtrigger.migrations
import simple_history.models
from django.db import migrations, models

import core.db.fields
import core.db.immutability
import core.db.models
import usage.models.columns


class Migration(migrations.Migration):
    initial = True

    dependencies = [
        ("accounts", "0002_partner_credentials"),
    ]

    operations = [
        migrations.CreateModel(
            name="DimensionSet",
            fields=[
                (
                    "id",
                    models.BigAutoField(
                        auto_created=True, primary_key=True, serialize=False, verbose_name="ID"
                    ),
                ),
                ("text", models.TextField(unique=True)),
                ("pricing", usage.models.columns.ExactJSONField()),
                ("presentation", usage.models.columns.ExactJSONField()),
            ],
        ),
        migrations.CreateModel(
            name="Source",
            fields=[
                (
                    "id",
                    models.BigAutoField(
                        auto_created=True, primary_key=True, serialize=False, verbose_name="ID"
                    ),
                ),
                ("public_id", core.db.fields.PublicIdField(prefix="src")),
                ("name", models.CharField(max_length=255, unique=True)),
                ("max_late", models.DurationField(default=datetime.timedelta(days=62))),
                ("max_early", models.DurationField(default=datetime.timedelta(seconds=300))),
                (
                    "partner",
                    models.ForeignKey(
                        blank=True,
                        null=True,
                        on_delete=django.db.models.deletion.PROTECT,
                        related_name="+",
                        to="accounts.partner",
                    ),
                ),
            ],
            options={
                "constraints": [
                    models.CheckConstraint(
                        condition=models.Q(
                            ("max_late__gt", datetime.timedelta(0)),
                            ("max_early__gte", datetime.timedelta(0)),
                        ),
                        name="usage_source_window_is_real",
                    )
                ],
            },
        ),
        migrations.CreateModel(
            name="Backfill",
            fields=[
                (
                    "id",
                    models.BigAutoField(
                        auto_created=True, primary_key=True, serialize=False, verbose_name="ID"
                    ),
                ),
                ("public_id", core.db.fields.PublicIdField(prefix="bkf")),
                ("occurred_from", models.DateTimeField()),
                ("occurred_until", models.DateTimeField()),
                ("replaces", models.BooleanField(default=False)),
                ("opened_at", models.DateTimeField()),
                ("opened_by", models.CharField(max_length=200)),
                ("reason", models.TextField()),
                ("closed_at", models.DateTimeField(blank=True, null=True)),
                ("closed_by", models.CharField(blank=True, default="", max_length=200)),
                ("reverted_at", models.DateTimeField(blank=True, null=True)),
                ("reverted_by", models.CharField(blank=True, default="", max_length=200)),
                (
                    "resource",
                    models.ForeignKey(
                        blank=True,
                        null=True,
                        on_delete=django.db.models.deletion.PROTECT,
                        related_name="+",
                        to="accounts.resource",
                    ),
                ),
                (
                    "source",
                    models.ForeignKey(
                        on_delete=django.db.models.deletion.PROTECT,
                        related_name="+",
                        to="usage.source",
                    ),
                ),
            ],
            options={
                "constraints": [
                    models.CheckConstraint(
                        condition=models.Q(("occurred_until__gt", models.F("occurred_from"))),
                        name="usage_backfill_period",
                    )
                ],
            },
        ),
        migrations.CreateModel(
            name="Receipt",
            fields=[
                (
                    "id",
                    models.BigAutoField(
                        auto_created=True, primary_key=True, serialize=False, verbose_name="ID"
                    ),
                ),
                ("request_id", models.CharField(max_length=100)),
                ("actor_name", models.CharField(max_length=200)),
                ("received_at", models.DateTimeField()),
                ("sent_count", models.PositiveIntegerField()),
                ("accepted_count", models.PositiveIntegerField()),
                ("duplicate_count", models.PositiveIntegerField()),
                ("conflict_count", models.PositiveIntegerField()),
                ("quarantined_count", models.PositiveIntegerField()),
                ("rejected_count", models.PositiveIntegerField()),
                ("source_hours", models.JSONField(db_default={}, default=dict)),
                (
                    "backfill",
                    models.ForeignKey(
                        blank=True,
                        null=True,
                        on_delete=django.db.models.deletion.PROTECT,
                        related_name="receipts",
                        to="usage.backfill",
                    ),
                ),
                (
                    "partner",
                    models.ForeignKey(
                        blank=True,
                        db_constraint=False,
                        null=True,
                        on_delete=django.db.models.deletion.PROTECT,
                        related_name="+",
                        to="accounts.partner",
                    ),
                ),
            ],
            options={
                "abstract": False,
                "indexes": [models.Index(fields=["received_at"], name="usage_receipt_received")],
                "constraints": [
                    models.CheckConstraint(
                        condition=models.Q(
                            (
                                "sent_count",
                                django.db.models.expressions.CombinedExpression(
                                    django.db.models.expressions.CombinedExpression(
                                        django.db.models.expressions.CombinedExpression(
                                            django.db.models.expressions.CombinedExpression(
                                                models.F("accepted_count"),
                                                "+",
                                                models.F("duplicate_count"),
                                            ),
                                            "+",
                                            models.F("conflict_count"),
                                        ),
                                        "+",
                                        models.F("quarantined_count"),
                                    ),
                                    "+",
                                    models.F("rejected_count"),
                                ),
                            )
                        ),
                        name="usage_receipt_counts_add_up",
                    )
                ],
            },
        ),
        pgtrigger.migrations.AddTrigger(
            model_name="receipt",
            trigger=pgtrigger.compiler.Trigger(
                name="append_only",
                sql=core.db.immutability.UnconditionalTriggerSql(
                    func="RAISE EXCEPTION '% is append-only: % is refused', TG_TABLE_NAME, TG_OP USING ERRCODE = 'restrict_violation', CONSTRAINT = 'append_only';",
                    hash="7a07561d86403512b9dfaa4f70ae6cb0da2a77c8",
                    operation="UPDATE OR DELETE",
                    pgid="pgtrigger_append_only_6e84b",
                    table="usage_receipt",
                    when="BEFORE",
                ),
            ),
        ),
        pgtrigger.migrations.AddTrigger(
            model_name="receipt",
            trigger=pgtrigger.compiler.Trigger(
                name="no_truncate",
                sql=core.db.immutability.UnconditionalTriggerSql(
                    func="RAISE EXCEPTION '% is append-only: % is refused', TG_TABLE_NAME, TG_OP USING ERRCODE = 'restrict_violation', CONSTRAINT = 'append_only';",
                    hash="c9f7bc514780f2717d9a92d9b74403aeffe92d7b",
                    level="STATEMENT",
                    operation="TRUNCATE",
                    pgid="pgtrigger_no_truncate_e48e2",
                    table="usage_receipt",
                    when="BEFORE",
                ),
            ),
        ),
        migrations.CreateModel(
            name="EventConflict",
            fields=[
                (
                    "id",
                    models.BigAutoField(
                        auto_created=True, primary_key=True, serialize=False, verbose_name="ID"
                    ),
                ),
                ("key", models.UUIDField()),
                ("event_id", models.CharField(max_length=255)),
                ("kept_fingerprint", models.UUIDField()),
                ("fingerprint", models.UUIDField()),
                ("content", usage.models.columns.ExactJSONField()),
                ("occurred_at", models.DateTimeField()),
                ("received_at", models.DateTimeField()),
                (
                    "receipt",
                    models.ForeignKey(
                        db_constraint=False,
                        on_delete=django.db.models.deletion.DO_NOTHING,
                        related_name="+",
                        to="usage.receipt",
                    ),
                ),
                (
                    "source",
                    models.ForeignKey(
                        on_delete=django.db.models.deletion.PROTECT,
                        related_name="+",
                        to="usage.source",
                    ),
                ),
            ],
            options={
                "abstract": False,
                "indexes": [
                    models.Index(fields=["-received_at", "-id"], name="usage_conflict_received")
                ],
                "constraints": [
                    models.UniqueConstraint(
                        fields=("key", "fingerprint"), name="usage_eventconflict_once"
                    ),
                    models.CheckConstraint(
                        condition=models.Q(
                            ("kept_fingerprint", models.F("fingerprint")), _negated=True
                        ),
                        name="usage_eventconflict_differs",
                    ),
                ],
            },
        ),
        pgtrigger.migrations.AddTrigger(
            model_name="eventconflict",
            trigger=pgtrigger.compiler.Trigger(
                name="append_only",
                sql=core.db.immutability.UnconditionalTriggerSql(
                    func="RAISE EXCEPTION '% is append-only: % is refused', TG_TABLE_NAME, TG_OP USING ERRCODE = 'restrict_violation', CONSTRAINT = 'append_only';",
                    hash="129543bbd98f2c7048d5cc6ea2d568ea16c06cf7",
                    operation="UPDATE OR DELETE",
                    pgid="pgtrigger_append_only_61eec",
                    table="usage_eventconflict",
                    when="BEFORE",
                ),
            ),
        ),
        pgtrigger.migrations.AddTrigger(
            model_name="eventconflict",
            trigger=pgtrigger.compiler.Trigger(
                name="no_truncate",
                sql=core.db.immutability.UnconditionalTriggerSql(
                    func="RAISE EXCEPTION '% is append-only: % is refused', TG_TABLE_NAME, TG_OP USING ERRCODE = 'restrict_violation', CONSTRAINT = 'append_only';",
                    hash="701f8e47407b96e3d5d83f8b0facb0206bc09954",
                    level="STATEMENT",
                    operation="TRUNCATE",
                    pgid="pgtrigger_no_truncate_d631d",
                    table="usage_eventconflict",
                    when="BEFORE",
                ),
            ),
        ),
        migrations.CreateModel(
            name="EventContext",
            fields=[
                ("key", models.UUIDField(primary_key=True, serialize=False)),
                ("attributes", usage.models.columns.ExactJSONField()),
            ],
            options={
                "abstract": False,
            },
        ),
        pgtrigger.migrations.AddTrigger(
            model_name="eventcontext",
            trigger=pgtrigger.compiler.Trigger(
                name="append_only",
                sql=core.db.immutability.UnconditionalTriggerSql(
                    func="RAISE EXCEPTION '% is append-only: % is refused', TG_TABLE_NAME, TG_OP USING ERRCODE = 'restrict_violation', CONSTRAINT = 'append_only';",
                    hash="8a0ac74d556999bd673db64183ad14841c422051",
                    operation="UPDATE OR DELETE",
                    pgid="pgtrigger_append_only_df95f",
                    table="usage_eventcontext",
                    when="BEFORE",
                ),
            ),
        ),
        pgtrigger.migrations.AddTrigger(
            model_name="eventcontext",
            trigger=pgtrigger.compiler.Trigger(
                name="no_truncate",
                sql=core.db.immutability.UnconditionalTriggerSql(
                    func="RAISE EXCEPTION '% is append-only: % is refused', TG_TABLE_NAME, TG_OP USING ERRCODE = 'restrict_violation', CONSTRAINT = 'append_only';",
                    hash="4361b1350870a5fda53d79695750ce4876bd9bd6",
                    level="STATEMENT",
                    operation="TRUNCATE",
                    pgid="pgtrigger_no_truncate_e31e8",
                    table="usage_eventcontext",
                    when="BEFORE",
                ),
            ),
        ),
        migrations.CreateModel(
            name="EventKey",
            fields=[
                ("key", models.UUIDField(primary_key=True, serialize=False)),
                ("fingerprint", models.UUIDField()),
                ("occurred_at", models.DateTimeField()),
                (
                    "receipt",
                    models.ForeignKey(
                        db_constraint=False,
                        db_index=False,
                        on_delete=django.db.models.deletion.DO_NOTHING,
                        related_name="+",
                        to="usage.receipt",
                    ),
                ),
            ],
            options={
                "abstract": False,
            },
        ),
        pgtrigger.migrations.AddTrigger(
            model_name="eventkey",
            trigger=pgtrigger.compiler.Trigger(
                name="append_only",
                sql=core.db.immutability.UnconditionalTriggerSql(
                    func="RAISE EXCEPTION '% is append-only: % is refused', TG_TABLE_NAME, TG_OP USING ERRCODE = 'restrict_violation', CONSTRAINT = 'append_only';",
                    hash="7b563b40342ca8553d0c7d092d4beae95d2213ed",
                    operation="UPDATE OR DELETE",
                    pgid="pgtrigger_append_only_7ae9d",
                    table="usage_eventkey",
                    when="BEFORE",
                ),
            ),
        ),
        pgtrigger.migrations.AddTrigger(
            model_name="eventkey",
            trigger=pgtrigger.compiler.Trigger(
                name="no_truncate",
                sql=core.db.immutability.UnconditionalTriggerSql(
                    func="RAISE EXCEPTION '% is append-only: % is refused', TG_TABLE_NAME, TG_OP USING ERRCODE = 'restrict_violation', CONSTRAINT = 'append_only';",
                    hash="252aa5d623d5de96078e4dca4583639862d9c0f2",
                    level="STATEMENT",
                    operation="TRUNCATE",
                    pgid="pgtrigger_no_truncate_a5fa3",
                    table="usage_eventkey",
                    when="BEFORE",
                ),
            ),
        ),
        migrations.CreateModel(
            name="EventType",
            fields=[
                (
                    "id",
                    models.BigAutoField(
                        auto_created=True, primary_key=True, serialize=False, verbose_name="ID"
                    ),
                ),
                ("name", models.CharField(max_length=255, unique=True)),
            ],
        ),
        migrations.CreateModel(
            name="Meter",
            fields=[
                (
                    "id",
                    models.BigAutoField(
                        auto_created=True, primary_key=True, serialize=False, verbose_name="ID"
                    ),
                ),
                ("public_id", core.db.fields.PublicIdField(prefix="mtr")),
                ("code", models.SlugField(max_length=64, unique=True)),
                ("name", models.CharField(max_length=200)),
                ("unit", models.CharField(max_length=40)),
                (
                    "aggregation",
                    models.CharField(
                        choices=[
                            ("count", "count"),
                            ("sum", "sum"),
                            ("min", "min"),
                            ("max", "max"),
                            ("mean", "mean"),
                            ("unique", "unique"),
                            ("latest", "latest"),
                            ("time_weighted_sum", "time weighted sum"),
                            ("percentile", "percentile"),
                            ("bucketed_max", "bucketed max"),
                            ("duration", "duration"),
                        ],
                        max_length=20,
                    ),
                ),
                (
                    "carries_over",
                    models.BooleanField(
                        default=False, help_text="The total continues into the next period."
                    ),
                ),
                (
                    "retired_at",
                    models.DateTimeField(
                        blank=True, help_text="Events from this instant on are held.", null=True
                    ),
                ),
            ],
            options={
                "constraints": [
                    models.CheckConstraint(
                        condition=models.Q(
                            (
                                "aggregation__in",
                                [
                                    "count",
                                    "sum",
                                    "min",
                                    "max",
                                    "mean",
                                    "unique",
                                    "latest",
                                    "time_weighted_sum",
                                    "percentile",
                                    "bucketed_max",
                                    "duration",
                                ],
                            )
                        ),
                        name="usage_meter_aggregation",
                    )
                ],
            },
        ),
        migrations.CreateModel(
            name="Interval",
            fields=[
                (
                    "id",
                    models.BigAutoField(
                        auto_created=True, primary_key=True, serialize=False, verbose_name="ID"
                    ),
                ),
                ("state_key", models.TextField()),
                ("quantity", usage.models.columns.ExactField()),
                ("started_at", models.DateTimeField()),
                ("ended_at", models.DateTimeField(blank=True, null=True)),
                ("opened_by", models.UUIDField()),
                ("closed_by", models.UUIDField(blank=True, null=True)),
                (
                    "dimension_set",
                    models.ForeignKey(
                        db_index=False,
                        on_delete=django.db.models.deletion.PROTECT,
                        related_name="+",
                        to="usage.dimensionset",
                    ),
                ),
                (
                    "resource",
                    models.ForeignKey(
                        db_index=False,
                        on_delete=django.db.models.deletion.PROTECT,
                        related_name="+",
                        to="accounts.resource",
                    ),
                ),
                (
                    "meter",
                    models.ForeignKey(
                        db_index=False,
                        on_delete=django.db.models.deletion.PROTECT,
                        related_name="+",
                        to="usage.meter",
                    ),
                ),
            ],
            options={
                "indexes": [
                    models.Index(
                        fields=["resource", "meter", "started_at"], name="usage_interval_resource"
                    )
                ],
                "constraints": [
                    models.CheckConstraint(
                        condition=models.Q(
                            ("ended_at__isnull", True),
                            ("ended_at__gt", models.F("started_at")),
                            _connector="OR",
                        ),
                        name="usage_interval_period",
                    ),
                    models.CheckConstraint(
                        condition=models.Q(("quantity__gt", 0)), name="usage_interval_quantity"
                    ),
                    django.contrib.postgres.constraints.ExclusionConstraint(
                        deferrable=django.db.models.constraints.Deferrable["DEFERRED"],
                        expressions=[
                            ("resource", "="),
                            ("meter", "="),
                            ("state_key", "="),
                            (core.db.models.TsTzRange("started_at", "ended_at"), "&&"),
                        ],
                        name="usage_interval_no_overlap",
                    ),
                ],
            },
        ),
        migrations.CreateModel(
            name="MeterVersion",
            fields=[
                (
                    "id",
                    models.BigAutoField(
                        auto_created=True, primary_key=True, serialize=False, verbose_name="ID"
                    ),
                ),
                ("number", models.PositiveIntegerField()),
                ("event_type", models.CharField(max_length=255)),
                ("value_property", models.CharField(blank=True, default="quantity", max_length=64)),
                ("value_expression", models.TextField(blank=True, default="")),
                ("filter_expression", models.TextField(blank=True, default="")),
                (
                    "dimensions",
                    django.contrib.postgres.fields.ArrayField(
                        base_field=models.CharField(max_length=64),
                        blank=True,
                        default=list,
                        size=None,
                    ),
                ),
                (
                    "presentation",
                    django.contrib.postgres.fields.ArrayField(
                        base_field=models.CharField(max_length=64),
                        blank=True,
                        default=list,
                        size=None,
                    ),
                ),
                (
                    "state_key",
                    django.contrib.postgres.fields.ArrayField(
                        base_field=models.CharField(max_length=64),
                        blank=True,
                        default=list,
                        size=None,
                    ),
                ),
                ("member_property", models.CharField(blank=True, default="", max_length=64)),
                ("operation_property", models.CharField(blank=True, default="", max_length=64)),
                ("group_property", models.CharField(blank=True, default="", max_length=64)),
                (
                    "bucket",
                    models.CharField(
                        blank=True,
                        choices=[("hour", "hour"), ("day", "day")],
                        default="",
                        max_length=4,
                    ),
                ),
                ("percentile", models.PositiveSmallIntegerField(blank=True, null=True)),
                ("sample_seconds", models.PositiveIntegerField(blank=True, null=True)),
                ("scale", models.PositiveSmallIntegerField(default=10)),
                ("signed", models.BooleanField(default=False)),
                ("max_value", usage.models.columns.ExactField(blank=True, null=True)),
                ("effective_from", models.DateTimeField()),
                ("effective_until", models.DateTimeField(blank=True, null=True)),
                ("created_at", models.DateTimeField()),
                ("created_by", models.CharField(max_length=200)),
                ("reason", models.TextField()),
                (
                    "meter",
                    models.ForeignKey(
                        on_delete=django.db.models.deletion.PROTECT,
                        related_name="versions",
                        to="usage.meter",
                    ),
                ),
            ],
            options={
                "constraints": [
                    models.UniqueConstraint(
                        fields=("meter", "number"), name="usage_meterversion_number"
                    ),
                    models.CheckConstraint(
                        condition=models.Q(
                            ("effective_until__isnull", True),
                            ("effective_until__gte", models.F("effective_from")),
                            _connector="OR",
                        ),
                        name="usage_meterversion_period",
                    ),
                    models.CheckConstraint(
                        condition=models.Q(("scale__lte", 18)), name="usage_meterversion_scale"
                    ),
                    models.CheckConstraint(
                        condition=models.Q(
                            ("percentile__isnull", True),
                            models.Q(("percentile__gte", 1), ("percentile__lte", 100)),
                            _connector="OR",
                        ),
                        name="usage_meterversion_percentile",
                    ),
                    django.contrib.postgres.constraints.ExclusionConstraint(
                        expressions=[
                            ("meter", "="),
                            (core.db.models.TsTzRange("effective_from", "effective_until"), "&&"),
                        ],
                        name="usage_meterversion_no_overlap",
                    ),
                ],
            },
        ),
        migrations.CreateModel(
            name="QuarantinedEvent",
            fields=[
                (
                    "id",
                    models.BigAutoField(
                        auto_created=True, primary_key=True, serialize=False, verbose_name="ID"
                    ),
                ),
                ("key", models.UUIDField(unique=True)),
                ("event_id", models.CharField(max_length=255)),
                ("type", models.CharField(max_length=255)),
                ("subject", models.CharField(max_length=255)),
                ("occurred_at", models.DateTimeField()),
                ("quantity", usage.models.columns.ExactField(null=True)),
                ("data", usage.models.columns.ExactJSONField(null=True)),
                (
                    "reason",
                    models.CharField(
                        choices=[
                            ("unknown_type", "no meter reads this type of event"),
                            ("retired_meter", "the meters of this type had ended by then"),
                            ("before_meter", "no meter of this type existed yet"),
                            ("unknown_subject", "no resource has this platform id"),
                            ("unowned", "nobody owned the resource at that instant"),
                            ("no_subscription", "the owner had no subscription at that instant"),
                            ("after_termination", "the owner's subscription had ended by then"),
                            ("too_late", "older than the source may report"),
                            ("missing_property", "a property the meter needs is absent"),
                            ("unreadable_property", "a property the meter needs cannot be read"),
                            (
                                "absurd_quantity",
                                "the value is beyond what the meter holds possible",
                            ),
                            ("no_price", "no price covers these dimensions"),
                            ("not_judged", "judging it failed unexpectedly"),
                        ],
                        max_length=20,
                    ),
                ),
                ("detail", models.TextField()),
                ("position", models.SmallIntegerField(db_default=0)),
                ("sequence", models.CharField(blank=True, db_default="", max_length=201)),
                ("received_at", models.DateTimeField()),
                (
                    "tried_at",
                    models.DateTimeField(
                        blank=True, help_text="When it was last tried again, in vain.", null=True
                    ),
                ),
                (
                    "state",
                    models.CharField(
                        choices=[
                            ("held", "held"),
                            ("released", "released"),
                            ("dropped", "dropped"),
                        ],
                        default="held",
                        max_length=8,
                    ),
                ),
                ("decided_at", models.DateTimeField(blank=True, null=True)),
                ("decided_by", models.CharField(blank=True, default="", max_length=200)),
                ("decided_reason", models.TextField(blank=True, default="")),
                (
                    "receipt",
                    models.ForeignKey(
                        db_constraint=False,
                        on_delete=django.db.models.deletion.DO_NOTHING,
                        related_name="+",
                        to="usage.receipt",
                    ),
                ),
                (
                    "source",
                    models.ForeignKey(
                        on_delete=django.db.models.deletion.PROTECT,
                        related_name="+",
                        to="usage.source",
                    ),
                ),
            ],
            options={
                "indexes": [
                    models.Index(
                        condition=models.Q(("state", "held")),
                        fields=["reason", "received_at", "id"],
                        name="usage_quarantine_held",
                    ),
                    models.Index(
                        fields=["subject", "occurred_at"], name="usage_quarantine_subject"
                    ),
                ],
                "constraints": [
                    models.CheckConstraint(
                        condition=models.Q(
                            models.Q(("decided_at__isnull", True), ("state", "held")),
                            models.Q(
                                ("decided_at__isnull", False),
                                ("state__in", ["released", "dropped"]),
                                models.Q(("decided_by", ""), _negated=True),
                                models.Q(("decided_reason", ""), _negated=True),
                            ),
                            _connector="OR",
                        ),
                        name="usage_quarantine_decided",
                    )
                ],
            },
        ),
        migrations.CreateModel(
            name="StaleUsage",
            fields=[
                (
                    "id",
                    models.BigAutoField(
                        auto_created=True, primary_key=True, serialize=False, verbose_name="ID"
                    ),
                ),
                ("day_from", models.DateField()),
                ("day_until", models.DateField(null=True)),
                ("marked_at", models.DateTimeField()),
                ("tried_at", models.DateTimeField(null=True)),
                ("problem", models.TextField(db_default="")),
                (
                    "account",
                    models.ForeignKey(
                        on_delete=django.db.models.deletion.CASCADE,
                        related_name="+",
                        to="accounts.account",
                    ),
                ),
                (
                    "meter",
                    models.ForeignKey(
                        db_index=False,
                        null=True,
                        on_delete=django.db.models.deletion.CASCADE,
                        related_name="+",
                        to="usage.meter",
                    ),
                ),
                (
                    "resource",
                    models.ForeignKey(
                        db_index=False,
                        null=True,
                        on_delete=django.db.models.deletion.CASCADE,
                        related_name="+",
                        to="accounts.resource",
                    ),
                ),
            ],
            options={
                "verbose_name_plural": "stale usage",
                "constraints": [
                    models.UniqueConstraint(
                        fields=("account", "resource", "meter", "day_from", "day_until"),
                        name="usage_stale_once",
                        nulls_distinct=False,
                    )
                ],
            },
        ),
        migrations.CreateModel(
            name="UsageDay",
            fields=[
                (
                    "id",
                    models.BigAutoField(
                        auto_created=True, primary_key=True, serialize=False, verbose_name="ID"
                    ),
                ),
                ("day", models.DateField()),
                ("quantity", usage.models.columns.ExactField()),
                ("event_count", models.BigIntegerField()),
                ("moment", usage.models.columns.ExactField(null=True)),
                ("state", usage.models.columns.ExactJSONField(null=True)),
                ("is_carried", models.BooleanField(default=False)),
                (
                    "account",
                    models.ForeignKey(
                        db_constraint=False,
                        db_index=False,
                        on_delete=django.db.models.deletion.DO_NOTHING,
                        related_name="+",
                        to="accounts.account",
                    ),
                ),
                (
                    "dimension_set",
                    models.ForeignKey(
                        db_constraint=False,
                        db_index=False,
                        on_delete=django.db.models.deletion.DO_NOTHING,
                        related_name="+",
                        to="usage.dimensionset",
                    ),
                ),
                (
                    "meter",
                    models.ForeignKey(
                        db_constraint=False,
                        db_index=False,
                        on_delete=django.db.models.deletion.DO_NOTHING,
                        related_name="+",
                        to="usage.meter",
                    ),
                ),
                (
                    "resource",
                    models.ForeignKey(
                        db_constraint=False,
                        db_index=False,
                        on_delete=django.db.models.deletion.DO_NOTHING,
                        related_name="+",
                        to="accounts.resource",
                    ),
                ),
            ],
            options={
                "indexes": [
                    models.Index(
                        condition=models.Q(("is_carried", True)),
                        fields=["account", "meter", "day"],
                        name="usage_day_carried",
                    )
                ],
                "constraints": [
                    models.UniqueConstraint(
                        fields=("day", "account", "resource", "meter", "dimension_set"),
                        name="usage_day_bucket",
                    )
                ],
            },
        ),
        migrations.CreateModel(
            name="UsagePeriod",
            fields=[
                (
                    "id",
                    models.BigAutoField(
                        auto_created=True, primary_key=True, serialize=False, verbose_name="ID"
                    ),
                ),
                ("day_from", models.DateField()),
                ("day_until", models.DateField()),
                (
                    "meter_ids",
                    django.contrib.postgres.fields.ArrayField(
                        base_field=models.BigIntegerField(), size=None
                    ),
                ),
                (
                    "resource_ids",
                    django.contrib.postgres.fields.ArrayField(
                        base_field=models.BigIntegerField(), size=None
                    ),
                ),
                (
                    "dimension_set_ids",
                    django.contrib.postgres.fields.ArrayField(
                        base_field=models.BigIntegerField(), size=None
                    ),
                ),
                (
                    "totals",
                    django.contrib.postgres.fields.ArrayField(
                        base_field=usage.models.columns.ExactField(), size=None
                    ),
                ),
                (
                    "least",
                    django.contrib.postgres.fields.ArrayField(
                        base_field=usage.models.columns.ExactField(), size=None
                    ),
                ),
                (
                    "most",
                    django.contrib.postgres.fields.ArrayField(
                        base_field=usage.models.columns.ExactField(), size=None
                    ),
                ),
                (
                    "event_counts",
                    django.contrib.postgres.fields.ArrayField(
                        base_field=models.BigIntegerField(), size=None
                    ),
                ),
                (
                    "moments",
                    django.contrib.postgres.fields.ArrayField(
                        base_field=usage.models.columns.ExactField(null=True), size=None
                    ),
                ),
                (
                    "states",
                    django.contrib.postgres.fields.ArrayField(
                        base_field=usage.models.columns.ExactJSONField(null=True), size=None
                    ),
                ),
                (
                    "account",
                    models.ForeignKey(
                        db_constraint=False,
                        db_index=False,
                        on_delete=django.db.models.deletion.DO_NOTHING,
                        related_name="+",
                        to="accounts.account",
                    ),
                ),
            ],
            options={
                "indexes": [models.Index(fields=["day_until"], name="usage_period_end")],
                "constraints": [
                    models.UniqueConstraint(
                        fields=("account", "day_from", "day_until"), name="usage_period_once"
                    ),
                    models.CheckConstraint(
                        condition=models.Q(("day_until__gt", models.F("day_from"))),
                        name="usage_period_half_open",
                    ),
                ],
            },
        ),
        migrations.CreateModel(
            name="EventRevision",
            fields=[
                (
                    "id",
                    models.BigAutoField(
                        auto_created=True, primary_key=True, serialize=False, verbose_name="ID"
                    ),
                ),
                ("key", models.UUIDField()),
                ("number", models.PositiveIntegerField()),
                ("occurred_at", models.DateTimeField()),
                (
                    "kind",
                    models.CharField(
                        choices=[("amend", "amended"), ("void", "voided"), ("unvoid", "restored")],
                        max_length=6,
                    ),
                ),
                ("quantity", usage.models.columns.ExactField(null=True)),
                ("data", usage.models.columns.ExactJSONField(null=True)),
                ("actor_kind", models.CharField(max_length=8)),
                ("actor_id", models.CharField(max_length=100)),
                ("actor_name", models.CharField(max_length=200)),
                ("reason", models.TextField()),
                ("recorded_at", models.DateTimeField()),
                (
                    "backfill",
                    models.ForeignKey(
                        blank=True,
                        null=True,
                        on_delete=django.db.models.deletion.PROTECT,
                        related_name="revisions",
                        to="usage.backfill",
                    ),
                ),
            ],
            options={
                "abstract": False,
                "constraints": [
                    models.UniqueConstraint(
                        fields=("key", "number"), name="usage_eventrevision_number"
                    ),
                    models.CheckConstraint(
                        condition=models.Q(("reason", ""), _negated=True),
                        name="usage_eventrevision_says_why",
                    ),
                ],
            },
        ),
        pgtrigger.migrations.AddTrigger(
            model_name="eventrevision",
            trigger=pgtrigger.compiler.Trigger(
                name="append_only",
                sql=core.db.immutability.UnconditionalTriggerSql(
                    func="RAISE EXCEPTION '% is append-only: % is refused', TG_TABLE_NAME, TG_OP USING ERRCODE = 'restrict_violation', CONSTRAINT = 'append_only';",
                    hash="05c09a0695e4d6620344c54f48cc5a2cfb709021",
                    operation="UPDATE OR DELETE",
                    pgid="pgtrigger_append_only_d4e65",
                    table="usage_eventrevision",
                    when="BEFORE",
                ),
            ),
        ),
        pgtrigger.migrations.AddTrigger(
            model_name="eventrevision",
            trigger=pgtrigger.compiler.Trigger(
                name="no_truncate",
                sql=core.db.immutability.UnconditionalTriggerSql(
                    func="RAISE EXCEPTION '% is append-only: % is refused', TG_TABLE_NAME, TG_OP USING ERRCODE = 'restrict_violation', CONSTRAINT = 'append_only';",
                    hash="672b6d93aa0ee71212be38c0dec7af9ec9e96373",
                    level="STATEMENT",
                    operation="TRUNCATE",
                    pgid="pgtrigger_no_truncate_468ec",
                    table="usage_eventrevision",
                    when="BEFORE",
                ),
            ),
        ),
        migrations.CreateModel(
            name="Event",
            fields=[
                ("key", models.UUIDField(primary_key=True, serialize=False)),
                ("occurred_at", models.DateTimeField()),
                ("position", models.SmallIntegerField(db_default=0)),
                ("sequence", models.CharField(blank=True, db_default="", max_length=201)),
                ("event_id", models.CharField(max_length=255)),
                ("quantity", usage.models.columns.ExactField(null=True)),
                ("data", usage.models.columns.ExactJSONField(null=True)),
                (
                    "resource",
                    models.ForeignKey(
                        db_constraint=False,
                        db_index=False,
                        on_delete=django.db.models.deletion.DO_NOTHING,
                        related_name="+",
                        to="accounts.resource",
                    ),
                ),
                (
                    "type",
                    models.ForeignKey(
                        db_constraint=False,
                        db_index=False,
                        on_delete=django.db.models.deletion.DO_NOTHING,
                        related_name="+",
                        to="usage.eventtype",
                    ),
                ),
                (
                    "receipt",
                    models.ForeignKey(
                        db_constraint=False,
                        db_index=False,
                        on_delete=django.db.models.deletion.DO_NOTHING,
                        related_name="+",
                        to="usage.receipt",
                    ),
                ),
                (
                    "source",
                    models.ForeignKey(
                        db_constraint=False,
                        db_index=False,
                        on_delete=django.db.models.deletion.DO_NOTHING,
                        related_name="+",
                        to="usage.source",
                    ),
                ),
            ],
            options={
                "abstract": False,
            },
        ),
        pgtrigger.migrations.AddTrigger(
            model_name="event",
            trigger=pgtrigger.compiler.Trigger(
                name="append_only",
                sql=core.db.immutability.UnconditionalTriggerSql(
                    func="RAISE EXCEPTION '% is append-only: % is refused', TG_TABLE_NAME, TG_OP USING ERRCODE = 'restrict_violation', CONSTRAINT = 'append_only';",
                    hash="1ff8fb198c5f220f7fe26a402b7bf6c569e4e93e",
                    operation="UPDATE OR DELETE",
                    pgid="pgtrigger_append_only_7f0e3",
                    table="usage_event",
                    when="BEFORE",
                ),
            ),
        ),
        pgtrigger.migrations.AddTrigger(
            model_name="event",
            trigger=pgtrigger.compiler.Trigger(
                name="no_truncate",
                sql=core.db.immutability.UnconditionalTriggerSql(
                    func="RAISE EXCEPTION '% is append-only: % is refused', TG_TABLE_NAME, TG_OP USING ERRCODE = 'restrict_violation', CONSTRAINT = 'append_only';",
                    hash="646b1434486bdaf07b28a740acc89cdfd53fdf7c",
                    level="STATEMENT",
                    operation="TRUNCATE",
                    pgid="pgtrigger_no_truncate_160f6",
                    table="usage_event",
                    when="BEFORE",
                ),
            ),
        ),
        migrations.CreateModel(
            name="HistoricalMeter",
            fields=[
                (
                    "id",
                    models.BigIntegerField(
                        auto_created=True, blank=True, db_index=True, verbose_name="ID"
                    ),
                ),
                ("actor_kind", models.CharField(max_length=8)),
                ("actor_id", models.CharField(max_length=100)),
                ("actor_name", models.CharField(max_length=200)),
                ("request_id", models.CharField(max_length=100)),
                ("history_change_reason", models.TextField()),
                (
                    "public_id",
                    core.db.fields.PublicIdField(db_index=True, prefix="mtr", unique=False),
                ),
                ("code", models.SlugField(max_length=64)),
                ("name", models.CharField(max_length=200)),
                ("unit", models.CharField(max_length=40)),
                (
                    "aggregation",
                    models.CharField(
                        choices=[
                            ("count", "count"),
                            ("sum", "sum"),
                            ("min", "min"),
                            ("max", "max"),
                            ("mean", "mean"),
                            ("unique", "unique"),
                            ("latest", "latest"),
                            ("time_weighted_sum", "time weighted sum"),
                            ("percentile", "percentile"),
                            ("bucketed_max", "bucketed max"),
                            ("duration", "duration"),
                        ],
                        max_length=20,
                    ),
                ),
                (
                    "carries_over",
                    models.BooleanField(
                        default=False, help_text="The total continues into the next period."
                    ),
                ),
                (
                    "retired_at",
                    models.DateTimeField(
                        blank=True, help_text="Events from this instant on are held.", null=True
                    ),
                ),
                (
                    "history_id",
                    models.BigAutoField(editable=False, primary_key=True, serialize=False),
                ),
                ("history_date", models.DateTimeField(db_index=True)),
                (
                    "history_type",
                    models.CharField(
                        choices=[("+", "Created"), ("~", "Changed"), ("-", "Deleted")], max_length=1
                    ),
                ),
            ],
            options={
                "verbose_name": "historical meter",
                "verbose_name_plural": "historical meters",
                "ordering": ("-history_date", "-history_id"),
                "get_latest_by": ("history_date", "history_id"),
            },
            bases=(simple_history.models.HistoricalChanges, models.Model),
        ),
        pgtrigger.migrations.AddTrigger(
            model_name="historicalmeter",
            trigger=pgtrigger.compiler.Trigger(
                name="append_only",
                sql=core.db.immutability.UnconditionalTriggerSql(
                    func="RAISE EXCEPTION '% is append-only: % is refused', TG_TABLE_NAME, TG_OP USING ERRCODE = 'restrict_violation', CONSTRAINT = 'append_only';",
                    hash="ffd4bb11a68042040c7f52c9251b7d5546e10c89",
                    operation="UPDATE OR DELETE",
                    pgid="pgtrigger_append_only_3f143",
                    table="usage_historicalmeter",
                    when="BEFORE",
                ),
            ),
        ),
        pgtrigger.migrations.AddTrigger(
            model_name="historicalmeter",
            trigger=pgtrigger.compiler.Trigger(
                name="no_truncate",
                sql=core.db.immutability.UnconditionalTriggerSql(
                    func="RAISE EXCEPTION '% is append-only: % is refused', TG_TABLE_NAME, TG_OP USING ERRCODE = 'restrict_violation', CONSTRAINT = 'append_only';",
                    hash="2eca2f244276e494df06fcefc8c16637da16a719",
                    level="STATEMENT",
                    operation="TRUNCATE",
                    pgid="pgtrigger_no_truncate_d4021",
                    table="usage_historicalmeter",
                    when="BEFORE",
                ),
            ),
        ),
        migrations.CreateModel(
            name="HistoricalSource",
            fields=[
                (
                    "id",
                    models.BigIntegerField(
                        auto_created=True, blank=True, db_index=True, verbose_name="ID"
                    ),
                ),
                ("actor_kind", models.CharField(max_length=8)),
                ("actor_id", models.CharField(max_length=100)),
                ("actor_name", models.CharField(max_length=200)),
                ("request_id", models.CharField(max_length=100)),
                ("history_change_reason", models.TextField()),
                (
                    "public_id",
                    core.db.fields.PublicIdField(db_index=True, prefix="src", unique=False),
                ),
                ("name", models.CharField(db_index=True, max_length=255)),
                ("max_late", models.DurationField(default=datetime.timedelta(days=62))),
                ("max_early", models.DurationField(default=datetime.timedelta(seconds=300))),
                (
                    "history_id",
                    models.BigAutoField(editable=False, primary_key=True, serialize=False),
                ),
                ("history_date", models.DateTimeField(db_index=True)),
                (
                    "history_type",
                    models.CharField(
                        choices=[("+", "Created"), ("~", "Changed"), ("-", "Deleted")], max_length=1
                    ),
                ),
                (
                    "partner",
                    models.ForeignKey(
                        blank=True,
                        db_constraint=False,
                        null=True,
                        on_delete=django.db.models.deletion.DO_NOTHING,
                        related_name="+",
                        to="accounts.partner",
                    ),
                ),
            ],
            options={
                "verbose_name": "historical source",
                "verbose_name_plural": "historical sources",
                "ordering": ("-history_date", "-history_id"),
                "get_latest_by": ("history_date", "history_id"),
            },
            bases=(simple_history.models.HistoricalChanges, models.Model),
        ),
        pgtrigger.migrations.AddTrigger(
            model_name="historicalsource",
            trigger=pgtrigger.compiler.Trigger(
                name="append_only",
                sql=core.db.immutability.UnconditionalTriggerSql(
                    func="RAISE EXCEPTION '% is append-only: % is refused', TG_TABLE_NAME, TG_OP USING ERRCODE = 'restrict_violation', CONSTRAINT = 'append_only';",
                    hash="b29f526e3660f6fc3157f73beff3ac8cc1f7c45d",
                    operation="UPDATE OR DELETE",
                    pgid="pgtrigger_append_only_88577",
                    table="usage_historicalsource",
                    when="BEFORE",
                ),
            ),
        ),
        pgtrigger.migrations.AddTrigger(
            model_name="historicalsource",
            trigger=pgtrigger.compiler.Trigger(
                name="no_truncate",
                sql=core.db.immutability.UnconditionalTriggerSql(
                    func="RAISE EXCEPTION '% is append-only: % is refused', TG_TABLE_NAME, TG_OP USING ERRCODE = 'restrict_violation', CONSTRAINT = 'append_only';",
                    hash="e7366f1364513f523573494ceab00b5aeae8b19c",
                    level="STATEMENT",
                    operation="TRUNCATE",
                    pgid="pgtrigger_no_truncate_36398",
                    table="usage_historicalsource",
                    when="BEFORE",
                ),
            ),
        ),
        migrations.CreateModel(
            name="HeldSettlement",
            fields=[
                (
                    "id",
                    models.BigAutoField(
                        auto_created=True, primary_key=True, serialize=False, verbose_name="ID"
                    ),
                ),
                (
                    "state",
                    models.CharField(
                        choices=[
                            ("ready", "Ready"),
                            ("leased", "Leased"),
                            ("done", "Done"),
                            ("parked", "Parked"),
                        ],
                        default="ready",
                        max_length=8,
                    ),
                ),
                ("not_before", models.DateTimeField(help_text="Due from this instant on.")),
                ("attempts", models.PositiveSmallIntegerField(default=0)),
                (
                    "token",
                    models.BigIntegerField(
                        default=0, help_text="Rises with each claim; fences effects."
                    ),
                ),
                ("lease_until", models.DateTimeField(blank=True, null=True)),
                ("done_at", models.DateTimeField(blank=True, null=True)),
                ("last_error", models.TextField(blank=True, default="")),
                ("parked_reason", models.TextField(blank=True, default="")),
                ("public_id", core.db.fields.PublicIdField(prefix="hst")),
                (
                    "verb",
                    models.CharField(
                        choices=[("retry", "Try again"), ("release", "Release"), ("drop", "Drop")],
                        max_length=8,
                    ),
                ),
                (
                    "held_for",
                    models.CharField(
                        choices=[
                            ("unknown_type", "no meter reads this type of event"),
                            ("retired_meter", "the meters of this type had ended by then"),
                            ("before_meter", "no meter of this type existed yet"),
                            ("unknown_subject", "no resource has this platform id"),
                            ("unowned", "nobody owned the resource at that instant"),
                            ("no_subscription", "the owner had no subscription at that instant"),
                            ("after_termination", "the owner's subscription had ended by then"),
                            ("too_late", "older than the source may report"),
                            ("missing_property", "a property the meter needs is absent"),
                            ("unreadable_property", "a property the meter needs cannot be read"),
                            (
                                "absurd_quantity",
                                "the value is beyond what the meter holds possible",
                            ),
                            ("no_price", "no price covers these dimensions"),
                            ("not_judged", "judging it failed unexpectedly"),
                        ],
                        max_length=20,
                    ),
                ),
                ("keys", models.JSONField(blank=True, default=list)),
                ("subjects", models.JSONField(blank=True, default=list)),
                ("type", models.CharField(blank=True, default="", max_length=255)),
                ("source", models.CharField(blank=True, default="", max_length=255)),
                ("occurred_from", models.DateTimeField(blank=True, null=True)),
                ("occurred_until", models.DateTimeField(blank=True, null=True)),
                (
                    "through",
                    models.BigIntegerField(
                        help_text="The last event that was seen when it was chosen."
                    ),
                ),
                ("started_at", models.DateTimeField()),
                ("started_by_id", models.CharField(max_length=64)),
                ("started_by", models.CharField(max_length=200)),
                ("reason", models.TextField()),
                ("total_count", models.PositiveIntegerField()),
                ("taken_count", models.PositiveIntegerField(default=0)),
                ("settled_count", models.PositiveIntegerField(default=0)),
                ("gone_count", models.PositiveIntegerField(default=0)),
                (
                    "still_held",
                    models.JSONField(blank=True, default=dict, help_text="How many, by reason."),
                ),
                ("reached", models.BigIntegerField(default=0)),
            ],
            options={
                "abstract": False,
                "indexes": [
                    models.Index(
                        condition=models.Q(("state__in", ["ready", "leased"])),
                        fields=["not_before", "id"],
                        name="heldsettlement_due",
                    ),
                    models.Index(fields=["-started_at", "-id"], name="held_settlement_by_start"),
                ],
                "constraints": [
                    models.CheckConstraint(
                        condition=models.Q(
                            models.Q(("lease_until__isnull", False), ("state", "leased")),
                            models.Q(
                                models.Q(("state", "leased"), _negated=True),
                                ("lease_until__isnull", True),
                            ),
                            _connector="OR",
                        ),
                        name="heldsettlement_leased_has_an_end",
                    ),
                    models.CheckConstraint(
                        condition=models.Q(
                            models.Q(
                                ("state", "parked"), models.Q(("parked_reason", ""), _negated=True)
                            ),
                            models.Q(
                                models.Q(("state", "parked"), _negated=True), ("parked_reason", "")
                            ),
                            _connector="OR",
                        ),
                        name="heldsettlement_parked_says_why",
                    ),
                    models.CheckConstraint(
                        condition=models.Q(
                            models.Q(("done_at__isnull", False), ("state", "done")),
                            models.Q(
                                models.Q(("state", "done"), _negated=True),
                                ("done_at__isnull", True),
                            ),
                            _connector="OR",
                        ),
                        name="heldsettlement_done_says_when",
                    ),
                    models.CheckConstraint(
                        condition=models.Q(("reason", ""), _negated=True),
                        name="held_settlement_says_why",
                    ),
                    models.CheckConstraint(
                        condition=models.Q(
                            ("settled_count__lte", models.F("taken_count")),
                            ("taken_count__lte", models.F("total_count")),
                        ),
                        name="held_settlement_counts",
                    ),
                ],
            },
        ),
        migrations.CreateModel(
            name="HistoricalSourceProgress",
            fields=[
                (
                    "id",
                    models.BigIntegerField(
                        auto_created=True, blank=True, db_index=True, verbose_name="ID"
                    ),
                ),
                ("actor_kind", models.CharField(max_length=8)),
                ("actor_id", models.CharField(max_length=100)),
                ("actor_name", models.CharField(max_length=200)),
                ("request_id", models.CharField(max_length=100)),
                ("history_change_reason", models.TextField()),
                (
                    "is_required",
                    models.BooleanField(
                        default=False,
                        help_text="Whether bills of its meters wait until it is complete.",
                    ),
                ),
                (
                    "meter_codes",
                    django.contrib.postgres.fields.ArrayField(
                        base_field=models.SlugField(max_length=64),
                        blank=True,
                        default=list,
                        help_text="Meters it feeds; none is all.",
                        size=None,
                    ),
                ),
                ("complete_through", models.DateTimeField(blank=True, null=True)),
                ("sequence", models.BigIntegerField(blank=True, null=True)),
                ("reported_at", models.DateTimeField(blank=True, null=True)),
                ("reported_by", models.CharField(blank=True, default="", max_length=200)),
                (
                    "history_id",
                    models.BigAutoField(editable=False, primary_key=True, serialize=False),
                ),
                ("history_date", models.DateTimeField(db_index=True)),
                (
                    "history_type",
                    models.CharField(
                        choices=[("+", "Created"), ("~", "Changed"), ("-", "Deleted")], max_length=1
                    ),
                ),
                (
                    "source",
                    models.ForeignKey(
                        blank=True,
                        db_constraint=False,
                        null=True,
                        on_delete=django.db.models.deletion.DO_NOTHING,
                        related_name="+",
                        to="usage.source",
                    ),
                ),
            ],
            options={
                "verbose_name": "historical source progress",
                "verbose_name_plural": "historical source progress",
                "ordering": ("-history_date", "-history_id"),
                "get_latest_by": ("history_date", "history_id"),
            },
            bases=(simple_history.models.HistoricalChanges, models.Model),
        ),
        pgtrigger.migrations.AddTrigger(
            model_name="historicalsourceprogress",
            trigger=pgtrigger.compiler.Trigger(
                name="append_only",
                sql=core.db.immutability.UnconditionalTriggerSql(
                    func="RAISE EXCEPTION '% is append-only: % is refused', TG_TABLE_NAME, TG_OP USING ERRCODE = 'restrict_violation', CONSTRAINT = 'append_only';",
                    hash="5b156e2a398ad0c6273b5bd11d8ca2a4b1326671",
                    operation="UPDATE OR DELETE",
                    pgid="pgtrigger_append_only_43ef2",
                    table="usage_historicalsourceprogress",
                    when="BEFORE",
                ),
            ),
        ),
        pgtrigger.migrations.AddTrigger(
            model_name="historicalsourceprogress",
            trigger=pgtrigger.compiler.Trigger(
                name="no_truncate",
                sql=core.db.immutability.UnconditionalTriggerSql(
                    func="RAISE EXCEPTION '% is append-only: % is refused', TG_TABLE_NAME, TG_OP USING ERRCODE = 'restrict_violation', CONSTRAINT = 'append_only';",
                    hash="071d122ddba7093519027bb4aa24bc96fe6c1d9e",
                    level="STATEMENT",
                    operation="TRUNCATE",
                    pgid="pgtrigger_no_truncate_d476b",
                    table="usage_historicalsourceprogress",
                    when="BEFORE",
                ),
            ),
        ),
        migrations.CreateModel(
            name="SourceProgress",
            fields=[
                (
                    "id",
                    models.BigAutoField(
                        auto_created=True, primary_key=True, serialize=False, verbose_name="ID"
                    ),
                ),
                (
                    "is_required",
                    models.BooleanField(
                        default=False,
                        help_text="Whether bills of its meters wait until it is complete.",
                    ),
                ),
                (
                    "meter_codes",
                    django.contrib.postgres.fields.ArrayField(
                        base_field=models.SlugField(max_length=64),
                        blank=True,
                        default=list,
                        help_text="Meters it feeds; none is all.",
                        size=None,
                    ),
                ),
                ("complete_through", models.DateTimeField(blank=True, null=True)),
                ("sequence", models.BigIntegerField(blank=True, null=True)),
                ("reported_at", models.DateTimeField(blank=True, null=True)),
                ("reported_by", models.CharField(blank=True, default="", max_length=200)),
                (
                    "source",
                    models.OneToOneField(
                        on_delete=django.db.models.deletion.PROTECT,
                        related_name="progress",
                        to="usage.source",
                    ),
                ),
            ],
            options={
                "verbose_name_plural": "source progress",
                "constraints": [
                    models.CheckConstraint(
                        condition=models.Q(
                            models.Q(
                                ("complete_through__isnull", True), ("reported_at__isnull", True)
                            ),
                            models.Q(
                                ("complete_through__isnull", False), ("reported_at__isnull", False)
                            ),
                            _connector="OR",
                        ),
                        name="usage_source_progress_reported",
                    )
                ],
            },
        ),
    ]
