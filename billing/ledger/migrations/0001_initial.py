import django.contrib.postgres.constraints
import django.db.models.deletion
import django.db.models.expressions
import django.db.models.functions.comparison
import pgtrigger.compiler
import pgtrigger.migrations
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
                        to="ledger.journal",
                    ),
                ),
                (
                    "ledger_account",
                    models.ForeignKey(
                        db_index=False,
                        on_delete=django.db.models.deletion.PROTECT,
                        related_name="lines",
                        to="ledger.ledgeraccount",
                    ),
                ),
            ],
            options={
                "abstract": False,
                "indexes": [
                    models.Index(fields=["ledger_account", "account"], name="journal_line_by_book")
                ],
                "constraints": [
                    models.CheckConstraint(
                        condition=models.Q(("amount_minor", 0), _negated=True),
                        name="journal_line_not_zero",
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
                    hash="b80a22c9e0f59a7eb7f957afd36303a3703143bc",
                    operation="UPDATE OR DELETE",
                    pgid="pgtrigger_append_only_4d2c8",
                    table="ledger_journal",
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
                    hash="59e5e897f406e718ca6d8e4622bd98673a595f8c",
                    level="STATEMENT",
                    operation="TRUNCATE",
                    pgid="pgtrigger_no_truncate_b3cf0",
                    table="ledger_journal",
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
                    func="\n    IF NOT EXISTS (\n        SELECT FROM ledger_journalline WHERE journal_id = NEW.id OFFSET 1\n    ) THEN\n        RAISE EXCEPTION 'journal % has fewer than two lines', NEW.id\n            USING ERRCODE = 'check_violation', CONSTRAINT = 'journal_has_lines';\n    END IF;\n    RETURN NULL;\n",
                    hash="53ff2ac5f901fededd9b08358b4849fc9636e770",
                    operation="INSERT",
                    pgid="pgtrigger_journal_has_lines_db65f",
                    table="ledger_journal",
                    timing="DEFERRABLE INITIALLY DEFERRED",
                    when="AFTER",
                ),
            ),
        ),
        pgtrigger.migrations.AddTrigger(
            model_name="journalline",
            trigger=pgtrigger.compiler.Trigger(
                name="append_only",
                sql=core.db.immutability.UnconditionalTriggerSql(
                    func="RAISE EXCEPTION '% is append-only: % is refused', TG_TABLE_NAME, TG_OP USING ERRCODE = 'restrict_violation', CONSTRAINT = 'append_only';",
                    hash="70015dbf6894e59c8be4f02f950464bfffd71736",
                    operation="UPDATE OR DELETE",
                    pgid="pgtrigger_append_only_f8373",
                    table="ledger_journalline",
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
                    hash="d98212a31985d08d8045fcfb3afd93246de454e6",
                    level="STATEMENT",
                    operation="TRUNCATE",
                    pgid="pgtrigger_no_truncate_cacd8",
                    table="ledger_journalline",
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
                    func="\n    SELECT sum(line.amount_minor),\n           (SELECT journal.transaction_id = pg_current_xact_id()::text::bigint\n            FROM ledger_journal AS journal WHERE journal.id = NEW.journal_id)\n    INTO total, is_own\n    FROM ledger_journalline AS line WHERE line.journal_id = NEW.journal_id;\n    IF NOT is_own THEN\n        RAISE EXCEPTION 'a line is written in the transaction of its journal'\n            USING ERRCODE = 'check_violation', CONSTRAINT = 'journal_line_own_transaction';\n    END IF;\n    IF total <> 0 THEN\n        RAISE EXCEPTION 'journal % does not balance', NEW.journal_id\n            USING ERRCODE = 'check_violation', CONSTRAINT = 'journal_balanced';\n    END IF;\n    RETURN NULL;\n",
                    hash="7c20cb267cad6839e13bdc4329eead79f8109eee",
                    operation="INSERT",
                    pgid="pgtrigger_journal_balanced_99f17",
                    table="ledger_journalline",
                    timing="DEFERRABLE INITIALLY DEFERRED",
                    when="AFTER",
                ),
            ),
        ),
    ]
