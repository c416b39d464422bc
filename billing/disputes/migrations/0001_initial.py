import django.contrib.postgres.constraints
import django.db.models.deletion
import django.db.models.expressions
import pgtrigger.compiler
import pgtrigger.migrations
import simple_history.models
from django.conf import settings
from django.db import migrations, models

import core.db.fields
import core.db.immutability


class Migration(migrations.Migration):
    initial = True

    dependencies = [
        ("accounts", "0003_resources_are_kept"),
        ("accounts", "__first__"),
        ("invoicing", "0001_initial"),
        ("receivables", "0001_initial"),
    ]

    operations = [
        migrations.CreateModel(
            name="ServiceHours",
            fields=[
                (
                    "id",
                    models.BigAutoField(
                        auto_created=True, primary_key=True, serialize=False, verbose_name="ID"
                    ),
                ),
                ("version", models.PositiveIntegerField(unique=True)),
                ("document", models.JSONField()),
                ("adopted_at", models.DateTimeField()),
                ("adopted_by", models.CharField(max_length=200)),
                ("reason", models.TextField()),
            ],
            options={
                "verbose_name_plural": "service hours",
                "abstract": False,
                "constraints": [
                    models.CheckConstraint(
                        condition=models.Q(("version__gt", 0)), name="service_hours_from_one"
                    ),
                    models.CheckConstraint(
                        condition=models.Q(("reason", ""), _negated=True),
                        name="service_hours_say_why",
                    ),
                ],
            },
        ),
        migrations.CreateModel(
            name="DisputeCase",
            fields=[
                (
                    "id",
                    models.BigAutoField(
                        auto_created=True, primary_key=True, serialize=False, verbose_name="ID"
                    ),
                ),
                ("public_id", core.db.fields.PublicIdField(prefix="dsp")),
                (
                    "channel",
                    models.CharField(
                        choices=[
                            ("email", "E-mail"),
                            ("helpdesk", "Helpdesk"),
                            ("phone", "Telephone"),
                            ("chat", "Chat"),
                            ("api", "API"),
                        ],
                        max_length=16,
                    ),
                ),
                (
                    "priority",
                    models.CharField(
                        choices=[
                            ("low", "Low"),
                            ("normal", "Normal"),
                            ("high", "High"),
                            ("urgent", "Urgent"),
                        ],
                        default="normal",
                        max_length=8,
                    ),
                ),
                (
                    "ticket",
                    models.CharField(
                        blank=True, help_text="Number in the helpdesk.", max_length=100
                    ),
                ),
                ("opened_at", models.DateTimeField()),
                ("opened_by", models.CharField(max_length=200)),
                (
                    "account",
                    models.ForeignKey(
                        db_index=False,
                        on_delete=django.db.models.deletion.PROTECT,
                        related_name="disputes",
                        to="accounts.account",
                    ),
                ),
                (
                    "owner",
                    models.ForeignKey(
                        blank=True,
                        null=True,
                        on_delete=django.db.models.deletion.PROTECT,
                        related_name="disputes_owned",
                        to=settings.AUTH_USER_MODEL,
                    ),
                ),
                (
                    "hours",
                    models.ForeignKey(
                        db_index=False,
                        help_text="The hours and promises that hold for it.",
                        on_delete=django.db.models.deletion.PROTECT,
                        related_name="cases",
                        to="disputes.servicehours",
                    ),
                ),
            ],
            options={
                "indexes": [
                    models.Index(fields=["opened_at", "id"], name="case_by_opening"),
                    models.Index(fields=["account", "-opened_at"], name="case_by_account"),
                ],
            },
        ),
        migrations.CreateModel(
            name="HistoricalDisputeCase",
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
                    core.db.fields.PublicIdField(db_index=True, prefix="dsp", unique=False),
                ),
                (
                    "channel",
                    models.CharField(
                        choices=[
                            ("email", "E-mail"),
                            ("helpdesk", "Helpdesk"),
                            ("phone", "Telephone"),
                            ("chat", "Chat"),
                            ("api", "API"),
                        ],
                        max_length=16,
                    ),
                ),
                (
                    "priority",
                    models.CharField(
                        choices=[
                            ("low", "Low"),
                            ("normal", "Normal"),
                            ("high", "High"),
                            ("urgent", "Urgent"),
                        ],
                        default="normal",
                        max_length=8,
                    ),
                ),
                (
                    "ticket",
                    models.CharField(
                        blank=True, help_text="Number in the helpdesk.", max_length=100
                    ),
                ),
                ("opened_at", models.DateTimeField()),
                ("opened_by", models.CharField(max_length=200)),
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
                    "owner",
                    models.ForeignKey(
                        blank=True,
                        db_constraint=False,
                        null=True,
                        on_delete=django.db.models.deletion.DO_NOTHING,
                        related_name="+",
                        to=settings.AUTH_USER_MODEL,
                    ),
                ),
                (
                    "hours",
                    models.ForeignKey(
                        blank=True,
                        db_constraint=False,
                        help_text="The hours and promises that hold for it.",
                        null=True,
                        on_delete=django.db.models.deletion.DO_NOTHING,
                        related_name="+",
                        to="disputes.servicehours",
                    ),
                ),
            ],
            options={
                "verbose_name": "historical dispute case",
                "verbose_name_plural": "historical dispute cases",
                "ordering": ("-history_date", "-history_id"),
                "get_latest_by": ("history_date", "history_id"),
            },
            bases=(simple_history.models.HistoricalChanges, models.Model),
        ),
        migrations.CreateModel(
            name="CaseMessage",
            fields=[
                (
                    "id",
                    models.BigAutoField(
                        auto_created=True, primary_key=True, serialize=False, verbose_name="ID"
                    ),
                ),
                ("public_id", core.db.fields.PublicIdField(prefix="dsm")),
                (
                    "kind",
                    models.CharField(
                        choices=[
                            ("message", "Message"),
                            ("decision", "Decision"),
                            ("closed", "Closed"),
                            ("reopened", "Reopened"),
                        ],
                        default="message",
                        max_length=8,
                    ),
                ),
                (
                    "audience",
                    models.CharField(
                        choices=[("internal", "Only staff"), ("customer", "The customer too")],
                        max_length=8,
                    ),
                ),
                ("is_from_customer", models.BooleanField(default=False)),
                ("author", models.CharField(max_length=200)),
                ("body", models.TextField()),
                ("sent_at", models.DateTimeField()),
                (
                    "case",
                    models.ForeignKey(
                        on_delete=django.db.models.deletion.PROTECT,
                        related_name="messages",
                        to="disputes.disputecase",
                    ),
                ),
            ],
            options={
                "abstract": False,
                "constraints": [
                    models.CheckConstraint(
                        condition=models.Q(("body", ""), _negated=True),
                        name="case_message_says_something",
                    ),
                    models.CheckConstraint(
                        condition=models.Q(
                            ("is_from_customer", False),
                            models.Q(("audience", "customer"), ("kind", "message")),
                            _connector="OR",
                        ),
                        name="case_message_customer_reads_own",
                    ),
                ],
            },
        ),
        migrations.CreateModel(
            name="ClockEvent",
            fields=[
                (
                    "id",
                    models.BigAutoField(
                        auto_created=True, primary_key=True, serialize=False, verbose_name="ID"
                    ),
                ),
                (
                    "clock",
                    models.CharField(
                        choices=[("first_answer", "First answer"), ("decision", "Decision")],
                        max_length=12,
                    ),
                ),
                (
                    "kind",
                    models.CharField(
                        choices=[
                            ("start", "Started"),
                            ("pause", "Paused"),
                            ("resume", "Resumed"),
                            ("met", "Met"),
                            ("breached", "Missed"),
                        ],
                        max_length=8,
                    ),
                ),
                ("at", models.DateTimeField()),
                (
                    "case",
                    models.ForeignKey(
                        on_delete=django.db.models.deletion.PROTECT,
                        related_name="clock_events",
                        to="disputes.disputecase",
                    ),
                ),
            ],
            options={
                "abstract": False,
                "constraints": [
                    models.UniqueConstraint(
                        condition=models.Q(("kind__in", ["start", "met", "breached"])),
                        fields=("case", "clock", "kind"),
                        name="clock_event_once",
                    )
                ],
            },
        ),
        migrations.CreateModel(
            name="DisputeLine",
            fields=[
                (
                    "id",
                    models.BigAutoField(
                        auto_created=True, primary_key=True, serialize=False, verbose_name="ID"
                    ),
                ),
                ("public_id", core.db.fields.PublicIdField(prefix="dsl")),
                (
                    "reason_code",
                    models.CharField(
                        choices=[
                            ("ended_earlier", "It ended earlier"),
                            ("price_differs", "The price is another"),
                            ("quantity_differs", "The quantity is another"),
                            ("counted_twice", "It is counted twice"),
                            ("not_ours", "It is not ours"),
                            ("was_down", "It was down"),
                        ],
                        max_length=32,
                    ),
                ),
                ("days_from", models.DateField(blank=True, null=True)),
                ("days_until", models.DateField(blank=True, null=True)),
                ("late_charge", models.CharField(blank=True, default="", max_length=300)),
                ("late_description", models.CharField(blank=True, default="", max_length=500)),
                ("facts", models.JSONField(default=dict)),
                ("currency", core.db.fields.CurrencyField()),
                ("claimed_minor", core.db.fields.MinorAmountField()),
                ("approved_minor", core.db.fields.MinorAmountField(blank=True, null=True)),
                (
                    "state",
                    models.CharField(
                        choices=[
                            ("new", "New"),
                            ("investigating", "Investigating"),
                            ("waiting_for_customer", "Waiting for the customer"),
                            ("proposed", "Proposed"),
                            ("granted", "Granted"),
                            ("partly_granted", "Granted in part"),
                            ("denied", "Denied"),
                            ("withdrawn", "Withdrawn"),
                        ],
                        default="new",
                        max_length=20,
                    ),
                ),
                (
                    "outcome",
                    models.TextField(
                        blank=True, help_text="The decision in words for the customer."
                    ),
                ),
                (
                    "proposal",
                    models.CharField(
                        blank=True,
                        help_text="Public id of the proposal that settles it.",
                        max_length=64,
                    ),
                ),
                (
                    "settled_by",
                    models.CharField(
                        blank=True,
                        help_text="Public id of the document that settled it.",
                        max_length=64,
                    ),
                ),
                ("decided_at", models.DateTimeField(blank=True, null=True)),
                (
                    "case",
                    models.ForeignKey(
                        on_delete=django.db.models.deletion.PROTECT,
                        related_name="lines",
                        to="disputes.disputecase",
                    ),
                ),
                (
                    "hold",
                    models.ForeignKey(
                        blank=True,
                        db_index=False,
                        null=True,
                        on_delete=django.db.models.deletion.PROTECT,
                        related_name="+",
                        to="receivables.hold",
                    ),
                ),
                (
                    "invoice_line",
                    models.ForeignKey(
                        blank=True,
                        null=True,
                        on_delete=django.db.models.deletion.PROTECT,
                        related_name="disputes",
                        to="invoicing.invoiceline",
                    ),
                ),
                (
                    "late_invoice",
                    models.ForeignKey(
                        blank=True,
                        help_text="The issued invoice whose late usage is contested.",
                        null=True,
                        on_delete=django.db.models.deletion.PROTECT,
                        related_name="late_disputes",
                        to="invoicing.invoice",
                    ),
                ),
                (
                    "resource",
                    models.ForeignKey(
                        blank=True,
                        db_index=False,
                        help_text="Whose days are contested.",
                        null=True,
                        on_delete=django.db.models.deletion.PROTECT,
                        related_name="+",
                        to="accounts.resource",
                    ),
                ),
            ],
            options={
                "indexes": [
                    models.Index(fields=["proposal"], name="dispute_line_by_proposal"),
                    models.Index(fields=["reason_code", "state"], name="dispute_line_alike"),
                ],
                "constraints": [
                    models.CheckConstraint(
                        condition=models.Q(
                            models.Q(
                                ("invoice_line__isnull", False),
                                ("late_charge", ""),
                                ("late_invoice__isnull", True),
                                models.Q(
                                    models.Q(
                                        ("days_from__isnull", False),
                                        ("days_until__gt", models.F("days_from")),
                                        ("resource__isnull", False),
                                    ),
                                    models.Q(
                                        ("days_from__isnull", True),
                                        ("days_until__isnull", True),
                                        ("resource__isnull", True),
                                    ),
                                    _connector="OR",
                                ),
                            ),
                            models.Q(
                                ("days_from__isnull", True),
                                ("days_until__isnull", True),
                                ("resource__isnull", True),
                                ("invoice_line__isnull", True),
                                ("late_invoice__isnull", False),
                                models.Q(("late_charge", ""), _negated=True),
                            ),
                            _connector="OR",
                        ),
                        name="dispute_line_has_one_target",
                    ),
                    models.UniqueConstraint(
                        condition=models.Q(
                            (
                                "state__in",
                                ("new", "investigating", "waiting_for_customer", "proposed"),
                            ),
                            ("days_from__isnull", True),
                            ("invoice_line__isnull", False),
                        ),
                        fields=("invoice_line",),
                        name="dispute_line_live_once",
                        nulls_distinct=False,
                    ),
                    models.UniqueConstraint(
                        condition=models.Q(
                            (
                                "state__in",
                                ("new", "investigating", "waiting_for_customer", "proposed"),
                            ),
                            ("late_invoice__isnull", False),
                        ),
                        fields=("late_invoice", "late_charge"),
                        name="dispute_line_late_live_once",
                        nulls_distinct=False,
                    ),
                    django.contrib.postgres.constraints.ExclusionConstraint(
                        condition=models.Q(
                            (
                                "state__in",
                                ("new", "investigating", "waiting_for_customer", "proposed"),
                            ),
                            ("days_from__isnull", False),
                        ),
                        expressions=[
                            ("invoice_line", "="),
                            ("resource", "="),
                            (models.Func("days_from", "days_until", function="DATERANGE"), "&&"),
                        ],
                        name="dispute_line_days_live_once",
                    ),
                    models.UniqueConstraint(
                        condition=models.Q(("invoice_line__isnull", False), ("state", "proposed")),
                        fields=("invoice_line",),
                        name="dispute_charge_proposed_once",
                        nulls_distinct=False,
                    ),
                    models.CheckConstraint(
                        condition=models.Q(("claimed_minor__gte", 0)),
                        name="dispute_line_claims_an_amount",
                    ),
                    models.CheckConstraint(
                        condition=models.Q(
                            models.Q(
                                ("approved_minor__isnull", True),
                                models.Q(
                                    ("state__in", ["granted", "partly_granted"]), _negated=True
                                ),
                            ),
                            models.Q(
                                ("approved_minor__gt", 0),
                                ("state__in", ["granted", "partly_granted"]),
                                models.Q(("settled_by", ""), _negated=True),
                            ),
                            _connector="OR",
                        ),
                        name="dispute_line_granted_by_a_document",
                    ),
                    models.CheckConstraint(
                        condition=models.Q(
                            models.Q(("state", "proposed"), _negated=True),
                            models.Q(("proposal", ""), _negated=True),
                            _connector="OR",
                        ),
                        name="dispute_line_proposed",
                    ),
                    models.CheckConstraint(
                        condition=models.Q(
                            models.Q(("state", "denied"), _negated=True),
                            models.Q(("outcome", ""), _negated=True),
                            _connector="OR",
                        ),
                        name="dispute_line_denied_in_words",
                    ),
                    models.CheckConstraint(
                        condition=models.Q(
                            models.Q(
                                ("decided_at__isnull", True),
                                (
                                    "state__in",
                                    ("new", "investigating", "waiting_for_customer", "proposed"),
                                ),
                            ),
                            models.Q(
                                models.Q(
                                    (
                                        "state__in",
                                        (
                                            "new",
                                            "investigating",
                                            "waiting_for_customer",
                                            "proposed",
                                        ),
                                    ),
                                    _negated=True,
                                ),
                                ("decided_at__isnull", False),
                            ),
                            _connector="OR",
                        ),
                        name="dispute_line_decided_at_an_instant",
                    ),
                ],
            },
        ),
        migrations.CreateModel(
            name="HistoricalDisputeLine",
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
                    core.db.fields.PublicIdField(db_index=True, prefix="dsl", unique=False),
                ),
                (
                    "reason_code",
                    models.CharField(
                        choices=[
                            ("ended_earlier", "It ended earlier"),
                            ("price_differs", "The price is another"),
                            ("quantity_differs", "The quantity is another"),
                            ("counted_twice", "It is counted twice"),
                            ("not_ours", "It is not ours"),
                            ("was_down", "It was down"),
                        ],
                        max_length=32,
                    ),
                ),
                ("days_from", models.DateField(blank=True, null=True)),
                ("days_until", models.DateField(blank=True, null=True)),
                ("late_charge", models.CharField(blank=True, default="", max_length=300)),
                ("late_description", models.CharField(blank=True, default="", max_length=500)),
                ("facts", models.JSONField(default=dict)),
                ("currency", core.db.fields.CurrencyField()),
                ("claimed_minor", core.db.fields.MinorAmountField()),
                ("approved_minor", core.db.fields.MinorAmountField(blank=True, null=True)),
                (
                    "state",
                    models.CharField(
                        choices=[
                            ("new", "New"),
                            ("investigating", "Investigating"),
                            ("waiting_for_customer", "Waiting for the customer"),
                            ("proposed", "Proposed"),
                            ("granted", "Granted"),
                            ("partly_granted", "Granted in part"),
                            ("denied", "Denied"),
                            ("withdrawn", "Withdrawn"),
                        ],
                        default="new",
                        max_length=20,
                    ),
                ),
                (
                    "outcome",
                    models.TextField(
                        blank=True, help_text="The decision in words for the customer."
                    ),
                ),
                (
                    "proposal",
                    models.CharField(
                        blank=True,
                        help_text="Public id of the proposal that settles it.",
                        max_length=64,
                    ),
                ),
                (
                    "settled_by",
                    models.CharField(
                        blank=True,
                        help_text="Public id of the document that settled it.",
                        max_length=64,
                    ),
                ),
                ("decided_at", models.DateTimeField(blank=True, null=True)),
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
                    "case",
                    models.ForeignKey(
                        blank=True,
                        db_constraint=False,
                        null=True,
                        on_delete=django.db.models.deletion.DO_NOTHING,
                        related_name="+",
                        to="disputes.disputecase",
                    ),
                ),
                (
                    "hold",
                    models.ForeignKey(
                        blank=True,
                        db_constraint=False,
                        null=True,
                        on_delete=django.db.models.deletion.DO_NOTHING,
                        related_name="+",
                        to="receivables.hold",
                    ),
                ),
                (
                    "invoice_line",
                    models.ForeignKey(
                        blank=True,
                        db_constraint=False,
                        null=True,
                        on_delete=django.db.models.deletion.DO_NOTHING,
                        related_name="+",
                        to="invoicing.invoiceline",
                    ),
                ),
                (
                    "late_invoice",
                    models.ForeignKey(
                        blank=True,
                        db_constraint=False,
                        help_text="The issued invoice whose late usage is contested.",
                        null=True,
                        on_delete=django.db.models.deletion.DO_NOTHING,
                        related_name="+",
                        to="invoicing.invoice",
                    ),
                ),
                (
                    "resource",
                    models.ForeignKey(
                        blank=True,
                        db_constraint=False,
                        help_text="Whose days are contested.",
                        null=True,
                        on_delete=django.db.models.deletion.DO_NOTHING,
                        related_name="+",
                        to="accounts.resource",
                    ),
                ),
            ],
            options={
                "verbose_name": "historical dispute line",
                "verbose_name_plural": "historical dispute lines",
                "ordering": ("-history_date", "-history_id"),
                "get_latest_by": ("history_date", "history_id"),
            },
            bases=(simple_history.models.HistoricalChanges, models.Model),
        ),
        migrations.CreateModel(
            name="ClaimDraft",
            fields=[
                (
                    "id",
                    models.BigAutoField(
                        auto_created=True, primary_key=True, serialize=False, verbose_name="ID"
                    ),
                ),
                ("number", models.PositiveIntegerField()),
                ("facts", models.JSONField()),
                ("billed_minor", core.db.fields.MinorAmountField()),
                ("drafted_minor", core.db.fields.MinorAmountField()),
                ("corrected_minor", core.db.fields.MinorAmountField()),
                ("elsewhere_minor", core.db.fields.MinorAmountField()),
                ("credit_minor", core.db.fields.MinorAmountField()),
                ("gross_minor", core.db.fields.MinorAmountField()),
                (
                    "credits",
                    models.JSONField(help_text="What is credited of each charge, in minor units."),
                ),
                ("evidence", models.JSONField(help_text="What was found for and against it.")),
                (
                    "digest",
                    models.CharField(
                        help_text="SHA-256 of the fact and the amounts.", max_length=64
                    ),
                ),
                ("drafted_at", models.DateTimeField()),
                (
                    "line",
                    models.ForeignKey(
                        on_delete=django.db.models.deletion.PROTECT,
                        related_name="drafts",
                        to="disputes.disputeline",
                    ),
                ),
            ],
            options={
                "abstract": False,
                "constraints": [
                    models.UniqueConstraint(fields=("line", "number"), name="claim_draft_numbered"),
                    models.CheckConstraint(
                        condition=models.Q(
                            (
                                "credit_minor",
                                django.db.models.expressions.CombinedExpression(
                                    django.db.models.expressions.CombinedExpression(
                                        django.db.models.expressions.CombinedExpression(
                                            models.F("billed_minor"), "-", models.F("drafted_minor")
                                        ),
                                        "-",
                                        models.F("corrected_minor"),
                                    ),
                                    "-",
                                    models.F("elsewhere_minor"),
                                ),
                            )
                        ),
                        name="claim_draft_adds_up",
                    ),
                ],
            },
        ),
        pgtrigger.migrations.AddTrigger(
            model_name="servicehours",
            trigger=pgtrigger.compiler.Trigger(
                name="append_only",
                sql=core.db.immutability.UnconditionalTriggerSql(
                    func="RAISE EXCEPTION '% is append-only: % is refused', TG_TABLE_NAME, TG_OP USING ERRCODE = 'restrict_violation', CONSTRAINT = 'append_only';",
                    hash="963437a05acba4df0c8cfd58bc5c9a6b0efee20d",
                    operation="UPDATE OR DELETE",
                    pgid="pgtrigger_append_only_8b47b",
                    table="disputes_servicehours",
                    when="BEFORE",
                ),
            ),
        ),
        pgtrigger.migrations.AddTrigger(
            model_name="servicehours",
            trigger=pgtrigger.compiler.Trigger(
                name="no_truncate",
                sql=core.db.immutability.UnconditionalTriggerSql(
                    func="RAISE EXCEPTION '% is append-only: % is refused', TG_TABLE_NAME, TG_OP USING ERRCODE = 'restrict_violation', CONSTRAINT = 'append_only';",
                    hash="4589b18ec35c73c7f7ba20d25bbaa7737347f752",
                    level="STATEMENT",
                    operation="TRUNCATE",
                    pgid="pgtrigger_no_truncate_77a29",
                    table="disputes_servicehours",
                    when="BEFORE",
                ),
            ),
        ),
        pgtrigger.migrations.AddTrigger(
            model_name="clockevent",
            trigger=pgtrigger.compiler.Trigger(
                name="append_only",
                sql=core.db.immutability.UnconditionalTriggerSql(
                    func="RAISE EXCEPTION '% is append-only: % is refused', TG_TABLE_NAME, TG_OP USING ERRCODE = 'restrict_violation', CONSTRAINT = 'append_only';",
                    hash="2066ce9a81b98a4a4a6e76cb81fd75599626f88a",
                    operation="UPDATE OR DELETE",
                    pgid="pgtrigger_append_only_adb46",
                    table="disputes_clockevent",
                    when="BEFORE",
                ),
            ),
        ),
        pgtrigger.migrations.AddTrigger(
            model_name="clockevent",
            trigger=pgtrigger.compiler.Trigger(
                name="no_truncate",
                sql=core.db.immutability.UnconditionalTriggerSql(
                    func="RAISE EXCEPTION '% is append-only: % is refused', TG_TABLE_NAME, TG_OP USING ERRCODE = 'restrict_violation', CONSTRAINT = 'append_only';",
                    hash="ae726a47cef0dcd60a0a53c89b0cc51369eedeec",
                    level="STATEMENT",
                    operation="TRUNCATE",
                    pgid="pgtrigger_no_truncate_3f807",
                    table="disputes_clockevent",
                    when="BEFORE",
                ),
            ),
        ),
        pgtrigger.migrations.AddTrigger(
            model_name="casemessage",
            trigger=pgtrigger.compiler.Trigger(
                name="append_only",
                sql=core.db.immutability.UnconditionalTriggerSql(
                    func="RAISE EXCEPTION '% is append-only: % is refused', TG_TABLE_NAME, TG_OP USING ERRCODE = 'restrict_violation', CONSTRAINT = 'append_only';",
                    hash="0df7f77a84fe5832c6a529881cdc696d0a9bac25",
                    operation="UPDATE OR DELETE",
                    pgid="pgtrigger_append_only_eb0ef",
                    table="disputes_casemessage",
                    when="BEFORE",
                ),
            ),
        ),
        pgtrigger.migrations.AddTrigger(
            model_name="casemessage",
            trigger=pgtrigger.compiler.Trigger(
                name="no_truncate",
                sql=core.db.immutability.UnconditionalTriggerSql(
                    func="RAISE EXCEPTION '% is append-only: % is refused', TG_TABLE_NAME, TG_OP USING ERRCODE = 'restrict_violation', CONSTRAINT = 'append_only';",
                    hash="759b3014a09039b9d3b441f9dc90682fdf184c40",
                    level="STATEMENT",
                    operation="TRUNCATE",
                    pgid="pgtrigger_no_truncate_14c27",
                    table="disputes_casemessage",
                    when="BEFORE",
                ),
            ),
        ),
        pgtrigger.migrations.AddTrigger(
            model_name="casemessage",
            trigger=pgtrigger.compiler.Trigger(
                name="case_closed_when_decided",
                sql=core.db.immutability.AlwaysTriggerSql(
                    condition="WHEN (NEW.\"kind\" = 'closed')",
                    func="\n    PERFORM FROM disputes_disputecase WHERE id = NEW.case_id FOR NO KEY UPDATE;\n    IF EXISTS (\n        SELECT FROM disputes_disputeline\n        WHERE case_id = NEW.case_id\n          AND state IN ('new', 'investigating', 'waiting_for_customer', 'proposed')\n    ) THEN\n        RAISE EXCEPTION 'case % has a line that is not decided', NEW.case_id\n            USING ERRCODE = 'check_violation', CONSTRAINT = 'case_closed_when_decided';\n    END IF;\n    RETURN NULL;\n",
                    hash="d9edfb6762a407286c0011280fda33bc034f12f9",
                    operation="INSERT",
                    pgid="pgtrigger_case_closed_when_decided_b1612",
                    table="disputes_casemessage",
                    when="AFTER",
                ),
            ),
        ),
        pgtrigger.migrations.AddTrigger(
            model_name="disputeline",
            trigger=pgtrigger.compiler.Trigger(
                name="dispute_line_steps",
                sql=core.db.immutability.AlwaysTriggerSql(
                    func="\n    IF TG_OP = 'INSERT' THEN\n        PERFORM FROM disputes_disputecase WHERE id = NEW.case_id FOR NO KEY UPDATE;\n        IF NEW.state = 'new' AND coalesce((\n            SELECT kind FROM disputes_casemessage\n            WHERE case_id = NEW.case_id AND kind IN ('closed', 'reopened')\n            ORDER BY id DESC LIMIT 1), 'reopened') = 'reopened'\n        THEN\n            RETURN NEW;\n        END IF;\n    ELSIF TG_OP = 'UPDATE'\n        AND OLD.state IN ('new', 'investigating', 'waiting_for_customer', 'proposed')\n        AND (NEW.state <> 'new' OR OLD.state = 'new')\n        AND (OLD.id, OLD.public_id, OLD.case_id, OLD.reason_code, OLD.currency,\n             OLD.invoice_line_id, OLD.resource_id, OLD.days_from, OLD.days_until,\n             OLD.late_invoice_id, OLD.late_charge)\n            IS NOT DISTINCT FROM\n            (NEW.id, NEW.public_id, NEW.case_id, NEW.reason_code, NEW.currency,\n             NEW.invoice_line_id, NEW.resource_id, NEW.days_from, NEW.days_until,\n             NEW.late_invoice_id, NEW.late_charge)\n    THEN\n        RETURN NEW;\n    END IF;\n    RAISE EXCEPTION 'a line of a dispute is decided in steps: % is refused', TG_OP\n    USING ERRCODE = 'restrict_violation', CONSTRAINT = 'dispute_line_steps';\n",
                    hash="f8a399368fc5b01bcb79df44c868812517c6163f",
                    operation="INSERT OR UPDATE OR DELETE",
                    pgid="pgtrigger_dispute_line_steps_06e7a",
                    table="disputes_disputeline",
                    when="BEFORE",
                ),
            ),
        ),
        pgtrigger.migrations.AddTrigger(
            model_name="disputeline",
            trigger=pgtrigger.compiler.Trigger(
                name="no_truncate",
                sql=core.db.immutability.UnconditionalTriggerSql(
                    func="RAISE EXCEPTION '% is append-only: % is refused', TG_TABLE_NAME, TG_OP USING ERRCODE = 'restrict_violation', CONSTRAINT = 'append_only';",
                    hash="081225a4ce4bb91e27a2d7260c87310dffbd2a8a",
                    level="STATEMENT",
                    operation="TRUNCATE",
                    pgid="pgtrigger_no_truncate_4e301",
                    table="disputes_disputeline",
                    when="BEFORE",
                ),
            ),
        ),
        pgtrigger.migrations.AddTrigger(
            model_name="claimdraft",
            trigger=pgtrigger.compiler.Trigger(
                name="append_only",
                sql=core.db.immutability.UnconditionalTriggerSql(
                    func="RAISE EXCEPTION '% is append-only: % is refused', TG_TABLE_NAME, TG_OP USING ERRCODE = 'restrict_violation', CONSTRAINT = 'append_only';",
                    hash="8893b97d9f9fcaab0f815c9782dc70395f0ec2b1",
                    operation="UPDATE OR DELETE",
                    pgid="pgtrigger_append_only_41afc",
                    table="disputes_claimdraft",
                    when="BEFORE",
                ),
            ),
        ),
        pgtrigger.migrations.AddTrigger(
            model_name="claimdraft",
            trigger=pgtrigger.compiler.Trigger(
                name="no_truncate",
                sql=core.db.immutability.UnconditionalTriggerSql(
                    func="RAISE EXCEPTION '% is append-only: % is refused', TG_TABLE_NAME, TG_OP USING ERRCODE = 'restrict_violation', CONSTRAINT = 'append_only';",
                    hash="f63ae639f8423f45f14238e225ec6117fe8cb868",
                    level="STATEMENT",
                    operation="TRUNCATE",
                    pgid="pgtrigger_no_truncate_95c1f",
                    table="disputes_claimdraft",
                    when="BEFORE",
                ),
            ),
        ),
        pgtrigger.migrations.AddTrigger(
            model_name="historicaldisputeline",
            trigger=pgtrigger.compiler.Trigger(
                name="append_only",
                sql=core.db.immutability.UnconditionalTriggerSql(
                    func="RAISE EXCEPTION '% is append-only: % is refused', TG_TABLE_NAME, TG_OP USING ERRCODE = 'restrict_violation', CONSTRAINT = 'append_only';",
                    hash="f97edfda0c783dccd3c3e417989aa66e4be7ca3c",
                    operation="UPDATE OR DELETE",
                    pgid="pgtrigger_append_only_d1ca3",
                    table="disputes_historicaldisputeline",
                    when="BEFORE",
                ),
            ),
        ),
        pgtrigger.migrations.AddTrigger(
            model_name="historicaldisputeline",
            trigger=pgtrigger.compiler.Trigger(
                name="no_truncate",
                sql=core.db.immutability.UnconditionalTriggerSql(
                    func="RAISE EXCEPTION '% is append-only: % is refused', TG_TABLE_NAME, TG_OP USING ERRCODE = 'restrict_violation', CONSTRAINT = 'append_only';",
                    hash="a64bae6dfcfdd66352fd2b9afbfb3812442acb2f",
                    level="STATEMENT",
                    operation="TRUNCATE",
                    pgid="pgtrigger_no_truncate_da432",
                    table="disputes_historicaldisputeline",
                    when="BEFORE",
                ),
            ),
        ),
        pgtrigger.migrations.AddTrigger(
            model_name="historicaldisputecase",
            trigger=pgtrigger.compiler.Trigger(
                name="append_only",
                sql=core.db.immutability.UnconditionalTriggerSql(
                    func="RAISE EXCEPTION '% is append-only: % is refused', TG_TABLE_NAME, TG_OP USING ERRCODE = 'restrict_violation', CONSTRAINT = 'append_only';",
                    hash="d1cc18aabbf0c7c385ee930e7ef390dcaf36331c",
                    operation="UPDATE OR DELETE",
                    pgid="pgtrigger_append_only_70984",
                    table="disputes_historicaldisputecase",
                    when="BEFORE",
                ),
            ),
        ),
        pgtrigger.migrations.AddTrigger(
            model_name="historicaldisputecase",
            trigger=pgtrigger.compiler.Trigger(
                name="no_truncate",
                sql=core.db.immutability.UnconditionalTriggerSql(
                    func="RAISE EXCEPTION '% is append-only: % is refused', TG_TABLE_NAME, TG_OP USING ERRCODE = 'restrict_violation', CONSTRAINT = 'append_only';",
                    hash="817631e8eedd4bdf6dfd4ef9d7e3b4817c8d3c0b",
                    level="STATEMENT",
                    operation="TRUNCATE",
                    pgid="pgtrigger_no_truncate_c16a8",
                    table="disputes_historicaldisputecase",
                    when="BEFORE",
                ),
            ),
        ),
        pgtrigger.migrations.AddTrigger(
            model_name="disputecase",
            trigger=pgtrigger.compiler.Trigger(
                name="no_truncate",
                sql=core.db.immutability.UnconditionalTriggerSql(
                    func="RAISE EXCEPTION '% is append-only: % is refused', TG_TABLE_NAME, TG_OP USING ERRCODE = 'restrict_violation', CONSTRAINT = 'append_only';",
                    hash="98247f2609cb114815d5e130f831ed6f56aa65a7",
                    level="STATEMENT",
                    operation="TRUNCATE",
                    pgid="pgtrigger_no_truncate_7dccf",
                    table="disputes_disputecase",
                    when="BEFORE",
                ),
            ),
        ),
    ]
