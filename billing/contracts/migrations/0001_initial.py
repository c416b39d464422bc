import django.contrib.postgres.constraints
import django.db.models.deletion
import django.db.models.expressions
import django.db.models.functions.comparison
import pgtrigger.compiler
import pgtrigger.migrations
import simple_history.models
from django.db import migrations, models

import core.db.fields
import core.db.immutability
import core.db.models


class Migration(migrations.Migration):
    initial = True

    dependencies = [
        ("accounts", "0003_resources_are_kept"),
        ("usage", "0003_reference_changes"),
        ("catalogue", "0001_initial"),
    ]

    operations = [
        migrations.CreateModel(
            name="Subscription",
            fields=[
                (
                    "id",
                    models.BigAutoField(
                        auto_created=True, primary_key=True, serialize=False, verbose_name="ID"
                    ),
                ),
                ("public_id", core.db.fields.PublicIdField(prefix="sub")),
                ("started_at", models.DateTimeField()),
                ("ended_at", models.DateTimeField(blank=True, null=True)),
                (
                    "account",
                    models.ForeignKey(
                        on_delete=django.db.models.deletion.PROTECT,
                        related_name="subscriptions",
                        to="accounts.account",
                    ),
                ),
                (
                    "plan",
                    models.ForeignKey(
                        on_delete=django.db.models.deletion.PROTECT,
                        related_name="subscriptions",
                        to="catalogue.plan",
                    ),
                ),
                (
                    "plan_version",
                    models.ForeignKey(
                        on_delete=django.db.models.deletion.PROTECT,
                        related_name="subscriptions",
                        to="catalogue.planversion",
                    ),
                ),
            ],
            options={
                "constraints": [
                    models.CheckConstraint(
                        condition=models.Q(
                            ("ended_at__isnull", True),
                            ("ended_at__gt", models.F("started_at")),
                            _connector="OR",
                        ),
                        name="subscription_ends_after_start",
                    ),
                    django.contrib.postgres.constraints.ExclusionConstraint(
                        expressions=[
                            ("account", "="),
                            ("plan", "="),
                            (core.db.models.TsTzRange("started_at", "ended_at"), "&&"),
                        ],
                        name="subscription_no_overlap",
                    ),
                ],
            },
        ),
        migrations.CreateModel(
            name="PriceOverride",
            fields=[
                (
                    "id",
                    models.BigAutoField(
                        auto_created=True, primary_key=True, serialize=False, verbose_name="ID"
                    ),
                ),
                ("public_id", core.db.fields.PublicIdField(prefix="ovr")),
                ("price_code", models.SlugField(max_length=64)),
                (
                    "definition",
                    models.JSONField(
                        help_text="A price document, as docs/pricing.md describes it."
                    ),
                ),
                ("valid_from", models.DateTimeField()),
                ("valid_until", models.DateTimeField(blank=True, null=True)),
                ("agreed_by", models.CharField(max_length=200)),
                ("reason", models.TextField()),
                (
                    "subscription",
                    models.ForeignKey(
                        on_delete=django.db.models.deletion.PROTECT,
                        related_name="price_overrides",
                        to="contracts.subscription",
                    ),
                ),
            ],
            options={
                "constraints": [
                    models.CheckConstraint(
                        condition=models.Q(
                            ("valid_until__isnull", True),
                            ("valid_until__gte", models.F("valid_from")),
                            _connector="OR",
                        ),
                        name="price_override_ends_after_start",
                    ),
                    models.CheckConstraint(
                        condition=models.Q(("reason", ""), _negated=True),
                        name="price_override_says_why",
                    ),
                    django.contrib.postgres.constraints.ExclusionConstraint(
                        expressions=[
                            ("subscription", "="),
                            ("price_code", "="),
                            (core.db.models.TsTzRange("valid_from", "valid_until"), "&&"),
                        ],
                        name="price_override_no_overlap",
                    ),
                ],
            },
        ),
        migrations.CreateModel(
            name="HistoricalSubscription",
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
                    core.db.fields.PublicIdField(db_index=True, prefix="sub", unique=False),
                ),
                ("started_at", models.DateTimeField()),
                ("ended_at", models.DateTimeField(blank=True, null=True)),
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
                    "account",
                    models.ForeignKey(
                        blank=True,
                        db_constraint=False,
                        null=True,
                        on_delete=django.db.models.deletion.DO_NOTHING,
                        related_name="+",
                        to="accounts.account",
                    ),
                ),
                (
                    "plan",
                    models.ForeignKey(
                        blank=True,
                        db_constraint=False,
                        null=True,
                        on_delete=django.db.models.deletion.DO_NOTHING,
                        related_name="+",
                        to="catalogue.plan",
                    ),
                ),
                (
                    "plan_version",
                    models.ForeignKey(
                        blank=True,
                        db_constraint=False,
                        null=True,
                        on_delete=django.db.models.deletion.DO_NOTHING,
                        related_name="+",
                        to="catalogue.planversion",
                    ),
                ),
            ],
            options={
                "verbose_name": "historical subscription",
                "verbose_name_plural": "historical subscriptions",
                "ordering": ("-history_date", "-history_id"),
                "get_latest_by": ("history_date", "history_id"),
            },
            bases=(simple_history.models.HistoricalChanges, models.Model),
        ),
        migrations.CreateModel(
            name="HistoricalPriceOverride",
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
                    core.db.fields.PublicIdField(db_index=True, prefix="ovr", unique=False),
                ),
                ("price_code", models.SlugField(max_length=64)),
                (
                    "definition",
                    models.JSONField(
                        help_text="A price document, as docs/pricing.md describes it."
                    ),
                ),
                ("valid_from", models.DateTimeField()),
                ("valid_until", models.DateTimeField(blank=True, null=True)),
                ("agreed_by", models.CharField(max_length=200)),
                ("reason", models.TextField()),
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
                    "subscription",
                    models.ForeignKey(
                        blank=True,
                        db_constraint=False,
                        null=True,
                        on_delete=django.db.models.deletion.DO_NOTHING,
                        related_name="+",
                        to="contracts.subscription",
                    ),
                ),
            ],
            options={
                "verbose_name": "historical price override",
                "verbose_name_plural": "historical price overrides",
                "ordering": ("-history_date", "-history_id"),
                "get_latest_by": ("history_date", "history_id"),
            },
            bases=(simple_history.models.HistoricalChanges, models.Model),
        ),
        pgtrigger.migrations.AddTrigger(
            model_name="historicalpriceoverride",
            trigger=pgtrigger.compiler.Trigger(
                name="append_only",
                sql=core.db.immutability.UnconditionalTriggerSql(
                    func="RAISE EXCEPTION '% is append-only: % is refused', TG_TABLE_NAME, TG_OP USING ERRCODE = 'restrict_violation', CONSTRAINT = 'append_only';",
                    hash="b5d113c0945da5513edd7b8b32833442906d0f16",
                    operation="UPDATE OR DELETE",
                    pgid="pgtrigger_append_only_6df7b",
                    table="contracts_historicalpriceoverride",
                    when="BEFORE",
                ),
            ),
        ),
        pgtrigger.migrations.AddTrigger(
            model_name="historicalpriceoverride",
            trigger=pgtrigger.compiler.Trigger(
                name="no_truncate",
                sql=core.db.immutability.UnconditionalTriggerSql(
                    func="RAISE EXCEPTION '% is append-only: % is refused', TG_TABLE_NAME, TG_OP USING ERRCODE = 'restrict_violation', CONSTRAINT = 'append_only';",
                    hash="865733aef525b2b4b07b5bd3454d86eddfa66276",
                    level="STATEMENT",
                    operation="TRUNCATE",
                    pgid="pgtrigger_no_truncate_290fc",
                    table="contracts_historicalpriceoverride",
                    when="BEFORE",
                ),
            ),
        ),
        pgtrigger.migrations.AddTrigger(
            model_name="historicalsubscription",
            trigger=pgtrigger.compiler.Trigger(
                name="append_only",
                sql=core.db.immutability.UnconditionalTriggerSql(
                    func="RAISE EXCEPTION '% is append-only: % is refused', TG_TABLE_NAME, TG_OP USING ERRCODE = 'restrict_violation', CONSTRAINT = 'append_only';",
                    hash="4f42770b0c71ba103b814f8a68bf87b145b8abd8",
                    operation="UPDATE OR DELETE",
                    pgid="pgtrigger_append_only_7a106",
                    table="contracts_historicalsubscription",
                    when="BEFORE",
                ),
            ),
        ),
        pgtrigger.migrations.AddTrigger(
            model_name="historicalsubscription",
            trigger=pgtrigger.compiler.Trigger(
                name="no_truncate",
                sql=core.db.immutability.UnconditionalTriggerSql(
                    func="RAISE EXCEPTION '% is append-only: % is refused', TG_TABLE_NAME, TG_OP USING ERRCODE = 'restrict_violation', CONSTRAINT = 'append_only';",
                    hash="f80754f2e62cd30c03f55600792a197979818ad4",
                    level="STATEMENT",
                    operation="TRUNCATE",
                    pgid="pgtrigger_no_truncate_ede21",
                    table="contracts_historicalsubscription",
                    when="BEFORE",
                ),
            ),
        ),
        pgtrigger.migrations.AddTrigger(
            model_name="priceoverride",
            trigger=pgtrigger.compiler.Trigger(
                name="price_override_agreed",
                sql=core.db.immutability.UnconditionalTriggerSql(
                    condition='WHEN (OLD."agreed_by" IS DISTINCT FROM (NEW."agreed_by") OR OLD."definition" IS DISTINCT FROM (NEW."definition") OR OLD."id" IS DISTINCT FROM (NEW."id") OR OLD."price_code" IS DISTINCT FROM (NEW."price_code") OR OLD."public_id" IS DISTINCT FROM (NEW."public_id") OR OLD."reason" IS DISTINCT FROM (NEW."reason") OR OLD."subscription_id" IS DISTINCT FROM (NEW."subscription_id") OR OLD."valid_from" IS DISTINCT FROM (NEW."valid_from"))',
                    func="RAISE EXCEPTION '% is append-only: % is refused', TG_TABLE_NAME, TG_OP USING ERRCODE = 'restrict_violation', CONSTRAINT = 'append_only';",
                    hash="df65162736d91d5e30254c7313c1ef3859888f01",
                    operation="UPDATE",
                    pgid="pgtrigger_price_override_agreed_8269d",
                    table="contracts_priceoverride",
                    when="BEFORE",
                ),
            ),
        ),
        pgtrigger.migrations.AddTrigger(
            model_name="priceoverride",
            trigger=pgtrigger.compiler.Trigger(
                name="price_override_kept",
                sql=core.db.immutability.UnconditionalTriggerSql(
                    func="RAISE EXCEPTION '% is append-only: % is refused', TG_TABLE_NAME, TG_OP USING ERRCODE = 'restrict_violation', CONSTRAINT = 'append_only';",
                    hash="c084718598f8e1c38f5004cc5ca42594510fe201",
                    operation="DELETE",
                    pgid="pgtrigger_price_override_kept_0380f",
                    table="contracts_priceoverride",
                    when="BEFORE",
                ),
            ),
        ),
        pgtrigger.migrations.AddTrigger(
            model_name="subscription",
            trigger=pgtrigger.compiler.Trigger(
                name="subscription_kept",
                sql=core.db.immutability.UnconditionalTriggerSql(
                    func="RAISE EXCEPTION '% is append-only: % is refused', TG_TABLE_NAME, TG_OP USING ERRCODE = 'restrict_violation', CONSTRAINT = 'append_only';",
                    hash="99ce84b411899669ad90baaea7fe31fdb821f1f6",
                    operation="DELETE",
                    pgid="pgtrigger_subscription_kept_bb13b",
                    table="contracts_subscription",
                    when="BEFORE",
                ),
            ),
        ),
        pgtrigger.migrations.AddTrigger(
            model_name="subscription",
            trigger=pgtrigger.compiler.Trigger(
                name="no_truncate",
                sql=core.db.immutability.UnconditionalTriggerSql(
                    condition="",
                    execute="pgtrigger_no_truncate_b9f4c()",
                    func="RAISE EXCEPTION '% is append-only: % is refused', TG_TABLE_NAME, TG_OP USING ERRCODE = 'restrict_violation', CONSTRAINT = 'append_only';",
                    level="STATEMENT",
                    operation="TRUNCATE",
                    pgid="pgtrigger_no_truncate_b9f4c",
                    table="contracts_subscription",
                    when="BEFORE",
                    hash="9394b25d7b0a38607298ee8d0c1a41ce82d89889",
                ),
            ),
        ),
        pgtrigger.migrations.AddTrigger(
            model_name="priceoverride",
            trigger=pgtrigger.compiler.Trigger(
                name="no_truncate",
                sql=core.db.immutability.UnconditionalTriggerSql(
                    condition="",
                    execute="pgtrigger_no_truncate_a076e()",
                    func="RAISE EXCEPTION '% is append-only: % is refused', TG_TABLE_NAME, TG_OP USING ERRCODE = 'restrict_violation', CONSTRAINT = 'append_only';",
                    level="STATEMENT",
                    operation="TRUNCATE",
                    pgid="pgtrigger_no_truncate_a076e",
                    table="contracts_priceoverride",
                    when="BEFORE",
                    hash="1482cba477638411e507260c1e2ddd0faa851842",
                ),
            ),
        ),
    ]
