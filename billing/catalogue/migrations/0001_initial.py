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
    ]

    operations = [
        migrations.CreateModel(
            name="Product",
            fields=[
                (
                    "id",
                    models.BigAutoField(
                        auto_created=True, primary_key=True, serialize=False, verbose_name="ID"
                    ),
                ),
                ("public_id", core.db.fields.PublicIdField(prefix="prd")),
                ("code", models.SlugField(max_length=64, unique=True)),
                ("name", models.CharField(max_length=200)),
            ],
            options={
                "abstract": False,
            },
        ),
        migrations.CreateModel(
            name="Plan",
            fields=[
                (
                    "id",
                    models.BigAutoField(
                        auto_created=True, primary_key=True, serialize=False, verbose_name="ID"
                    ),
                ),
                ("public_id", core.db.fields.PublicIdField(prefix="pln")),
                ("code", models.SlugField(max_length=64, unique=True)),
                ("name", models.CharField(max_length=200)),
                ("currency", core.db.fields.CurrencyField()),
                (
                    "product",
                    models.ForeignKey(
                        on_delete=django.db.models.deletion.PROTECT,
                        related_name="plans",
                        to="catalogue.product",
                    ),
                ),
                (
                    "retired_at",
                    models.DateTimeField(
                        blank=True,
                        help_text="Nobody subscribes from here on; who has it keeps it.",
                        null=True,
                    ),
                ),
            ],
            options={
                "abstract": False,
            },
        ),
        migrations.CreateModel(
            name="PlanVersion",
            fields=[
                (
                    "id",
                    models.BigAutoField(
                        auto_created=True, primary_key=True, serialize=False, verbose_name="ID"
                    ),
                ),
                ("public_id", core.db.fields.PublicIdField(prefix="plv")),
                ("number", models.PositiveIntegerField()),
                (
                    "state",
                    models.CharField(
                        choices=[("draft", "Draft"), ("published", "Published")],
                        default="draft",
                        max_length=16,
                    ),
                ),
                (
                    "effective_from",
                    models.DateTimeField(help_text="New subscriptions get this version from here."),
                ),
                ("published_at", models.DateTimeField(blank=True, null=True)),
                (
                    "plan",
                    models.ForeignKey(
                        on_delete=django.db.models.deletion.PROTECT,
                        related_name="versions",
                        to="catalogue.plan",
                    ),
                ),
                (
                    "existing_from",
                    models.DateField(
                        blank=True,
                        help_text="Earlier subscriptions move here on this local day.",
                        null=True,
                    ),
                ),
            ],
            options={
                "constraints": [
                    models.UniqueConstraint(
                        fields=("plan", "number"), name="plan_version_number_unique"
                    ),
                    models.UniqueConstraint(
                        condition=models.Q(("state", "published")),
                        fields=("plan", "effective_from"),
                        name="plan_version_effective_once",
                    ),
                    models.CheckConstraint(
                        condition=models.Q(
                            models.Q(("published_at__isnull", True), ("state", "draft")),
                            models.Q(("published_at__isnull", False), ("state", "published")),
                            _connector="OR",
                        ),
                        name="plan_version_published_has_instant",
                    ),
                    models.CheckConstraint(
                        condition=models.Q(
                            ("existing_from__isnull", True),
                            ("existing_from__gte", core.db.models.UtcDay("effective_from")),
                            _connector="OR",
                        ),
                        name="plan_version_existing_not_before_new",
                    ),
                ],
            },
        ),
        migrations.CreateModel(
            name="Price",
            fields=[
                (
                    "id",
                    models.BigAutoField(
                        auto_created=True, primary_key=True, serialize=False, verbose_name="ID"
                    ),
                ),
                ("public_id", core.db.fields.PublicIdField(prefix="prc")),
                ("code", models.SlugField(max_length=64)),
                ("name", models.CharField(max_length=200)),
                (
                    "position",
                    models.PositiveIntegerField(default=0, help_text="Order on the invoice."),
                ),
                ("match", models.JSONField(blank=True, default=dict)),
                ("group_by", models.JSONField(blank=True, default=list)),
                (
                    "definition",
                    models.JSONField(
                        help_text="The price document, as docs/pricing.md describes it."
                    ),
                ),
                (
                    "meter",
                    models.ForeignKey(
                        blank=True,
                        null=True,
                        on_delete=django.db.models.deletion.PROTECT,
                        to="usage.meter",
                    ),
                ),
                (
                    "plan_version",
                    models.ForeignKey(
                        on_delete=django.db.models.deletion.PROTECT,
                        related_name="prices",
                        to="catalogue.planversion",
                    ),
                ),
            ],
            options={
                "constraints": [
                    models.UniqueConstraint(
                        fields=("plan_version", "code"), name="price_code_unique"
                    )
                ],
            },
        ),
        migrations.CreateModel(
            name="WorkedCase",
            fields=[
                (
                    "id",
                    models.BigAutoField(
                        auto_created=True, primary_key=True, serialize=False, verbose_name="ID"
                    ),
                ),
                ("name", models.CharField(max_length=200)),
                ("position", models.PositiveIntegerField(default=0)),
                ("given", models.JSONField(help_text="Period and usage.")),
                ("expected", models.JSONField(help_text="Total, and lines where they matter.")),
                (
                    "plan_version",
                    models.ForeignKey(
                        on_delete=django.db.models.deletion.PROTECT,
                        related_name="cases",
                        to="catalogue.planversion",
                    ),
                ),
            ],
            options={
                "constraints": [
                    models.UniqueConstraint(
                        fields=("plan_version", "name"), name="worked_case_name_unique"
                    )
                ],
            },
        ),
        migrations.CreateModel(
            name="HistoricalPlan",
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
                    core.db.fields.PublicIdField(db_index=True, prefix="pln", unique=False),
                ),
                ("code", models.SlugField(max_length=64)),
                ("name", models.CharField(max_length=200)),
                ("currency", core.db.fields.CurrencyField()),
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
                    "product",
                    models.ForeignKey(
                        blank=True,
                        db_constraint=False,
                        null=True,
                        on_delete=django.db.models.deletion.DO_NOTHING,
                        related_name="+",
                        to="catalogue.product",
                    ),
                ),
                (
                    "retired_at",
                    models.DateTimeField(
                        blank=True,
                        help_text="Nobody subscribes from here on; who has it keeps it.",
                        null=True,
                    ),
                ),
            ],
            options={
                "verbose_name": "historical plan",
                "verbose_name_plural": "historical plans",
                "ordering": ("-history_date", "-history_id"),
                "get_latest_by": ("history_date", "history_id"),
            },
            bases=(simple_history.models.HistoricalChanges, models.Model),
        ),
        migrations.CreateModel(
            name="HistoricalPlanVersion",
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
                    core.db.fields.PublicIdField(db_index=True, prefix="plv", unique=False),
                ),
                ("number", models.PositiveIntegerField()),
                (
                    "state",
                    models.CharField(
                        choices=[("draft", "Draft"), ("published", "Published")],
                        default="draft",
                        max_length=16,
                    ),
                ),
                (
                    "effective_from",
                    models.DateTimeField(help_text="New subscriptions get this version from here."),
                ),
                ("published_at", models.DateTimeField(blank=True, null=True)),
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
                    "existing_from",
                    models.DateField(
                        blank=True,
                        help_text="Earlier subscriptions move here on this local day.",
                        null=True,
                    ),
                ),
            ],
            options={
                "verbose_name": "historical plan version",
                "verbose_name_plural": "historical plan versions",
                "ordering": ("-history_date", "-history_id"),
                "get_latest_by": ("history_date", "history_id"),
            },
            bases=(simple_history.models.HistoricalChanges, models.Model),
        ),
        migrations.CreateModel(
            name="HistoricalProduct",
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
                    core.db.fields.PublicIdField(db_index=True, prefix="prd", unique=False),
                ),
                ("code", models.SlugField(max_length=64)),
                ("name", models.CharField(max_length=200)),
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
                "verbose_name": "historical product",
                "verbose_name_plural": "historical products",
                "ordering": ("-history_date", "-history_id"),
                "get_latest_by": ("history_date", "history_id"),
            },
            bases=(simple_history.models.HistoricalChanges, models.Model),
        ),
        migrations.CreateModel(
            name="HistoricalPrice",
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
                    core.db.fields.PublicIdField(db_index=True, prefix="prc", unique=False),
                ),
                ("code", models.SlugField(max_length=64)),
                ("name", models.CharField(max_length=200)),
                (
                    "position",
                    models.PositiveIntegerField(default=0, help_text="Order on the invoice."),
                ),
                ("match", models.JSONField(blank=True, default=dict)),
                ("group_by", models.JSONField(blank=True, default=list)),
                (
                    "definition",
                    models.JSONField(
                        help_text="The price document, as docs/pricing.md describes it."
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
                (
                    "meter",
                    models.ForeignKey(
                        blank=True,
                        db_constraint=False,
                        null=True,
                        on_delete=django.db.models.deletion.DO_NOTHING,
                        related_name="+",
                        to="usage.meter",
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
                "verbose_name": "historical price",
                "verbose_name_plural": "historical prices",
                "ordering": ("-history_date", "-history_id"),
                "get_latest_by": ("history_date", "history_id"),
            },
            bases=(simple_history.models.HistoricalChanges, models.Model),
        ),
        migrations.CreateModel(
            name="HistoricalWorkedCase",
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
                ("name", models.CharField(max_length=200)),
                ("position", models.PositiveIntegerField(default=0)),
                ("given", models.JSONField(help_text="Period and usage.")),
                ("expected", models.JSONField(help_text="Total, and lines where they matter.")),
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
                "verbose_name": "historical worked case",
                "verbose_name_plural": "historical worked cases",
                "ordering": ("-history_date", "-history_id"),
                "get_latest_by": ("history_date", "history_id"),
            },
            bases=(simple_history.models.HistoricalChanges, models.Model),
        ),
        pgtrigger.migrations.AddTrigger(
            model_name="historicalplan",
            trigger=pgtrigger.compiler.Trigger(
                name="append_only",
                sql=core.db.immutability.UnconditionalTriggerSql(
                    func="RAISE EXCEPTION '% is append-only: % is refused', TG_TABLE_NAME, TG_OP USING ERRCODE = 'restrict_violation', CONSTRAINT = 'append_only';",
                    hash="8b2f8f89cdf0bb6ddb4735d9b31bee66850890a9",
                    operation="UPDATE OR DELETE",
                    pgid="pgtrigger_append_only_656cf",
                    table="catalogue_historicalplan",
                    when="BEFORE",
                ),
            ),
        ),
        pgtrigger.migrations.AddTrigger(
            model_name="historicalplan",
            trigger=pgtrigger.compiler.Trigger(
                name="no_truncate",
                sql=core.db.immutability.UnconditionalTriggerSql(
                    func="RAISE EXCEPTION '% is append-only: % is refused', TG_TABLE_NAME, TG_OP USING ERRCODE = 'restrict_violation', CONSTRAINT = 'append_only';",
                    hash="0a6416705735fa2d332b6371d4b4f08a8652f805",
                    level="STATEMENT",
                    operation="TRUNCATE",
                    pgid="pgtrigger_no_truncate_12dd3",
                    table="catalogue_historicalplan",
                    when="BEFORE",
                ),
            ),
        ),
        pgtrigger.migrations.AddTrigger(
            model_name="historicalplanversion",
            trigger=pgtrigger.compiler.Trigger(
                name="append_only",
                sql=core.db.immutability.UnconditionalTriggerSql(
                    func="RAISE EXCEPTION '% is append-only: % is refused', TG_TABLE_NAME, TG_OP USING ERRCODE = 'restrict_violation', CONSTRAINT = 'append_only';",
                    hash="f468cdc6cce7cd7320678eb433f9e8a21107f206",
                    operation="UPDATE OR DELETE",
                    pgid="pgtrigger_append_only_f0749",
                    table="catalogue_historicalplanversion",
                    when="BEFORE",
                ),
            ),
        ),
        pgtrigger.migrations.AddTrigger(
            model_name="historicalplanversion",
            trigger=pgtrigger.compiler.Trigger(
                name="no_truncate",
                sql=core.db.immutability.UnconditionalTriggerSql(
                    func="RAISE EXCEPTION '% is append-only: % is refused', TG_TABLE_NAME, TG_OP USING ERRCODE = 'restrict_violation', CONSTRAINT = 'append_only';",
                    hash="b2246fabecb4e87cdbfff6ec03dcdd92c9379942",
                    level="STATEMENT",
                    operation="TRUNCATE",
                    pgid="pgtrigger_no_truncate_21daa",
                    table="catalogue_historicalplanversion",
                    when="BEFORE",
                ),
            ),
        ),
        pgtrigger.migrations.AddTrigger(
            model_name="historicalprice",
            trigger=pgtrigger.compiler.Trigger(
                name="append_only",
                sql=core.db.immutability.UnconditionalTriggerSql(
                    func="RAISE EXCEPTION '% is append-only: % is refused', TG_TABLE_NAME, TG_OP USING ERRCODE = 'restrict_violation', CONSTRAINT = 'append_only';",
                    hash="690c92dca1640b6fef897eead783d104aa95cd75",
                    operation="UPDATE OR DELETE",
                    pgid="pgtrigger_append_only_b9891",
                    table="catalogue_historicalprice",
                    when="BEFORE",
                ),
            ),
        ),
        pgtrigger.migrations.AddTrigger(
            model_name="historicalprice",
            trigger=pgtrigger.compiler.Trigger(
                name="no_truncate",
                sql=core.db.immutability.UnconditionalTriggerSql(
                    func="RAISE EXCEPTION '% is append-only: % is refused', TG_TABLE_NAME, TG_OP USING ERRCODE = 'restrict_violation', CONSTRAINT = 'append_only';",
                    hash="fe02ee2699d60f1a91af2d8eaae142474b454a65",
                    level="STATEMENT",
                    operation="TRUNCATE",
                    pgid="pgtrigger_no_truncate_149da",
                    table="catalogue_historicalprice",
                    when="BEFORE",
                ),
            ),
        ),
        pgtrigger.migrations.AddTrigger(
            model_name="historicalproduct",
            trigger=pgtrigger.compiler.Trigger(
                name="append_only",
                sql=core.db.immutability.UnconditionalTriggerSql(
                    func="RAISE EXCEPTION '% is append-only: % is refused', TG_TABLE_NAME, TG_OP USING ERRCODE = 'restrict_violation', CONSTRAINT = 'append_only';",
                    hash="83afa0c2928f75170d566dadaeaa7ee6cbfe2221",
                    operation="UPDATE OR DELETE",
                    pgid="pgtrigger_append_only_8a859",
                    table="catalogue_historicalproduct",
                    when="BEFORE",
                ),
            ),
        ),
        pgtrigger.migrations.AddTrigger(
            model_name="historicalproduct",
            trigger=pgtrigger.compiler.Trigger(
                name="no_truncate",
                sql=core.db.immutability.UnconditionalTriggerSql(
                    func="RAISE EXCEPTION '% is append-only: % is refused', TG_TABLE_NAME, TG_OP USING ERRCODE = 'restrict_violation', CONSTRAINT = 'append_only';",
                    hash="550e6500f5a2d80f6728c7ba68e28966695f55f4",
                    level="STATEMENT",
                    operation="TRUNCATE",
                    pgid="pgtrigger_no_truncate_da899",
                    table="catalogue_historicalproduct",
                    when="BEFORE",
                ),
            ),
        ),
        pgtrigger.migrations.AddTrigger(
            model_name="historicalworkedcase",
            trigger=pgtrigger.compiler.Trigger(
                name="append_only",
                sql=core.db.immutability.UnconditionalTriggerSql(
                    func="RAISE EXCEPTION '% is append-only: % is refused', TG_TABLE_NAME, TG_OP USING ERRCODE = 'restrict_violation', CONSTRAINT = 'append_only';",
                    hash="724d9619b9f2877434354b328362ac94ba07f81d",
                    operation="UPDATE OR DELETE",
                    pgid="pgtrigger_append_only_db6de",
                    table="catalogue_historicalworkedcase",
                    when="BEFORE",
                ),
            ),
        ),
        pgtrigger.migrations.AddTrigger(
            model_name="historicalworkedcase",
            trigger=pgtrigger.compiler.Trigger(
                name="no_truncate",
                sql=core.db.immutability.UnconditionalTriggerSql(
                    func="RAISE EXCEPTION '% is append-only: % is refused', TG_TABLE_NAME, TG_OP USING ERRCODE = 'restrict_violation', CONSTRAINT = 'append_only';",
                    hash="309ef3928fee3f6907a3df73b3dfb292a467a70a",
                    level="STATEMENT",
                    operation="TRUNCATE",
                    pgid="pgtrigger_no_truncate_42eea",
                    table="catalogue_historicalworkedcase",
                    when="BEFORE",
                ),
            ),
        ),
        pgtrigger.migrations.AddTrigger(
            model_name="planversion",
            trigger=pgtrigger.compiler.Trigger(
                name="plan_version_frozen",
                sql=core.db.immutability.UnconditionalTriggerSql(
                    condition="WHEN (OLD.\"state\" = 'published')",
                    func="RAISE EXCEPTION '% is append-only: % is refused', TG_TABLE_NAME, TG_OP USING ERRCODE = 'restrict_violation', CONSTRAINT = 'append_only';",
                    hash="317895849794ade2224196c96202d661dab8f0a8",
                    operation="UPDATE OR DELETE",
                    pgid="pgtrigger_plan_version_frozen_f1802",
                    table="catalogue_planversion",
                    when="BEFORE",
                ),
            ),
        ),
        pgtrigger.migrations.AddTrigger(
            model_name="price",
            trigger=pgtrigger.compiler.Trigger(
                name="price_frozen",
                sql=core.db.immutability.AlwaysTriggerSql(
                    condition="",
                    constraint="",
                    declare="DECLARE version_id bigint;",
                    execute="pgtrigger_price_frozen_0d678()",
                    func="\n            IF TG_OP = 'DELETE' THEN version_id := OLD.plan_version_id;\n            ELSE version_id := NEW.plan_version_id; END IF;\n            IF EXISTS (SELECT 1 FROM catalogue_planversion\n                       WHERE id = version_id AND state = 'published') THEN\n                RAISE EXCEPTION 'price belongs to a published plan version'\n                    USING ERRCODE = 'check_violation', CONSTRAINT = 'price_frozen';\n            END IF;\n            IF TG_OP = 'UPDATE' AND OLD.plan_version_id <> NEW.plan_version_id THEN\n                RAISE EXCEPTION 'a price never moves to another plan version'\n                    USING ERRCODE = 'check_violation', CONSTRAINT = 'price_frozen';\n            END IF;\n            IF TG_OP = 'DELETE' THEN RETURN OLD; END IF;\n            RETURN NEW;\n        ",
                    ignore_func_name='"public"._pgtrigger_should_ignore',
                    level="ROW",
                    operation="INSERT OR UPDATE OR DELETE",
                    pgid="pgtrigger_price_frozen_0d678",
                    referencing="",
                    table="catalogue_price",
                    timing="",
                    when="BEFORE",
                    hash="8e20929917eb6ac3d9244b5ee6f5ab4ff243b2a7",
                ),
            ),
        ),
        pgtrigger.migrations.AddTrigger(
            model_name="workedcase",
            trigger=pgtrigger.compiler.Trigger(
                name="worked_case_frozen",
                sql=core.db.immutability.AlwaysTriggerSql(
                    condition="",
                    constraint="",
                    declare="DECLARE version_id bigint;",
                    execute="pgtrigger_worked_case_frozen_1f179()",
                    func="\n            IF TG_OP = 'DELETE' THEN version_id := OLD.plan_version_id;\n            ELSE version_id := NEW.plan_version_id; END IF;\n            IF EXISTS (SELECT 1 FROM catalogue_planversion\n                       WHERE id = version_id AND state = 'published') THEN\n                RAISE EXCEPTION 'worked case belongs to a published plan version'\n                    USING ERRCODE = 'check_violation', CONSTRAINT = 'worked_case_frozen';\n            END IF;\n            IF TG_OP = 'UPDATE' AND OLD.plan_version_id <> NEW.plan_version_id THEN\n                RAISE EXCEPTION 'a worked case never moves to another plan version'\n                    USING ERRCODE = 'check_violation', CONSTRAINT = 'worked_case_frozen';\n            END IF;\n            IF TG_OP = 'DELETE' THEN RETURN OLD; END IF;\n            RETURN NEW;\n        ",
                    ignore_func_name='"public"._pgtrigger_should_ignore',
                    level="ROW",
                    operation="INSERT OR UPDATE OR DELETE",
                    pgid="pgtrigger_worked_case_frozen_1f179",
                    referencing="",
                    table="catalogue_workedcase",
                    timing="",
                    when="BEFORE",
                    hash="af3f2c9c76feeee28d95e480268d6ef6bae7cbc7",
                ),
            ),
        ),
        pgtrigger.migrations.AddTrigger(
            model_name="planversion",
            trigger=pgtrigger.compiler.Trigger(
                name="no_truncate",
                sql=core.db.immutability.UnconditionalTriggerSql(
                    condition="",
                    execute="pgtrigger_no_truncate_be00b()",
                    func="RAISE EXCEPTION '% is append-only: % is refused', TG_TABLE_NAME, TG_OP USING ERRCODE = 'restrict_violation', CONSTRAINT = 'append_only';",
                    level="STATEMENT",
                    operation="TRUNCATE",
                    pgid="pgtrigger_no_truncate_be00b",
                    table="catalogue_planversion",
                    when="BEFORE",
                    hash="714d8a3bda897a3cf22f1d580bcc654edc3a8475",
                ),
            ),
        ),
        pgtrigger.migrations.AddTrigger(
            model_name="price",
            trigger=pgtrigger.compiler.Trigger(
                name="no_truncate",
                sql=core.db.immutability.UnconditionalTriggerSql(
                    condition="",
                    execute="pgtrigger_no_truncate_aac0e()",
                    func="RAISE EXCEPTION '% is append-only: % is refused', TG_TABLE_NAME, TG_OP USING ERRCODE = 'restrict_violation', CONSTRAINT = 'append_only';",
                    level="STATEMENT",
                    operation="TRUNCATE",
                    pgid="pgtrigger_no_truncate_aac0e",
                    table="catalogue_price",
                    when="BEFORE",
                    hash="ec628cf6d3e0eac96044e3e2f5778ef8cb0e396f",
                ),
            ),
        ),
        pgtrigger.migrations.AddTrigger(
            model_name="workedcase",
            trigger=pgtrigger.compiler.Trigger(
                name="no_truncate",
                sql=core.db.immutability.UnconditionalTriggerSql(
                    condition="",
                    execute="pgtrigger_no_truncate_5d5c7()",
                    func="RAISE EXCEPTION '% is append-only: % is refused', TG_TABLE_NAME, TG_OP USING ERRCODE = 'restrict_violation', CONSTRAINT = 'append_only';",
                    level="STATEMENT",
                    operation="TRUNCATE",
                    pgid="pgtrigger_no_truncate_5d5c7",
                    table="catalogue_workedcase",
                    when="BEFORE",
                    hash="50121268110c85422b2d437d568578ecb31c45c4",
                ),
            ),
        ),
    ]
