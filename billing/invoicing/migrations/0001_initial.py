import datetime

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
        ("contracts", "0001_initial"),
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
                            ("carried_minor__lte", 0), ("total_minor", 0), _connector="OR"
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
                    models.CheckConstraint(
                        condition=models.Q(
                            ("issued_at__isnull", True),
                            ("issued_at__gte", models.F("period_until")),
                            _connector="OR",
                        ),
                        name="invoice_issued_after_its_period",
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
                        to="catalogue.price",
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
            model_name="invoiceline",
            trigger=pgtrigger.compiler.Trigger(
                name="invoice_lines_frozen_insert",
                sql=core.db.immutability.AlwaysTriggerSql(
                    condition="",
                    constraint="",
                    declare="",
                    execute="pgtrigger_invoice_lines_frozen_insert_8d6b9()",
                    func="\n            IF EXISTS (\n                SELECT 1 FROM changed AS line\n                JOIN invoicing_invoice ON invoicing_invoice.id = line.invoice_id\n                WHERE invoicing_invoice.state = 'issued'\n            ) THEN\n                RAISE EXCEPTION 'lines of an issued invoice never change'\n                    USING ERRCODE = 'check_violation', CONSTRAINT = 'invoice_lines_frozen';\n            END IF;\n            RETURN NULL;\n        ",
                    ignore_func_name='"public"._pgtrigger_should_ignore',
                    level="STATEMENT",
                    operation="INSERT",
                    pgid="pgtrigger_invoice_lines_frozen_insert_8d6b9",
                    referencing="REFERENCING NEW TABLE AS changed ",
                    table="invoicing_invoiceline",
                    timing="",
                    when="AFTER",
                    hash="ffe981f2a62fd4555eeb3198fd1b2f6b740b0950",
                ),
            ),
        ),
        pgtrigger.migrations.AddTrigger(
            model_name="invoiceline",
            trigger=pgtrigger.compiler.Trigger(
                name="invoice_lines_frozen_update",
                sql=core.db.immutability.AlwaysTriggerSql(
                    condition="",
                    constraint="",
                    declare="",
                    execute="pgtrigger_invoice_lines_frozen_update_48b40()",
                    func="\n            IF EXISTS (\n                SELECT 1 FROM changed AS line\n                JOIN invoicing_invoice ON invoicing_invoice.id = line.invoice_id\n                WHERE invoicing_invoice.state = 'issued'\n            ) THEN\n                RAISE EXCEPTION 'lines of an issued invoice never change'\n                    USING ERRCODE = 'check_violation', CONSTRAINT = 'invoice_lines_frozen';\n            END IF;\n            RETURN NULL;\n        ",
                    ignore_func_name='"public"._pgtrigger_should_ignore',
                    level="STATEMENT",
                    operation="UPDATE",
                    pgid="pgtrigger_invoice_lines_frozen_update_48b40",
                    referencing="REFERENCING OLD TABLE AS changed ",
                    table="invoicing_invoiceline",
                    timing="",
                    when="AFTER",
                    hash="9efd19480ec7149e466d3c5ddc6019b3a6d39184",
                ),
            ),
        ),
        pgtrigger.migrations.AddTrigger(
            model_name="invoiceline",
            trigger=pgtrigger.compiler.Trigger(
                name="invoice_lines_frozen_delete",
                sql=core.db.immutability.AlwaysTriggerSql(
                    condition="",
                    constraint="",
                    declare="",
                    execute="pgtrigger_invoice_lines_frozen_delete_e2337()",
                    func="\n            IF EXISTS (\n                SELECT 1 FROM changed AS line\n                JOIN invoicing_invoice ON invoicing_invoice.id = line.invoice_id\n                WHERE invoicing_invoice.state = 'issued'\n            ) THEN\n                RAISE EXCEPTION 'lines of an issued invoice never change'\n                    USING ERRCODE = 'check_violation', CONSTRAINT = 'invoice_lines_frozen';\n            END IF;\n            RETURN NULL;\n        ",
                    ignore_func_name='"public"._pgtrigger_should_ignore',
                    level="STATEMENT",
                    operation="DELETE",
                    pgid="pgtrigger_invoice_lines_frozen_delete_e2337",
                    referencing="REFERENCING OLD TABLE AS changed ",
                    table="invoicing_invoiceline",
                    timing="",
                    when="AFTER",
                    hash="9bde18c814f334a95c64d2646fd2f3ae163a9334",
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
        pgtrigger.migrations.AddTrigger(
            model_name="invoice",
            trigger=pgtrigger.compiler.Trigger(
                name="no_truncate",
                sql=core.db.immutability.UnconditionalTriggerSql(
                    condition="",
                    execute="pgtrigger_no_truncate_70c77()",
                    func="RAISE EXCEPTION '% is append-only: % is refused', TG_TABLE_NAME, TG_OP USING ERRCODE = 'restrict_violation', CONSTRAINT = 'append_only';",
                    level="STATEMENT",
                    operation="TRUNCATE",
                    pgid="pgtrigger_no_truncate_70c77",
                    table="invoicing_invoice",
                    when="BEFORE",
                    hash="5b6502169085a74af3d4964f8744202faf034dc1",
                ),
            ),
        ),
        pgtrigger.migrations.AddTrigger(
            model_name="invoiceline",
            trigger=pgtrigger.compiler.Trigger(
                name="no_truncate",
                sql=core.db.immutability.UnconditionalTriggerSql(
                    condition="",
                    execute="pgtrigger_no_truncate_690f0()",
                    func="RAISE EXCEPTION '% is append-only: % is refused', TG_TABLE_NAME, TG_OP USING ERRCODE = 'restrict_violation', CONSTRAINT = 'append_only';",
                    level="STATEMENT",
                    operation="TRUNCATE",
                    pgid="pgtrigger_no_truncate_690f0",
                    table="invoicing_invoiceline",
                    when="BEFORE",
                    hash="24998acfd5551d8fe33ae414021b684ea71ad8d5",
                ),
            ),
        ),
    ]
