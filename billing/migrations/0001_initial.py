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
import usage.models.columns


class Migration(migrations.Migration):
    initial = True

    dependencies = [
        ("accounts", "0003_resources_are_kept"),
        ("usage", "0003_reference_changes"),
    ]

    operations = [
        migrations.CreateModel(
            name="BillRun",
            fields=[
                (
                    "id",
                    models.BigAutoField(
                        auto_created=True, primary_key=True, serialize=False, verbose_name="ID"
                    ),
                ),
                ("public_id", core.db.fields.PublicIdField(prefix="run")),
                (
                    "as_of",
                    models.DateTimeField(
                        help_text="Periods that ended by this instant are billed."
                    ),
                ),
                (
                    "grace",
                    models.DurationField(help_text="Time after its end before a period is billed."),
                ),
                (
                    "issues",
                    models.BooleanField(
                        default=True,
                        help_text="Whether invoices are issued, or left as drafts to look at.",
                    ),
                ),
                ("started_at", models.DateTimeField()),
                ("started_by", models.CharField(max_length=200)),
                ("reason", models.TextField()),
                ("finished_at", models.DateTimeField(blank=True, null=True)),
            ],
        ),
        migrations.CreateModel(
            name="NumberSeries",
            fields=[
                (
                    "id",
                    models.BigAutoField(
                        auto_created=True, primary_key=True, serialize=False, verbose_name="ID"
                    ),
                ),
                ("prefix", models.CharField(max_length=32, unique=True)),
                ("next_value", models.BigIntegerField(default=1)),
                (
                    "last_issued_at",
                    models.DateTimeField(
                        blank=True,
                        help_text="No later number is issued before this instant.",
                        null=True,
                    ),
                ),
            ],
            options={
                "verbose_name_plural": "number series",
                "constraints": [
                    models.CheckConstraint(
                        condition=models.Q(("next_value__gte", 1)), name="number_series_positive"
                    )
                ],
            },
        ),
        migrations.CreateModel(
            name="Invoice",
            fields=[
                (
                    "id",
                    models.BigAutoField(
                        auto_created=True, primary_key=True, serialize=False, verbose_name="ID"
                    ),
                ),
                ("public_id", core.db.fields.PublicIdField(prefix="inv")),
                ("period_from", models.DateTimeField()),
                ("period_until", models.DateTimeField()),
                (
                    "zone",
                    models.CharField(
                        help_text="Billing zone the period was cut in.", max_length=64
                    ),
                ),
                (
                    "state",
                    models.CharField(
                        choices=[("draft", "Draft"), ("issued", "Issued")],
                        default="draft",
                        max_length=16,
                    ),
                ),
                ("currency", core.db.fields.CurrencyField()),
                ("subtotal_minor", core.db.fields.MinorAmountField()),
                ("tax_minor", core.db.fields.MinorAmountField()),
                ("total_minor", core.db.fields.MinorAmountField()),
                (
                    "inputs_digest",
                    models.CharField(
                        help_text="SHA-256 of what was rated; the same digest needs no new rating.",
                        max_length=64,
                    ),
                ),
                (
                    "billed_to",
                    models.JSONField(help_text="Name, address and tax id as printed, copied."),
                ),
                ("rated_at", models.DateTimeField(help_text="Usage received by then is on it.")),
                (
                    "terms_days",
                    models.PositiveIntegerField(help_text="Days from issue until payment is due."),
                ),
                ("sequence", models.BigIntegerField(blank=True, null=True)),
                ("number", models.CharField(blank=True, max_length=64, null=True, unique=True)),
                ("issued_at", models.DateTimeField(blank=True, null=True)),
                ("due_on", models.DateField(blank=True, null=True)),
                ("content_sha256", models.CharField(blank=True, default="", max_length=64)),
                ("created_at", models.DateTimeField()),
                (
                    "account",
                    models.ForeignKey(
                        db_index=False,
                        on_delete=django.db.models.deletion.PROTECT,
                        related_name="invoices",
                        to="accounts.account",
                    ),
                ),
                (
                    "payer",
                    models.ForeignKey(
                        on_delete=django.db.models.deletion.PROTECT,
                        related_name="payable_invoices",
                        to="accounts.account",
                    ),
                ),
                (
                    "series",
                    models.ForeignKey(
                        blank=True,
                        db_index=False,
                        null=True,
                        on_delete=django.db.models.deletion.PROTECT,
                        to="billing.numberseries",
                    ),
                ),
            ],
            options={
                "indexes": [
                    models.Index(fields=["account", "-period_from"], name="invoice_by_account"),
                    models.Index(fields=["-issued_at", "-id"], name="invoice_by_issue"),
                    models.Index(
                        condition=models.Q(("state", "draft")),
                        fields=["period_from"],
                        name="invoice_drafts",
                    ),
                ],
                "constraints": [
                    models.CheckConstraint(
                        condition=models.Q(
                            ("period_until__isnull", True),
                            ("period_until__gt", models.F("period_from")),
                            _connector="OR",
                        ),
                        name="invoice_period_half_open",
                    ),
                    models.CheckConstraint(
                        condition=models.Q(
                            (
                                "total_minor",
                                django.db.models.expressions.CombinedExpression(
                                    models.F("subtotal_minor"), "+", models.F("tax_minor")
                                ),
                            )
                        ),
                        name="invoice_total_adds_up",
                    ),
                    models.CheckConstraint(
                        condition=models.Q(("total_minor__gte", 0)),
                        name="invoice_total_not_negative",
                    ),
                    models.CheckConstraint(
                        condition=models.Q(
                            models.Q(
                                ("content_sha256", ""),
                                ("due_on__isnull", True),
                                ("issued_at__isnull", True),
                                ("number__isnull", True),
                                ("sequence__isnull", True),
                                ("series__isnull", True),
                                ("state", "draft"),
                            ),
                            models.Q(
                                ("due_on__isnull", False),
                                ("issued_at__isnull", False),
                                ("number__isnull", False),
                                ("sequence__isnull", False),
                                ("series__isnull", False),
                                ("state", "issued"),
                                models.Q(("content_sha256", ""), _negated=True),
                            ),
                            _connector="OR",
                        ),
                        name="invoice_issued_iff_numbered",
                    ),
                    models.UniqueConstraint(
                        fields=("series", "sequence"), name="invoice_sequence_once_per_series"
                    ),
                    django.contrib.postgres.constraints.ExclusionConstraint(
                        expressions=[
                            ("account", "="),
                            (core.db.models.TsTzRange("period_from", "period_until"), "&&"),
                        ],
                        name="invoice_one_per_account_and_period",
                    ),
                ],
            },
        ),
        pgtrigger.migrations.AddTrigger(
            model_name="invoice",
            trigger=pgtrigger.compiler.Trigger(
                name="invoice_frozen",
                sql=core.db.immutability.UnconditionalTriggerSql(
                    condition="WHEN (OLD.\"state\" = 'issued')",
                    func="RAISE EXCEPTION '% is append-only: % is refused', TG_TABLE_NAME, TG_OP USING ERRCODE = 'restrict_violation', CONSTRAINT = 'append_only';",
                    hash="56951ca653299263eb96aa6a3da1abb2537a0d59",
                    operation="UPDATE OR DELETE",
                    pgid="pgtrigger_invoice_frozen_805c9",
                    table="billing_invoice",
                    when="BEFORE",
                ),
            ),
        ),
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
                        to="billing.product",
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
                        to="billing.plan",
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
        pgtrigger.migrations.AddTrigger(
            model_name="planversion",
            trigger=pgtrigger.compiler.Trigger(
                name="plan_version_frozen",
                sql=core.db.immutability.UnconditionalTriggerSql(
                    condition="WHEN (OLD.\"state\" = 'published')",
                    func="RAISE EXCEPTION '% is append-only: % is refused', TG_TABLE_NAME, TG_OP USING ERRCODE = 'restrict_violation', CONSTRAINT = 'append_only';",
                    hash="3faa769be9435279e0460a8f7b09879deb12ac9b",
                    operation="UPDATE OR DELETE",
                    pgid="pgtrigger_plan_version_frozen_e0d83",
                    table="billing_planversion",
                    when="BEFORE",
                ),
            ),
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
                        to="billing.planversion",
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
        pgtrigger.migrations.AddTrigger(
            model_name="price",
            trigger=pgtrigger.compiler.Trigger(
                name="price_frozen",
                sql=pgtrigger.compiler.UpsertTriggerSql(
                    declare="DECLARE version_id bigint;",
                    func="\n            IF TG_OP = 'DELETE' THEN version_id := OLD.plan_version_id;\n            ELSE version_id := NEW.plan_version_id; END IF;\n            IF EXISTS (SELECT 1 FROM billing_planversion\n                       WHERE id = version_id AND state = 'published') THEN\n                RAISE EXCEPTION 'price belongs to a published plan version'\n                    USING ERRCODE = 'check_violation', CONSTRAINT = 'price_frozen';\n            END IF;\n            IF TG_OP = 'UPDATE' AND OLD.plan_version_id <> NEW.plan_version_id THEN\n                RAISE EXCEPTION 'a price never moves to another plan version'\n                    USING ERRCODE = 'check_violation', CONSTRAINT = 'price_frozen';\n            END IF;\n            IF TG_OP = 'DELETE' THEN RETURN OLD; END IF;\n            RETURN NEW;\n        ",
                    hash="d2e5befaf0db3f96cdffb76eb2e3ccc9c1b08916",
                    operation="INSERT OR UPDATE OR DELETE",
                    pgid="pgtrigger_price_frozen_7c57b",
                    table="billing_price",
                    when="BEFORE",
                ),
            ),
        ),
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
                        to="billing.plan",
                    ),
                ),
                (
                    "plan_version",
                    models.ForeignKey(
                        on_delete=django.db.models.deletion.PROTECT,
                        related_name="subscriptions",
                        to="billing.planversion",
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
        pgtrigger.migrations.AddTrigger(
            model_name="subscription",
            trigger=pgtrigger.compiler.Trigger(
                name="subscription_kept",
                sql=core.db.immutability.UnconditionalTriggerSql(
                    func="RAISE EXCEPTION '% is append-only: % is refused', TG_TABLE_NAME, TG_OP USING ERRCODE = 'restrict_violation', CONSTRAINT = 'append_only';",
                    hash="45a92b6a3191449be3d7bee11878f20b1100ae52",
                    operation="DELETE",
                    pgid="pgtrigger_subscription_kept_2cefa",
                    table="billing_subscription",
                    when="BEFORE",
                ),
            ),
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
                        to="billing.subscription",
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
        pgtrigger.migrations.AddTrigger(
            model_name="priceoverride",
            trigger=pgtrigger.compiler.Trigger(
                name="price_override_agreed",
                sql=core.db.immutability.UnconditionalTriggerSql(
                    condition='WHEN (OLD."agreed_by" IS DISTINCT FROM (NEW."agreed_by") OR OLD."definition" IS DISTINCT FROM (NEW."definition") OR OLD."id" IS DISTINCT FROM (NEW."id") OR OLD."price_code" IS DISTINCT FROM (NEW."price_code") OR OLD."public_id" IS DISTINCT FROM (NEW."public_id") OR OLD."reason" IS DISTINCT FROM (NEW."reason") OR OLD."subscription_id" IS DISTINCT FROM (NEW."subscription_id") OR OLD."valid_from" IS DISTINCT FROM (NEW."valid_from"))',
                    func="RAISE EXCEPTION '% is append-only: % is refused', TG_TABLE_NAME, TG_OP USING ERRCODE = 'restrict_violation', CONSTRAINT = 'append_only';",
                    hash="6cf87c7286f7a6a691e200e029784fcd14a2b52e",
                    operation="UPDATE",
                    pgid="pgtrigger_price_override_agreed_8a456",
                    table="billing_priceoverride",
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
                    hash="dfdb2e12e340cd8d502f0452a61e35489f4897b1",
                    operation="DELETE",
                    pgid="pgtrigger_price_override_kept_07808",
                    table="billing_priceoverride",
                    when="BEFORE",
                ),
            ),
        ),
        migrations.CreateModel(
            name="InvoiceLine",
            fields=[
                (
                    "id",
                    models.BigAutoField(
                        auto_created=True, primary_key=True, serialize=False, verbose_name="ID"
                    ),
                ),
                ("position", models.PositiveIntegerField()),
                ("key", models.CharField(max_length=300)),
                ("kind", models.CharField(max_length=32)),
                (
                    "group_label",
                    models.CharField(
                        blank=True,
                        default="",
                        help_text="App the line is printed under, copied.",
                        max_length=300,
                    ),
                ),
                ("description", models.CharField(max_length=500)),
                ("quantity", core.db.fields.QuantityField()),
                ("unit", models.CharField(blank=True, default="", max_length=64)),
                ("unit_price", core.db.fields.UnitPriceField(blank=True, null=True)),
                ("amount_minor", core.db.fields.MinorAmountField()),
                ("dimensions", models.JSONField(default=dict)),
                ("explanation", models.JSONField()),
                ("period_from", models.DateTimeField()),
                ("period_until", models.DateTimeField()),
                (
                    "corrects",
                    models.ForeignKey(
                        blank=True,
                        db_index=False,
                        help_text="The issued invoice whose late usage this bills.",
                        null=True,
                        on_delete=django.db.models.deletion.PROTECT,
                        related_name="late_lines",
                        to="billing.invoice",
                    ),
                ),
                (
                    "invoice",
                    models.ForeignKey(
                        db_index=False,
                        on_delete=django.db.models.deletion.PROTECT,
                        related_name="lines",
                        to="billing.invoice",
                    ),
                ),
                (
                    "resource",
                    models.ForeignKey(
                        blank=True,
                        db_constraint=False,
                        db_index=False,
                        null=True,
                        on_delete=django.db.models.deletion.PROTECT,
                        to="accounts.resource",
                    ),
                ),
                (
                    "price",
                    models.ForeignKey(
                        blank=True,
                        db_constraint=False,
                        db_index=False,
                        null=True,
                        on_delete=django.db.models.deletion.PROTECT,
                        to="billing.price",
                    ),
                ),
                (
                    "subscription",
                    models.ForeignKey(
                        blank=True,
                        db_constraint=False,
                        db_index=False,
                        null=True,
                        on_delete=django.db.models.deletion.PROTECT,
                        to="billing.subscription",
                    ),
                ),
                (
                    "price_override",
                    models.ForeignKey(
                        blank=True,
                        db_constraint=False,
                        db_index=False,
                        help_text="What was agreed instead of the price.",
                        null=True,
                        on_delete=django.db.models.deletion.PROTECT,
                        to="billing.priceoverride",
                    ),
                ),
            ],
            options={
                "indexes": [
                    models.Index(
                        condition=models.Q(("corrects__isnull", False)),
                        fields=["corrects"],
                        name="line_late",
                    )
                ],
                "constraints": [
                    models.UniqueConstraint(
                        fields=("invoice", "position"), name="line_position_unique"
                    ),
                    models.UniqueConstraint(fields=("invoice", "key"), name="line_key_unique"),
                    models.CheckConstraint(
                        condition=models.Q(
                            ("period_until__isnull", True),
                            ("period_until__gt", models.F("period_from")),
                            _connector="OR",
                        ),
                        name="line_period_half_open",
                    ),
                ],
            },
        ),
        pgtrigger.migrations.AddTrigger(
            model_name="invoiceline",
            trigger=pgtrigger.compiler.Trigger(
                name="invoice_lines_frozen_insert",
                sql=pgtrigger.compiler.UpsertTriggerSql(
                    func="\n            IF EXISTS (\n                SELECT 1 FROM changed AS line\n                JOIN billing_invoice ON billing_invoice.id = line.invoice_id\n                WHERE billing_invoice.state = 'issued'\n            ) THEN\n                RAISE EXCEPTION 'lines of an issued invoice never change'\n                    USING ERRCODE = 'check_violation', CONSTRAINT = 'invoice_lines_frozen';\n            END IF;\n            RETURN NULL;\n        ",
                    hash="c162d27475e15aff6cb943b010c587a9701356db",
                    level="STATEMENT",
                    operation="INSERT",
                    pgid="pgtrigger_invoice_lines_frozen_insert_7ce88",
                    referencing="REFERENCING NEW TABLE AS changed ",
                    table="billing_invoiceline",
                    when="AFTER",
                ),
            ),
        ),
        pgtrigger.migrations.AddTrigger(
            model_name="invoiceline",
            trigger=pgtrigger.compiler.Trigger(
                name="invoice_lines_frozen_update",
                sql=pgtrigger.compiler.UpsertTriggerSql(
                    func="\n            IF EXISTS (\n                SELECT 1 FROM changed AS line\n                JOIN billing_invoice ON billing_invoice.id = line.invoice_id\n                WHERE billing_invoice.state = 'issued'\n            ) THEN\n                RAISE EXCEPTION 'lines of an issued invoice never change'\n                    USING ERRCODE = 'check_violation', CONSTRAINT = 'invoice_lines_frozen';\n            END IF;\n            RETURN NULL;\n        ",
                    hash="e18a2a8f4a3c6c688f1d0853a0e79f63f954cb3e",
                    level="STATEMENT",
                    operation="UPDATE",
                    pgid="pgtrigger_invoice_lines_frozen_update_36974",
                    referencing="REFERENCING OLD TABLE AS changed ",
                    table="billing_invoiceline",
                    when="AFTER",
                ),
            ),
        ),
        pgtrigger.migrations.AddTrigger(
            model_name="invoiceline",
            trigger=pgtrigger.compiler.Trigger(
                name="invoice_lines_frozen_delete",
                sql=pgtrigger.compiler.UpsertTriggerSql(
                    func="\n            IF EXISTS (\n                SELECT 1 FROM changed AS line\n                JOIN billing_invoice ON billing_invoice.id = line.invoice_id\n                WHERE billing_invoice.state = 'issued'\n            ) THEN\n                RAISE EXCEPTION 'lines of an issued invoice never change'\n                    USING ERRCODE = 'check_violation', CONSTRAINT = 'invoice_lines_frozen';\n            END IF;\n            RETURN NULL;\n        ",
                    hash="311c4aff40f0cf0d00a3d1e454367c4c949bf430",
                    level="STATEMENT",
                    operation="DELETE",
                    pgid="pgtrigger_invoice_lines_frozen_delete_461ee",
                    referencing="REFERENCING OLD TABLE AS changed ",
                    table="billing_invoiceline",
                    when="AFTER",
                ),
            ),
        ),
        pgtrigger.migrations.AddTrigger(
            model_name="invoiceline",
            trigger=pgtrigger.compiler.Trigger(
                name="invoice_lines_refer_insert",
                sql=core.db.immutability.AlwaysTriggerSql(
                    declare="DECLARE missing bigint;",
                    func="\n            SELECT line.price_id INTO missing\n            FROM (SELECT DISTINCT price_id FROM written WHERE price_id IS NOT NULL) AS line\n            WHERE NOT EXISTS (SELECT FROM billing_price AS kept JOIN billing_planversion AS version\n                ON version.id = kept.plan_version_id AND version.state = 'published' WHERE kept.id = line.price_id) LIMIT 1;\n            IF FOUND THEN\n                RAISE EXCEPTION 'a line names price %, which is not there to stay', missing\n                    USING ERRCODE = 'foreign_key_violation', CONSTRAINT = 'line_price_exists';\n            END IF;\n            SELECT line.price_override_id INTO missing\n            FROM (SELECT DISTINCT price_override_id FROM written WHERE price_override_id IS NOT NULL) AS line\n            WHERE NOT EXISTS (SELECT FROM billing_priceoverride AS kept WHERE kept.id = line.price_override_id) LIMIT 1;\n            IF FOUND THEN\n                RAISE EXCEPTION 'a line names price_override %, which is not there to stay', missing\n                    USING ERRCODE = 'foreign_key_violation', CONSTRAINT = 'line_price_override_exists';\n            END IF;\n            SELECT line.resource_id INTO missing\n            FROM (SELECT DISTINCT resource_id FROM written WHERE resource_id IS NOT NULL) AS line\n            WHERE NOT EXISTS (SELECT FROM accounts_resource AS kept WHERE kept.id = line.resource_id) LIMIT 1;\n            IF FOUND THEN\n                RAISE EXCEPTION 'a line names resource %, which is not there to stay', missing\n                    USING ERRCODE = 'foreign_key_violation', CONSTRAINT = 'line_resource_exists';\n            END IF;\n            SELECT line.subscription_id INTO missing\n            FROM (SELECT DISTINCT subscription_id FROM written WHERE subscription_id IS NOT NULL) AS line\n            WHERE NOT EXISTS (SELECT FROM billing_subscription AS kept WHERE kept.id = line.subscription_id) LIMIT 1;\n            IF FOUND THEN\n                RAISE EXCEPTION 'a line names subscription %, which is not there to stay', missing\n                    USING ERRCODE = 'foreign_key_violation', CONSTRAINT = 'line_subscription_exists';\n            END IF;\n            RETURN NULL;",
                    hash="00ca8acfc13f9467adb64e8128b31284578e1be9",
                    level="STATEMENT",
                    operation="INSERT",
                    pgid="pgtrigger_invoice_lines_refer_insert_d5485",
                    referencing="REFERENCING NEW TABLE AS written ",
                    table="billing_invoiceline",
                    when="AFTER",
                ),
            ),
        ),
        pgtrigger.migrations.AddTrigger(
            model_name="invoiceline",
            trigger=pgtrigger.compiler.Trigger(
                name="invoice_lines_refer_update",
                sql=core.db.immutability.AlwaysTriggerSql(
                    declare="DECLARE missing bigint;",
                    func="\n            SELECT line.price_id INTO missing\n            FROM (SELECT DISTINCT price_id FROM written WHERE price_id IS NOT NULL) AS line\n            WHERE NOT EXISTS (SELECT FROM billing_price AS kept JOIN billing_planversion AS version\n                ON version.id = kept.plan_version_id AND version.state = 'published' WHERE kept.id = line.price_id) LIMIT 1;\n            IF FOUND THEN\n                RAISE EXCEPTION 'a line names price %, which is not there to stay', missing\n                    USING ERRCODE = 'foreign_key_violation', CONSTRAINT = 'line_price_exists';\n            END IF;\n            SELECT line.price_override_id INTO missing\n            FROM (SELECT DISTINCT price_override_id FROM written WHERE price_override_id IS NOT NULL) AS line\n            WHERE NOT EXISTS (SELECT FROM billing_priceoverride AS kept WHERE kept.id = line.price_override_id) LIMIT 1;\n            IF FOUND THEN\n                RAISE EXCEPTION 'a line names price_override %, which is not there to stay', missing\n                    USING ERRCODE = 'foreign_key_violation', CONSTRAINT = 'line_price_override_exists';\n            END IF;\n            SELECT line.resource_id INTO missing\n            FROM (SELECT DISTINCT resource_id FROM written WHERE resource_id IS NOT NULL) AS line\n            WHERE NOT EXISTS (SELECT FROM accounts_resource AS kept WHERE kept.id = line.resource_id) LIMIT 1;\n            IF FOUND THEN\n                RAISE EXCEPTION 'a line names resource %, which is not there to stay', missing\n                    USING ERRCODE = 'foreign_key_violation', CONSTRAINT = 'line_resource_exists';\n            END IF;\n            SELECT line.subscription_id INTO missing\n            FROM (SELECT DISTINCT subscription_id FROM written WHERE subscription_id IS NOT NULL) AS line\n            WHERE NOT EXISTS (SELECT FROM billing_subscription AS kept WHERE kept.id = line.subscription_id) LIMIT 1;\n            IF FOUND THEN\n                RAISE EXCEPTION 'a line names subscription %, which is not there to stay', missing\n                    USING ERRCODE = 'foreign_key_violation', CONSTRAINT = 'line_subscription_exists';\n            END IF;\n            RETURN NULL;",
                    hash="37b6589b536246e663835405f799cc2fd71b862e",
                    level="STATEMENT",
                    operation="UPDATE",
                    pgid="pgtrigger_invoice_lines_refer_update_becbf",
                    referencing="REFERENCING NEW TABLE AS written ",
                    table="billing_invoiceline",
                    when="AFTER",
                ),
            ),
        ),
        migrations.CreateModel(
            name="Journal",
            fields=[
                (
                    "id",
                    models.BigAutoField(
                        auto_created=True, primary_key=True, serialize=False, verbose_name="ID"
                    ),
                ),
                ("public_id", core.db.fields.PublicIdField(prefix="jrn")),
                (
                    "kind",
                    models.CharField(choices=[("invoice_issued", "Invoice issued")], max_length=32),
                ),
                (
                    "source",
                    models.CharField(
                        help_text="Public id of the fact that is booked.", max_length=64
                    ),
                ),
                ("currency", core.db.fields.CurrencyField()),
                ("posted_at", models.DateTimeField()),
                ("memo", models.CharField(max_length=300)),
                (
                    "transaction_id",
                    models.BigIntegerField(
                        db_default=django.db.models.functions.comparison.Cast(
                            django.db.models.functions.comparison.Cast(
                                models.Func(
                                    function="pg_current_xact_id", output_field=models.TextField()
                                ),
                                models.TextField(),
                            ),
                            models.BigIntegerField(),
                        ),
                        editable=False,
                        help_text="Transaction that wrote the journal; its lines belong to the same one.",
                    ),
                ),
            ],
            options={
                "abstract": False,
                "constraints": [
                    models.UniqueConstraint(
                        fields=("kind", "source"), name="journal_books_a_fact_once"
                    )
                ],
            },
        ),
        pgtrigger.migrations.AddTrigger(
            model_name="journal",
            trigger=pgtrigger.compiler.Trigger(
                name="append_only",
                sql=core.db.immutability.UnconditionalTriggerSql(
                    func="RAISE EXCEPTION '% is append-only: % is refused', TG_TABLE_NAME, TG_OP USING ERRCODE = 'restrict_violation', CONSTRAINT = 'append_only';",
                    hash="d2cb9db293dde10867293154d94a91eba3cc443e",
                    operation="UPDATE OR DELETE",
                    pgid="pgtrigger_append_only_70ad7",
                    table="billing_journal",
                    when="BEFORE",
                ),
            ),
        ),
        pgtrigger.migrations.AddTrigger(
            model_name="journal",
            trigger=pgtrigger.compiler.Trigger(
                name="no_truncate",
                sql=core.db.immutability.UnconditionalTriggerSql(
                    func="RAISE EXCEPTION '% is append-only: % is refused', TG_TABLE_NAME, TG_OP USING ERRCODE = 'restrict_violation', CONSTRAINT = 'append_only';",
                    hash="2a12d0088cea3b777a93eff0c6250761f4c1ed84",
                    level="STATEMENT",
                    operation="TRUNCATE",
                    pgid="pgtrigger_no_truncate_e1765",
                    table="billing_journal",
                    when="BEFORE",
                ),
            ),
        ),
        pgtrigger.migrations.AddTrigger(
            model_name="journal",
            trigger=pgtrigger.compiler.Trigger(
                name="journal_has_lines",
                sql=core.db.immutability.AlwaysTriggerSql(
                    constraint="CONSTRAINT",
                    func="\n    IF NOT EXISTS (\n        SELECT FROM billing_journalline WHERE journal_id = NEW.id OFFSET 1\n    ) THEN\n        RAISE EXCEPTION 'journal % has fewer than two lines', NEW.id\n            USING ERRCODE = 'check_violation', CONSTRAINT = 'journal_has_lines';\n    END IF;\n    RETURN NULL;\n",
                    hash="6a5791bbb3c31fa49b3801cc29aa4321f368425d",
                    operation="INSERT",
                    pgid="pgtrigger_journal_has_lines_86601",
                    table="billing_journal",
                    timing="DEFERRABLE INITIALLY DEFERRED",
                    when="AFTER",
                ),
            ),
        ),
        migrations.CreateModel(
            name="LedgerAccount",
            fields=[
                (
                    "id",
                    models.BigAutoField(
                        auto_created=True, primary_key=True, serialize=False, verbose_name="ID"
                    ),
                ),
                ("code", models.SlugField(max_length=64, unique=True)),
                ("name", models.CharField(max_length=200)),
                (
                    "kind",
                    models.CharField(
                        choices=[
                            ("asset", "Asset"),
                            ("liability", "Liability"),
                            ("income", "Income"),
                            ("expense", "Expense"),
                        ],
                        max_length=16,
                    ),
                ),
            ],
        ),
        migrations.CreateModel(
            name="JournalLine",
            fields=[
                (
                    "id",
                    models.BigAutoField(
                        auto_created=True, primary_key=True, serialize=False, verbose_name="ID"
                    ),
                ),
                (
                    "amount_minor",
                    core.db.fields.MinorAmountField(help_text="Debit positive, credit negative."),
                ),
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
                    "journal",
                    models.ForeignKey(
                        on_delete=django.db.models.deletion.PROTECT,
                        related_name="lines",
                        to="billing.journal",
                    ),
                ),
                (
                    "ledger_account",
                    models.ForeignKey(
                        on_delete=django.db.models.deletion.PROTECT,
                        related_name="lines",
                        to="billing.ledgeraccount",
                    ),
                ),
            ],
            options={
                "abstract": False,
                "constraints": [
                    models.CheckConstraint(
                        condition=models.Q(("amount_minor", 0), _negated=True),
                        name="journal_line_not_zero",
                    )
                ],
            },
        ),
        pgtrigger.migrations.AddTrigger(
            model_name="journalline",
            trigger=pgtrigger.compiler.Trigger(
                name="append_only",
                sql=core.db.immutability.UnconditionalTriggerSql(
                    func="RAISE EXCEPTION '% is append-only: % is refused', TG_TABLE_NAME, TG_OP USING ERRCODE = 'restrict_violation', CONSTRAINT = 'append_only';",
                    hash="a0a88ad48b98a4d7a7a49cb28aee6115242f0604",
                    operation="UPDATE OR DELETE",
                    pgid="pgtrigger_append_only_c68a0",
                    table="billing_journalline",
                    when="BEFORE",
                ),
            ),
        ),
        pgtrigger.migrations.AddTrigger(
            model_name="journalline",
            trigger=pgtrigger.compiler.Trigger(
                name="no_truncate",
                sql=core.db.immutability.UnconditionalTriggerSql(
                    func="RAISE EXCEPTION '% is append-only: % is refused', TG_TABLE_NAME, TG_OP USING ERRCODE = 'restrict_violation', CONSTRAINT = 'append_only';",
                    hash="e12a4025068043f9fbd27aa26d34672d8b2ab8f5",
                    level="STATEMENT",
                    operation="TRUNCATE",
                    pgid="pgtrigger_no_truncate_d847a",
                    table="billing_journalline",
                    when="BEFORE",
                ),
            ),
        ),
        pgtrigger.migrations.AddTrigger(
            model_name="journalline",
            trigger=pgtrigger.compiler.Trigger(
                name="journal_balanced",
                sql=core.db.immutability.AlwaysTriggerSql(
                    constraint="CONSTRAINT",
                    declare="DECLARE total numeric; is_own boolean;",
                    func="\n    SELECT sum(line.amount_minor),\n           (SELECT journal.transaction_id = pg_current_xact_id()::text::bigint\n            FROM billing_journal AS journal WHERE journal.id = NEW.journal_id)\n    INTO total, is_own\n    FROM billing_journalline AS line WHERE line.journal_id = NEW.journal_id;\n    IF NOT is_own THEN\n        RAISE EXCEPTION 'a line is written in the transaction of its journal'\n            USING ERRCODE = 'check_violation', CONSTRAINT = 'journal_line_own_transaction';\n    END IF;\n    IF total <> 0 THEN\n        RAISE EXCEPTION 'journal % does not balance', NEW.journal_id\n            USING ERRCODE = 'check_violation', CONSTRAINT = 'journal_balanced';\n    END IF;\n    RETURN NULL;\n",
                    hash="2477b6d592626648e70d4148e3ac3c27eb9fd82c",
                    operation="INSERT",
                    pgid="pgtrigger_journal_balanced_d48aa",
                    table="billing_journalline",
                    timing="DEFERRABLE INITIALLY DEFERRED",
                    when="AFTER",
                ),
            ),
        ),
        migrations.CreateModel(
            name="LateUsageDecision",
            fields=[
                (
                    "id",
                    models.BigAutoField(
                        auto_created=True, primary_key=True, serialize=False, verbose_name="ID"
                    ),
                ),
                ("public_id", core.db.fields.PublicIdField(prefix="lat")),
                (
                    "fate",
                    models.CharField(
                        choices=[("billed", "Billed on a later invoice"), ("waived", "Waived")],
                        max_length=16,
                    ),
                ),
                ("through_at", models.DateTimeField()),
                (
                    "amount_minor",
                    core.db.fields.MinorAmountField(
                        help_text="What the decision bills, or lets go."
                    ),
                ),
                ("decided_at", models.DateTimeField()),
                ("decided_by", models.CharField(max_length=200)),
                ("reason", models.TextField()),
                (
                    "billed_on",
                    models.ForeignKey(
                        blank=True,
                        null=True,
                        on_delete=django.db.models.deletion.PROTECT,
                        related_name="late_billed",
                        to="billing.invoice",
                    ),
                ),
                (
                    "invoice",
                    models.ForeignKey(
                        on_delete=django.db.models.deletion.PROTECT,
                        related_name="late_decisions",
                        to="billing.invoice",
                    ),
                ),
            ],
            options={
                "abstract": False,
                "constraints": [
                    models.CheckConstraint(
                        condition=models.Q(
                            models.Q(("billed_on__isnull", False), ("fate", "billed")),
                            models.Q(("billed_on__isnull", True), ("fate", "waived")),
                            _connector="OR",
                        ),
                        name="late_decision_billed_names_invoice",
                    ),
                    models.CheckConstraint(
                        condition=models.Q(("reason", ""), _negated=True),
                        name="late_decision_says_why",
                    ),
                    models.UniqueConstraint(
                        condition=models.Q(("fate", "billed")),
                        fields=("invoice", "billed_on"),
                        name="late_decision_billed_once_per_invoice",
                    ),
                ],
            },
        ),
        pgtrigger.migrations.AddTrigger(
            model_name="lateusagedecision",
            trigger=pgtrigger.compiler.Trigger(
                name="append_only",
                sql=core.db.immutability.UnconditionalTriggerSql(
                    func="RAISE EXCEPTION '% is append-only: % is refused', TG_TABLE_NAME, TG_OP USING ERRCODE = 'restrict_violation', CONSTRAINT = 'append_only';",
                    hash="047ef9e43bc69211e233f194ba173f6b1ce80b78",
                    operation="UPDATE OR DELETE",
                    pgid="pgtrigger_append_only_caaa3",
                    table="billing_lateusagedecision",
                    when="BEFORE",
                ),
            ),
        ),
        pgtrigger.migrations.AddTrigger(
            model_name="lateusagedecision",
            trigger=pgtrigger.compiler.Trigger(
                name="no_truncate",
                sql=core.db.immutability.UnconditionalTriggerSql(
                    func="RAISE EXCEPTION '% is append-only: % is refused', TG_TABLE_NAME, TG_OP USING ERRCODE = 'restrict_violation', CONSTRAINT = 'append_only';",
                    hash="6fd5e56d62501b248bc71db9ce42c2672cdb8c16",
                    level="STATEMENT",
                    operation="TRUNCATE",
                    pgid="pgtrigger_no_truncate_67cb4",
                    table="billing_lateusagedecision",
                    when="BEFORE",
                ),
            ),
        ),
        migrations.CreateModel(
            name="LateUsageAmount",
            fields=[
                (
                    "id",
                    models.BigAutoField(
                        auto_created=True, primary_key=True, serialize=False, verbose_name="ID"
                    ),
                ),
                ("charge_key", models.CharField(max_length=300)),
                (
                    "quantity",
                    core.db.fields.QuantityField(
                        help_text="In the meter's unit; below 0 when usage was taken back."
                    ),
                ),
                ("amount_minor", core.db.fields.MinorAmountField()),
                (
                    "decision",
                    models.ForeignKey(
                        on_delete=django.db.models.deletion.PROTECT,
                        related_name="amounts",
                        to="billing.lateusagedecision",
                    ),
                ),
            ],
            options={
                "abstract": False,
                "constraints": [
                    models.UniqueConstraint(
                        fields=("decision", "charge_key"), name="late_amount_once_per_charge"
                    )
                ],
            },
        ),
        pgtrigger.migrations.AddTrigger(
            model_name="lateusageamount",
            trigger=pgtrigger.compiler.Trigger(
                name="append_only",
                sql=core.db.immutability.UnconditionalTriggerSql(
                    func="RAISE EXCEPTION '% is append-only: % is refused', TG_TABLE_NAME, TG_OP USING ERRCODE = 'restrict_violation', CONSTRAINT = 'append_only';",
                    hash="a9038110f7556bbc9fa8cdedbed4ddebebfb8315",
                    operation="UPDATE OR DELETE",
                    pgid="pgtrigger_append_only_5204f",
                    table="billing_lateusageamount",
                    when="BEFORE",
                ),
            ),
        ),
        pgtrigger.migrations.AddTrigger(
            model_name="lateusageamount",
            trigger=pgtrigger.compiler.Trigger(
                name="no_truncate",
                sql=core.db.immutability.UnconditionalTriggerSql(
                    func="RAISE EXCEPTION '% is append-only: % is refused', TG_TABLE_NAME, TG_OP USING ERRCODE = 'restrict_violation', CONSTRAINT = 'append_only';",
                    hash="45cbd9eece5b8381c029b45e7332d1af257bb186",
                    level="STATEMENT",
                    operation="TRUNCATE",
                    pgid="pgtrigger_no_truncate_727ea",
                    table="billing_lateusageamount",
                    when="BEFORE",
                ),
            ),
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
                        to="billing.billrun",
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
                    hash="380db183d414f9c09f4a6565e9c60cc916f1738d",
                    operation="UPDATE OR DELETE",
                    pgid="pgtrigger_append_only_03855",
                    table="billing_parallelrun",
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
                    hash="fa175d509fafd471735ac82b6ff052bca279f9ce",
                    level="STATEMENT",
                    operation="TRUNCATE",
                    pgid="pgtrigger_no_truncate_d5cc8",
                    table="billing_parallelrun",
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
                        to="billing.parallelrun",
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
                    hash="3a4214173f72f2580163198051985b0cc058fd14",
                    operation="UPDATE OR DELETE",
                    pgid="pgtrigger_append_only_912e5",
                    table="billing_parallelrunrow",
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
                    hash="2f9e4125f45ac748c9e44dcac99129731775bc7d",
                    level="STATEMENT",
                    operation="TRUNCATE",
                    pgid="pgtrigger_no_truncate_44856",
                    table="billing_parallelrunrow",
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
                        to="billing.parallelrun",
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
                    hash="8b4f7a4b37ffb8d8c02c5e440fd66952c0e99184",
                    operation="UPDATE OR DELETE",
                    pgid="pgtrigger_append_only_02fc4",
                    table="billing_parallelrunsku",
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
                    hash="af7a600ec0bcab9dbf0cfdba24f747dc6ab13eea",
                    level="STATEMENT",
                    operation="TRUNCATE",
                    pgid="pgtrigger_no_truncate_7e99c",
                    table="billing_parallelrunsku",
                    when="BEFORE",
                ),
            ),
        ),
        migrations.CreateModel(
            name="BillRunChunk",
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
                ("number", models.PositiveIntegerField()),
                (
                    "run",
                    models.ForeignKey(
                        on_delete=django.db.models.deletion.PROTECT,
                        related_name="chunks",
                        to="billing.billrun",
                    ),
                ),
            ],
            options={
                "abstract": False,
                "indexes": [
                    models.Index(
                        condition=models.Q(("state__in", ["ready", "leased"])),
                        fields=["not_before", "id"],
                        name="billrunchunk_due",
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
                        name="billrunchunk_leased_has_an_end",
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
                        name="billrunchunk_parked_says_why",
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
                        name="billrunchunk_done_says_when",
                    ),
                    models.UniqueConstraint(fields=("run", "number"), name="bill_run_chunk_number"),
                ],
            },
        ),
        migrations.CreateModel(
            name="BillRunItem",
            fields=[
                (
                    "id",
                    models.BigAutoField(
                        auto_created=True, primary_key=True, serialize=False, verbose_name="ID"
                    ),
                ),
                ("period_from", models.DateTimeField()),
                ("period_until", models.DateTimeField()),
                ("zone", models.CharField(max_length=64)),
                (
                    "state",
                    models.CharField(
                        choices=[
                            ("pending", "Pending"),
                            ("billed", "Billed"),
                            ("unchanged", "Unchanged"),
                            ("empty", "Nothing to bill"),
                            ("parked", "Parked"),
                        ],
                        default="pending",
                        max_length=16,
                    ),
                ),
                ("parked_code", models.CharField(blank=True, default="", max_length=64)),
                ("parked_reason", models.TextField(blank=True, default="")),
                ("settled_at", models.DateTimeField(blank=True, null=True)),
                (
                    "account",
                    models.ForeignKey(
                        on_delete=django.db.models.deletion.PROTECT,
                        related_name="bill_run_items",
                        to="accounts.account",
                    ),
                ),
                (
                    "chunk",
                    models.ForeignKey(
                        on_delete=django.db.models.deletion.PROTECT,
                        related_name="items",
                        to="billing.billrunchunk",
                    ),
                ),
                (
                    "run",
                    models.ForeignKey(
                        db_index=False,
                        on_delete=django.db.models.deletion.PROTECT,
                        related_name="items",
                        to="billing.billrun",
                    ),
                ),
                (
                    "invoice",
                    models.ForeignKey(
                        blank=True,
                        null=True,
                        on_delete=django.db.models.deletion.PROTECT,
                        to="billing.invoice",
                    ),
                ),
            ],
            options={
                "indexes": [
                    models.Index(fields=["run", "state"], name="bill_run_item_by_state"),
                    models.Index(
                        condition=models.Q(("state", "parked")),
                        fields=["account"],
                        name="bill_run_item_parked",
                    ),
                ],
                "constraints": [
                    models.UniqueConstraint(
                        fields=("run", "account", "period_from"), name="bill_run_item_once"
                    ),
                    models.CheckConstraint(
                        condition=models.Q(
                            ("period_until__isnull", True),
                            ("period_until__gt", models.F("period_from")),
                            _connector="OR",
                        ),
                        name="bill_run_item_period",
                    ),
                    models.CheckConstraint(
                        condition=models.Q(
                            models.Q(
                                ("state", "parked"),
                                models.Q(("parked_code", ""), _negated=True),
                                models.Q(("parked_reason", ""), _negated=True),
                            ),
                            models.Q(
                                models.Q(("state", "parked"), _negated=True),
                                ("parked_code", ""),
                                ("parked_reason", ""),
                            ),
                            _connector="OR",
                        ),
                        name="bill_run_item_parked_says_why",
                    ),
                    models.CheckConstraint(
                        condition=models.Q(
                            models.Q(("settled_at__isnull", True), ("state", "pending")),
                            models.Q(
                                models.Q(("state", "pending"), _negated=True),
                                ("settled_at__isnull", False),
                            ),
                            _connector="OR",
                        ),
                        name="bill_run_item_settled",
                    ),
                ],
            },
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
                    hash="cd9206e4774e79ad2cd22a717fffa0c003503919",
                    operation="UPDATE OR DELETE",
                    pgid="pgtrigger_append_only_5ed26",
                    table="billing_foreignaccount",
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
                    hash="e06d68ac278edbd31948bd5fb3887bb465ca730e",
                    level="STATEMENT",
                    operation="TRUNCATE",
                    pgid="pgtrigger_no_truncate_62cd0",
                    table="billing_foreignaccount",
                    when="BEFORE",
                ),
            ),
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
                        to="billing.planversion",
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
        pgtrigger.migrations.AddTrigger(
            model_name="workedcase",
            trigger=pgtrigger.compiler.Trigger(
                name="worked_case_frozen",
                sql=pgtrigger.compiler.UpsertTriggerSql(
                    declare="DECLARE version_id bigint;",
                    func="\n            IF TG_OP = 'DELETE' THEN version_id := OLD.plan_version_id;\n            ELSE version_id := NEW.plan_version_id; END IF;\n            IF EXISTS (SELECT 1 FROM billing_planversion\n                       WHERE id = version_id AND state = 'published') THEN\n                RAISE EXCEPTION 'worked case belongs to a published plan version'\n                    USING ERRCODE = 'check_violation', CONSTRAINT = 'worked_case_frozen';\n            END IF;\n            IF TG_OP = 'UPDATE' AND OLD.plan_version_id <> NEW.plan_version_id THEN\n                RAISE EXCEPTION 'a worked case never moves to another plan version'\n                    USING ERRCODE = 'check_violation', CONSTRAINT = 'worked_case_frozen';\n            END IF;\n            IF TG_OP = 'DELETE' THEN RETURN OLD; END IF;\n            RETURN NEW;\n        ",
                    hash="53e853b2fa51fc0c331f0167f77d21f4f74e4293",
                    operation="INSERT OR UPDATE OR DELETE",
                    pgid="pgtrigger_worked_case_frozen_3fe31",
                    table="billing_workedcase",
                    when="BEFORE",
                ),
            ),
        ),
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
                        to="billing.planversion",
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
                    hash="dc02d448a48bc023e82803a0039d6cd7f45abeef",
                    operation="UPDATE OR DELETE",
                    pgid="pgtrigger_append_only_dbf1b",
                    table="billing_simulation",
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
                    hash="d13b5eadf57d7f8cd2e65f36b0a55bb4a6b0c61d",
                    level="STATEMENT",
                    operation="TRUNCATE",
                    pgid="pgtrigger_no_truncate_9e602",
                    table="billing_simulation",
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
                        to="billing.simulation",
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
                    hash="14549191a3b029e4d2562fca88524315ecbafeb4",
                    operation="UPDATE OR DELETE",
                    pgid="pgtrigger_append_only_d01f0",
                    table="billing_simulationoutcome",
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
                    hash="46f3f3db5a432766d40e17fce0bda733abca6bd7",
                    level="STATEMENT",
                    operation="TRUNCATE",
                    pgid="pgtrigger_no_truncate_f4bf1",
                    table="billing_simulationoutcome",
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
                        to="billing.invoice",
                    ),
                ),
                (
                    "simulation",
                    models.ForeignKey(
                        on_delete=django.db.models.deletion.PROTECT,
                        related_name="rows",
                        to="billing.simulation",
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
                    hash="ab36eefa140879eace1333bb825eb4b7b4b17a1b",
                    operation="UPDATE OR DELETE",
                    pgid="pgtrigger_append_only_93a52",
                    table="billing_simulationrow",
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
                    hash="f85c06e410646c713cda8ef265cecd7f5e11e6c8",
                    level="STATEMENT",
                    operation="TRUNCATE",
                    pgid="pgtrigger_no_truncate_a77cc",
                    table="billing_simulationrow",
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
                        to="billing.simulation",
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
                        to="billing.product",
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
        pgtrigger.migrations.AddTrigger(
            model_name="historicalplan",
            trigger=pgtrigger.compiler.Trigger(
                name="append_only",
                sql=core.db.immutability.UnconditionalTriggerSql(
                    func="RAISE EXCEPTION '% is append-only: % is refused', TG_TABLE_NAME, TG_OP USING ERRCODE = 'restrict_violation', CONSTRAINT = 'append_only';",
                    hash="ffae371e4e010894ec82a03afd5b6645febde107",
                    operation="UPDATE OR DELETE",
                    pgid="pgtrigger_append_only_76373",
                    table="billing_historicalplan",
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
                    hash="5a2c1ab6170f4d237d3851d5d4bfbaa966d6d062",
                    level="STATEMENT",
                    operation="TRUNCATE",
                    pgid="pgtrigger_no_truncate_961da",
                    table="billing_historicalplan",
                    when="BEFORE",
                ),
            ),
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
                        to="billing.plan",
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
        pgtrigger.migrations.AddTrigger(
            model_name="historicalplanversion",
            trigger=pgtrigger.compiler.Trigger(
                name="append_only",
                sql=core.db.immutability.UnconditionalTriggerSql(
                    func="RAISE EXCEPTION '% is append-only: % is refused', TG_TABLE_NAME, TG_OP USING ERRCODE = 'restrict_violation', CONSTRAINT = 'append_only';",
                    hash="406ac564b47020fb38ad5470cb1e06d87fee347e",
                    operation="UPDATE OR DELETE",
                    pgid="pgtrigger_append_only_d0690",
                    table="billing_historicalplanversion",
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
                    hash="9f74bda88ac3ae4ca921568f616dea50c21ddc46",
                    level="STATEMENT",
                    operation="TRUNCATE",
                    pgid="pgtrigger_no_truncate_7d407",
                    table="billing_historicalplanversion",
                    when="BEFORE",
                ),
            ),
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
        pgtrigger.migrations.AddTrigger(
            model_name="historicalproduct",
            trigger=pgtrigger.compiler.Trigger(
                name="append_only",
                sql=core.db.immutability.UnconditionalTriggerSql(
                    func="RAISE EXCEPTION '% is append-only: % is refused', TG_TABLE_NAME, TG_OP USING ERRCODE = 'restrict_violation', CONSTRAINT = 'append_only';",
                    hash="bc64ddfd5e175db0bb8368ad00267ba181646825",
                    operation="UPDATE OR DELETE",
                    pgid="pgtrigger_append_only_8f21b",
                    table="billing_historicalproduct",
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
                    hash="171018b3b00a4acfce06df7354a9ac3283b48b0b",
                    level="STATEMENT",
                    operation="TRUNCATE",
                    pgid="pgtrigger_no_truncate_27126",
                    table="billing_historicalproduct",
                    when="BEFORE",
                ),
            ),
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
                        to="billing.plan",
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
                        to="billing.planversion",
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
        pgtrigger.migrations.AddTrigger(
            model_name="historicalsubscription",
            trigger=pgtrigger.compiler.Trigger(
                name="append_only",
                sql=core.db.immutability.UnconditionalTriggerSql(
                    func="RAISE EXCEPTION '% is append-only: % is refused', TG_TABLE_NAME, TG_OP USING ERRCODE = 'restrict_violation', CONSTRAINT = 'append_only';",
                    hash="fea7b97dc1aa5110c92fe2f979f0f36409f7c729",
                    operation="UPDATE OR DELETE",
                    pgid="pgtrigger_append_only_4e877",
                    table="billing_historicalsubscription",
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
                    hash="79aa7d9945bb6f7983c7776055a8f72bf5607718",
                    level="STATEMENT",
                    operation="TRUNCATE",
                    pgid="pgtrigger_no_truncate_0f1e6",
                    table="billing_historicalsubscription",
                    when="BEFORE",
                ),
            ),
        ),
        migrations.CreateModel(
            name="HistoricalInvoice",
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
                    core.db.fields.PublicIdField(db_index=True, prefix="inv", unique=False),
                ),
                ("period_from", models.DateTimeField()),
                ("period_until", models.DateTimeField()),
                (
                    "zone",
                    models.CharField(
                        help_text="Billing zone the period was cut in.", max_length=64
                    ),
                ),
                (
                    "state",
                    models.CharField(
                        choices=[("draft", "Draft"), ("issued", "Issued")],
                        default="draft",
                        max_length=16,
                    ),
                ),
                ("currency", core.db.fields.CurrencyField()),
                ("subtotal_minor", core.db.fields.MinorAmountField()),
                ("tax_minor", core.db.fields.MinorAmountField()),
                ("total_minor", core.db.fields.MinorAmountField()),
                (
                    "inputs_digest",
                    models.CharField(
                        help_text="SHA-256 of what was rated; the same digest needs no new rating.",
                        max_length=64,
                    ),
                ),
                (
                    "billed_to",
                    models.JSONField(help_text="Name, address and tax id as printed, copied."),
                ),
                ("rated_at", models.DateTimeField(help_text="Usage received by then is on it.")),
                (
                    "terms_days",
                    models.PositiveIntegerField(help_text="Days from issue until payment is due."),
                ),
                ("sequence", models.BigIntegerField(blank=True, null=True)),
                ("number", models.CharField(blank=True, db_index=True, max_length=64, null=True)),
                ("issued_at", models.DateTimeField(blank=True, null=True)),
                ("due_on", models.DateField(blank=True, null=True)),
                ("content_sha256", models.CharField(blank=True, default="", max_length=64)),
                ("created_at", models.DateTimeField()),
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
                    "payer",
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
                    "series",
                    models.ForeignKey(
                        blank=True,
                        db_constraint=False,
                        null=True,
                        on_delete=django.db.models.deletion.DO_NOTHING,
                        related_name="+",
                        to="billing.numberseries",
                    ),
                ),
            ],
            options={
                "verbose_name": "historical invoice",
                "verbose_name_plural": "historical invoices",
                "ordering": ("-history_date", "-history_id"),
                "get_latest_by": ("history_date", "history_id"),
            },
            bases=(simple_history.models.HistoricalChanges, models.Model),
        ),
        pgtrigger.migrations.AddTrigger(
            model_name="historicalinvoice",
            trigger=pgtrigger.compiler.Trigger(
                name="append_only",
                sql=core.db.immutability.UnconditionalTriggerSql(
                    func="RAISE EXCEPTION '% is append-only: % is refused', TG_TABLE_NAME, TG_OP USING ERRCODE = 'restrict_violation', CONSTRAINT = 'append_only';",
                    hash="5e8cac8b5fb04f3c7eb74fb1f749ee8ca33953e2",
                    operation="UPDATE OR DELETE",
                    pgid="pgtrigger_append_only_a5ec6",
                    table="billing_historicalinvoice",
                    when="BEFORE",
                ),
            ),
        ),
        pgtrigger.migrations.AddTrigger(
            model_name="historicalinvoice",
            trigger=pgtrigger.compiler.Trigger(
                name="no_truncate",
                sql=core.db.immutability.UnconditionalTriggerSql(
                    func="RAISE EXCEPTION '% is append-only: % is refused', TG_TABLE_NAME, TG_OP USING ERRCODE = 'restrict_violation', CONSTRAINT = 'append_only';",
                    hash="07dbde80e55ef317be3cb706665a6cfca9d08f88",
                    level="STATEMENT",
                    operation="TRUNCATE",
                    pgid="pgtrigger_no_truncate_ee9d2",
                    table="billing_historicalinvoice",
                    when="BEFORE",
                ),
            ),
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
                        to="billing.planversion",
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
        pgtrigger.migrations.AddTrigger(
            model_name="historicalprice",
            trigger=pgtrigger.compiler.Trigger(
                name="append_only",
                sql=core.db.immutability.UnconditionalTriggerSql(
                    func="RAISE EXCEPTION '% is append-only: % is refused', TG_TABLE_NAME, TG_OP USING ERRCODE = 'restrict_violation', CONSTRAINT = 'append_only';",
                    hash="a31b5bbd165daf759b3a9ba0a04f8a4a87bc8214",
                    operation="UPDATE OR DELETE",
                    pgid="pgtrigger_append_only_84147",
                    table="billing_historicalprice",
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
                    hash="16747dedf8730a35e79a6db5ced5878ac8fc71cf",
                    level="STATEMENT",
                    operation="TRUNCATE",
                    pgid="pgtrigger_no_truncate_8cbf4",
                    table="billing_historicalprice",
                    when="BEFORE",
                ),
            ),
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
                        to="billing.subscription",
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
                    hash="14822655ca29f3f18a0fb6cadbf9321cc594d31e",
                    operation="UPDATE OR DELETE",
                    pgid="pgtrigger_append_only_7262e",
                    table="billing_historicalpriceoverride",
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
                    hash="1fcbf2c5323660fa2e5c2526d6a86d8aae7dd90c",
                    level="STATEMENT",
                    operation="TRUNCATE",
                    pgid="pgtrigger_no_truncate_44e07",
                    table="billing_historicalpriceoverride",
                    when="BEFORE",
                ),
            ),
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
                        to="billing.planversion",
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
            model_name="historicalworkedcase",
            trigger=pgtrigger.compiler.Trigger(
                name="append_only",
                sql=core.db.immutability.UnconditionalTriggerSql(
                    func="RAISE EXCEPTION '% is append-only: % is refused', TG_TABLE_NAME, TG_OP USING ERRCODE = 'restrict_violation', CONSTRAINT = 'append_only';",
                    hash="518c0f568f053d48041704230a4721262f5120f5",
                    operation="UPDATE OR DELETE",
                    pgid="pgtrigger_append_only_a44bd",
                    table="billing_historicalworkedcase",
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
                    hash="4ddd97a1315c0eae79107deaf53910328b291569",
                    level="STATEMENT",
                    operation="TRUNCATE",
                    pgid="pgtrigger_no_truncate_3d70a",
                    table="billing_historicalworkedcase",
                    when="BEFORE",
                ),
            ),
        ),
    ]
