import datetime

import django.contrib.postgres.constraints
import django.core.validators
import django.db.models.deletion
import django.db.models.expressions
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
        ("catalogue", "0001_initial"),
        ("contracts", "0001_initial"),
        ("usage", "0003_reference_changes"),
    ]

    operations = [
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
                (
                    "is_yearly",
                    models.BooleanField(
                        default=False,
                        help_text="Numbers are taken from a series of each year, by the entity's day of issue.",
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
                (
                    "kind",
                    models.CharField(
                        choices=[
                            ("period", "Period"),
                            ("consolidated", "Consolidated"),
                            ("one_off", "One-off"),
                            ("threshold", "Threshold"),
                        ],
                        default="period",
                        max_length=16,
                    ),
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
                (
                    "carried_minor",
                    core.db.fields.MinorAmountField(
                        default=0,
                        help_text="Credit that does not fit and is carried forward; below 0: taken of such credit.",
                    ),
                ),
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
                (
                    "purchase_order",
                    models.CharField(
                        blank=True,
                        default="",
                        help_text="The customer's own reference, copied.",
                        max_length=100,
                    ),
                ),
                (
                    "note",
                    models.TextField(
                        blank=True, default="", help_text="Printed on the invoice, copied."
                    ),
                ),
                ("rated_at", models.DateTimeField(help_text="Usage received by then is on it.")),
                (
                    "terms_days",
                    models.PositiveIntegerField(help_text="Days from issue until payment is due."),
                ),
                ("sequence", models.BigIntegerField(blank=True, null=True)),
                ("number", models.CharField(blank=True, max_length=64, null=True, unique=True)),
                ("issued_at", models.DateTimeField(blank=True, null=True)),
                (
                    "issued_on",
                    models.DateField(
                        blank=True,
                        help_text="Day of issue where the issuing entity stands.",
                        null=True,
                    ),
                ),
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
                    "consolidated_on",
                    models.ForeignKey(
                        blank=True,
                        db_index=False,
                        help_text="The invoice that this statement is part of.",
                        null=True,
                        on_delete=django.db.models.deletion.PROTECT,
                        related_name="statements",
                        to="invoicing.invoice",
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
                        to="invoicing.numberseries",
                    ),
                ),
            ],
            options={
                "indexes": [
                    models.Index(fields=["account", "-period_from"], name="invoice_by_account"),
                    models.Index(fields=["-issued_at", "-id"], name="invoice_by_issue"),
                    models.Index(fields=["-period_from", "-id"], name="invoice_by_period"),
                    models.Index(
                        condition=models.Q(("state", "draft")),
                        fields=["period_from"],
                        name="invoice_drafts",
                    ),
                    models.Index(
                        condition=models.Q(("consolidated_on__isnull", False)),
                        fields=["consolidated_on"],
                        name="invoice_statements",
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
                                    django.db.models.expressions.CombinedExpression(
                                        models.F("subtotal_minor"), "+", models.F("tax_minor")
                                    ),
                                    "+",
                                    models.F("carried_minor"),
                                ),
                            )
                        ),
                        name="invoice_total_adds_up",
                    ),
                    models.CheckConstraint(
                        condition=models.Q(
                            ("carried_minor__lte", 0),
                            ("total_minor", 0),
                            ("kind", "consolidated"),
                            _connector="OR",
                        ),
                        name="invoice_carries_what_does_not_fit",
                    ),
                    models.CheckConstraint(
                        condition=models.Q(("total_minor__gte", 0)),
                        name="invoice_total_not_negative",
                    ),
                    models.CheckConstraint(
                        condition=models.Q(
                            models.Q(
                                ("consolidated_on__isnull", True),
                                ("content_sha256", ""),
                                ("due_on__isnull", True),
                                ("issued_at__isnull", True),
                                ("issued_on__isnull", True),
                                ("number__isnull", True),
                                ("sequence__isnull", True),
                                ("series__isnull", True),
                                ("state", "draft"),
                            ),
                            models.Q(
                                ("due_on__isnull", False),
                                ("issued_at__isnull", False),
                                ("issued_on__isnull", False),
                                ("state", "issued"),
                                models.Q(("content_sha256", ""), _negated=True),
                                models.Q(
                                    models.Q(
                                        ("consolidated_on__isnull", True),
                                        ("number__isnull", False),
                                        ("sequence__isnull", False),
                                        ("series__isnull", False),
                                    ),
                                    models.Q(
                                        ("consolidated_on__isnull", False),
                                        ("number__isnull", True),
                                        ("sequence__isnull", True),
                                        ("series__isnull", True),
                                    ),
                                    _connector="OR",
                                ),
                            ),
                            _connector="OR",
                        ),
                        name="invoice_issued_iff_numbered",
                    ),
                    models.CheckConstraint(
                        condition=models.Q(
                            ("consolidated_on__isnull", True), ("kind", "period"), _connector="OR"
                        ),
                        name="invoice_statement_is_of_a_period",
                    ),
                    models.CheckConstraint(
                        condition=models.Q(
                            ("issued_at__isnull", True),
                            ("issued_at__gte", models.F("period_until")),
                            ("kind", "one_off"),
                            _connector="OR",
                        ),
                        name="invoice_issued_after_its_period",
                    ),
                    models.CheckConstraint(
                        condition=models.Q(
                            ("due_on__isnull", True),
                            ("due_on__gte", models.F("issued_on")),
                            _connector="OR",
                        ),
                        name="invoice_due_not_before_issue",
                    ),
                    models.UniqueConstraint(
                        fields=("series", "sequence"), name="invoice_sequence_once_per_series"
                    ),
                ],
            },
        ),
        migrations.CreateModel(
            name="CreditNote",
            fields=[
                (
                    "id",
                    models.BigAutoField(
                        auto_created=True, primary_key=True, serialize=False, verbose_name="ID"
                    ),
                ),
                ("public_id", core.db.fields.PublicIdField(prefix="crn")),
                ("currency", core.db.fields.CurrencyField()),
                ("subtotal_minor", core.db.fields.MinorAmountField()),
                ("tax_minor", core.db.fields.MinorAmountField()),
                ("total_minor", core.db.fields.MinorAmountField()),
                (
                    "reason_code",
                    models.CharField(
                        choices=[
                            ("billing_error", "Billing error"),
                            ("re_rated", "As it should have been rated"),
                            ("price_not_as_agreed", "Price not as agreed"),
                            ("usage_not_theirs", "Usage not theirs"),
                            ("service_unavailable", "Service unavailable"),
                            ("goodwill", "Goodwill"),
                            ("tax", "Tax only"),
                            ("address", "Name or address only"),
                        ],
                        max_length=32,
                    ),
                ),
                ("ticket", models.CharField(blank=True, max_length=100)),
                ("reason", models.TextField()),
                (
                    "billed_to",
                    models.JSONField(help_text="Name, address and tax id as printed, copied."),
                ),
                ("sequence", models.BigIntegerField()),
                ("number", models.CharField(max_length=64, unique=True)),
                ("issued_at", models.DateTimeField()),
                ("issued_by", models.CharField(max_length=200)),
                ("content_sha256", models.CharField(max_length=64)),
                (
                    "invoice",
                    models.ForeignKey(
                        on_delete=django.db.models.deletion.PROTECT,
                        related_name="credit_notes",
                        to="invoicing.invoice",
                    ),
                ),
                (
                    "series",
                    models.ForeignKey(
                        db_index=False,
                        on_delete=django.db.models.deletion.PROTECT,
                        to="invoicing.numberseries",
                    ),
                ),
            ],
            options={
                "abstract": False,
                "indexes": [
                    models.Index(fields=["-issued_at", "-id"], name="credit_note_by_issue")
                ],
                "constraints": [
                    models.CheckConstraint(
                        condition=models.Q(
                            (
                                "total_minor",
                                django.db.models.expressions.CombinedExpression(
                                    models.F("subtotal_minor"), "+", models.F("tax_minor")
                                ),
                            )
                        ),
                        name="credit_note_total_adds_up",
                    ),
                    models.CheckConstraint(
                        condition=models.Q(("subtotal_minor__gte", 0), ("tax_minor__gte", 0)),
                        name="credit_note_takes_away",
                    ),
                    models.CheckConstraint(
                        condition=models.Q(
                            ("total_minor__gt", 0), ("reason_code", "address"), _connector="OR"
                        ),
                        name="credit_note_of_something",
                    ),
                    models.CheckConstraint(
                        condition=models.Q(("reason", ""), _negated=True),
                        name="credit_note_says_why",
                    ),
                    models.UniqueConstraint(
                        fields=("series", "sequence"), name="credit_note_sequence_once_per_series"
                    ),
                ],
            },
        ),
        pgtrigger.migrations.AddTrigger(
            model_name="creditnote",
            trigger=pgtrigger.compiler.Trigger(
                name="append_only",
                sql=core.db.immutability.UnconditionalTriggerSql(
                    func="RAISE EXCEPTION '% is append-only: % is refused', TG_TABLE_NAME, TG_OP USING ERRCODE = 'restrict_violation', CONSTRAINT = 'append_only';",
                    hash="a49f5a83caf205c3feaf24cbc822668dc38d2ac8",
                    operation="UPDATE OR DELETE",
                    pgid="pgtrigger_append_only_5838f",
                    table="invoicing_creditnote",
                    when="BEFORE",
                ),
            ),
        ),
        pgtrigger.migrations.AddTrigger(
            model_name="creditnote",
            trigger=pgtrigger.compiler.Trigger(
                name="no_truncate",
                sql=core.db.immutability.UnconditionalTriggerSql(
                    func="RAISE EXCEPTION '% is append-only: % is refused', TG_TABLE_NAME, TG_OP USING ERRCODE = 'restrict_violation', CONSTRAINT = 'append_only';",
                    hash="0c40c0bec2880b32e6b9bd0166209e2c81f94285",
                    level="STATEMENT",
                    operation="TRUNCATE",
                    pgid="pgtrigger_no_truncate_978c4",
                    table="invoicing_creditnote",
                    when="BEFORE",
                ),
            ),
        ),
        migrations.CreateModel(
            name="HistoricalOneOffInvoice",
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
                ("prepared_by", models.CharField(max_length=200)),
                ("preparer_ref", models.CharField(help_text="Their public id.", max_length=64)),
                ("prepared_at", models.DateTimeField()),
                ("reason", models.TextField()),
                ("ticket", models.CharField(blank=True, max_length=100)),
                ("approved_by", models.CharField(blank=True, default="", max_length=200)),
                ("approver_ref", models.CharField(blank=True, default="", max_length=64)),
                ("approved_at", models.DateTimeField(blank=True, null=True)),
                ("approval_reason", models.TextField(blank=True, default="")),
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
                    "invoice",
                    models.ForeignKey(
                        blank=True,
                        db_constraint=False,
                        null=True,
                        on_delete=django.db.models.deletion.DO_NOTHING,
                        related_name="+",
                        to="invoicing.invoice",
                    ),
                ),
            ],
            options={
                "verbose_name": "historical one off invoice",
                "verbose_name_plural": "historical one off invoices",
                "ordering": ("-history_date", "-history_id"),
                "get_latest_by": ("history_date", "history_id"),
            },
            bases=(simple_history.models.HistoricalChanges, models.Model),
        ),
        pgtrigger.migrations.AddTrigger(
            model_name="historicaloneoffinvoice",
            trigger=pgtrigger.compiler.Trigger(
                name="append_only",
                sql=core.db.immutability.UnconditionalTriggerSql(
                    func="RAISE EXCEPTION '% is append-only: % is refused', TG_TABLE_NAME, TG_OP USING ERRCODE = 'restrict_violation', CONSTRAINT = 'append_only';",
                    hash="e04c6f8e6a5d0c93213625733d9912c642f5ee2b",
                    operation="UPDATE OR DELETE",
                    pgid="pgtrigger_append_only_19c01",
                    table="invoicing_historicaloneoffinvoice",
                    when="BEFORE",
                ),
            ),
        ),
        pgtrigger.migrations.AddTrigger(
            model_name="historicaloneoffinvoice",
            trigger=pgtrigger.compiler.Trigger(
                name="no_truncate",
                sql=core.db.immutability.UnconditionalTriggerSql(
                    func="RAISE EXCEPTION '% is append-only: % is refused', TG_TABLE_NAME, TG_OP USING ERRCODE = 'restrict_violation', CONSTRAINT = 'append_only';",
                    hash="ab9e84076e5a94d541380e5744c3a8daf9644e0d",
                    level="STATEMENT",
                    operation="TRUNCATE",
                    pgid="pgtrigger_no_truncate_8ebe0",
                    table="invoicing_historicaloneoffinvoice",
                    when="BEFORE",
                ),
            ),
        ),
        migrations.CreateModel(
            name="HistoricalTaxRate",
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
                    core.db.fields.PublicIdField(db_index=True, prefix="txr", unique=False),
                ),
                (
                    "jurisdiction",
                    models.CharField(help_text="Such as DE, or US-CA.", max_length=16),
                ),
                (
                    "product_class",
                    models.CharField(
                        blank=True,
                        help_text="Class of products it is for; empty is all others.",
                        max_length=64,
                    ),
                ),
                ("name", models.CharField(help_text="As printed, such as VAT.", max_length=100)),
                ("rate", core.db.fields.RateField(help_text="A share: 0.19 is 19 %.")),
                ("valid_from", models.DateTimeField()),
                ("valid_until", models.DateTimeField(blank=True, null=True)),
                ("proposed_by", models.CharField(max_length=200)),
                ("proposer_ref", models.CharField(help_text="Their public id.", max_length=64)),
                ("approved_by", models.CharField(blank=True, max_length=200)),
                ("approver_ref", models.CharField(blank=True, default="", max_length=64)),
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
                "verbose_name": "historical tax rate",
                "verbose_name_plural": "historical tax rates",
                "ordering": ("-history_date", "-history_id"),
                "get_latest_by": ("history_date", "history_id"),
            },
            bases=(simple_history.models.HistoricalChanges, models.Model),
        ),
        pgtrigger.migrations.AddTrigger(
            model_name="historicaltaxrate",
            trigger=pgtrigger.compiler.Trigger(
                name="append_only",
                sql=core.db.immutability.UnconditionalTriggerSql(
                    func="RAISE EXCEPTION '% is append-only: % is refused', TG_TABLE_NAME, TG_OP USING ERRCODE = 'restrict_violation', CONSTRAINT = 'append_only';",
                    hash="5745c7d05948dbacfd9b532560d5255b512ef3b1",
                    operation="UPDATE OR DELETE",
                    pgid="pgtrigger_append_only_350c3",
                    table="invoicing_historicaltaxrate",
                    when="BEFORE",
                ),
            ),
        ),
        pgtrigger.migrations.AddTrigger(
            model_name="historicaltaxrate",
            trigger=pgtrigger.compiler.Trigger(
                name="no_truncate",
                sql=core.db.immutability.UnconditionalTriggerSql(
                    func="RAISE EXCEPTION '% is append-only: % is refused', TG_TABLE_NAME, TG_OP USING ERRCODE = 'restrict_violation', CONSTRAINT = 'append_only';",
                    hash="c681ca6e10604428fb4a2e10a0a64772b93e0562",
                    level="STATEMENT",
                    operation="TRUNCATE",
                    pgid="pgtrigger_no_truncate_cd7a7",
                    table="invoicing_historicaltaxrate",
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
                (
                    "tax_group",
                    models.CharField(
                        blank=True,
                        db_default="",
                        help_text="Tax of the invoice it falls under.",
                        max_length=64,
                    ),
                ),
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
                        to="invoicing.invoice",
                    ),
                ),
                (
                    "invoice",
                    models.ForeignKey(
                        db_index=False,
                        on_delete=django.db.models.deletion.PROTECT,
                        related_name="lines",
                        to="invoicing.invoice",
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
                        to="catalogue.price",
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
                        to="contracts.priceoverride",
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
                    "subscription",
                    models.ForeignKey(
                        blank=True,
                        db_constraint=False,
                        db_index=False,
                        null=True,
                        on_delete=django.db.models.deletion.PROTECT,
                        to="contracts.subscription",
                    ),
                ),
            ],
            options={
                "indexes": [
                    models.Index(
                        condition=models.Q(("corrects__isnull", False)),
                        fields=["corrects"],
                        name="line_late",
                    ),
                    models.Index(fields=["amount_minor", "id"], name="line_by_amount"),
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
                sql=core.db.immutability.AlwaysTriggerSql(
                    func="\n            IF EXISTS (\n                SELECT 1 FROM changed AS line\n                JOIN invoicing_invoice ON invoicing_invoice.id = line.invoice_id\n                WHERE invoicing_invoice.state = 'issued'\n            ) THEN\n                RAISE EXCEPTION 'lines of an issued invoice never change'\n                    USING ERRCODE = 'check_violation', CONSTRAINT = 'invoice_lines_frozen';\n            END IF;\n            RETURN NULL;\n        ",
                    hash="ffe981f2a62fd4555eeb3198fd1b2f6b740b0950",
                    level="STATEMENT",
                    operation="INSERT",
                    pgid="pgtrigger_invoice_lines_frozen_insert_8d6b9",
                    referencing="REFERENCING NEW TABLE AS changed ",
                    table="invoicing_invoiceline",
                    when="AFTER",
                ),
            ),
        ),
        pgtrigger.migrations.AddTrigger(
            model_name="invoiceline",
            trigger=pgtrigger.compiler.Trigger(
                name="invoice_lines_frozen_update",
                sql=core.db.immutability.AlwaysTriggerSql(
                    func="\n            IF EXISTS (\n                SELECT 1 FROM changed AS line\n                JOIN invoicing_invoice ON invoicing_invoice.id = line.invoice_id\n                WHERE invoicing_invoice.state = 'issued'\n            ) THEN\n                RAISE EXCEPTION 'lines of an issued invoice never change'\n                    USING ERRCODE = 'check_violation', CONSTRAINT = 'invoice_lines_frozen';\n            END IF;\n            RETURN NULL;\n        ",
                    hash="9efd19480ec7149e466d3c5ddc6019b3a6d39184",
                    level="STATEMENT",
                    operation="UPDATE",
                    pgid="pgtrigger_invoice_lines_frozen_update_48b40",
                    referencing="REFERENCING OLD TABLE AS changed ",
                    table="invoicing_invoiceline",
                    when="AFTER",
                ),
            ),
        ),
        pgtrigger.migrations.AddTrigger(
            model_name="invoiceline",
            trigger=pgtrigger.compiler.Trigger(
                name="invoice_lines_frozen_delete",
                sql=core.db.immutability.AlwaysTriggerSql(
                    func="\n            IF EXISTS (\n                SELECT 1 FROM changed AS line\n                JOIN invoicing_invoice ON invoicing_invoice.id = line.invoice_id\n                WHERE invoicing_invoice.state = 'issued'\n            ) THEN\n                RAISE EXCEPTION 'lines of an issued invoice never change'\n                    USING ERRCODE = 'check_violation', CONSTRAINT = 'invoice_lines_frozen';\n            END IF;\n            RETURN NULL;\n        ",
                    hash="9bde18c814f334a95c64d2646fd2f3ae163a9334",
                    level="STATEMENT",
                    operation="DELETE",
                    pgid="pgtrigger_invoice_lines_frozen_delete_e2337",
                    referencing="REFERENCING OLD TABLE AS changed ",
                    table="invoicing_invoiceline",
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
                    func="\n            SELECT line.price_id INTO missing\n            FROM (SELECT DISTINCT price_id FROM written WHERE price_id IS NOT NULL) AS line\n            WHERE NOT EXISTS (SELECT FROM catalogue_price AS kept JOIN catalogue_planversion AS version\n                ON version.id = kept.plan_version_id AND version.state = 'published' WHERE kept.id = line.price_id) LIMIT 1;\n            IF FOUND THEN\n                RAISE EXCEPTION 'a line names price %, which is not there to stay', missing\n                    USING ERRCODE = 'foreign_key_violation', CONSTRAINT = 'line_price_exists';\n            END IF;\n            SELECT line.price_override_id INTO missing\n            FROM (SELECT DISTINCT price_override_id FROM written WHERE price_override_id IS NOT NULL) AS line\n            WHERE NOT EXISTS (SELECT FROM contracts_priceoverride AS kept WHERE kept.id = line.price_override_id) LIMIT 1;\n            IF FOUND THEN\n                RAISE EXCEPTION 'a line names price_override %, which is not there to stay', missing\n                    USING ERRCODE = 'foreign_key_violation', CONSTRAINT = 'line_price_override_exists';\n            END IF;\n            SELECT line.resource_id INTO missing\n            FROM (SELECT DISTINCT resource_id FROM written WHERE resource_id IS NOT NULL) AS line\n            WHERE NOT EXISTS (SELECT FROM accounts_resource AS kept WHERE kept.id = line.resource_id) LIMIT 1;\n            IF FOUND THEN\n                RAISE EXCEPTION 'a line names resource %, which is not there to stay', missing\n                    USING ERRCODE = 'foreign_key_violation', CONSTRAINT = 'line_resource_exists';\n            END IF;\n            SELECT line.subscription_id INTO missing\n            FROM (SELECT DISTINCT subscription_id FROM written WHERE subscription_id IS NOT NULL) AS line\n            WHERE NOT EXISTS (SELECT FROM contracts_subscription AS kept WHERE kept.id = line.subscription_id) LIMIT 1;\n            IF FOUND THEN\n                RAISE EXCEPTION 'a line names subscription %, which is not there to stay', missing\n                    USING ERRCODE = 'foreign_key_violation', CONSTRAINT = 'line_subscription_exists';\n            END IF;\n            RETURN NULL;",
                    hash="52bf0ec18a4d980bb714bdfcfeafaf66d680225f",
                    level="STATEMENT",
                    operation="INSERT",
                    pgid="pgtrigger_invoice_lines_refer_insert_3c4cb",
                    referencing="REFERENCING NEW TABLE AS written ",
                    table="invoicing_invoiceline",
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
                    func="\n            SELECT line.price_id INTO missing\n            FROM (SELECT DISTINCT price_id FROM written WHERE price_id IS NOT NULL) AS line\n            WHERE NOT EXISTS (SELECT FROM catalogue_price AS kept JOIN catalogue_planversion AS version\n                ON version.id = kept.plan_version_id AND version.state = 'published' WHERE kept.id = line.price_id) LIMIT 1;\n            IF FOUND THEN\n                RAISE EXCEPTION 'a line names price %, which is not there to stay', missing\n                    USING ERRCODE = 'foreign_key_violation', CONSTRAINT = 'line_price_exists';\n            END IF;\n            SELECT line.price_override_id INTO missing\n            FROM (SELECT DISTINCT price_override_id FROM written WHERE price_override_id IS NOT NULL) AS line\n            WHERE NOT EXISTS (SELECT FROM contracts_priceoverride AS kept WHERE kept.id = line.price_override_id) LIMIT 1;\n            IF FOUND THEN\n                RAISE EXCEPTION 'a line names price_override %, which is not there to stay', missing\n                    USING ERRCODE = 'foreign_key_violation', CONSTRAINT = 'line_price_override_exists';\n            END IF;\n            SELECT line.resource_id INTO missing\n            FROM (SELECT DISTINCT resource_id FROM written WHERE resource_id IS NOT NULL) AS line\n            WHERE NOT EXISTS (SELECT FROM accounts_resource AS kept WHERE kept.id = line.resource_id) LIMIT 1;\n            IF FOUND THEN\n                RAISE EXCEPTION 'a line names resource %, which is not there to stay', missing\n                    USING ERRCODE = 'foreign_key_violation', CONSTRAINT = 'line_resource_exists';\n            END IF;\n            SELECT line.subscription_id INTO missing\n            FROM (SELECT DISTINCT subscription_id FROM written WHERE subscription_id IS NOT NULL) AS line\n            WHERE NOT EXISTS (SELECT FROM contracts_subscription AS kept WHERE kept.id = line.subscription_id) LIMIT 1;\n            IF FOUND THEN\n                RAISE EXCEPTION 'a line names subscription %, which is not there to stay', missing\n                    USING ERRCODE = 'foreign_key_violation', CONSTRAINT = 'line_subscription_exists';\n            END IF;\n            RETURN NULL;",
                    hash="b5fea57f61ca4287d23b7b47736b1157c524ac7e",
                    level="STATEMENT",
                    operation="UPDATE",
                    pgid="pgtrigger_invoice_lines_refer_update_d9426",
                    referencing="REFERENCING NEW TABLE AS written ",
                    table="invoicing_invoiceline",
                    when="AFTER",
                ),
            ),
        ),
        pgtrigger.migrations.AddTrigger(
            model_name="invoiceline",
            trigger=pgtrigger.compiler.Trigger(
                name="no_truncate",
                sql=core.db.immutability.UnconditionalTriggerSql(
                    func="RAISE EXCEPTION '% is append-only: % is refused', TG_TABLE_NAME, TG_OP USING ERRCODE = 'restrict_violation', CONSTRAINT = 'append_only';",
                    hash="24998acfd5551d8fe33ae414021b684ea71ad8d5",
                    level="STATEMENT",
                    operation="TRUNCATE",
                    pgid="pgtrigger_no_truncate_690f0",
                    table="invoicing_invoiceline",
                    when="BEFORE",
                ),
            ),
        ),
        migrations.CreateModel(
            name="InvoiceTax",
            fields=[
                (
                    "id",
                    models.BigAutoField(
                        auto_created=True, primary_key=True, serialize=False, verbose_name="ID"
                    ),
                ),
                ("group", models.CharField(max_length=64)),
                ("jurisdiction", models.CharField(max_length=16)),
                (
                    "treatment",
                    models.CharField(
                        choices=[
                            ("standard", "Taxed"),
                            ("reverse_charge", "Reverse charge"),
                            ("exempt", "Exempt"),
                            ("outside", "Not taxable here"),
                        ],
                        max_length=16,
                    ),
                ),
                (
                    "name",
                    models.CharField(
                        blank=True, help_text="As printed, such as VAT.", max_length=100
                    ),
                ),
                ("rate", core.db.fields.RateField()),
                (
                    "base_minor",
                    core.db.fields.MinorAmountField(help_text="Sum of the group's posted lines."),
                ),
                ("tax_minor", core.db.fields.MinorAmountField()),
                (
                    "evidence",
                    models.CharField(
                        blank=True,
                        help_text="Certificate or tax id it rests on, as of the day.",
                        max_length=300,
                    ),
                ),
                (
                    "invoice",
                    models.ForeignKey(
                        db_index=False,
                        on_delete=django.db.models.deletion.PROTECT,
                        related_name="taxes",
                        to="invoicing.invoice",
                    ),
                ),
            ],
            options={
                "verbose_name_plural": "invoice taxes",
                "constraints": [
                    models.UniqueConstraint(
                        fields=("invoice", "group"), name="invoice_tax_group_once"
                    ),
                    models.CheckConstraint(
                        condition=models.Q(("rate__gte", 0), ("rate__lt", 1)),
                        name="invoice_tax_rate_is_a_fraction",
                    ),
                    models.CheckConstraint(
                        condition=models.Q(
                            ("treatment", "standard"),
                            models.Q(("rate", 0), ("tax_minor", 0)),
                            _connector="OR",
                        ),
                        name="invoice_tax_only_where_taxed",
                    ),
                    models.CheckConstraint(
                        condition=models.Q(
                            models.Q(("base_minor__gte", 0), ("tax_minor__gte", 0)),
                            models.Q(("base_minor__lte", 0), ("tax_minor__lte", 0)),
                            _connector="OR",
                        ),
                        name="invoice_tax_has_the_sign_of_its_base",
                    ),
                ],
            },
        ),
        pgtrigger.migrations.AddTrigger(
            model_name="invoicetax",
            trigger=pgtrigger.compiler.Trigger(
                name="invoice_taxes_frozen_insert",
                sql=core.db.immutability.AlwaysTriggerSql(
                    func="\n            IF EXISTS (\n                SELECT 1 FROM changed AS line\n                JOIN invoicing_invoice ON invoicing_invoice.id = line.invoice_id\n                WHERE invoicing_invoice.state = 'issued'\n            ) THEN\n                RAISE EXCEPTION 'taxes of an issued invoice never change'\n                    USING ERRCODE = 'check_violation', CONSTRAINT = 'invoice_taxes_frozen';\n            END IF;\n            RETURN NULL;\n        ",
                    hash="bf88e5e72c746bbeb15614e447cd1bb835d6a6d9",
                    level="STATEMENT",
                    operation="INSERT",
                    pgid="pgtrigger_invoice_taxes_frozen_insert_2a1f7",
                    referencing="REFERENCING NEW TABLE AS changed ",
                    table="invoicing_invoicetax",
                    when="AFTER",
                ),
            ),
        ),
        pgtrigger.migrations.AddTrigger(
            model_name="invoicetax",
            trigger=pgtrigger.compiler.Trigger(
                name="invoice_taxes_frozen_update",
                sql=core.db.immutability.AlwaysTriggerSql(
                    func="\n            IF EXISTS (\n                SELECT 1 FROM changed AS line\n                JOIN invoicing_invoice ON invoicing_invoice.id = line.invoice_id\n                WHERE invoicing_invoice.state = 'issued'\n            ) THEN\n                RAISE EXCEPTION 'taxes of an issued invoice never change'\n                    USING ERRCODE = 'check_violation', CONSTRAINT = 'invoice_taxes_frozen';\n            END IF;\n            RETURN NULL;\n        ",
                    hash="c2c3aa6983c5950c39a9f0bf32b320ef4ca0b5cf",
                    level="STATEMENT",
                    operation="UPDATE",
                    pgid="pgtrigger_invoice_taxes_frozen_update_40cfb",
                    referencing="REFERENCING OLD TABLE AS changed ",
                    table="invoicing_invoicetax",
                    when="AFTER",
                ),
            ),
        ),
        pgtrigger.migrations.AddTrigger(
            model_name="invoicetax",
            trigger=pgtrigger.compiler.Trigger(
                name="invoice_taxes_frozen_delete",
                sql=core.db.immutability.AlwaysTriggerSql(
                    func="\n            IF EXISTS (\n                SELECT 1 FROM changed AS line\n                JOIN invoicing_invoice ON invoicing_invoice.id = line.invoice_id\n                WHERE invoicing_invoice.state = 'issued'\n            ) THEN\n                RAISE EXCEPTION 'taxes of an issued invoice never change'\n                    USING ERRCODE = 'check_violation', CONSTRAINT = 'invoice_taxes_frozen';\n            END IF;\n            RETURN NULL;\n        ",
                    hash="1376483cddacc40838b429c0fa8574978f1e9d1f",
                    level="STATEMENT",
                    operation="DELETE",
                    pgid="pgtrigger_invoice_taxes_frozen_delete_6f49f",
                    referencing="REFERENCING OLD TABLE AS changed ",
                    table="invoicing_invoicetax",
                    when="AFTER",
                ),
            ),
        ),
        pgtrigger.migrations.AddTrigger(
            model_name="invoicetax",
            trigger=pgtrigger.compiler.Trigger(
                name="no_truncate",
                sql=core.db.immutability.UnconditionalTriggerSql(
                    func="RAISE EXCEPTION '% is append-only: % is refused', TG_TABLE_NAME, TG_OP USING ERRCODE = 'restrict_violation', CONSTRAINT = 'append_only';",
                    hash="41caa632724eba755747c5740cadd6ed0ec24447",
                    level="STATEMENT",
                    operation="TRUNCATE",
                    pgid="pgtrigger_no_truncate_fc9c7",
                    table="invoicing_invoicetax",
                    when="BEFORE",
                ),
            ),
        ),
        migrations.CreateModel(
            name="InvoiceTerms",
            fields=[
                (
                    "id",
                    models.BigAutoField(
                        auto_created=True, primary_key=True, serialize=False, verbose_name="ID"
                    ),
                ),
                (
                    "grace_days",
                    models.PositiveSmallIntegerField(
                        blank=True,
                        help_text="Least days from the end of a period to its bill; empty: as the run says.",
                        null=True,
                        validators=[django.core.validators.MaxValueValidator(31)],
                    ),
                ),
                (
                    "consolidates",
                    models.BooleanField(
                        default=False,
                        help_text="One invoice for all accounts it pays for, a statement for each.",
                    ),
                ),
                (
                    "threshold_minor",
                    core.db.fields.MinorAmountField(
                        blank=True,
                        help_text="Usage that comes to this much within a period is billed at once.",
                        null=True,
                    ),
                ),
                ("purchase_order", models.CharField(blank=True, default="", max_length=100)),
                ("note", models.TextField(blank=True, default="", max_length=1000)),
                (
                    "account",
                    models.OneToOneField(
                        on_delete=django.db.models.deletion.PROTECT,
                        related_name="invoice_terms",
                        to="accounts.account",
                    ),
                ),
            ],
            options={
                "verbose_name_plural": "invoice terms",
                "constraints": [
                    models.CheckConstraint(
                        condition=models.Q(
                            ("grace_days__isnull", True), ("grace_days__lte", 31), _connector="OR"
                        ),
                        name="invoice_terms_grace",
                    ),
                    models.CheckConstraint(
                        condition=models.Q(
                            ("threshold_minor__isnull", True),
                            ("threshold_minor__gt", 0),
                            _connector="OR",
                        ),
                        name="invoice_terms_threshold_positive",
                    ),
                ],
            },
        ),
        migrations.CreateModel(
            name="InvoiceVoid",
            fields=[
                (
                    "id",
                    models.BigAutoField(
                        auto_created=True, primary_key=True, serialize=False, verbose_name="ID"
                    ),
                ),
                ("public_id", core.db.fields.PublicIdField(prefix="ivd")),
                ("effective_at", models.DateTimeField()),
                ("voided_at", models.DateTimeField()),
                ("voided_by", models.CharField(max_length=200)),
                ("reason", models.TextField()),
                (
                    "invoice",
                    models.OneToOneField(
                        on_delete=django.db.models.deletion.PROTECT,
                        related_name="void",
                        to="invoicing.invoice",
                    ),
                ),
            ],
            options={
                "abstract": False,
                "constraints": [
                    models.CheckConstraint(
                        condition=models.Q(("reason", ""), _negated=True),
                        name="invoice_void_says_why",
                    ),
                    models.CheckConstraint(
                        condition=models.Q(("effective_at__lte", models.F("voided_at"))),
                        name="invoice_void_not_ahead",
                    ),
                ],
            },
        ),
        pgtrigger.migrations.AddTrigger(
            model_name="invoicevoid",
            trigger=pgtrigger.compiler.Trigger(
                name="append_only",
                sql=core.db.immutability.UnconditionalTriggerSql(
                    func="RAISE EXCEPTION '% is append-only: % is refused', TG_TABLE_NAME, TG_OP USING ERRCODE = 'restrict_violation', CONSTRAINT = 'append_only';",
                    hash="858f5f625b7196d16275afbb87d4105560083f99",
                    operation="UPDATE OR DELETE",
                    pgid="pgtrigger_append_only_5561a",
                    table="invoicing_invoicevoid",
                    when="BEFORE",
                ),
            ),
        ),
        pgtrigger.migrations.AddTrigger(
            model_name="invoicevoid",
            trigger=pgtrigger.compiler.Trigger(
                name="no_truncate",
                sql=core.db.immutability.UnconditionalTriggerSql(
                    func="RAISE EXCEPTION '% is append-only: % is refused', TG_TABLE_NAME, TG_OP USING ERRCODE = 'restrict_violation', CONSTRAINT = 'append_only';",
                    hash="3b5b5e126c3cd5a40741c0136c9ede740778f59a",
                    level="STATEMENT",
                    operation="TRUNCATE",
                    pgid="pgtrigger_no_truncate_de7b1",
                    table="invoicing_invoicevoid",
                    when="BEFORE",
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
                        to="invoicing.invoice",
                    ),
                ),
                (
                    "invoice",
                    models.ForeignKey(
                        on_delete=django.db.models.deletion.PROTECT,
                        related_name="late_decisions",
                        to="invoicing.invoice",
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
                    hash="beb3cb35f85df06998850a1836db6dacb88341b9",
                    operation="UPDATE OR DELETE",
                    pgid="pgtrigger_append_only_1cbe8",
                    table="invoicing_lateusagedecision",
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
                    hash="a41453413254a1f541f39958b48f5202f82de3f8",
                    level="STATEMENT",
                    operation="TRUNCATE",
                    pgid="pgtrigger_no_truncate_7c4df",
                    table="invoicing_lateusagedecision",
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
                        to="invoicing.lateusagedecision",
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
                    hash="2f453244594baa60644eaa42d1fe78a408494a63",
                    operation="UPDATE OR DELETE",
                    pgid="pgtrigger_append_only_25b39",
                    table="invoicing_lateusageamount",
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
                    hash="3ed95611959de917e1bf471c72353cc7f3f95d43",
                    level="STATEMENT",
                    operation="TRUNCATE",
                    pgid="pgtrigger_no_truncate_23e47",
                    table="invoicing_lateusageamount",
                    when="BEFORE",
                ),
            ),
        ),
        migrations.CreateModel(
            name="OneOffInvoice",
            fields=[
                (
                    "id",
                    models.BigAutoField(
                        auto_created=True, primary_key=True, serialize=False, verbose_name="ID"
                    ),
                ),
                ("prepared_by", models.CharField(max_length=200)),
                ("preparer_ref", models.CharField(help_text="Their public id.", max_length=64)),
                ("prepared_at", models.DateTimeField()),
                ("reason", models.TextField()),
                ("ticket", models.CharField(blank=True, max_length=100)),
                ("approved_by", models.CharField(blank=True, default="", max_length=200)),
                ("approver_ref", models.CharField(blank=True, default="", max_length=64)),
                ("approved_at", models.DateTimeField(blank=True, null=True)),
                ("approval_reason", models.TextField(blank=True, default="")),
                (
                    "invoice",
                    models.OneToOneField(
                        on_delete=django.db.models.deletion.PROTECT,
                        related_name="one_off",
                        to="invoicing.invoice",
                    ),
                ),
            ],
            options={
                "constraints": [
                    models.CheckConstraint(
                        condition=models.Q(("reason", ""), _negated=True), name="one_off_says_why"
                    ),
                    models.CheckConstraint(
                        condition=models.Q(
                            models.Q(("preparer_ref", ""), _negated=True),
                            models.Q(
                                models.Q(("approved_by", ""), ("approver_ref", "")),
                                models.Q(
                                    models.Q(("approved_by", ""), _negated=True),
                                    models.Q(("approver_ref", ""), _negated=True),
                                    models.Q(
                                        ("approver_ref", models.F("preparer_ref")), _negated=True
                                    ),
                                ),
                                _connector="OR",
                            ),
                        ),
                        name="one_off_two_people",
                    ),
                    models.CheckConstraint(
                        condition=models.Q(
                            models.Q(("approved_at__isnull", True), ("approved_by", "")),
                            models.Q(
                                models.Q(("approved_by", ""), _negated=True),
                                ("approved_at__isnull", False),
                            ),
                            _connector="OR",
                        ),
                        name="one_off_approved_at",
                    ),
                ],
            },
        ),
        migrations.CreateModel(
            name="SanityPolicy",
            fields=[
                (
                    "id",
                    models.BigAutoField(
                        auto_created=True, primary_key=True, serialize=False, verbose_name="ID"
                    ),
                ),
                ("public_id", core.db.fields.PublicIdField(prefix="snp")),
                ("currency", core.db.fields.CurrencyField()),
                ("line_max_minor", core.db.fields.MinorAmountField(blank=True, null=True)),
                ("invoice_max_minor", core.db.fields.MinorAmountField(blank=True, null=True)),
                ("run_max_minor", core.db.fields.MinorAmountField(blank=True, null=True)),
                ("times_usual", core.db.fields.RateField(blank=True, null=True)),
                ("usual_from_minor", core.db.fields.MinorAmountField(default=0)),
                ("set_by", models.CharField(max_length=200)),
                ("set_at", models.DateTimeField()),
                ("reason", models.TextField()),
            ],
            options={
                "verbose_name_plural": "sanity policies",
                "abstract": False,
                "constraints": [
                    models.CheckConstraint(
                        condition=models.Q(("reason", ""), _negated=True),
                        name="sanity_policy_says_why",
                    ),
                    models.CheckConstraint(
                        condition=models.Q(
                            models.Q(
                                ("line_max_minor__isnull", True),
                                ("line_max_minor__gt", 0),
                                _connector="OR",
                            ),
                            models.Q(
                                ("invoice_max_minor__isnull", True),
                                ("invoice_max_minor__gt", 0),
                                _connector="OR",
                            ),
                            models.Q(
                                ("run_max_minor__isnull", True),
                                ("run_max_minor__gt", 0),
                                _connector="OR",
                            ),
                            models.Q(
                                ("times_usual__isnull", True),
                                ("times_usual__gt", 1),
                                _connector="OR",
                            ),
                            ("usual_from_minor__gte", 0),
                        ),
                        name="sanity_policy_bounds",
                    ),
                ],
            },
        ),
        pgtrigger.migrations.AddTrigger(
            model_name="sanitypolicy",
            trigger=pgtrigger.compiler.Trigger(
                name="append_only",
                sql=core.db.immutability.UnconditionalTriggerSql(
                    func="RAISE EXCEPTION '% is append-only: % is refused', TG_TABLE_NAME, TG_OP USING ERRCODE = 'restrict_violation', CONSTRAINT = 'append_only';",
                    hash="08b430adad23e93f15f93d92bf823d304a660ebb",
                    operation="UPDATE OR DELETE",
                    pgid="pgtrigger_append_only_3d9b0",
                    table="invoicing_sanitypolicy",
                    when="BEFORE",
                ),
            ),
        ),
        pgtrigger.migrations.AddTrigger(
            model_name="sanitypolicy",
            trigger=pgtrigger.compiler.Trigger(
                name="no_truncate",
                sql=core.db.immutability.UnconditionalTriggerSql(
                    func="RAISE EXCEPTION '% is append-only: % is refused', TG_TABLE_NAME, TG_OP USING ERRCODE = 'restrict_violation', CONSTRAINT = 'append_only';",
                    hash="86d723ae8cbadb693419a8b9d6e214f56b106c85",
                    level="STATEMENT",
                    operation="TRUNCATE",
                    pgid="pgtrigger_no_truncate_1c1fe",
                    table="invoicing_sanitypolicy",
                    when="BEFORE",
                ),
            ),
        ),
        migrations.CreateModel(
            name="SanityRelease",
            fields=[
                (
                    "id",
                    models.BigAutoField(
                        auto_created=True, primary_key=True, serialize=False, verbose_name="ID"
                    ),
                ),
                ("public_id", core.db.fields.PublicIdField(prefix="snr")),
                ("period_from", models.DateTimeField()),
                (
                    "inputs_digest",
                    models.CharField(help_text="Of the bill that was looked at.", max_length=64),
                ),
                ("figure", models.TextField(help_text="What tripped, in words.")),
                ("released_by", models.CharField(max_length=200)),
                ("released_at", models.DateTimeField()),
                ("reason", models.TextField()),
                (
                    "account",
                    models.ForeignKey(
                        on_delete=django.db.models.deletion.PROTECT,
                        related_name="sanity_releases",
                        to="accounts.account",
                    ),
                ),
            ],
            options={
                "abstract": False,
                "constraints": [
                    models.CheckConstraint(
                        condition=models.Q(("reason", ""), _negated=True),
                        name="sanity_release_says_why",
                    ),
                    models.UniqueConstraint(
                        fields=("account", "period_from", "inputs_digest"),
                        name="sanity_release_once",
                    ),
                ],
            },
        ),
        pgtrigger.migrations.AddTrigger(
            model_name="sanityrelease",
            trigger=pgtrigger.compiler.Trigger(
                name="append_only",
                sql=core.db.immutability.UnconditionalTriggerSql(
                    func="RAISE EXCEPTION '% is append-only: % is refused', TG_TABLE_NAME, TG_OP USING ERRCODE = 'restrict_violation', CONSTRAINT = 'append_only';",
                    hash="a79786e3bc0d905bde609c7e05886b8f2856400f",
                    operation="UPDATE OR DELETE",
                    pgid="pgtrigger_append_only_0443a",
                    table="invoicing_sanityrelease",
                    when="BEFORE",
                ),
            ),
        ),
        pgtrigger.migrations.AddTrigger(
            model_name="sanityrelease",
            trigger=pgtrigger.compiler.Trigger(
                name="no_truncate",
                sql=core.db.immutability.UnconditionalTriggerSql(
                    func="RAISE EXCEPTION '% is append-only: % is refused', TG_TABLE_NAME, TG_OP USING ERRCODE = 'restrict_violation', CONSTRAINT = 'append_only';",
                    hash="1099dd6b2d68f25e17a78a1c80077397a26a1d9a",
                    level="STATEMENT",
                    operation="TRUNCATE",
                    pgid="pgtrigger_no_truncate_a6b8e",
                    table="invoicing_sanityrelease",
                    when="BEFORE",
                ),
            ),
        ),
        migrations.CreateModel(
            name="SourceWaiver",
            fields=[
                (
                    "id",
                    models.BigAutoField(
                        auto_created=True, primary_key=True, serialize=False, verbose_name="ID"
                    ),
                ),
                ("public_id", core.db.fields.PublicIdField(prefix="swv")),
                ("through_at", models.DateTimeField()),
                ("waived_by", models.CharField(max_length=200)),
                ("waived_at", models.DateTimeField()),
                ("reason", models.TextField()),
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
                    "source",
                    models.ForeignKey(
                        on_delete=django.db.models.deletion.PROTECT,
                        related_name="waivers",
                        to="usage.source",
                    ),
                ),
            ],
            options={
                "abstract": False,
                "constraints": [
                    models.CheckConstraint(
                        condition=models.Q(("reason", ""), _negated=True),
                        name="source_waiver_says_why",
                    )
                ],
            },
        ),
        pgtrigger.migrations.AddTrigger(
            model_name="sourcewaiver",
            trigger=pgtrigger.compiler.Trigger(
                name="append_only",
                sql=core.db.immutability.UnconditionalTriggerSql(
                    func="RAISE EXCEPTION '% is append-only: % is refused', TG_TABLE_NAME, TG_OP USING ERRCODE = 'restrict_violation', CONSTRAINT = 'append_only';",
                    hash="40ace855549eaa7683012ed2c8368f66f287ce61",
                    operation="UPDATE OR DELETE",
                    pgid="pgtrigger_append_only_ad26b",
                    table="invoicing_sourcewaiver",
                    when="BEFORE",
                ),
            ),
        ),
        pgtrigger.migrations.AddTrigger(
            model_name="sourcewaiver",
            trigger=pgtrigger.compiler.Trigger(
                name="no_truncate",
                sql=core.db.immutability.UnconditionalTriggerSql(
                    func="RAISE EXCEPTION '% is append-only: % is refused', TG_TABLE_NAME, TG_OP USING ERRCODE = 'restrict_violation', CONSTRAINT = 'append_only';",
                    hash="ec8f0fb02eb7d836bc7597c77bffd5498b98441a",
                    level="STATEMENT",
                    operation="TRUNCATE",
                    pgid="pgtrigger_no_truncate_bb218",
                    table="invoicing_sourcewaiver",
                    when="BEFORE",
                ),
            ),
        ),
        migrations.CreateModel(
            name="TaxExemption",
            fields=[
                (
                    "id",
                    models.BigAutoField(
                        auto_created=True, primary_key=True, serialize=False, verbose_name="ID"
                    ),
                ),
                ("public_id", core.db.fields.PublicIdField(prefix="txe")),
                ("jurisdiction", models.CharField(blank=True, max_length=16)),
                (
                    "certificate",
                    models.CharField(help_text="Its number and who issued it.", max_length=300),
                ),
                ("valid_from", models.DateTimeField()),
                ("valid_until", models.DateTimeField(blank=True, null=True)),
                ("proposed_by", models.CharField(max_length=200)),
                ("proposer_ref", models.CharField(help_text="Their public id.", max_length=64)),
                ("approved_by", models.CharField(blank=True, max_length=200)),
                ("approver_ref", models.CharField(blank=True, default="", max_length=64)),
                (
                    "account",
                    models.ForeignKey(
                        on_delete=django.db.models.deletion.PROTECT,
                        related_name="tax_exemptions",
                        to="accounts.account",
                    ),
                ),
            ],
            options={
                "constraints": [
                    models.CheckConstraint(
                        condition=models.Q(
                            ("valid_until__isnull", True),
                            ("valid_until__gt", models.F("valid_from")),
                            _connector="OR",
                        ),
                        name="tax_exemption_half_open",
                    ),
                    models.CheckConstraint(
                        condition=models.Q(
                            models.Q(("proposer_ref", ""), _negated=True),
                            models.Q(
                                models.Q(("approved_by", ""), ("approver_ref", "")),
                                models.Q(
                                    models.Q(("approved_by", ""), _negated=True),
                                    models.Q(("approver_ref", ""), _negated=True),
                                    models.Q(
                                        ("approver_ref", models.F("proposer_ref")), _negated=True
                                    ),
                                ),
                                _connector="OR",
                            ),
                        ),
                        name="tax_exemption_two_people",
                    ),
                    models.CheckConstraint(
                        condition=models.Q(("certificate", ""), _negated=True),
                        name="tax_exemption_has_evidence",
                    ),
                ],
            },
        ),
        migrations.CreateModel(
            name="TaxRate",
            fields=[
                (
                    "id",
                    models.BigAutoField(
                        auto_created=True, primary_key=True, serialize=False, verbose_name="ID"
                    ),
                ),
                ("public_id", core.db.fields.PublicIdField(prefix="txr")),
                (
                    "jurisdiction",
                    models.CharField(help_text="Such as DE, or US-CA.", max_length=16),
                ),
                (
                    "product_class",
                    models.CharField(
                        blank=True,
                        help_text="Class of products it is for; empty is all others.",
                        max_length=64,
                    ),
                ),
                ("name", models.CharField(help_text="As printed, such as VAT.", max_length=100)),
                ("rate", core.db.fields.RateField(help_text="A share: 0.19 is 19 %.")),
                ("valid_from", models.DateTimeField()),
                ("valid_until", models.DateTimeField(blank=True, null=True)),
                ("proposed_by", models.CharField(max_length=200)),
                ("proposer_ref", models.CharField(help_text="Their public id.", max_length=64)),
                ("approved_by", models.CharField(blank=True, max_length=200)),
                ("approver_ref", models.CharField(blank=True, default="", max_length=64)),
            ],
            options={
                "constraints": [
                    models.CheckConstraint(
                        condition=models.Q(
                            ("valid_until__isnull", True),
                            ("valid_until__gt", models.F("valid_from")),
                            _connector="OR",
                        ),
                        name="tax_rate_half_open",
                    ),
                    models.CheckConstraint(
                        condition=models.Q(("rate__gte", 0), ("rate__lt", 1)),
                        name="tax_rate_is_a_share",
                    ),
                    models.CheckConstraint(
                        condition=models.Q(
                            models.Q(("proposer_ref", ""), _negated=True),
                            models.Q(
                                models.Q(("approved_by", ""), ("approver_ref", "")),
                                models.Q(
                                    models.Q(("approved_by", ""), _negated=True),
                                    models.Q(("approver_ref", ""), _negated=True),
                                    models.Q(
                                        ("approver_ref", models.F("proposer_ref")), _negated=True
                                    ),
                                ),
                                _connector="OR",
                            ),
                        ),
                        name="tax_rate_two_people",
                    ),
                    django.contrib.postgres.constraints.ExclusionConstraint(
                        condition=models.Q(("approved_by", ""), _negated=True),
                        expressions=[
                            ("jurisdiction", "="),
                            ("product_class", "="),
                            (core.db.models.TsTzRange("valid_from", "valid_until"), "&&"),
                        ],
                        name="tax_rate_one_at_a_time",
                    ),
                ],
            },
        ),
        migrations.CreateModel(
            name="BilledSpan",
            fields=[
                (
                    "id",
                    models.BigAutoField(
                        auto_created=True, primary_key=True, serialize=False, verbose_name="ID"
                    ),
                ),
                ("billed_from", models.DateTimeField()),
                ("billed_until", models.DateTimeField()),
                (
                    "account",
                    models.ForeignKey(
                        db_index=False,
                        on_delete=django.db.models.deletion.PROTECT,
                        related_name="billed_spans",
                        to="accounts.account",
                    ),
                ),
            ],
            options={
                "constraints": [
                    models.CheckConstraint(
                        condition=models.Q(
                            ("billed_until__isnull", True),
                            ("billed_until__gt", models.F("billed_from")),
                            _connector="OR",
                        ),
                        name="billed_span_half_open",
                    ),
                    django.contrib.postgres.constraints.ExclusionConstraint(
                        expressions=[
                            ("account", "="),
                            (core.db.models.TsTzRange("billed_from", "billed_until"), "&&"),
                        ],
                        name="billed_span_once",
                    ),
                ],
            },
        ),
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
            options={
                "constraints": [
                    models.CheckConstraint(
                        condition=models.Q(
                            ("grace__gte", datetime.timedelta(0)),
                            ("grace__lte", datetime.timedelta(days=31)),
                        ),
                        name="bill_run_grace",
                    ),
                    models.CheckConstraint(
                        condition=models.Q(
                            ("issues", False),
                            ("as_of__lte", models.F("started_at")),
                            _connector="OR",
                        ),
                        name="bill_run_issues_what_has_passed",
                    ),
                ],
            },
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
                        to="invoicing.billrun",
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
                (
                    "empty_because",
                    models.CharField(
                        blank=True,
                        choices=[
                            ("nothing", "No usage and no fee"),
                            ("free", "Usage, and all of it free"),
                            ("rounds_away", "A fee that rounds to nothing"),
                            ("not_subscribed", "No subscription, and nothing late"),
                        ],
                        default="",
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
                        to="invoicing.billrunchunk",
                    ),
                ),
                (
                    "run",
                    models.ForeignKey(
                        db_index=False,
                        on_delete=django.db.models.deletion.PROTECT,
                        related_name="items",
                        to="invoicing.billrun",
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
            ],
            options={
                "indexes": [
                    models.Index(fields=["run", "state"], name="bill_run_item_by_state"),
                    models.Index(
                        condition=models.Q(("state", "parked")),
                        fields=["account"],
                        name="bill_run_item_parked",
                    ),
                    models.Index(
                        condition=models.Q(("state", "empty")),
                        fields=["account", "period_until"],
                        name="bill_run_item_empty",
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
                            models.Q(
                                ("state", "empty"), models.Q(("empty_because", ""), _negated=True)
                            ),
                            models.Q(
                                models.Q(("state", "empty"), _negated=True), ("empty_because", "")
                            ),
                            _connector="OR",
                        ),
                        name="bill_run_item_empty_says_why",
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
            name="Consolidation",
            fields=[
                (
                    "id",
                    models.BigAutoField(
                        auto_created=True, primary_key=True, serialize=False, verbose_name="ID"
                    ),
                ),
                ("period_from", models.DateTimeField()),
                ("period_until", models.DateTimeField()),
                (
                    "state",
                    models.CharField(
                        choices=[
                            ("issued", "Issued"),
                            ("parked", "Parked"),
                            ("empty", "Nothing to bill"),
                        ],
                        max_length=16,
                    ),
                ),
                ("parked_code", models.CharField(blank=True, default="", max_length=64)),
                ("parked_reason", models.TextField(blank=True, default="")),
                ("settled_at", models.DateTimeField()),
                (
                    "payer",
                    models.ForeignKey(
                        db_index=False,
                        on_delete=django.db.models.deletion.PROTECT,
                        related_name="consolidations",
                        to="accounts.account",
                    ),
                ),
                (
                    "invoice",
                    models.OneToOneField(
                        blank=True,
                        null=True,
                        on_delete=django.db.models.deletion.PROTECT,
                        to="invoicing.invoice",
                    ),
                ),
            ],
            options={
                "constraints": [
                    models.UniqueConstraint(
                        fields=("payer", "period_from"), name="consolidation_once"
                    ),
                    models.CheckConstraint(
                        condition=models.Q(
                            ("period_until__isnull", True),
                            ("period_until__gt", models.F("period_from")),
                            _connector="OR",
                        ),
                        name="consolidation_period",
                    ),
                    models.CheckConstraint(
                        condition=models.Q(
                            models.Q(
                                ("invoice__isnull", False), ("parked_code", ""), ("state", "issued")
                            ),
                            models.Q(
                                ("invoice__isnull", True),
                                ("state", "parked"),
                                models.Q(("parked_code", ""), _negated=True),
                            ),
                            models.Q(
                                ("invoice__isnull", True), ("parked_code", ""), ("state", "empty")
                            ),
                            _connector="OR",
                        ),
                        name="consolidation_settled",
                    ),
                ],
            },
        ),
        migrations.CreateModel(
            name="CreditNoteLine",
            fields=[
                (
                    "id",
                    models.BigAutoField(
                        auto_created=True, primary_key=True, serialize=False, verbose_name="ID"
                    ),
                ),
                ("charge_key", models.CharField(max_length=300)),
                ("description", models.CharField(max_length=500)),
                ("quantity", core.db.fields.QuantityField(blank=True, null=True)),
                ("unit", models.CharField(blank=True, max_length=64)),
                ("tax_group", models.CharField(blank=True, max_length=64)),
                ("amount_minor", core.db.fields.MinorAmountField()),
                (
                    "note",
                    models.ForeignKey(
                        db_index=False,
                        on_delete=django.db.models.deletion.PROTECT,
                        related_name="lines",
                        to="invoicing.creditnote",
                    ),
                ),
            ],
            options={
                "abstract": False,
                "constraints": [
                    models.CheckConstraint(
                        condition=models.Q(("amount_minor__gt", 0)),
                        name="credit_note_line_takes_away",
                    ),
                    models.UniqueConstraint(
                        fields=("note", "charge_key"), name="credit_note_line_once_per_charge"
                    ),
                ],
            },
        ),
        pgtrigger.migrations.AddTrigger(
            model_name="creditnoteline",
            trigger=pgtrigger.compiler.Trigger(
                name="append_only",
                sql=core.db.immutability.UnconditionalTriggerSql(
                    func="RAISE EXCEPTION '% is append-only: % is refused', TG_TABLE_NAME, TG_OP USING ERRCODE = 'restrict_violation', CONSTRAINT = 'append_only';",
                    hash="a73595ece64f2c6ba210d7f004aa1beeb69b26ce",
                    operation="UPDATE OR DELETE",
                    pgid="pgtrigger_append_only_93084",
                    table="invoicing_creditnoteline",
                    when="BEFORE",
                ),
            ),
        ),
        pgtrigger.migrations.AddTrigger(
            model_name="creditnoteline",
            trigger=pgtrigger.compiler.Trigger(
                name="no_truncate",
                sql=core.db.immutability.UnconditionalTriggerSql(
                    func="RAISE EXCEPTION '% is append-only: % is refused', TG_TABLE_NAME, TG_OP USING ERRCODE = 'restrict_violation', CONSTRAINT = 'append_only';",
                    hash="2a25f2cdd73550a8e20cfc68fc8df9fc682292ab",
                    level="STATEMENT",
                    operation="TRUNCATE",
                    pgid="pgtrigger_no_truncate_e8f04",
                    table="invoicing_creditnoteline",
                    when="BEFORE",
                ),
            ),
        ),
        pgtrigger.migrations.AddTrigger(
            model_name="creditnoteline",
            trigger=pgtrigger.compiler.Trigger(
                name="credit_within_invoice",
                sql=core.db.immutability.AlwaysTriggerSql(
                    declare="DECLARE credited bigint; taken numeric; billed numeric;",
                    func="\n    SELECT invoice_id INTO credited FROM invoicing_creditnote WHERE id = NEW.note_id;\n    PERFORM FROM invoicing_invoice WHERE id = credited FOR NO KEY UPDATE;\n    SELECT coalesce(sum(line.amount_minor), 0) INTO taken FROM invoicing_creditnoteline AS line\n    JOIN invoicing_creditnote AS note ON note.id = line.note_id\n    WHERE note.invoice_id = credited;\n    SELECT subtotal_minor INTO billed FROM invoicing_invoice WHERE id = credited;\n    IF taken > billed THEN\n        RAISE EXCEPTION 'credit notes of invoice % come to % of %', credited, taken, billed\n            USING ERRCODE = 'check_violation', CONSTRAINT = 'credit_within_invoice';\n    END IF;\n    SELECT coalesce(sum(line.amount_minor), 0) INTO taken FROM invoicing_creditnoteline AS line\n    JOIN invoicing_creditnote AS note ON note.id = line.note_id\n    WHERE note.invoice_id = credited AND line.charge_key = NEW.charge_key;\n    SELECT coalesce(sum(greatest(amount_minor, 0)), 0) INTO billed FROM invoicing_invoiceline\n    WHERE invoice_id = credited\n      AND (key = NEW.charge_key OR starts_with(key, NEW.charge_key || '/'));\n    IF taken > billed THEN\n        RAISE EXCEPTION 'credit notes of charge % come to % of %', NEW.charge_key, taken, billed\n            USING ERRCODE = 'check_violation', CONSTRAINT = 'credit_within_charge';\n    END IF;\n    RETURN NULL;\n",
                    hash="1d3e0a0d0ed495465a26c0cca044360f99cac151",
                    operation="INSERT",
                    pgid="pgtrigger_credit_within_invoice_01d08",
                    table="invoicing_creditnoteline",
                    when="AFTER",
                ),
            ),
        ),
        migrations.CreateModel(
            name="CreditNoteTax",
            fields=[
                (
                    "id",
                    models.BigAutoField(
                        auto_created=True, primary_key=True, serialize=False, verbose_name="ID"
                    ),
                ),
                ("group", models.CharField(max_length=64)),
                (
                    "base_minor",
                    core.db.fields.MinorAmountField(
                        help_text="What the note credits of the group before tax."
                    ),
                ),
                ("tax_minor", core.db.fields.MinorAmountField()),
                (
                    "note",
                    models.ForeignKey(
                        db_index=False,
                        on_delete=django.db.models.deletion.PROTECT,
                        related_name="taxes",
                        to="invoicing.creditnote",
                    ),
                ),
            ],
            options={
                "abstract": False,
                "constraints": [
                    models.CheckConstraint(
                        condition=models.Q(("base_minor__gte", 0), ("tax_minor__gte", 0)),
                        name="credit_note_tax_takes_away",
                    ),
                    models.UniqueConstraint(
                        fields=("note", "group"), name="credit_note_tax_once_per_group"
                    ),
                ],
            },
        ),
        pgtrigger.migrations.AddTrigger(
            model_name="creditnotetax",
            trigger=pgtrigger.compiler.Trigger(
                name="append_only",
                sql=core.db.immutability.UnconditionalTriggerSql(
                    func="RAISE EXCEPTION '% is append-only: % is refused', TG_TABLE_NAME, TG_OP USING ERRCODE = 'restrict_violation', CONSTRAINT = 'append_only';",
                    hash="047c19e08e14df4476dae80b5c19f1be18cf4c6a",
                    operation="UPDATE OR DELETE",
                    pgid="pgtrigger_append_only_ce71b",
                    table="invoicing_creditnotetax",
                    when="BEFORE",
                ),
            ),
        ),
        pgtrigger.migrations.AddTrigger(
            model_name="creditnotetax",
            trigger=pgtrigger.compiler.Trigger(
                name="no_truncate",
                sql=core.db.immutability.UnconditionalTriggerSql(
                    func="RAISE EXCEPTION '% is append-only: % is refused', TG_TABLE_NAME, TG_OP USING ERRCODE = 'restrict_violation', CONSTRAINT = 'append_only';",
                    hash="4cd15d7f263e464e92374d0e6fce6e4d91e4f3e8",
                    level="STATEMENT",
                    operation="TRUNCATE",
                    pgid="pgtrigger_no_truncate_38d3e",
                    table="invoicing_creditnotetax",
                    when="BEFORE",
                ),
            ),
        ),
        pgtrigger.migrations.AddTrigger(
            model_name="creditnotetax",
            trigger=pgtrigger.compiler.Trigger(
                name="credit_within_tax",
                sql=core.db.immutability.AlwaysTriggerSql(
                    declare="DECLARE credited bigint; taken numeric; billed numeric;",
                    func='\n    SELECT invoice_id INTO credited FROM invoicing_creditnote WHERE id = NEW.note_id;\n    PERFORM FROM invoicing_invoice WHERE id = credited FOR NO KEY UPDATE;\n    SELECT coalesce(sum(tax.tax_minor), 0) INTO taken FROM invoicing_creditnotetax AS tax\n    JOIN invoicing_creditnote AS note ON note.id = tax.note_id\n    WHERE note.invoice_id = credited AND tax."group" = NEW."group";\n    SELECT coalesce(sum(tax_minor), 0) INTO billed FROM invoicing_invoicetax\n    WHERE invoice_id = credited AND "group" = NEW."group";\n    IF taken > billed THEN\n        RAISE EXCEPTION \'credited tax % comes to % of %\', NEW."group", taken, billed\n            USING ERRCODE = \'check_violation\', CONSTRAINT = \'credit_within_tax\';\n    END IF;\n    RETURN NULL;\n',
                    hash="4ceac721889b6ee6d38c1b35268d63c10b2ea606",
                    operation="INSERT",
                    pgid="pgtrigger_credit_within_tax_d6e83",
                    table="invoicing_creditnotetax",
                    when="AFTER",
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
                (
                    "kind",
                    models.CharField(
                        choices=[
                            ("period", "Period"),
                            ("consolidated", "Consolidated"),
                            ("one_off", "One-off"),
                            ("threshold", "Threshold"),
                        ],
                        default="period",
                        max_length=16,
                    ),
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
                (
                    "carried_minor",
                    core.db.fields.MinorAmountField(
                        default=0,
                        help_text="Credit that does not fit and is carried forward; below 0: taken of such credit.",
                    ),
                ),
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
                (
                    "purchase_order",
                    models.CharField(
                        blank=True,
                        default="",
                        help_text="The customer's own reference, copied.",
                        max_length=100,
                    ),
                ),
                (
                    "note",
                    models.TextField(
                        blank=True, default="", help_text="Printed on the invoice, copied."
                    ),
                ),
                ("rated_at", models.DateTimeField(help_text="Usage received by then is on it.")),
                (
                    "terms_days",
                    models.PositiveIntegerField(help_text="Days from issue until payment is due."),
                ),
                ("sequence", models.BigIntegerField(blank=True, null=True)),
                ("number", models.CharField(blank=True, db_index=True, max_length=64, null=True)),
                ("issued_at", models.DateTimeField(blank=True, null=True)),
                (
                    "issued_on",
                    models.DateField(
                        blank=True,
                        help_text="Day of issue where the issuing entity stands.",
                        null=True,
                    ),
                ),
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
                    "consolidated_on",
                    models.ForeignKey(
                        blank=True,
                        db_constraint=False,
                        help_text="The invoice that this statement is part of.",
                        null=True,
                        on_delete=django.db.models.deletion.DO_NOTHING,
                        related_name="+",
                        to="invoicing.invoice",
                    ),
                ),
                (
                    "reissues",
                    models.ForeignKey(
                        blank=True,
                        db_constraint=False,
                        help_text="The void of the invoice that this one stands in for.",
                        null=True,
                        on_delete=django.db.models.deletion.DO_NOTHING,
                        related_name="+",
                        to="invoicing.invoicevoid",
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
                        to="invoicing.numberseries",
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
                    hash="9c7317bff988afb66bd40bb232107b8dcb3f96e9",
                    operation="UPDATE OR DELETE",
                    pgid="pgtrigger_append_only_34d1e",
                    table="invoicing_historicalinvoice",
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
                    hash="b8f85eca00763f751f7dc4e3c9c66d1a11852c32",
                    level="STATEMENT",
                    operation="TRUNCATE",
                    pgid="pgtrigger_no_truncate_22661",
                    table="invoicing_historicalinvoice",
                    when="BEFORE",
                ),
            ),
        ),
        migrations.CreateModel(
            name="HistoricalInvoiceTerms",
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
                    "grace_days",
                    models.PositiveSmallIntegerField(
                        blank=True,
                        help_text="Least days from the end of a period to its bill; empty: as the run says.",
                        null=True,
                        validators=[django.core.validators.MaxValueValidator(31)],
                    ),
                ),
                (
                    "consolidates",
                    models.BooleanField(
                        default=False,
                        help_text="One invoice for all accounts it pays for, a statement for each.",
                    ),
                ),
                (
                    "threshold_minor",
                    core.db.fields.MinorAmountField(
                        blank=True,
                        help_text="Usage that comes to this much within a period is billed at once.",
                        null=True,
                    ),
                ),
                ("purchase_order", models.CharField(blank=True, default="", max_length=100)),
                ("note", models.TextField(blank=True, default="", max_length=1000)),
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
            ],
            options={
                "verbose_name": "historical invoice terms",
                "verbose_name_plural": "historical invoice terms",
                "ordering": ("-history_date", "-history_id"),
                "get_latest_by": ("history_date", "history_id"),
            },
            bases=(simple_history.models.HistoricalChanges, models.Model),
        ),
        pgtrigger.migrations.AddTrigger(
            model_name="historicalinvoiceterms",
            trigger=pgtrigger.compiler.Trigger(
                name="append_only",
                sql=core.db.immutability.UnconditionalTriggerSql(
                    func="RAISE EXCEPTION '% is append-only: % is refused', TG_TABLE_NAME, TG_OP USING ERRCODE = 'restrict_violation', CONSTRAINT = 'append_only';",
                    hash="35a0a2d2bc5a8c1432508df264e989aa726b3a8b",
                    operation="UPDATE OR DELETE",
                    pgid="pgtrigger_append_only_b2bbe",
                    table="invoicing_historicalinvoiceterms",
                    when="BEFORE",
                ),
            ),
        ),
        pgtrigger.migrations.AddTrigger(
            model_name="historicalinvoiceterms",
            trigger=pgtrigger.compiler.Trigger(
                name="no_truncate",
                sql=core.db.immutability.UnconditionalTriggerSql(
                    func="RAISE EXCEPTION '% is append-only: % is refused', TG_TABLE_NAME, TG_OP USING ERRCODE = 'restrict_violation', CONSTRAINT = 'append_only';",
                    hash="737779a3afd851604435056e0e6ecfa37bd3bb77",
                    level="STATEMENT",
                    operation="TRUNCATE",
                    pgid="pgtrigger_no_truncate_cc634",
                    table="invoicing_historicalinvoiceterms",
                    when="BEFORE",
                ),
            ),
        ),
        migrations.CreateModel(
            name="HistoricalTaxExemption",
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
                    core.db.fields.PublicIdField(db_index=True, prefix="txe", unique=False),
                ),
                ("jurisdiction", models.CharField(blank=True, max_length=16)),
                (
                    "certificate",
                    models.CharField(help_text="Its number and who issued it.", max_length=300),
                ),
                ("valid_from", models.DateTimeField()),
                ("valid_until", models.DateTimeField(blank=True, null=True)),
                ("proposed_by", models.CharField(max_length=200)),
                ("proposer_ref", models.CharField(help_text="Their public id.", max_length=64)),
                ("approved_by", models.CharField(blank=True, max_length=200)),
                ("approver_ref", models.CharField(blank=True, default="", max_length=64)),
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
            ],
            options={
                "verbose_name": "historical tax exemption",
                "verbose_name_plural": "historical tax exemptions",
                "ordering": ("-history_date", "-history_id"),
                "get_latest_by": ("history_date", "history_id"),
            },
            bases=(simple_history.models.HistoricalChanges, models.Model),
        ),
        pgtrigger.migrations.AddTrigger(
            model_name="historicaltaxexemption",
            trigger=pgtrigger.compiler.Trigger(
                name="append_only",
                sql=core.db.immutability.UnconditionalTriggerSql(
                    func="RAISE EXCEPTION '% is append-only: % is refused', TG_TABLE_NAME, TG_OP USING ERRCODE = 'restrict_violation', CONSTRAINT = 'append_only';",
                    hash="faff540ea1fa3f8ff1115ea7e299704411a725ee",
                    operation="UPDATE OR DELETE",
                    pgid="pgtrigger_append_only_df846",
                    table="invoicing_historicaltaxexemption",
                    when="BEFORE",
                ),
            ),
        ),
        pgtrigger.migrations.AddTrigger(
            model_name="historicaltaxexemption",
            trigger=pgtrigger.compiler.Trigger(
                name="no_truncate",
                sql=core.db.immutability.UnconditionalTriggerSql(
                    func="RAISE EXCEPTION '% is append-only: % is refused', TG_TABLE_NAME, TG_OP USING ERRCODE = 'restrict_violation', CONSTRAINT = 'append_only';",
                    hash="a99dbcf4535e338b4a44386ea31904c4c1dfb444",
                    level="STATEMENT",
                    operation="TRUNCATE",
                    pgid="pgtrigger_no_truncate_0a2fa",
                    table="invoicing_historicaltaxexemption",
                    when="BEFORE",
                ),
            ),
        ),
        migrations.CreateModel(
            name="Adjustment",
            fields=[
                (
                    "id",
                    models.BigAutoField(
                        auto_created=True, primary_key=True, serialize=False, verbose_name="ID"
                    ),
                ),
                ("public_id", core.db.fields.PublicIdField(prefix="adj")),
                ("currency", core.db.fields.CurrencyField()),
                ("amount_minor", core.db.fields.MinorAmountField()),
                (
                    "description",
                    models.CharField(help_text="As it is printed on the invoice.", max_length=200),
                ),
                (
                    "reason_code",
                    models.CharField(
                        choices=[
                            ("billing_error", "Billing error"),
                            ("credit_undone", "A credit note was too much"),
                            ("price_not_as_agreed", "Price not as agreed"),
                            ("goodwill", "Goodwill"),
                            ("by_mistake", "An adjustment made by mistake"),
                        ],
                        max_length=32,
                    ),
                ),
                ("ticket", models.CharField(blank=True, max_length=100)),
                ("reason", models.TextField()),
                ("made_at", models.DateTimeField()),
                ("made_by", models.CharField(max_length=200)),
                (
                    "account",
                    models.ForeignKey(
                        on_delete=django.db.models.deletion.PROTECT,
                        related_name="adjustments",
                        to="accounts.account",
                    ),
                ),
                (
                    "corrects",
                    models.ForeignKey(
                        blank=True,
                        null=True,
                        on_delete=django.db.models.deletion.PROTECT,
                        related_name="adjustments",
                        to="invoicing.invoice",
                    ),
                ),
                (
                    "reverses",
                    models.OneToOneField(
                        blank=True,
                        null=True,
                        on_delete=django.db.models.deletion.PROTECT,
                        related_name="reversal",
                        to="invoicing.adjustment",
                    ),
                ),
            ],
            options={
                "abstract": False,
                "constraints": [
                    models.CheckConstraint(
                        condition=models.Q(("amount_minor", 0), _negated=True),
                        name="adjustment_of_something",
                    ),
                    models.CheckConstraint(
                        condition=models.Q(("reason", ""), _negated=True),
                        name="adjustment_says_why",
                    ),
                    models.CheckConstraint(
                        condition=models.Q(("description", ""), _negated=True),
                        name="adjustment_is_printed",
                    ),
                    models.CheckConstraint(
                        condition=models.Q(
                            ("reverses__isnull", True),
                            models.Q(("reverses", models.F("id")), _negated=True),
                            _connector="OR",
                        ),
                        name="adjustment_reverses_another",
                    ),
                ],
            },
        ),
        pgtrigger.migrations.AddTrigger(
            model_name="adjustment",
            trigger=pgtrigger.compiler.Trigger(
                name="append_only",
                sql=core.db.immutability.UnconditionalTriggerSql(
                    func="RAISE EXCEPTION '% is append-only: % is refused', TG_TABLE_NAME, TG_OP USING ERRCODE = 'restrict_violation', CONSTRAINT = 'append_only';",
                    hash="aab6fbab48b29ff94ad5191da8f78db789a03956",
                    operation="UPDATE OR DELETE",
                    pgid="pgtrigger_append_only_9b771",
                    table="invoicing_adjustment",
                    when="BEFORE",
                ),
            ),
        ),
        pgtrigger.migrations.AddTrigger(
            model_name="adjustment",
            trigger=pgtrigger.compiler.Trigger(
                name="no_truncate",
                sql=core.db.immutability.UnconditionalTriggerSql(
                    func="RAISE EXCEPTION '% is append-only: % is refused', TG_TABLE_NAME, TG_OP USING ERRCODE = 'restrict_violation', CONSTRAINT = 'append_only';",
                    hash="b20b98a806ccd2cfd00efcf630fb87a2024970eb",
                    level="STATEMENT",
                    operation="TRUNCATE",
                    pgid="pgtrigger_no_truncate_3bd58",
                    table="invoicing_adjustment",
                    when="BEFORE",
                ),
            ),
        ),
        migrations.CreateModel(
            name="AdjustmentBilled",
            fields=[
                (
                    "id",
                    models.BigAutoField(
                        auto_created=True, primary_key=True, serialize=False, verbose_name="ID"
                    ),
                ),
                (
                    "adjustment",
                    models.ForeignKey(
                        on_delete=django.db.models.deletion.PROTECT,
                        related_name="billed",
                        to="invoicing.adjustment",
                    ),
                ),
                (
                    "invoice",
                    models.ForeignKey(
                        on_delete=django.db.models.deletion.PROTECT,
                        related_name="adjustments_billed",
                        to="invoicing.invoice",
                    ),
                ),
            ],
            options={
                "verbose_name_plural": "adjustments billed",
                "abstract": False,
                "constraints": [
                    models.UniqueConstraint(
                        fields=("adjustment", "invoice"), name="adjustment_billed_once_per_invoice"
                    )
                ],
            },
        ),
        pgtrigger.migrations.AddTrigger(
            model_name="adjustmentbilled",
            trigger=pgtrigger.compiler.Trigger(
                name="append_only",
                sql=core.db.immutability.UnconditionalTriggerSql(
                    func="RAISE EXCEPTION '% is append-only: % is refused', TG_TABLE_NAME, TG_OP USING ERRCODE = 'restrict_violation', CONSTRAINT = 'append_only';",
                    hash="9f383b0661dc5163a9b5144d6eff0909299f8890",
                    operation="UPDATE OR DELETE",
                    pgid="pgtrigger_append_only_2c26f",
                    table="invoicing_adjustmentbilled",
                    when="BEFORE",
                ),
            ),
        ),
        pgtrigger.migrations.AddTrigger(
            model_name="adjustmentbilled",
            trigger=pgtrigger.compiler.Trigger(
                name="no_truncate",
                sql=core.db.immutability.UnconditionalTriggerSql(
                    func="RAISE EXCEPTION '% is append-only: % is refused', TG_TABLE_NAME, TG_OP USING ERRCODE = 'restrict_violation', CONSTRAINT = 'append_only';",
                    hash="dcd77d91e1761cb28d347860ec3c1a224ed24d6b",
                    level="STATEMENT",
                    operation="TRUNCATE",
                    pgid="pgtrigger_no_truncate_441a2",
                    table="invoicing_adjustmentbilled",
                    when="BEFORE",
                ),
            ),
        ),
        migrations.AddField(
            model_name="invoice",
            name="reissues",
            field=models.OneToOneField(
                blank=True,
                help_text="The void of the invoice that this one stands in for.",
                null=True,
                on_delete=django.db.models.deletion.PROTECT,
                related_name="reissued",
                to="invoicing.invoicevoid",
            ),
        ),
        migrations.AddConstraint(
            model_name="invoice",
            constraint=django.contrib.postgres.constraints.ExclusionConstraint(
                condition=models.Q(("kind", "period"), ("reissues__isnull", True)),
                expressions=[
                    ("account", "="),
                    (core.db.models.TsTzRange("period_from", "period_until"), "&&"),
                ],
                name="invoice_one_per_account_and_period",
            ),
        ),
        pgtrigger.migrations.AddTrigger(
            model_name="invoice",
            trigger=pgtrigger.compiler.Trigger(
                name="invoice_reissues_its_own_period",
                sql=core.db.immutability.AlwaysTriggerSql(
                    condition='WHEN (NEW."reissues_id" IS NOT NULL)',
                    declare="DECLARE agrees boolean;",
                    func="\n                    SELECT EXISTS (\n                        SELECT FROM invoicing_invoicevoid AS void\n                        JOIN invoicing_invoice AS first ON first.id = void.invoice_id\n                        WHERE void.id = NEW.reissues_id\n                          AND first.account_id = NEW.account_id\n                          AND first.period_from = NEW.period_from\n                          AND first.period_until = NEW.period_until) INTO agrees;\n                    IF NOT agrees THEN\n                        RAISE EXCEPTION 'an invoice is reissued for its account and period'\n                            USING ERRCODE = 'check_violation',\n                                  CONSTRAINT = 'invoice_reissues_its_own_period';\n                    END IF;\n                    RETURN NULL;\n                ",
                    hash="74dfe3126a4544a9f79b0cc41d29a7059bbbe163",
                    operation="INSERT",
                    pgid="pgtrigger_invoice_reissues_its_own_period_6cafd",
                    table="invoicing_invoice",
                    when="AFTER",
                ),
            ),
        ),
        pgtrigger.migrations.AddTrigger(
            model_name="invoice",
            trigger=pgtrigger.compiler.Trigger(
                name="invoice_one_off_approved",
                sql=core.db.immutability.AlwaysTriggerSql(
                    condition="WHEN (NEW.\"kind\" = 'one_off' AND NEW.\"state\" = 'issued')",
                    declare="DECLARE approved boolean;",
                    func="\n                    SELECT EXISTS (\n                        SELECT FROM invoicing_oneoffinvoice\n                        WHERE invoice_id = NEW.id AND approved_by <> '') INTO approved;\n                    IF NOT approved THEN\n                        RAISE EXCEPTION 'a one-off invoice is issued by a second person'\n                            USING ERRCODE = 'check_violation',\n                                  CONSTRAINT = 'invoice_one_off_approved';\n                    END IF;\n                    RETURN NULL;\n                ",
                    hash="dfbe9c68e73ee957dc7c47a5f4257500ee8806fe",
                    operation="INSERT OR UPDATE",
                    pgid="pgtrigger_invoice_one_off_approved_79e7a",
                    table="invoicing_invoice",
                    when="AFTER",
                ),
            ),
        ),
        pgtrigger.migrations.AddTrigger(
            model_name="invoice",
            trigger=pgtrigger.compiler.Trigger(
                name="invoice_frozen",
                sql=core.db.immutability.UnconditionalTriggerSql(
                    condition="WHEN (OLD.\"state\" = 'issued')",
                    func="RAISE EXCEPTION '% is append-only: % is refused', TG_TABLE_NAME, TG_OP USING ERRCODE = 'restrict_violation', CONSTRAINT = 'append_only';",
                    hash="38354f32cd56a79e6c6061301e0ef8f8eaad438e",
                    operation="UPDATE OR DELETE",
                    pgid="pgtrigger_invoice_frozen_52194",
                    table="invoicing_invoice",
                    when="BEFORE",
                ),
            ),
        ),
        pgtrigger.migrations.AddTrigger(
            model_name="invoice",
            trigger=pgtrigger.compiler.Trigger(
                name="no_truncate",
                sql=core.db.immutability.UnconditionalTriggerSql(
                    func="RAISE EXCEPTION '% is append-only: % is refused', TG_TABLE_NAME, TG_OP USING ERRCODE = 'restrict_violation', CONSTRAINT = 'append_only';",
                    hash="5b6502169085a74af3d4964f8744202faf034dc1",
                    level="STATEMENT",
                    operation="TRUNCATE",
                    pgid="pgtrigger_no_truncate_70c77",
                    table="invoicing_invoice",
                    when="BEFORE",
                ),
            ),
        ),
        migrations.CreateModel(
            name="BillComparisonWork",
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
                (
                    "made_from",
                    models.CharField(
                        help_text="SHA-256 of both invoices.", max_length=64, unique=True
                    ),
                ),
                ("line_count", models.PositiveIntegerField(help_text="Lines of both.")),
                ("asked_at", models.DateTimeField()),
                ("asked_by", models.CharField(max_length=200)),
                (
                    "earlier",
                    models.ForeignKey(
                        on_delete=django.db.models.deletion.CASCADE,
                        related_name="+",
                        to="invoicing.invoice",
                    ),
                ),
                (
                    "invoice",
                    models.ForeignKey(
                        on_delete=django.db.models.deletion.CASCADE,
                        related_name="comparisons",
                        to="invoicing.invoice",
                    ),
                ),
            ],
            options={
                "abstract": False,
            },
        ),
        migrations.CreateModel(
            name="ComparedPart",
            fields=[
                (
                    "id",
                    models.BigAutoField(
                        auto_created=True, primary_key=True, serialize=False, verbose_name="ID"
                    ),
                ),
                (
                    "by",
                    models.CharField(
                        help_text="What parts of one kind are told apart by.", max_length=8
                    ),
                ),
                ("place", models.PositiveIntegerField()),
                ("kind", models.CharField(max_length=16)),
                (
                    "name",
                    models.CharField(blank=True, help_text="The price or the app.", max_length=500),
                ),
                ("minor", core.db.fields.MinorAmountField(help_text="What it made.")),
                ("about", models.JSONField()),
                ("effects", models.JSONField(help_text="The largest ones.")),
                (
                    "more",
                    models.PositiveIntegerField(default=0, help_text="Effects that are left out."),
                ),
                (
                    "rest_minor",
                    core.db.fields.MinorAmountField(default=0, help_text="What those come to."),
                ),
                ("lines_before", models.JSONField(help_text="Positions on the invoice before.")),
                ("lines_after", models.JSONField(help_text="Positions on the invoice.")),
                (
                    "comparison",
                    models.ForeignKey(
                        db_index=False,
                        on_delete=django.db.models.deletion.CASCADE,
                        related_name="parts",
                        to="invoicing.billcomparisonwork",
                    ),
                ),
            ],
            options={
                "ordering": ("comparison", "by", "place"),
            },
        ),
        migrations.AddIndex(
            model_name="billcomparisonwork",
            index=models.Index(
                condition=models.Q(("state__in", ["ready", "leased"])),
                fields=["not_before", "id"],
                name="billcomparisonwork_due",
            ),
        ),
        migrations.AddConstraint(
            model_name="billcomparisonwork",
            constraint=models.CheckConstraint(
                condition=models.Q(
                    models.Q(("lease_until__isnull", False), ("state", "leased")),
                    models.Q(
                        models.Q(("state", "leased"), _negated=True), ("lease_until__isnull", True)
                    ),
                    _connector="OR",
                ),
                name="billcomparisonwork_leased_has_an_end",
            ),
        ),
        migrations.AddConstraint(
            model_name="billcomparisonwork",
            constraint=models.CheckConstraint(
                condition=models.Q(
                    models.Q(("state", "parked"), models.Q(("parked_reason", ""), _negated=True)),
                    models.Q(models.Q(("state", "parked"), _negated=True), ("parked_reason", "")),
                    _connector="OR",
                ),
                name="billcomparisonwork_parked_says_why",
            ),
        ),
        migrations.AddConstraint(
            model_name="billcomparisonwork",
            constraint=models.CheckConstraint(
                condition=models.Q(
                    models.Q(("done_at__isnull", False), ("state", "done")),
                    models.Q(models.Q(("state", "done"), _negated=True), ("done_at__isnull", True)),
                    _connector="OR",
                ),
                name="billcomparisonwork_done_says_when",
            ),
        ),
        migrations.AddConstraint(
            model_name="comparedpart",
            constraint=models.UniqueConstraint(
                fields=("comparison", "by", "place"), name="compared_part_once_in_its_place"
            ),
        ),
    ]
