import django.contrib.postgres.fields
import django.db.models.deletion
import pgtrigger.compiler
import pgtrigger.migrations
from django.db import migrations, models

import core.db.fields
import core.db.immutability


class Migration(migrations.Migration):
    initial = True

    dependencies = [
        ("accounts", "0003_resources_are_kept"),
        ("invoicing", "0001_initial"),
    ]

    operations = [
        migrations.CreateModel(
            name="BankFile",
            fields=[
                (
                    "id",
                    models.BigAutoField(
                        auto_created=True, primary_key=True, serialize=False, verbose_name="ID"
                    ),
                ),
                ("public_id", core.db.fields.PublicIdField(prefix="bnk")),
                (
                    "bank_account",
                    models.CharField(help_text="Which account of ours it is of.", max_length=64),
                ),
                ("digest", models.CharField(help_text="SHA-256 of the file.", max_length=64)),
                ("name", models.CharField(max_length=200)),
                ("format_code", models.SlugField(db_index=False, max_length=32)),
                ("format_number", models.PositiveIntegerField()),
                ("row_count", models.PositiveIntegerField()),
                ("new_count", models.PositiveIntegerField()),
                ("opening_minor", models.BigIntegerField(blank=True, null=True)),
                ("closing_minor", models.BigIntegerField(blank=True, null=True)),
                ("imported_at", models.DateTimeField()),
                ("imported_by", models.CharField(max_length=200)),
                ("reason", models.TextField()),
            ],
            options={
                "abstract": False,
                "indexes": [
                    models.Index(fields=["-imported_at", "-id"], name="bank_file_by_import")
                ],
                "constraints": [
                    models.UniqueConstraint(
                        fields=("bank_account", "digest"), name="bank_file_once"
                    ),
                    models.CheckConstraint(
                        condition=models.Q(
                            ("opening_minor__isnull", True),
                            ("closing_minor__isnull", False),
                            _connector="OR",
                        ),
                        name="bank_file_balances_both_or_none",
                    ),
                ],
            },
        ),
        pgtrigger.migrations.AddTrigger(
            model_name="bankfile",
            trigger=pgtrigger.compiler.Trigger(
                name="append_only",
                sql=core.db.immutability.UnconditionalTriggerSql(
                    func="RAISE EXCEPTION '% is append-only: % is refused', TG_TABLE_NAME, TG_OP USING ERRCODE = 'restrict_violation', CONSTRAINT = 'append_only';",
                    hash="be7cbbb5ceebe53015ed5b7d8f1c2f7f605c6af6",
                    operation="UPDATE OR DELETE",
                    pgid="pgtrigger_append_only_8b486",
                    table="receivables_bankfile",
                    when="BEFORE",
                ),
            ),
        ),
        pgtrigger.migrations.AddTrigger(
            model_name="bankfile",
            trigger=pgtrigger.compiler.Trigger(
                name="no_truncate",
                sql=core.db.immutability.UnconditionalTriggerSql(
                    func="RAISE EXCEPTION '% is append-only: % is refused', TG_TABLE_NAME, TG_OP USING ERRCODE = 'restrict_violation', CONSTRAINT = 'append_only';",
                    hash="642b5388493ca35befeb5bbf77e40672ec5e99e2",
                    level="STATEMENT",
                    operation="TRUNCATE",
                    pgid="pgtrigger_no_truncate_0c723",
                    table="receivables_bankfile",
                    when="BEFORE",
                ),
            ),
        ),
        migrations.CreateModel(
            name="BankRow",
            fields=[
                (
                    "id",
                    models.BigAutoField(
                        auto_created=True, primary_key=True, serialize=False, verbose_name="ID"
                    ),
                ),
                ("public_id", core.db.fields.PublicIdField(prefix="bnr")),
                ("line", models.PositiveIntegerField(help_text="Line of the file.")),
                ("key", models.CharField(max_length=64, unique=True)),
                (
                    "kind",
                    models.CharField(
                        choices=[
                            ("credit", "Money in"),
                            ("debit", "Money out"),
                            ("reversal", "Taken back by the bank"),
                            ("chargeback", "Chargeback"),
                            ("unreadable", "Cannot be read"),
                        ],
                        max_length=16,
                    ),
                ),
                ("booked_on", models.DateField(blank=True, null=True)),
                ("currency", models.CharField(blank=True, max_length=3)),
                ("amount_minor", models.BigIntegerField(blank=True, null=True)),
                (
                    "text",
                    models.CharField(blank=True, help_text="What the payer wrote.", max_length=500),
                ),
                (
                    "payer_reference",
                    models.CharField(
                        blank=True,
                        help_text="The payer's account at its bank, or its number.",
                        max_length=100,
                    ),
                ),
                ("payer_name", models.CharField(blank=True, max_length=200)),
                (
                    "bank_reference",
                    models.CharField(
                        blank=True,
                        help_text="What the bank or gateway calls the movement.",
                        max_length=100,
                    ),
                ),
                ("raw", models.TextField(help_text="The line as received.")),
                (
                    "file",
                    models.ForeignKey(
                        db_index=False,
                        on_delete=django.db.models.deletion.PROTECT,
                        related_name="rows",
                        to="receivables.bankfile",
                    ),
                ),
            ],
            options={
                "abstract": False,
                "constraints": [
                    models.UniqueConstraint(fields=("file", "line"), name="bank_row_once_a_line"),
                    models.CheckConstraint(
                        condition=models.Q(
                            models.Q(
                                ("amount_minor__isnull", True),
                                ("booked_on__isnull", True),
                                ("currency", ""),
                                ("kind", "unreadable"),
                            ),
                            models.Q(
                                models.Q(("kind", "unreadable"), _negated=True),
                                ("amount_minor__isnull", False),
                                ("booked_on__isnull", False),
                                ("currency__regex", "^[A-Z]{3}$"),
                            ),
                            _connector="OR",
                        ),
                        name="bank_row_read_or_not",
                    ),
                    models.CheckConstraint(
                        condition=models.Q(
                            ("amount_minor__isnull", True),
                            models.Q(("amount_minor__gt", 0), ("kind", "credit")),
                            models.Q(
                                models.Q(("kind", "credit"), _negated=True), ("amount_minor__lt", 0)
                            ),
                            _connector="OR",
                        ),
                        name="bank_row_signed_by_kind",
                    ),
                ],
            },
        ),
        pgtrigger.migrations.AddTrigger(
            model_name="bankrow",
            trigger=pgtrigger.compiler.Trigger(
                name="append_only",
                sql=core.db.immutability.UnconditionalTriggerSql(
                    func="RAISE EXCEPTION '% is append-only: % is refused', TG_TABLE_NAME, TG_OP USING ERRCODE = 'restrict_violation', CONSTRAINT = 'append_only';",
                    hash="7e0d606ac19a05512f91c4863b0f197986987a94",
                    operation="UPDATE OR DELETE",
                    pgid="pgtrigger_append_only_c9a3f",
                    table="receivables_bankrow",
                    when="BEFORE",
                ),
            ),
        ),
        pgtrigger.migrations.AddTrigger(
            model_name="bankrow",
            trigger=pgtrigger.compiler.Trigger(
                name="no_truncate",
                sql=core.db.immutability.UnconditionalTriggerSql(
                    func="RAISE EXCEPTION '% is append-only: % is refused', TG_TABLE_NAME, TG_OP USING ERRCODE = 'restrict_violation', CONSTRAINT = 'append_only';",
                    hash="765ac0df39ab4dc4762a8f6bf1fb6a78b98bd0e0",
                    level="STATEMENT",
                    operation="TRUNCATE",
                    pgid="pgtrigger_no_truncate_d897a",
                    table="receivables_bankrow",
                    when="BEFORE",
                ),
            ),
        ),
        migrations.CreateModel(
            name="Payment",
            fields=[
                (
                    "id",
                    models.BigAutoField(
                        auto_created=True, primary_key=True, serialize=False, verbose_name="ID"
                    ),
                ),
                ("public_id", core.db.fields.PublicIdField(prefix="pay")),
                ("currency", core.db.fields.CurrencyField()),
                ("amount_minor", core.db.fields.MinorAmountField()),
                (
                    "method",
                    models.CharField(
                        choices=[
                            ("bank", "Bank transfer"),
                            ("card", "Card"),
                            ("direct_debit", "Direct debit"),
                            ("check", "Check"),
                            ("other", "Other"),
                        ],
                        max_length=16,
                    ),
                ),
                (
                    "source",
                    models.CharField(
                        help_text="Who reported it: a bank, a gateway, a person.", max_length=64
                    ),
                ),
                (
                    "external_key",
                    models.CharField(help_text="Its name there; once per source.", max_length=200),
                ),
                (
                    "reference",
                    models.CharField(
                        blank=True, help_text="What the payer wrote, as received.", max_length=500
                    ),
                ),
                ("received_at", models.DateTimeField()),
                ("recorded_at", models.DateTimeField()),
                ("recorded_by", models.CharField(max_length=200)),
                ("reason", models.TextField()),
                (
                    "account",
                    models.ForeignKey(
                        db_index=False,
                        on_delete=django.db.models.deletion.PROTECT,
                        related_name="payments",
                        to="accounts.account",
                    ),
                ),
            ],
            options={
                "abstract": False,
                "indexes": [
                    models.Index(
                        fields=["account", "-received_at", "-id"], name="payment_by_account"
                    ),
                    models.Index(fields=["-received_at", "-id"], name="payment_by_receipt"),
                ],
                "constraints": [
                    models.CheckConstraint(
                        condition=models.Q(("amount_minor__gt", 0)), name="payment_is_money"
                    ),
                    models.CheckConstraint(
                        condition=models.Q(("received_at__lte", models.F("recorded_at"))),
                        name="payment_not_ahead",
                    ),
                    models.UniqueConstraint(
                        fields=("source", "external_key"), name="payment_reported_once"
                    ),
                ],
            },
        ),
        pgtrigger.migrations.AddTrigger(
            model_name="payment",
            trigger=pgtrigger.compiler.Trigger(
                name="append_only",
                sql=core.db.immutability.UnconditionalTriggerSql(
                    func="RAISE EXCEPTION '% is append-only: % is refused', TG_TABLE_NAME, TG_OP USING ERRCODE = 'restrict_violation', CONSTRAINT = 'append_only';",
                    hash="797d0472f62eb1ea758d14b19d6b3f3bec0cd216",
                    operation="UPDATE OR DELETE",
                    pgid="pgtrigger_append_only_364bc",
                    table="receivables_payment",
                    when="BEFORE",
                ),
            ),
        ),
        pgtrigger.migrations.AddTrigger(
            model_name="payment",
            trigger=pgtrigger.compiler.Trigger(
                name="no_truncate",
                sql=core.db.immutability.UnconditionalTriggerSql(
                    func="RAISE EXCEPTION '% is append-only: % is refused', TG_TABLE_NAME, TG_OP USING ERRCODE = 'restrict_violation', CONSTRAINT = 'append_only';",
                    hash="865a4e74ea695109d9718cc73e65e5d5f4183d29",
                    level="STATEMENT",
                    operation="TRUNCATE",
                    pgid="pgtrigger_no_truncate_8fee9",
                    table="receivables_payment",
                    when="BEFORE",
                ),
            ),
        ),
        migrations.CreateModel(
            name="PaymentReversal",
            fields=[
                (
                    "id",
                    models.BigAutoField(
                        auto_created=True, primary_key=True, serialize=False, verbose_name="ID"
                    ),
                ),
                ("public_id", core.db.fields.PublicIdField(prefix="prv")),
                (
                    "kind",
                    models.CharField(
                        choices=[
                            ("bank", "Taken back by the bank"),
                            ("chargeback", "Chargeback"),
                            ("exchanged", "Exchanged for another currency"),
                        ],
                        max_length=16,
                    ),
                ),
                (
                    "amount_minor",
                    core.db.fields.MinorAmountField(help_text="Of the payment's own money."),
                ),
                (
                    "excess_minor",
                    core.db.fields.MinorAmountField(
                        default=0,
                        help_text="Taken beyond what was left of the payment: a loss, or to be claimed.",
                    ),
                ),
                ("source", models.CharField(max_length=64)),
                ("external_key", models.CharField(max_length=200)),
                ("effective_at", models.DateTimeField()),
                ("recorded_at", models.DateTimeField()),
                ("recorded_by", models.CharField(max_length=200)),
                ("reason", models.TextField()),
                (
                    "payment",
                    models.ForeignKey(
                        on_delete=django.db.models.deletion.PROTECT,
                        related_name="reversals",
                        to="receivables.payment",
                    ),
                ),
            ],
            options={
                "abstract": False,
                "constraints": [
                    models.CheckConstraint(
                        condition=models.Q(
                            ("amount_minor__gte", 0),
                            ("excess_minor__gte", 0),
                            models.Q(
                                ("amount_minor__gt", 0), ("excess_minor__gt", 0), _connector="OR"
                            ),
                        ),
                        name="payment_reversal_is_money",
                    ),
                    models.UniqueConstraint(
                        fields=("source", "external_key"), name="payment_reversal_reported_once"
                    ),
                ],
            },
        ),
        pgtrigger.migrations.AddTrigger(
            model_name="paymentreversal",
            trigger=pgtrigger.compiler.Trigger(
                name="append_only",
                sql=core.db.immutability.UnconditionalTriggerSql(
                    func="RAISE EXCEPTION '% is append-only: % is refused', TG_TABLE_NAME, TG_OP USING ERRCODE = 'restrict_violation', CONSTRAINT = 'append_only';",
                    hash="f1556ce87bffd316f0bca5142fdd86f4e8cbf5b8",
                    operation="UPDATE OR DELETE",
                    pgid="pgtrigger_append_only_6cfd7",
                    table="receivables_paymentreversal",
                    when="BEFORE",
                ),
            ),
        ),
        pgtrigger.migrations.AddTrigger(
            model_name="paymentreversal",
            trigger=pgtrigger.compiler.Trigger(
                name="no_truncate",
                sql=core.db.immutability.UnconditionalTriggerSql(
                    func="RAISE EXCEPTION '% is append-only: % is refused', TG_TABLE_NAME, TG_OP USING ERRCODE = 'restrict_violation', CONSTRAINT = 'append_only';",
                    hash="135002e5a0dee30ec4a4cb6b22a9af067b239147",
                    level="STATEMENT",
                    operation="TRUNCATE",
                    pgid="pgtrigger_no_truncate_f720d",
                    table="receivables_paymentreversal",
                    when="BEFORE",
                ),
            ),
        ),
        pgtrigger.migrations.AddTrigger(
            model_name="paymentreversal",
            trigger=pgtrigger.compiler.Trigger(
                name="payment_reversal_within_its_payment",
                sql=core.db.immutability.AlwaysTriggerSql(
                    declare="DECLARE used numeric; there numeric; spent boolean;",
                    func="\n    IF NEW.payment_id IS NOT NULL THEN\n        PERFORM FROM receivables_payment WHERE id = NEW.payment_id FOR NO KEY UPDATE;\n        SELECT amount_minor - (\n            SELECT coalesce(sum(amount_minor), 0) FROM receivables_paymentreversal\n            WHERE payment_id = NEW.payment_id)\n        INTO there FROM receivables_payment WHERE id = NEW.payment_id;\n        SELECT (\n    SELECT coalesce(sum(refund.amount_minor), 0) FROM receivables_refund AS refund\n    WHERE refund.payment_id = NEW.payment_id AND refund.credit_note_id IS NULL AND NOT EXISTS (\n        SELECT FROM receivables_refundattempt AS attempt\n        WHERE attempt.refund_id = refund.id AND attempt.outcome IN ('failed', 'cancelled'))\n)\n             + (SELECT coalesce(sum(amount_minor), 0) FROM receivables_settlement\n                WHERE payment_id = NEW.payment_id)\n        INTO used;\n        IF used > there THEN\n            RAISE EXCEPTION 'payment % is used for % of %', NEW.payment_id, used, there\n                USING ERRCODE = 'check_violation', CONSTRAINT = 'payment_used_once';\n        END IF;\n        SELECT (\n    SELECT coalesce(sum(refund.amount_minor), 0) FROM receivables_refund AS refund\n    WHERE refund.payment_id = NEW.payment_id  AND NOT EXISTS (\n        SELECT FROM receivables_refundattempt AS attempt\n        WHERE attempt.refund_id = refund.id AND attempt.outcome IN ('failed', 'cancelled'))\n) INTO used;\n        IF used > there THEN\n            RAISE EXCEPTION 'refunds of payment % come to % of %', NEW.payment_id, used, there\n                USING ERRCODE = 'check_violation', CONSTRAINT = 'payment_refunded_once';\n        END IF;\n    END IF;\n\n    RETURN NULL;\n",
                    hash="868b05ed1d1941c80b1818cce9e18c742f99aee6",
                    operation="INSERT",
                    pgid="pgtrigger_payment_reversal_within_its_payment_c2778",
                    table="receivables_paymentreversal",
                    when="AFTER",
                ),
            ),
        ),
        migrations.CreateModel(
            name="BankRowFate",
            fields=[
                (
                    "id",
                    models.BigAutoField(
                        auto_created=True, primary_key=True, serialize=False, verbose_name="ID"
                    ),
                ),
                ("number", models.PositiveIntegerField()),
                (
                    "fate",
                    models.CharField(
                        choices=[
                            ("matched", "Matched"),
                            ("suggested", "Suggested"),
                            ("unmatched", "Not matched"),
                            ("ignored", "Ignored"),
                        ],
                        max_length=16,
                    ),
                ),
                (
                    "rule",
                    models.CharField(
                        blank=True, help_text="The matching rule that found it.", max_length=32
                    ),
                ),
                ("why", models.TextField(help_text="What happened, or why nothing did.")),
                ("decided_at", models.DateTimeField()),
                ("decided_by", models.CharField(max_length=200)),
                (
                    "row",
                    models.ForeignKey(
                        db_index=False,
                        on_delete=django.db.models.deletion.PROTECT,
                        related_name="fates",
                        to="receivables.bankrow",
                    ),
                ),
                (
                    "payment",
                    models.ForeignKey(
                        blank=True,
                        null=True,
                        on_delete=django.db.models.deletion.PROTECT,
                        related_name="bank_fates",
                        to="receivables.payment",
                    ),
                ),
                (
                    "reversal",
                    models.ForeignKey(
                        blank=True,
                        null=True,
                        on_delete=django.db.models.deletion.PROTECT,
                        related_name="bank_fates",
                        to="receivables.paymentreversal",
                    ),
                ),
            ],
            options={
                "abstract": False,
                "constraints": [
                    models.UniqueConstraint(
                        fields=("row", "number"), name="bank_row_fate_numbered"
                    ),
                    models.CheckConstraint(
                        condition=models.Q(("why", ""), _negated=True),
                        name="bank_row_fate_says_why",
                    ),
                    models.CheckConstraint(
                        condition=models.Q(
                            models.Q(("fate", "matched"), _negated=True),
                            ("payment__isnull", False),
                            _connector="OR",
                        ),
                        name="bank_row_matched_to_money",
                    ),
                ],
            },
        ),
        pgtrigger.migrations.AddTrigger(
            model_name="bankrowfate",
            trigger=pgtrigger.compiler.Trigger(
                name="append_only",
                sql=core.db.immutability.UnconditionalTriggerSql(
                    func="RAISE EXCEPTION '% is append-only: % is refused', TG_TABLE_NAME, TG_OP USING ERRCODE = 'restrict_violation', CONSTRAINT = 'append_only';",
                    hash="7c246e4bbf56fc33cf5f3a09c4e26cac668e5b47",
                    operation="UPDATE OR DELETE",
                    pgid="pgtrigger_append_only_ca673",
                    table="receivables_bankrowfate",
                    when="BEFORE",
                ),
            ),
        ),
        pgtrigger.migrations.AddTrigger(
            model_name="bankrowfate",
            trigger=pgtrigger.compiler.Trigger(
                name="no_truncate",
                sql=core.db.immutability.UnconditionalTriggerSql(
                    func="RAISE EXCEPTION '% is append-only: % is refused', TG_TABLE_NAME, TG_OP USING ERRCODE = 'restrict_violation', CONSTRAINT = 'append_only';",
                    hash="bc70d2c9b7ae8109629cd5b1b938dbe423231f29",
                    level="STATEMENT",
                    operation="TRUNCATE",
                    pgid="pgtrigger_no_truncate_49711",
                    table="receivables_bankrowfate",
                    when="BEFORE",
                ),
            ),
        ),
        migrations.CreateModel(
            name="DunningNotice",
            fields=[
                (
                    "id",
                    models.BigAutoField(
                        auto_created=True, primary_key=True, serialize=False, verbose_name="ID"
                    ),
                ),
                ("public_id", core.db.fields.PublicIdField(prefix="dun")),
                (
                    "action",
                    models.CharField(
                        choices=[
                            ("remind", "Reminded"),
                            ("warn", "Warned"),
                            ("suspend", "Suspended"),
                            ("delete", "Given up for deletion"),
                            ("resume", "Resumed"),
                        ],
                        max_length=16,
                    ),
                ),
                ("on_day", models.DateField()),
                ("step_days", models.PositiveIntegerField(blank=True, null=True)),
                ("base_on", models.DateField(blank=True, null=True)),
                ("asked", models.JSONField(help_text="Amounts that are due, one a currency.")),
                ("policy_code", models.SlugField(blank=True, db_index=False, max_length=32)),
                ("policy_number", models.PositiveIntegerField()),
                ("sent_at", models.DateTimeField()),
                ("sent_by", models.CharField(max_length=200)),
                (
                    "account",
                    models.ForeignKey(
                        db_index=False,
                        on_delete=django.db.models.deletion.PROTECT,
                        related_name="dunning_notices",
                        to="accounts.account",
                    ),
                ),
                (
                    "base_invoice",
                    models.ForeignKey(
                        blank=True,
                        null=True,
                        on_delete=django.db.models.deletion.PROTECT,
                        related_name="dunning_notices",
                        to="invoicing.invoice",
                    ),
                ),
            ],
            options={
                "abstract": False,
                "indexes": [
                    models.Index(
                        fields=["account", "-sent_at", "-id"], name="dunning_notice_by_account"
                    ),
                    models.Index(fields=["-sent_at", "-id"], name="dunning_notice_by_time"),
                ],
                "constraints": [
                    models.UniqueConstraint(
                        condition=models.Q(("action", "resume"), _negated=True),
                        fields=("account", "on_day"),
                        name="dunning_notice_once_a_day",
                    ),
                    models.CheckConstraint(
                        condition=models.Q(
                            ("action", "resume"),
                            models.Q(
                                ("base_invoice__isnull", False),
                                ("base_on__isnull", False),
                                ("step_days__isnull", False),
                            ),
                            _connector="OR",
                        ),
                        name="dunning_notice_has_its_base",
                    ),
                ],
            },
        ),
        pgtrigger.migrations.AddTrigger(
            model_name="dunningnotice",
            trigger=pgtrigger.compiler.Trigger(
                name="append_only",
                sql=core.db.immutability.UnconditionalTriggerSql(
                    func="RAISE EXCEPTION '% is append-only: % is refused', TG_TABLE_NAME, TG_OP USING ERRCODE = 'restrict_violation', CONSTRAINT = 'append_only';",
                    hash="efc149b6c5a57a19320231e03e9d7ec43248f5d8",
                    operation="UPDATE OR DELETE",
                    pgid="pgtrigger_append_only_e1c50",
                    table="receivables_dunningnotice",
                    when="BEFORE",
                ),
            ),
        ),
        pgtrigger.migrations.AddTrigger(
            model_name="dunningnotice",
            trigger=pgtrigger.compiler.Trigger(
                name="no_truncate",
                sql=core.db.immutability.UnconditionalTriggerSql(
                    func="RAISE EXCEPTION '% is append-only: % is refused', TG_TABLE_NAME, TG_OP USING ERRCODE = 'restrict_violation', CONSTRAINT = 'append_only';",
                    hash="915aa2c41eab8459a1290b3e149c425d90a65456",
                    level="STATEMENT",
                    operation="TRUNCATE",
                    pgid="pgtrigger_no_truncate_8ac91",
                    table="receivables_dunningnotice",
                    when="BEFORE",
                ),
            ),
        ),
        migrations.CreateModel(
            name="ExcessCleared",
            fields=[
                (
                    "id",
                    models.BigAutoField(
                        auto_created=True, primary_key=True, serialize=False, verbose_name="ID"
                    ),
                ),
                ("public_id", core.db.fields.PublicIdField(prefix="exc")),
                (
                    "kind",
                    models.CharField(
                        choices=[("loss", "A loss"), ("recovered", "Given back to us")],
                        max_length=16,
                    ),
                ),
                ("amount_minor", core.db.fields.MinorAmountField()),
                ("cleared_at", models.DateTimeField()),
                ("cleared_by", models.CharField(max_length=200)),
                ("reason", models.TextField()),
                (
                    "reversal",
                    models.ForeignKey(
                        on_delete=django.db.models.deletion.PROTECT,
                        related_name="clearings",
                        to="receivables.paymentreversal",
                    ),
                ),
            ],
            options={
                "verbose_name_plural": "excesses cleared",
                "abstract": False,
                "constraints": [
                    models.CheckConstraint(
                        condition=models.Q(("amount_minor__gt", 0)), name="excess_cleared_is_money"
                    ),
                    models.CheckConstraint(
                        condition=models.Q(("reason", ""), _negated=True),
                        name="excess_cleared_says_why",
                    ),
                ],
            },
        ),
        pgtrigger.migrations.AddTrigger(
            model_name="excesscleared",
            trigger=pgtrigger.compiler.Trigger(
                name="append_only",
                sql=core.db.immutability.UnconditionalTriggerSql(
                    func="RAISE EXCEPTION '% is append-only: % is refused', TG_TABLE_NAME, TG_OP USING ERRCODE = 'restrict_violation', CONSTRAINT = 'append_only';",
                    hash="0e7a884f7f86285ec5bb41fab4ae59185af640dd",
                    operation="UPDATE OR DELETE",
                    pgid="pgtrigger_append_only_ebef6",
                    table="receivables_excesscleared",
                    when="BEFORE",
                ),
            ),
        ),
        pgtrigger.migrations.AddTrigger(
            model_name="excesscleared",
            trigger=pgtrigger.compiler.Trigger(
                name="no_truncate",
                sql=core.db.immutability.UnconditionalTriggerSql(
                    func="RAISE EXCEPTION '% is append-only: % is refused', TG_TABLE_NAME, TG_OP USING ERRCODE = 'restrict_violation', CONSTRAINT = 'append_only';",
                    hash="c27b87f1b03619aecef827e8fb1ab9f5efc22032",
                    level="STATEMENT",
                    operation="TRUNCATE",
                    pgid="pgtrigger_no_truncate_b8290",
                    table="receivables_excesscleared",
                    when="BEFORE",
                ),
            ),
        ),
        pgtrigger.migrations.AddTrigger(
            model_name="excesscleared",
            trigger=pgtrigger.compiler.Trigger(
                name="excess_cleared_within_excess",
                sql=core.db.immutability.AlwaysTriggerSql(
                    declare="DECLARE used numeric; there numeric; spent boolean;",
                    func="\n    PERFORM FROM receivables_paymentreversal WHERE id = NEW.reversal_id FOR NO KEY UPDATE;\n    SELECT excess_minor INTO there FROM receivables_paymentreversal WHERE id = NEW.reversal_id;\n    SELECT coalesce(sum(amount_minor), 0) INTO used FROM receivables_excesscleared\n    WHERE reversal_id = NEW.reversal_id;\n    IF used > there THEN\n        RAISE EXCEPTION 'of reversal % more is cleared than was taken in excess', NEW.reversal_id\n            USING ERRCODE = 'check_violation', CONSTRAINT = 'excess_cleared_once';\n    END IF;\n    RETURN NULL;\n",
                    hash="691008cbbb9819b0e4926ab03ed738fcff7796fb",
                    operation="INSERT",
                    pgid="pgtrigger_excess_cleared_within_excess_231c2",
                    table="receivables_excesscleared",
                    when="AFTER",
                ),
            ),
        ),
        migrations.CreateModel(
            name="Hold",
            fields=[
                (
                    "id",
                    models.BigAutoField(
                        auto_created=True, primary_key=True, serialize=False, verbose_name="ID"
                    ),
                ),
                ("public_id", core.db.fields.PublicIdField(prefix="hld")),
                (
                    "processes",
                    django.contrib.postgres.fields.ArrayField(
                        base_field=models.CharField(
                            choices=[
                                ("dunning", "Reminders and suspension"),
                                ("issue", "Issuing invoices"),
                                ("auto_pay", "Automatic payment"),
                                ("refund", "Refunds"),
                            ],
                            max_length=16,
                        ),
                        size=None,
                    ),
                ),
                ("held_from", models.DateTimeField()),
                ("held_until", models.DateTimeField(blank=True, null=True)),
                (
                    "source",
                    models.CharField(
                        blank=True, help_text="Public id of what it is for.", max_length=64
                    ),
                ),
                ("placed_at", models.DateTimeField()),
                ("placed_by", models.CharField(max_length=200)),
                ("reason", models.TextField()),
                (
                    "account",
                    models.ForeignKey(
                        on_delete=django.db.models.deletion.PROTECT,
                        related_name="holds",
                        to="accounts.account",
                    ),
                ),
                (
                    "invoice",
                    models.ForeignKey(
                        blank=True,
                        null=True,
                        on_delete=django.db.models.deletion.PROTECT,
                        related_name="holds",
                        to="invoicing.invoice",
                    ),
                ),
            ],
            options={
                "abstract": False,
                "constraints": [
                    models.CheckConstraint(
                        condition=models.Q(
                            ("held_until__isnull", True),
                            ("held_until__gt", models.F("held_from")),
                            _connector="OR",
                        ),
                        name="hold_half_open",
                    ),
                    models.CheckConstraint(
                        condition=models.Q(("reason", ""), _negated=True), name="hold_says_why"
                    ),
                    models.CheckConstraint(
                        condition=models.Q(("processes__len__gt", 0)), name="hold_stops_something"
                    ),
                ],
            },
        ),
        pgtrigger.migrations.AddTrigger(
            model_name="hold",
            trigger=pgtrigger.compiler.Trigger(
                name="append_only",
                sql=core.db.immutability.UnconditionalTriggerSql(
                    func="RAISE EXCEPTION '% is append-only: % is refused', TG_TABLE_NAME, TG_OP USING ERRCODE = 'restrict_violation', CONSTRAINT = 'append_only';",
                    hash="d11f738147b51c0a0ab01ee89d6c6acf2b901d30",
                    operation="UPDATE OR DELETE",
                    pgid="pgtrigger_append_only_d3a95",
                    table="receivables_hold",
                    when="BEFORE",
                ),
            ),
        ),
        pgtrigger.migrations.AddTrigger(
            model_name="hold",
            trigger=pgtrigger.compiler.Trigger(
                name="no_truncate",
                sql=core.db.immutability.UnconditionalTriggerSql(
                    func="RAISE EXCEPTION '% is append-only: % is refused', TG_TABLE_NAME, TG_OP USING ERRCODE = 'restrict_violation', CONSTRAINT = 'append_only';",
                    hash="37b54b39d1359035a2740b16652048e44d141c7f",
                    level="STATEMENT",
                    operation="TRUNCATE",
                    pgid="pgtrigger_no_truncate_c4a42",
                    table="receivables_hold",
                    when="BEFORE",
                ),
            ),
        ),
        migrations.CreateModel(
            name="HoldEntry",
            fields=[
                (
                    "id",
                    models.BigAutoField(
                        auto_created=True, primary_key=True, serialize=False, verbose_name="ID"
                    ),
                ),
                (
                    "kind",
                    models.CharField(
                        choices=[
                            ("placed", "Placed"),
                            ("posted", "Posted as a credit"),
                            ("shrunk", "Less is open by now"),
                            ("released", "Released"),
                        ],
                        max_length=16,
                    ),
                ),
                ("amount_minor", core.db.fields.MinorAmountField()),
                (
                    "source",
                    models.CharField(
                        blank=True, help_text="Public id of what did it.", max_length=64
                    ),
                ),
                ("effective_at", models.DateTimeField()),
                ("recorded_by", models.CharField(max_length=200)),
                ("reason", models.TextField()),
                (
                    "hold",
                    models.ForeignKey(
                        on_delete=django.db.models.deletion.PROTECT,
                        related_name="entries",
                        to="receivables.hold",
                    ),
                ),
            ],
            options={
                "verbose_name_plural": "hold entries",
                "abstract": False,
                "constraints": [
                    models.CheckConstraint(
                        condition=models.Q(
                            models.Q(("amount_minor__gt", 0), ("kind", "placed")),
                            models.Q(
                                models.Q(("kind", "placed"), _negated=True), ("amount_minor__lt", 0)
                            ),
                            _connector="OR",
                        ),
                        name="hold_entry_signed",
                    ),
                    models.UniqueConstraint(
                        condition=models.Q(("kind", "placed")),
                        fields=("hold",),
                        name="hold_placed_once",
                    ),
                ],
            },
        ),
        pgtrigger.migrations.AddTrigger(
            model_name="holdentry",
            trigger=pgtrigger.compiler.Trigger(
                name="append_only",
                sql=core.db.immutability.UnconditionalTriggerSql(
                    func="RAISE EXCEPTION '% is append-only: % is refused', TG_TABLE_NAME, TG_OP USING ERRCODE = 'restrict_violation', CONSTRAINT = 'append_only';",
                    hash="79627dc77304ff16a34d7d3b6a3a7cd6f1f75d93",
                    operation="UPDATE OR DELETE",
                    pgid="pgtrigger_append_only_d613a",
                    table="receivables_holdentry",
                    when="BEFORE",
                ),
            ),
        ),
        pgtrigger.migrations.AddTrigger(
            model_name="holdentry",
            trigger=pgtrigger.compiler.Trigger(
                name="no_truncate",
                sql=core.db.immutability.UnconditionalTriggerSql(
                    func="RAISE EXCEPTION '% is append-only: % is refused', TG_TABLE_NAME, TG_OP USING ERRCODE = 'restrict_violation', CONSTRAINT = 'append_only';",
                    hash="e75f1010f46e42cbf75b9a184b0ae6f70dee6944",
                    level="STATEMENT",
                    operation="TRUNCATE",
                    pgid="pgtrigger_no_truncate_c5e0d",
                    table="receivables_holdentry",
                    when="BEFORE",
                ),
            ),
        ),
        pgtrigger.migrations.AddTrigger(
            model_name="holdentry",
            trigger=pgtrigger.compiler.Trigger(
                name="hold_never_below_zero",
                sql=core.db.immutability.AlwaysTriggerSql(
                    declare="DECLARE used numeric; there numeric; spent boolean;",
                    func="\n    PERFORM FROM receivables_hold WHERE id = NEW.hold_id FOR NO KEY UPDATE;\n    SELECT coalesce(sum(amount_minor), 0) INTO used FROM receivables_holdentry\n    WHERE hold_id = NEW.hold_id;\n    IF used < 0 THEN\n        RAISE EXCEPTION 'hold % comes to %', NEW.hold_id, used\n            USING ERRCODE = 'check_violation', CONSTRAINT = 'hold_never_below_zero';\n    END IF;\n    RETURN NULL;\n",
                    hash="998779dee37315fdd8f1ab9754eb8226878b5a64",
                    operation="INSERT",
                    pgid="pgtrigger_hold_never_below_zero_8e918",
                    table="receivables_holdentry",
                    when="AFTER",
                ),
            ),
        ),
        migrations.CreateModel(
            name="PayerReference",
            fields=[
                (
                    "id",
                    models.BigAutoField(
                        auto_created=True, primary_key=True, serialize=False, verbose_name="ID"
                    ),
                ),
                ("reference", models.CharField(max_length=100)),
                (
                    "holds",
                    models.BooleanField(default=True, help_text="Unticked: it is theirs no more."),
                ),
                ("recorded_at", models.DateTimeField()),
                ("recorded_by", models.CharField(max_length=200)),
                ("reason", models.TextField()),
                (
                    "account",
                    models.ForeignKey(
                        on_delete=django.db.models.deletion.PROTECT,
                        related_name="payer_references",
                        to="accounts.account",
                    ),
                ),
            ],
            options={
                "abstract": False,
                "indexes": [models.Index(fields=["reference"], name="payer_reference_by_text")],
                "constraints": [
                    models.CheckConstraint(
                        condition=models.Q(("reference", ""), _negated=True),
                        name="payer_reference_is_said",
                    )
                ],
            },
        ),
        pgtrigger.migrations.AddTrigger(
            model_name="payerreference",
            trigger=pgtrigger.compiler.Trigger(
                name="append_only",
                sql=core.db.immutability.UnconditionalTriggerSql(
                    func="RAISE EXCEPTION '% is append-only: % is refused', TG_TABLE_NAME, TG_OP USING ERRCODE = 'restrict_violation', CONSTRAINT = 'append_only';",
                    hash="c7569f6122e8ecb8e2288609c99b8914c07f4db4",
                    operation="UPDATE OR DELETE",
                    pgid="pgtrigger_append_only_5813f",
                    table="receivables_payerreference",
                    when="BEFORE",
                ),
            ),
        ),
        pgtrigger.migrations.AddTrigger(
            model_name="payerreference",
            trigger=pgtrigger.compiler.Trigger(
                name="no_truncate",
                sql=core.db.immutability.UnconditionalTriggerSql(
                    func="RAISE EXCEPTION '% is append-only: % is refused', TG_TABLE_NAME, TG_OP USING ERRCODE = 'restrict_violation', CONSTRAINT = 'append_only';",
                    hash="3c61fa93c4dd4ac0638e8ffd5b58f67cb21d64db",
                    level="STATEMENT",
                    operation="TRUNCATE",
                    pgid="pgtrigger_no_truncate_45487",
                    table="receivables_payerreference",
                    when="BEFORE",
                ),
            ),
        ),
        migrations.CreateModel(
            name="PaymentPromise",
            fields=[
                (
                    "id",
                    models.BigAutoField(
                        auto_created=True, primary_key=True, serialize=False, verbose_name="ID"
                    ),
                ),
                ("public_id", core.db.fields.PublicIdField(prefix="ppr")),
                ("currency", core.db.fields.CurrencyField()),
                ("amount_minor", core.db.fields.MinorAmountField()),
                (
                    "promised_on",
                    models.DateField(help_text="By the end of this day of the account's calendar."),
                ),
                ("made_at", models.DateTimeField()),
                ("recorded_by", models.CharField(max_length=200)),
                ("reason", models.TextField()),
                (
                    "account",
                    models.ForeignKey(
                        on_delete=django.db.models.deletion.PROTECT,
                        related_name="payment_promises",
                        to="accounts.account",
                    ),
                ),
            ],
            options={
                "abstract": False,
                "constraints": [
                    models.CheckConstraint(
                        condition=models.Q(("amount_minor__gt", 0)), name="promise_is_of_money"
                    ),
                    models.CheckConstraint(
                        condition=models.Q(("reason", ""), _negated=True), name="promise_says_why"
                    ),
                ],
            },
        ),
        pgtrigger.migrations.AddTrigger(
            model_name="paymentpromise",
            trigger=pgtrigger.compiler.Trigger(
                name="append_only",
                sql=core.db.immutability.UnconditionalTriggerSql(
                    func="RAISE EXCEPTION '% is append-only: % is refused', TG_TABLE_NAME, TG_OP USING ERRCODE = 'restrict_violation', CONSTRAINT = 'append_only';",
                    hash="ff41d8fd6773b839a41dd949e99410a460f7a6d3",
                    operation="UPDATE OR DELETE",
                    pgid="pgtrigger_append_only_c4857",
                    table="receivables_paymentpromise",
                    when="BEFORE",
                ),
            ),
        ),
        pgtrigger.migrations.AddTrigger(
            model_name="paymentpromise",
            trigger=pgtrigger.compiler.Trigger(
                name="no_truncate",
                sql=core.db.immutability.UnconditionalTriggerSql(
                    func="RAISE EXCEPTION '% is append-only: % is refused', TG_TABLE_NAME, TG_OP USING ERRCODE = 'restrict_violation', CONSTRAINT = 'append_only';",
                    hash="b1b170e9d9dbfd693b8c9439f20180139284e139",
                    level="STATEMENT",
                    operation="TRUNCATE",
                    pgid="pgtrigger_no_truncate_2a004",
                    table="receivables_paymentpromise",
                    when="BEFORE",
                ),
            ),
        ),
        migrations.CreateModel(
            name="Refund",
            fields=[
                (
                    "id",
                    models.BigAutoField(
                        auto_created=True, primary_key=True, serialize=False, verbose_name="ID"
                    ),
                ),
                ("public_id", core.db.fields.PublicIdField(prefix="rfd")),
                ("amount_minor", core.db.fields.MinorAmountField()),
                ("gateway", models.SlugField(max_length=32)),
                ("requested_at", models.DateTimeField()),
                ("requested_by", models.CharField(max_length=200)),
                ("reason", models.TextField()),
                (
                    "credit_note",
                    models.ForeignKey(
                        blank=True,
                        null=True,
                        on_delete=django.db.models.deletion.PROTECT,
                        related_name="refunds",
                        to="invoicing.creditnote",
                    ),
                ),
                (
                    "payment",
                    models.ForeignKey(
                        on_delete=django.db.models.deletion.PROTECT,
                        related_name="refunds",
                        to="receivables.payment",
                    ),
                ),
            ],
            options={
                "abstract": False,
                "constraints": [
                    models.CheckConstraint(
                        condition=models.Q(("amount_minor__gt", 0)), name="refund_is_money"
                    ),
                    models.CheckConstraint(
                        condition=models.Q(("reason", ""), _negated=True), name="refund_says_why"
                    ),
                ],
            },
        ),
        pgtrigger.migrations.AddTrigger(
            model_name="refund",
            trigger=pgtrigger.compiler.Trigger(
                name="append_only",
                sql=core.db.immutability.UnconditionalTriggerSql(
                    func="RAISE EXCEPTION '% is append-only: % is refused', TG_TABLE_NAME, TG_OP USING ERRCODE = 'restrict_violation', CONSTRAINT = 'append_only';",
                    hash="9e6cc36fe428c26cb3f0b6a5a0ca98404935b045",
                    operation="UPDATE OR DELETE",
                    pgid="pgtrigger_append_only_9d63f",
                    table="receivables_refund",
                    when="BEFORE",
                ),
            ),
        ),
        pgtrigger.migrations.AddTrigger(
            model_name="refund",
            trigger=pgtrigger.compiler.Trigger(
                name="no_truncate",
                sql=core.db.immutability.UnconditionalTriggerSql(
                    func="RAISE EXCEPTION '% is append-only: % is refused', TG_TABLE_NAME, TG_OP USING ERRCODE = 'restrict_violation', CONSTRAINT = 'append_only';",
                    hash="07dfadba3c89468c9101fe1fc64004c8f8fa761f",
                    level="STATEMENT",
                    operation="TRUNCATE",
                    pgid="pgtrigger_no_truncate_78768",
                    table="receivables_refund",
                    when="BEFORE",
                ),
            ),
        ),
        pgtrigger.migrations.AddTrigger(
            model_name="refund",
            trigger=pgtrigger.compiler.Trigger(
                name="refund_within_its_source",
                sql=core.db.immutability.AlwaysTriggerSql(
                    declare="DECLARE used numeric; there numeric; spent boolean;",
                    func="\n    IF NEW.payment_id IS NOT NULL THEN\n        PERFORM FROM receivables_payment WHERE id = NEW.payment_id FOR NO KEY UPDATE;\n        SELECT amount_minor - (\n            SELECT coalesce(sum(amount_minor), 0) FROM receivables_paymentreversal\n            WHERE payment_id = NEW.payment_id)\n        INTO there FROM receivables_payment WHERE id = NEW.payment_id;\n        SELECT (\n    SELECT coalesce(sum(refund.amount_minor), 0) FROM receivables_refund AS refund\n    WHERE refund.payment_id = NEW.payment_id AND refund.credit_note_id IS NULL AND NOT EXISTS (\n        SELECT FROM receivables_refundattempt AS attempt\n        WHERE attempt.refund_id = refund.id AND attempt.outcome IN ('failed', 'cancelled'))\n)\n             + (SELECT coalesce(sum(amount_minor), 0) FROM receivables_settlement\n                WHERE payment_id = NEW.payment_id)\n        INTO used;\n        IF used > there THEN\n            RAISE EXCEPTION 'payment % is used for % of %', NEW.payment_id, used, there\n                USING ERRCODE = 'check_violation', CONSTRAINT = 'payment_used_once';\n        END IF;\n        SELECT (\n    SELECT coalesce(sum(refund.amount_minor), 0) FROM receivables_refund AS refund\n    WHERE refund.payment_id = NEW.payment_id  AND NOT EXISTS (\n        SELECT FROM receivables_refundattempt AS attempt\n        WHERE attempt.refund_id = refund.id AND attempt.outcome IN ('failed', 'cancelled'))\n) INTO used;\n        IF used > there THEN\n            RAISE EXCEPTION 'refunds of payment % come to % of %', NEW.payment_id, used, there\n                USING ERRCODE = 'check_violation', CONSTRAINT = 'payment_refunded_once';\n        END IF;\n    END IF;\n\n    IF NEW.credit_note_id IS NOT NULL THEN\n        PERFORM FROM invoicing_creditnote WHERE id = NEW.credit_note_id FOR NO KEY UPDATE;\n        SELECT total_minor INTO there FROM invoicing_creditnote WHERE id = NEW.credit_note_id;\n        SELECT (\n    SELECT coalesce(sum(refund.amount_minor), 0) FROM receivables_refund AS refund\n    WHERE refund.credit_note_id = NEW.credit_note_id  AND NOT EXISTS (\n        SELECT FROM receivables_refundattempt AS attempt\n        WHERE attempt.refund_id = refund.id AND attempt.outcome IN ('failed', 'cancelled'))\n)\n             + (SELECT coalesce(sum(amount_minor), 0) FROM receivables_settlement\n                WHERE credit_note_id = NEW.credit_note_id)\n        INTO used;\n        IF used > there THEN\n            RAISE EXCEPTION 'credit note % is used for % of %', NEW.credit_note_id, used, there\n                USING ERRCODE = 'check_violation', CONSTRAINT = 'credit_note_used_once';\n        END IF;\n    END IF;\n\n    RETURN NULL;\n",
                    hash="a348e61a75fdcaeeb82d8e775c6bb6dad63e381a",
                    operation="INSERT",
                    pgid="pgtrigger_refund_within_its_source_02697",
                    table="receivables_refund",
                    when="AFTER",
                ),
            ),
        ),
        migrations.CreateModel(
            name="RefundAttempt",
            fields=[
                (
                    "id",
                    models.BigAutoField(
                        auto_created=True, primary_key=True, serialize=False, verbose_name="ID"
                    ),
                ),
                ("number", models.PositiveIntegerField()),
                (
                    "outcome",
                    models.CharField(
                        choices=[
                            ("succeeded", "Paid out"),
                            ("failed", "Failed"),
                            ("cancelled", "Cancelled"),
                            ("unknown", "Not known"),
                        ],
                        max_length=16,
                    ),
                ),
                ("gateway_reference", models.CharField(blank=True, max_length=200)),
                (
                    "said",
                    models.CharField(
                        blank=True, help_text="What the gateway answered.", max_length=500
                    ),
                ),
                ("attempted_at", models.DateTimeField()),
                (
                    "refund",
                    models.ForeignKey(
                        db_index=False,
                        on_delete=django.db.models.deletion.PROTECT,
                        related_name="attempts",
                        to="receivables.refund",
                    ),
                ),
            ],
            options={
                "abstract": False,
                "constraints": [
                    models.UniqueConstraint(
                        fields=("refund", "number"), name="refund_attempt_numbered"
                    ),
                    models.UniqueConstraint(
                        condition=models.Q(("outcome", "unknown"), _negated=True),
                        fields=("refund",),
                        name="refund_ends_once",
                    ),
                ],
            },
        ),
        pgtrigger.migrations.AddTrigger(
            model_name="refundattempt",
            trigger=pgtrigger.compiler.Trigger(
                name="append_only",
                sql=core.db.immutability.UnconditionalTriggerSql(
                    func="RAISE EXCEPTION '% is append-only: % is refused', TG_TABLE_NAME, TG_OP USING ERRCODE = 'restrict_violation', CONSTRAINT = 'append_only';",
                    hash="1ffd4c39d0437c2713ee449b21783d0f00d56749",
                    operation="UPDATE OR DELETE",
                    pgid="pgtrigger_append_only_066db",
                    table="receivables_refundattempt",
                    when="BEFORE",
                ),
            ),
        ),
        pgtrigger.migrations.AddTrigger(
            model_name="refundattempt",
            trigger=pgtrigger.compiler.Trigger(
                name="no_truncate",
                sql=core.db.immutability.UnconditionalTriggerSql(
                    func="RAISE EXCEPTION '% is append-only: % is refused', TG_TABLE_NAME, TG_OP USING ERRCODE = 'restrict_violation', CONSTRAINT = 'append_only';",
                    hash="b2b91ff023705eaa66694bd40a4c1d90c3dc51a3",
                    level="STATEMENT",
                    operation="TRUNCATE",
                    pgid="pgtrigger_no_truncate_923cb",
                    table="receivables_refundattempt",
                    when="BEFORE",
                ),
            ),
        ),
        migrations.CreateModel(
            name="RuleVersion",
            fields=[
                (
                    "id",
                    models.BigAutoField(
                        auto_created=True, primary_key=True, serialize=False, verbose_name="ID"
                    ),
                ),
                ("public_id", core.db.fields.PublicIdField(prefix="rul")),
                (
                    "subject",
                    models.CharField(
                        choices=[
                            ("bank_format", "Form of a bank file"),
                            ("matching", "Matching of payments"),
                            ("applying", "Use of free money"),
                            ("dunning", "Dunning"),
                        ],
                        max_length=16,
                    ),
                ),
                ("code", models.SlugField(blank=True, db_index=False, max_length=32)),
                ("number", models.PositiveIntegerField()),
                ("document", models.JSONField()),
                ("effective_from", models.DateTimeField()),
                ("made_at", models.DateTimeField()),
                ("made_by", models.CharField(max_length=200)),
                ("reason", models.TextField()),
            ],
            options={
                "abstract": False,
                "constraints": [
                    models.UniqueConstraint(
                        fields=("subject", "code", "number"), name="rule_version_numbered"
                    ),
                    models.CheckConstraint(
                        condition=models.Q(("number__gt", 0)), name="rule_version_from_one"
                    ),
                    models.CheckConstraint(
                        condition=models.Q(("reason", ""), _negated=True),
                        name="rule_version_says_why",
                    ),
                ],
            },
        ),
        pgtrigger.migrations.AddTrigger(
            model_name="ruleversion",
            trigger=pgtrigger.compiler.Trigger(
                name="append_only",
                sql=core.db.immutability.UnconditionalTriggerSql(
                    func="RAISE EXCEPTION '% is append-only: % is refused', TG_TABLE_NAME, TG_OP USING ERRCODE = 'restrict_violation', CONSTRAINT = 'append_only';",
                    hash="8dff5a82c9e637ca2b66a3f7ded0ff7eaaa7655c",
                    operation="UPDATE OR DELETE",
                    pgid="pgtrigger_append_only_a45b2",
                    table="receivables_ruleversion",
                    when="BEFORE",
                ),
            ),
        ),
        pgtrigger.migrations.AddTrigger(
            model_name="ruleversion",
            trigger=pgtrigger.compiler.Trigger(
                name="no_truncate",
                sql=core.db.immutability.UnconditionalTriggerSql(
                    func="RAISE EXCEPTION '% is append-only: % is refused', TG_TABLE_NAME, TG_OP USING ERRCODE = 'restrict_violation', CONSTRAINT = 'append_only';",
                    hash="2cdf434d9bb45bb48a27e60ebb7a7b2fa12b767c",
                    level="STATEMENT",
                    operation="TRUNCATE",
                    pgid="pgtrigger_no_truncate_002d3",
                    table="receivables_ruleversion",
                    when="BEFORE",
                ),
            ),
        ),
        migrations.CreateModel(
            name="Settlement",
            fields=[
                (
                    "id",
                    models.BigAutoField(
                        auto_created=True, primary_key=True, serialize=False, verbose_name="ID"
                    ),
                ),
                ("public_id", core.db.fields.PublicIdField(prefix="stl")),
                (
                    "kind",
                    models.CharField(
                        choices=[
                            ("payment", "Payment"),
                            ("credit_note", "Credit note"),
                            ("write_off", "Write-off"),
                            ("bank_charge", "Bank charge"),
                        ],
                        max_length=16,
                    ),
                ),
                ("amount_minor", core.db.fields.MinorAmountField()),
                ("effective_at", models.DateTimeField()),
                ("recorded_at", models.DateTimeField()),
                ("recorded_by", models.CharField(max_length=200)),
                ("reason", models.TextField()),
                (
                    "credit_note",
                    models.ForeignKey(
                        blank=True,
                        null=True,
                        on_delete=django.db.models.deletion.PROTECT,
                        related_name="settlements",
                        to="invoicing.creditnote",
                    ),
                ),
                (
                    "invoice",
                    models.ForeignKey(
                        db_index=False,
                        on_delete=django.db.models.deletion.PROTECT,
                        related_name="settlements",
                        to="invoicing.invoice",
                    ),
                ),
                (
                    "payment",
                    models.ForeignKey(
                        blank=True,
                        null=True,
                        on_delete=django.db.models.deletion.PROTECT,
                        related_name="settlements",
                        to="receivables.payment",
                    ),
                ),
                (
                    "reverses",
                    models.OneToOneField(
                        blank=True,
                        null=True,
                        on_delete=django.db.models.deletion.PROTECT,
                        related_name="reversal",
                        to="receivables.settlement",
                    ),
                ),
            ],
            options={
                "abstract": False,
                "indexes": [
                    models.Index(fields=["invoice", "effective_at"], name="settlement_by_invoice")
                ],
                "constraints": [
                    models.CheckConstraint(
                        condition=models.Q(
                            models.Q(
                                ("credit_note__isnull", True),
                                ("kind", "payment"),
                                ("payment__isnull", False),
                            ),
                            models.Q(
                                ("credit_note__isnull", False),
                                ("kind", "credit_note"),
                                ("payment__isnull", True),
                            ),
                            models.Q(
                                ("credit_note__isnull", True),
                                ("kind__in", ["write_off", "bank_charge"]),
                                ("payment__isnull", True),
                            ),
                            _connector="OR",
                        ),
                        name="settlement_has_one_source",
                    ),
                    models.CheckConstraint(
                        condition=models.Q(
                            models.Q(("amount_minor__gt", 0), ("reverses__isnull", True)),
                            models.Q(("amount_minor__lt", 0), ("reverses__isnull", False)),
                            _connector="OR",
                        ),
                        name="settlement_below_zero_takes_back",
                    ),
                    models.CheckConstraint(
                        condition=models.Q(("effective_at__lte", models.F("recorded_at"))),
                        name="settlement_not_ahead",
                    ),
                    models.CheckConstraint(
                        condition=models.Q(("reason", ""), _negated=True),
                        name="settlement_says_why",
                    ),
                ],
            },
        ),
        pgtrigger.migrations.AddTrigger(
            model_name="settlement",
            trigger=pgtrigger.compiler.Trigger(
                name="append_only",
                sql=core.db.immutability.UnconditionalTriggerSql(
                    func="RAISE EXCEPTION '% is append-only: % is refused', TG_TABLE_NAME, TG_OP USING ERRCODE = 'restrict_violation', CONSTRAINT = 'append_only';",
                    hash="b630e68f73ba97536bf03c31dd61eb3336c9c22c",
                    operation="UPDATE OR DELETE",
                    pgid="pgtrigger_append_only_9464c",
                    table="receivables_settlement",
                    when="BEFORE",
                ),
            ),
        ),
        pgtrigger.migrations.AddTrigger(
            model_name="settlement",
            trigger=pgtrigger.compiler.Trigger(
                name="no_truncate",
                sql=core.db.immutability.UnconditionalTriggerSql(
                    func="RAISE EXCEPTION '% is append-only: % is refused', TG_TABLE_NAME, TG_OP USING ERRCODE = 'restrict_violation', CONSTRAINT = 'append_only';",
                    hash="3db684f5c29de309b7d64cde7b108f49430e5175",
                    level="STATEMENT",
                    operation="TRUNCATE",
                    pgid="pgtrigger_no_truncate_e3e1a",
                    table="receivables_settlement",
                    when="BEFORE",
                ),
            ),
        ),
        pgtrigger.migrations.AddTrigger(
            model_name="settlement",
            trigger=pgtrigger.compiler.Trigger(
                name="settlement_within_what_there_is",
                sql=core.db.immutability.AlwaysTriggerSql(
                    declare="DECLARE used numeric; there numeric; spent boolean;",
                    func="\n    PERFORM FROM invoicing_invoice WHERE id = NEW.invoice_id FOR NO KEY UPDATE;\n    SELECT EXISTS (SELECT FROM invoicing_invoicevoid WHERE invoice_id = NEW.invoice_id)\n        AND NEW.amount_minor > 0 INTO spent;\n    IF spent THEN\n        RAISE EXCEPTION 'invoice % is void', NEW.invoice_id\n            USING ERRCODE = 'check_violation', CONSTRAINT = 'settlement_not_of_a_void_invoice';\n    END IF;\n    SELECT coalesce(sum(amount_minor), 0) INTO used FROM receivables_settlement\n    WHERE invoice_id = NEW.invoice_id;\n    SELECT CASE WHEN state = 'issued' THEN total_minor ELSE 0 END INTO there\n    FROM invoicing_invoice WHERE id = NEW.invoice_id;\n    IF used > there OR used < 0 THEN\n        RAISE EXCEPTION 'settlements of invoice % come to % of %', NEW.invoice_id, used, there\n            USING ERRCODE = 'check_violation', CONSTRAINT = 'invoice_settled_once';\n    END IF;\n\n    IF NEW.payment_id IS NOT NULL THEN\n        PERFORM FROM receivables_payment WHERE id = NEW.payment_id FOR NO KEY UPDATE;\n        SELECT amount_minor - (\n            SELECT coalesce(sum(amount_minor), 0) FROM receivables_paymentreversal\n            WHERE payment_id = NEW.payment_id)\n        INTO there FROM receivables_payment WHERE id = NEW.payment_id;\n        SELECT (\n    SELECT coalesce(sum(refund.amount_minor), 0) FROM receivables_refund AS refund\n    WHERE refund.payment_id = NEW.payment_id AND refund.credit_note_id IS NULL AND NOT EXISTS (\n        SELECT FROM receivables_refundattempt AS attempt\n        WHERE attempt.refund_id = refund.id AND attempt.outcome IN ('failed', 'cancelled'))\n)\n             + (SELECT coalesce(sum(amount_minor), 0) FROM receivables_settlement\n                WHERE payment_id = NEW.payment_id)\n        INTO used;\n        IF used > there THEN\n            RAISE EXCEPTION 'payment % is used for % of %', NEW.payment_id, used, there\n                USING ERRCODE = 'check_violation', CONSTRAINT = 'payment_used_once';\n        END IF;\n        SELECT (\n    SELECT coalesce(sum(refund.amount_minor), 0) FROM receivables_refund AS refund\n    WHERE refund.payment_id = NEW.payment_id  AND NOT EXISTS (\n        SELECT FROM receivables_refundattempt AS attempt\n        WHERE attempt.refund_id = refund.id AND attempt.outcome IN ('failed', 'cancelled'))\n) INTO used;\n        IF used > there THEN\n            RAISE EXCEPTION 'refunds of payment % come to % of %', NEW.payment_id, used, there\n                USING ERRCODE = 'check_violation', CONSTRAINT = 'payment_refunded_once';\n        END IF;\n    END IF;\n\n    IF NEW.credit_note_id IS NOT NULL THEN\n        PERFORM FROM invoicing_creditnote WHERE id = NEW.credit_note_id FOR NO KEY UPDATE;\n        SELECT total_minor INTO there FROM invoicing_creditnote WHERE id = NEW.credit_note_id;\n        SELECT (\n    SELECT coalesce(sum(refund.amount_minor), 0) FROM receivables_refund AS refund\n    WHERE refund.credit_note_id = NEW.credit_note_id  AND NOT EXISTS (\n        SELECT FROM receivables_refundattempt AS attempt\n        WHERE attempt.refund_id = refund.id AND attempt.outcome IN ('failed', 'cancelled'))\n)\n             + (SELECT coalesce(sum(amount_minor), 0) FROM receivables_settlement\n                WHERE credit_note_id = NEW.credit_note_id)\n        INTO used;\n        IF used > there THEN\n            RAISE EXCEPTION 'credit note % is used for % of %', NEW.credit_note_id, used, there\n                USING ERRCODE = 'check_violation', CONSTRAINT = 'credit_note_used_once';\n        END IF;\n    END IF;\n\n    RETURN NULL;\n",
                    hash="94759b414e0bf03ae703f87d16bce8c5468bba5d",
                    operation="INSERT",
                    pgid="pgtrigger_settlement_within_what_there_is_7fae6",
                    table="receivables_settlement",
                    when="AFTER",
                ),
            ),
        ),
        pgtrigger.migrations.AddTrigger(
            model_name="settlement",
            trigger=pgtrigger.compiler.Trigger(
                name="settlement_reverses_all",
                sql=core.db.immutability.AlwaysTriggerSql(
                    declare="DECLARE used numeric; there numeric; spent boolean;",
                    func="\n    IF NEW.reverses_id IS NOT NULL THEN\n        SELECT EXISTS (\n            SELECT FROM receivables_settlement AS first\n            WHERE first.id = NEW.reverses_id AND first.reverses_id IS NULL\n              AND first.invoice_id = NEW.invoice_id AND first.kind = NEW.kind\n              AND first.payment_id IS NOT DISTINCT FROM NEW.payment_id\n              AND first.credit_note_id IS NOT DISTINCT FROM NEW.credit_note_id\n              AND first.amount_minor = -NEW.amount_minor\n              AND first.effective_at <= NEW.effective_at) INTO spent;\n        IF NOT spent THEN\n            RAISE EXCEPTION 'settlement % takes back something else', NEW.id\n                USING ERRCODE = 'check_violation', CONSTRAINT = 'settlement_reverses_all';\n        END IF;\n    END IF;\n    RETURN NULL;\n",
                    hash="e14a2ef8e844f8d60efe4e9fcd92ff5d6c21530b",
                    operation="INSERT",
                    pgid="pgtrigger_settlement_reverses_all_44e35",
                    table="receivables_settlement",
                    when="AFTER",
                ),
            ),
        ),
    ]
