import django.db.models.deletion
import django.db.models.expressions
import django.db.models.functions.comparison
import pgtrigger.compiler
import pgtrigger.migrations
from django.db import migrations, models

import core.db.fields
import core.db.immutability


class Migration(migrations.Migration):
    initial = True

    dependencies = [
        ("accounts", "0003_resources_are_kept"),
        ("catalogue", "0001_initial"),
        ("invoicing", "0001_initial"),
        ("usage", "0003_reference_changes"),
    ]

    operations = [
        migrations.CreateModel(
            name="Simulation",
            fields=[
                (
                    "id",
                    models.BigAutoField(
                        auto_created=True, primary_key=True, serialize=False, verbose_name="ID"
                    ),
                ),
                ("public_id", core.db.fields.PublicIdField(prefix="sim")),
                (
                    "kind",
                    models.CharField(
                        choices=[
                            ("back_test", "Price back-test"),
                            ("price", "Wrong price version"),
                            ("meter", "Wrong meter"),
                            ("window", "Wrong window of usage"),
                        ],
                        max_length=16,
                    ),
                ),
                ("payload", models.JSONField()),
                ("payload_sha256", models.CharField(max_length=64)),
                ("started_at", models.DateTimeField()),
                ("started_by", models.CharField(max_length=200)),
                ("reason", models.TextField()),
                (
                    "meter",
                    models.ForeignKey(
                        blank=True,
                        null=True,
                        on_delete=django.db.models.deletion.PROTECT,
                        related_name="simulations",
                        to="usage.meter",
                    ),
                ),
                (
                    "plan_version",
                    models.ForeignKey(
                        blank=True,
                        help_text="The version that was assumed.",
                        null=True,
                        on_delete=django.db.models.deletion.PROTECT,
                        related_name="simulations",
                        to="catalogue.planversion",
                    ),
                ),
            ],
            options={
                "abstract": False,
                "indexes": [
                    models.Index(fields=["-started_at", "-id"], name="simulation_by_start")
                ],
                "constraints": [
                    models.CheckConstraint(
                        condition=models.Q(("reason", ""), _negated=True),
                        name="simulation_says_why",
                    )
                ],
            },
        ),
        pgtrigger.migrations.AddTrigger(
            model_name="simulation",
            trigger=pgtrigger.compiler.Trigger(
                name="append_only",
                sql=core.db.immutability.UnconditionalTriggerSql(
                    func="RAISE EXCEPTION '% is append-only: % is refused', TG_TABLE_NAME, TG_OP USING ERRCODE = 'restrict_violation', CONSTRAINT = 'append_only';",
                    hash="84ed9e4cedb74c8ff7a42ac5bc6ecc60e7959ca4",
                    operation="UPDATE OR DELETE",
                    pgid="pgtrigger_append_only_115d7",
                    table="whatif_simulation",
                    when="BEFORE",
                ),
            ),
        ),
        pgtrigger.migrations.AddTrigger(
            model_name="simulation",
            trigger=pgtrigger.compiler.Trigger(
                name="no_truncate",
                sql=core.db.immutability.UnconditionalTriggerSql(
                    func="RAISE EXCEPTION '% is append-only: % is refused', TG_TABLE_NAME, TG_OP USING ERRCODE = 'restrict_violation', CONSTRAINT = 'append_only';",
                    hash="9c879267d08314822bcb0d0f7a220c73edf45fa1",
                    level="STATEMENT",
                    operation="TRUNCATE",
                    pgid="pgtrigger_no_truncate_72096",
                    table="whatif_simulation",
                    when="BEFORE",
                ),
            ),
        ),
        migrations.CreateModel(
            name="SimulationOutcome",
            fields=[
                (
                    "id",
                    models.BigAutoField(
                        auto_created=True, primary_key=True, serialize=False, verbose_name="ID"
                    ),
                ),
                ("finished_at", models.DateTimeField()),
                ("account_count", models.PositiveIntegerField()),
                ("affected_account_count", models.PositiveIntegerField()),
                ("invoice_count", models.PositiveIntegerField()),
                ("affected_invoice_count", models.PositiveIntegerField()),
                ("row_count", models.PositiveIntegerField()),
                ("unrated_count", models.PositiveIntegerField()),
                ("totals", models.JSONField()),
                ("content_sha256", models.CharField(max_length=64)),
                (
                    "simulation",
                    models.OneToOneField(
                        on_delete=django.db.models.deletion.PROTECT,
                        related_name="outcome",
                        to="whatif.simulation",
                    ),
                ),
            ],
            options={
                "abstract": False,
                "constraints": [
                    models.CheckConstraint(
                        condition=models.Q(
                            ("affected_account_count__lte", models.F("account_count")),
                            ("affected_invoice_count__lte", models.F("invoice_count")),
                        ),
                        name="simulation_outcome_counts",
                    )
                ],
            },
        ),
        pgtrigger.migrations.AddTrigger(
            model_name="simulationoutcome",
            trigger=pgtrigger.compiler.Trigger(
                name="append_only",
                sql=core.db.immutability.UnconditionalTriggerSql(
                    func="RAISE EXCEPTION '% is append-only: % is refused', TG_TABLE_NAME, TG_OP USING ERRCODE = 'restrict_violation', CONSTRAINT = 'append_only';",
                    hash="f87bc57a47242999fc08f49eea22f801f4c11bae",
                    operation="UPDATE OR DELETE",
                    pgid="pgtrigger_append_only_94e71",
                    table="whatif_simulationoutcome",
                    when="BEFORE",
                ),
            ),
        ),
        pgtrigger.migrations.AddTrigger(
            model_name="simulationoutcome",
            trigger=pgtrigger.compiler.Trigger(
                name="no_truncate",
                sql=core.db.immutability.UnconditionalTriggerSql(
                    func="RAISE EXCEPTION '% is append-only: % is refused', TG_TABLE_NAME, TG_OP USING ERRCODE = 'restrict_violation', CONSTRAINT = 'append_only';",
                    hash="f8da91f4cba8330b331e3a0231729fc72884f584",
                    level="STATEMENT",
                    operation="TRUNCATE",
                    pgid="pgtrigger_no_truncate_3b805",
                    table="whatif_simulationoutcome",
                    when="BEFORE",
                ),
            ),
        ),
        migrations.CreateModel(
            name="SimulationRow",
            fields=[
                (
                    "id",
                    models.BigAutoField(
                        auto_created=True, primary_key=True, serialize=False, verbose_name="ID"
                    ),
                ),
                ("position", models.PositiveIntegerField()),
                ("period_from", models.DateTimeField()),
                ("period_until", models.DateTimeField()),
                ("key", models.CharField(blank=True, default="", max_length=400)),
                ("description", models.CharField(blank=True, default="", max_length=500)),
                ("currency", core.db.fields.CurrencyField()),
                ("billed_minor", core.db.fields.MinorAmountField(blank=True, null=True)),
                ("before_minor", core.db.fields.MinorAmountField(blank=True, null=True)),
                ("after_minor", core.db.fields.MinorAmountField(blank=True, null=True)),
                ("delta_minor", core.db.fields.MinorAmountField()),
                ("before_quantity", core.db.fields.QuantityField(blank=True, null=True)),
                ("after_quantity", core.db.fields.QuantityField(blank=True, null=True)),
                ("line", models.JSONField(blank=True, null=True)),
                ("problem_code", models.CharField(blank=True, default="", max_length=64)),
                ("problem", models.TextField(blank=True, default="")),
                (
                    "account",
                    models.ForeignKey(
                        on_delete=django.db.models.deletion.PROTECT, to="accounts.account"
                    ),
                ),
                (
                    "invoice",
                    models.ForeignKey(
                        blank=True,
                        null=True,
                        on_delete=django.db.models.deletion.PROTECT,
                        to="invoicing.invoice",
                    ),
                ),
                (
                    "simulation",
                    models.ForeignKey(
                        on_delete=django.db.models.deletion.PROTECT,
                        related_name="rows",
                        to="whatif.simulation",
                    ),
                ),
            ],
            options={
                "abstract": False,
                "indexes": [
                    models.Index(
                        fields=["simulation", "account", "position"], name="simulation_row_account"
                    )
                ],
                "constraints": [
                    models.UniqueConstraint(
                        fields=("simulation", "position"), name="simulation_row_position_once"
                    ),
                    models.CheckConstraint(
                        condition=models.Q(
                            ("period_until__isnull", True),
                            ("period_until__gt", models.F("period_from")),
                            _connector="OR",
                        ),
                        name="simulation_row_period_half_open",
                    ),
                    models.CheckConstraint(
                        condition=models.Q(
                            (
                                "delta_minor",
                                django.db.models.expressions.CombinedExpression(
                                    django.db.models.functions.comparison.Coalesce(
                                        models.F("after_minor"), 0
                                    ),
                                    "-",
                                    django.db.models.functions.comparison.Coalesce(
                                        models.F("before_minor"), 0
                                    ),
                                ),
                            )
                        ),
                        name="simulation_row_delta_adds_up",
                    ),
                    models.CheckConstraint(
                        condition=models.Q(
                            models.Q(
                                ("problem", ""),
                                ("problem_code", ""),
                                models.Q(("key", ""), _negated=True),
                                models.Q(("delta_minor", 0), _negated=True),
                            ),
                            models.Q(
                                models.Q(("problem_code", ""), _negated=True),
                                ("delta_minor", 0),
                                ("key", ""),
                            ),
                            _connector="OR",
                        ),
                        name="simulation_row_differs_or_says_why",
                    ),
                ],
            },
        ),
        pgtrigger.migrations.AddTrigger(
            model_name="simulationrow",
            trigger=pgtrigger.compiler.Trigger(
                name="append_only",
                sql=core.db.immutability.UnconditionalTriggerSql(
                    func="RAISE EXCEPTION '% is append-only: % is refused', TG_TABLE_NAME, TG_OP USING ERRCODE = 'restrict_violation', CONSTRAINT = 'append_only';",
                    hash="749a2ab8cab69a794eac22a1bc0408f89bec6364",
                    operation="UPDATE OR DELETE",
                    pgid="pgtrigger_append_only_fc799",
                    table="whatif_simulationrow",
                    when="BEFORE",
                ),
            ),
        ),
        pgtrigger.migrations.AddTrigger(
            model_name="simulationrow",
            trigger=pgtrigger.compiler.Trigger(
                name="no_truncate",
                sql=core.db.immutability.UnconditionalTriggerSql(
                    func="RAISE EXCEPTION '% is append-only: % is refused', TG_TABLE_NAME, TG_OP USING ERRCODE = 'restrict_violation', CONSTRAINT = 'append_only';",
                    hash="f575eb2adbcdafa5963e155a23ffd545223ff2af",
                    level="STATEMENT",
                    operation="TRUNCATE",
                    pgid="pgtrigger_no_truncate_60b48",
                    table="whatif_simulationrow",
                    when="BEFORE",
                ),
            ),
        ),
        migrations.CreateModel(
            name="SimulationWork",
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
                ("examined_count", models.PositiveIntegerField(default=0)),
                ("total_count", models.PositiveIntegerField(blank=True, null=True)),
                ("tally", models.JSONField(default=dict)),
                (
                    "simulation",
                    models.OneToOneField(
                        on_delete=django.db.models.deletion.PROTECT,
                        related_name="work",
                        to="whatif.simulation",
                    ),
                ),
            ],
            options={
                "abstract": False,
                "indexes": [
                    models.Index(
                        condition=models.Q(("state__in", ["ready", "leased"])),
                        fields=["not_before", "id"],
                        name="simulationwork_due",
                    )
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
                        name="simulationwork_leased_has_an_end",
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
                        name="simulationwork_parked_says_why",
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
                        name="simulationwork_done_says_when",
                    ),
                    models.CheckConstraint(
                        condition=models.Q(
                            models.Q(("examined_count", 0), ("total_count__isnull", True)),
                            ("examined_count__lte", models.F("total_count")),
                            _connector="OR",
                        ),
                        name="simulation_work_counts",
                    ),
                ],
            },
        ),
    ]
