import django.db.models.deletion
import pgtrigger.compiler
import pgtrigger.migrations
from django.db import migrations, models

import core.db.fields
import core.db.immutability
import usage.models.columns


class Migration(migrations.Migration):
    initial = True

    dependencies = [
        ("accounts", "0003_resources_are_kept"),
        ("invoicing", "0001_initial"),
    ]

    operations = [
        migrations.CreateModel(
            name="ImportUnderWay",
            fields=[
                (
                    "id",
                    models.BigAutoField(
                        auto_created=True, primary_key=True, serialize=False, verbose_name="ID"
                    ),
                ),
                ("file_name", models.CharField(max_length=300)),
                ("started_at", models.DateTimeField()),
                ("started_by", models.CharField(max_length=200)),
                (
                    "step",
                    models.CharField(
                        choices=[
                            ("looking", "Looking at how the file is written"),
                            ("opening", "Opening accounts and resources"),
                            ("sending", "Sending usage"),
                            ("billing", "Billing"),
                            ("storing", "Storing the comparison"),
                        ],
                        default="looking",
                        max_length=16,
                    ),
                ),
                ("rows_done", models.PositiveIntegerField(default=0)),
                ("rows_total", models.PositiveIntegerField(blank=True, null=True)),
            ],
        ),
        migrations.CreateModel(
            name="ParallelRun",
            fields=[
                (
                    "id",
                    models.BigAutoField(
                        auto_created=True, primary_key=True, serialize=False, verbose_name="ID"
                    ),
                ),
                ("public_id", core.db.fields.PublicIdField(prefix="prl")),
                ("file_name", models.CharField(max_length=300)),
                ("file_sha256", models.CharField(max_length=64)),
                ("ran_at", models.DateTimeField()),
                ("ran_by", models.CharField(max_length=200)),
                ("reason", models.TextField()),
                ("summary", models.JSONField()),
                (
                    "bill_run",
                    models.ForeignKey(
                        blank=True,
                        null=True,
                        on_delete=django.db.models.deletion.PROTECT,
                        to="invoicing.billrun",
                    ),
                ),
            ],
            options={
                "abstract": False,
                "indexes": [
                    models.Index(fields=["file_sha256", "-ran_at"], name="parallel_run_by_file")
                ],
            },
        ),
        pgtrigger.migrations.AddTrigger(
            model_name="parallelrun",
            trigger=pgtrigger.compiler.Trigger(
                name="append_only",
                sql=core.db.immutability.UnconditionalTriggerSql(
                    func="RAISE EXCEPTION '% is append-only: % is refused', TG_TABLE_NAME, TG_OP USING ERRCODE = 'restrict_violation', CONSTRAINT = 'append_only';",
                    hash="1678f60edefdd607650142f137cc78c790ab673a",
                    operation="UPDATE OR DELETE",
                    pgid="pgtrigger_append_only_ed23a",
                    table="parallel_run_parallelrun",
                    when="BEFORE",
                ),
            ),
        ),
        pgtrigger.migrations.AddTrigger(
            model_name="parallelrun",
            trigger=pgtrigger.compiler.Trigger(
                name="no_truncate",
                sql=core.db.immutability.UnconditionalTriggerSql(
                    func="RAISE EXCEPTION '% is append-only: % is refused', TG_TABLE_NAME, TG_OP USING ERRCODE = 'restrict_violation', CONSTRAINT = 'append_only';",
                    hash="4d753fa5b5856670cc74edb3b8634654bacaf890",
                    level="STATEMENT",
                    operation="TRUNCATE",
                    pgid="pgtrigger_no_truncate_dfadd",
                    table="parallel_run_parallelrun",
                    when="BEFORE",
                ),
            ),
        ),
        migrations.CreateModel(
            name="ParallelRunRow",
            fields=[
                (
                    "id",
                    models.BigAutoField(
                        auto_created=True, primary_key=True, serialize=False, verbose_name="ID"
                    ),
                ),
                ("row_number", models.PositiveIntegerField()),
                ("currency", models.CharField(blank=True, default="", max_length=3)),
                ("period_from", models.DateTimeField(blank=True, null=True)),
                ("sku", models.CharField(blank=True, default="", max_length=200)),
                ("description", models.TextField(blank=True, default="")),
                ("event_id", models.CharField(blank=True, default="", max_length=255)),
                ("expected_amount", usage.models.columns.ExactField(blank=True, null=True)),
                ("our_amount", usage.models.columns.ExactField(blank=True, null=True)),
                (
                    "fate",
                    models.CharField(
                        choices=[("billed", "Billed"), ("quarantined", "Quarantined")],
                        max_length=16,
                    ),
                ),
                ("difference_reason", models.CharField(blank=True, default="", max_length=64)),
                ("detail", models.TextField(blank=True, default="")),
                (
                    "account",
                    models.ForeignKey(
                        blank=True,
                        null=True,
                        on_delete=django.db.models.deletion.PROTECT,
                        to="accounts.account",
                    ),
                ),
                (
                    "run",
                    models.ForeignKey(
                        on_delete=django.db.models.deletion.PROTECT,
                        related_name="rows",
                        to="parallel_run.parallelrun",
                    ),
                ),
            ],
            options={
                "abstract": False,
                "indexes": [
                    models.Index(
                        fields=["run", "difference_reason", "row_number"],
                        name="parallel_run_row_by_reason",
                    )
                ],
                "constraints": [
                    models.UniqueConstraint(
                        fields=("run", "row_number"), name="parallel_run_row_once"
                    ),
                    models.CheckConstraint(
                        condition=models.Q(
                            models.Q(
                                ("expected_amount__isnull", False),
                                ("fate", "billed"),
                                ("our_amount__isnull", False),
                            ),
                            models.Q(("fate", "quarantined"), ("our_amount__isnull", True)),
                            _connector="OR",
                        ),
                        name="parallel_run_row_fate",
                    ),
                    models.CheckConstraint(
                        condition=models.Q(
                            models.Q(
                                ("our_amount", models.F("expected_amount")),
                                ("our_amount__isnull", False),
                            ),
                            models.Q(("difference_reason", ""), _negated=True),
                            _connector="OR",
                        ),
                        name="parallel_run_row_difference_named",
                    ),
                ],
            },
        ),
        pgtrigger.migrations.AddTrigger(
            model_name="parallelrunrow",
            trigger=pgtrigger.compiler.Trigger(
                name="append_only",
                sql=core.db.immutability.UnconditionalTriggerSql(
                    func="RAISE EXCEPTION '% is append-only: % is refused', TG_TABLE_NAME, TG_OP USING ERRCODE = 'restrict_violation', CONSTRAINT = 'append_only';",
                    hash="9ed52546097ca2bc569ca5b2e087caebdcfd2ad7",
                    operation="UPDATE OR DELETE",
                    pgid="pgtrigger_append_only_0a65e",
                    table="parallel_run_parallelrunrow",
                    when="BEFORE",
                ),
            ),
        ),
        pgtrigger.migrations.AddTrigger(
            model_name="parallelrunrow",
            trigger=pgtrigger.compiler.Trigger(
                name="no_truncate",
                sql=core.db.immutability.UnconditionalTriggerSql(
                    func="RAISE EXCEPTION '% is append-only: % is refused', TG_TABLE_NAME, TG_OP USING ERRCODE = 'restrict_violation', CONSTRAINT = 'append_only';",
                    hash="a0d25704e93963dc6188ec04417d0026cf9b589e",
                    level="STATEMENT",
                    operation="TRUNCATE",
                    pgid="pgtrigger_no_truncate_ffd0d",
                    table="parallel_run_parallelrunrow",
                    when="BEFORE",
                ),
            ),
        ),
        migrations.CreateModel(
            name="ParallelRunSku",
            fields=[
                (
                    "id",
                    models.BigAutoField(
                        auto_created=True, primary_key=True, serialize=False, verbose_name="ID"
                    ),
                ),
                ("currency", models.CharField(blank=True, default="", max_length=3)),
                ("period_from", models.DateTimeField(blank=True, null=True)),
                ("sku", models.CharField(blank=True, default="", max_length=200)),
                ("list_price", models.CharField(blank=True, default="", max_length=64)),
                ("unit", models.CharField(blank=True, default="", max_length=64)),
                ("description", models.TextField(blank=True, default="")),
                ("row_count", models.PositiveIntegerField()),
                ("billed_count", models.PositiveIntegerField()),
                ("expected_amount", usage.models.columns.ExactField()),
                ("our_amount", usage.models.columns.ExactField()),
                ("differences", models.JSONField()),
                (
                    "account",
                    models.ForeignKey(
                        blank=True,
                        null=True,
                        on_delete=django.db.models.deletion.PROTECT,
                        to="accounts.account",
                    ),
                ),
                (
                    "run",
                    models.ForeignKey(
                        on_delete=django.db.models.deletion.PROTECT,
                        related_name="skus",
                        to="parallel_run.parallelrun",
                    ),
                ),
            ],
            options={
                "abstract": False,
                "constraints": [
                    models.UniqueConstraint(
                        fields=(
                            "run",
                            "account",
                            "currency",
                            "period_from",
                            "sku",
                            "list_price",
                            "unit",
                        ),
                        name="parallel_run_sku_once",
                        nulls_distinct=False,
                    ),
                    models.CheckConstraint(
                        condition=models.Q(("billed_count__lte", models.F("row_count"))),
                        name="parallel_run_sku_counts",
                    ),
                ],
            },
        ),
        pgtrigger.migrations.AddTrigger(
            model_name="parallelrunsku",
            trigger=pgtrigger.compiler.Trigger(
                name="append_only",
                sql=core.db.immutability.UnconditionalTriggerSql(
                    func="RAISE EXCEPTION '% is append-only: % is refused', TG_TABLE_NAME, TG_OP USING ERRCODE = 'restrict_violation', CONSTRAINT = 'append_only';",
                    hash="872b617ceece6a070b3f19c10ffa01d7ae93b86e",
                    operation="UPDATE OR DELETE",
                    pgid="pgtrigger_append_only_ab53a",
                    table="parallel_run_parallelrunsku",
                    when="BEFORE",
                ),
            ),
        ),
        pgtrigger.migrations.AddTrigger(
            model_name="parallelrunsku",
            trigger=pgtrigger.compiler.Trigger(
                name="no_truncate",
                sql=core.db.immutability.UnconditionalTriggerSql(
                    func="RAISE EXCEPTION '% is append-only: % is refused', TG_TABLE_NAME, TG_OP USING ERRCODE = 'restrict_violation', CONSTRAINT = 'append_only';",
                    hash="5c703b55799fd25b3ff48388bb4726f14e5aca12",
                    level="STATEMENT",
                    operation="TRUNCATE",
                    pgid="pgtrigger_no_truncate_f760e",
                    table="parallel_run_parallelrunsku",
                    when="BEFORE",
                ),
            ),
        ),
        migrations.CreateModel(
            name="ForeignAccount",
            fields=[
                (
                    "id",
                    models.BigAutoField(
                        auto_created=True, primary_key=True, serialize=False, verbose_name="ID"
                    ),
                ),
                ("provider", models.CharField(max_length=200)),
                ("foreign_id", models.CharField(max_length=200)),
                ("currency", core.db.fields.CurrencyField()),
                (
                    "account",
                    models.OneToOneField(
                        on_delete=django.db.models.deletion.PROTECT,
                        related_name="foreign",
                        to="accounts.account",
                    ),
                ),
            ],
            options={
                "abstract": False,
                "constraints": [
                    models.UniqueConstraint(
                        fields=("provider", "foreign_id", "currency"), name="foreign_account_once"
                    )
                ],
            },
        ),
        pgtrigger.migrations.AddTrigger(
            model_name="foreignaccount",
            trigger=pgtrigger.compiler.Trigger(
                name="append_only",
                sql=core.db.immutability.UnconditionalTriggerSql(
                    func="RAISE EXCEPTION '% is append-only: % is refused', TG_TABLE_NAME, TG_OP USING ERRCODE = 'restrict_violation', CONSTRAINT = 'append_only';",
                    hash="729be4f1fa29e1e78b0166f023f1d28139995a20",
                    operation="UPDATE OR DELETE",
                    pgid="pgtrigger_append_only_2e1fa",
                    table="parallel_run_foreignaccount",
                    when="BEFORE",
                ),
            ),
        ),
        pgtrigger.migrations.AddTrigger(
            model_name="foreignaccount",
            trigger=pgtrigger.compiler.Trigger(
                name="no_truncate",
                sql=core.db.immutability.UnconditionalTriggerSql(
                    func="RAISE EXCEPTION '% is append-only: % is refused', TG_TABLE_NAME, TG_OP USING ERRCODE = 'restrict_violation', CONSTRAINT = 'append_only';",
                    hash="93b1340ba0511dd6fdde87780afc8c37b50473aa",
                    level="STATEMENT",
                    operation="TRUNCATE",
                    pgid="pgtrigger_no_truncate_710b6",
                    table="parallel_run_foreignaccount",
                    when="BEFORE",
                ),
            ),
        ),
    ]
