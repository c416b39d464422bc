import django.db.models.deletion
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
    ]

    operations = [
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
                (
                    "names",
                    models.CharField(
                        blank=True,
                        choices=[("payer", "The payer"), ("account", "The account that is billed")],
                        db_default="",
                        max_length=16,
                    ),
                ),
                (
                    "parts",
                    models.CharField(
                        blank=True,
                        choices=[("jurisdiction", "Jurisdiction of the tax")],
                        db_default="",
                        max_length=16,
                    ),
                ),
            ],
        ),
        migrations.CreateModel(
            name="BookMonth",
            fields=[
                (
                    "id",
                    models.BigAutoField(
                        auto_created=True, primary_key=True, serialize=False, verbose_name="ID"
                    ),
                ),
                ("part", models.CharField(blank=True, max_length=16)),
                ("currency", core.db.fields.CurrencyField()),
                (
                    "clock",
                    models.CharField(
                        choices=[("effective", "As effective"), ("booked", "As booked")],
                        max_length=16,
                    ),
                ),
                ("month_on", models.DateField(help_text="First day of the month.")),
                ("amount_minor", core.db.fields.MinorAmountField()),
                (
                    "ledger_account",
                    models.ForeignKey(
                        db_index=False,
                        on_delete=django.db.models.deletion.PROTECT,
                        related_name="months",
                        to="ledger.ledgeraccount",
                    ),
                ),
            ],
            options={
                "constraints": [
                    models.UniqueConstraint(
                        fields=("ledger_account", "part", "currency", "clock", "month_on"),
                        name="book_month_once",
                    )
                ],
            },
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
                    models.SlugField(
                        db_index=False,
                        help_text="The posting template it was made by.",
                        max_length=32,
                    ),
                ),
                (
                    "document",
                    models.CharField(
                        choices=[
                            ("invoice", "Invoices"),
                            ("credit_note", "Credit notes"),
                            ("payment", "Payments"),
                            ("journal", "Journal"),
                        ],
                        db_default="journal",
                        default="journal",
                        help_text="The kind of document whose lock holds for it, beside that of all journals.",
                        max_length=16,
                    ),
                ),
                (
                    "source",
                    models.CharField(
                        help_text="Public id of the fact that is booked.", max_length=64
                    ),
                ),
                ("currency", core.db.fields.CurrencyField()),
                ("effective_at", models.DateTimeField(help_text="When what it books came about.")),
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
                (
                    "reverses",
                    models.OneToOneField(
                        blank=True,
                        help_text="The journal it takes back, line by line.",
                        null=True,
                        on_delete=django.db.models.deletion.PROTECT,
                        related_name="reversal",
                        to="ledger.journal",
                    ),
                ),
            ],
            options={
                "abstract": False,
                "indexes": [
                    models.Index(fields=["effective_at", "id"], name="journal_by_effect"),
                    models.Index(fields=["transaction_id"], name="journal_by_transaction"),
                ],
                "constraints": [
                    models.UniqueConstraint(
                        fields=("kind", "source"), name="journal_books_a_fact_once"
                    ),
                    models.CheckConstraint(
                        condition=models.Q(("effective_at__lte", models.F("posted_at"))),
                        name="journal_not_ahead_of_itself",
                    ),
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
                    func="\n    IF NOT EXISTS (\n        SELECT FROM ledger_journalline WHERE journal_id = NEW.id OFFSET 1\n    ) THEN\n        RAISE EXCEPTION 'journal % has fewer than two lines', NEW.id\n            USING ERRCODE = 'check_violation', CONSTRAINT = 'journal_has_lines';\n    END IF;\n    IF NEW.reverses_id IS NOT NULL AND EXISTS (\n        SELECT ledger_account_id, account_id, part, sum(minor) FROM (\n            SELECT ledger_account_id, account_id, part, amount_minor AS minor\n            FROM ledger_journalline WHERE journal_id IN (NEW.id, NEW.reverses_id)\n        ) AS both_journals GROUP BY 1, 2, 3 HAVING sum(minor) <> 0\n    ) THEN\n        RAISE EXCEPTION 'journal % does not take back all of the one it reverses', NEW.id\n            USING ERRCODE = 'check_violation', CONSTRAINT = 'journal_reverses_all';\n    END IF;\n    RETURN NULL;\n",
                    hash="499e5410964a13f7be448af088cbc603f6d28b9f",
                    operation="INSERT",
                    pgid="pgtrigger_journal_has_lines_db65f",
                    table="ledger_journal",
                    timing="DEFERRABLE INITIALLY DEFERRED",
                    when="AFTER",
                ),
            ),
        ),
        pgtrigger.migrations.AddTrigger(
            model_name="journal",
            trigger=pgtrigger.compiler.Trigger(
                name="journal_in_open_period",
                sql=core.db.immutability.AlwaysTriggerSql(
                    declare="DECLARE refused record;",
                    func="\n    PERFORM pg_advisory_xact_lock_shared(hashtextextended('ledger.period_locks', 0));\n    SELECT written.source, period_lock.locked_until INTO refused\n    FROM written\n    JOIN ledger_periodlock AS period_lock\n      ON period_lock.document IN (written.document, 'journal')\n     AND written.effective_at < period_lock.locked_until\n    WHERE NOT EXISTS (\n        SELECT FROM ledger_periodlockvoid AS void WHERE void.lock_id = period_lock.id)\n    LIMIT 1;\n    IF FOUND THEN\n        RAISE EXCEPTION 'what % books lies before %, and the books are locked until then',\n            refused.source, refused.locked_until\n            USING ERRCODE = 'check_violation', CONSTRAINT = 'journal_period_locked';\n    END IF;\n    RETURN NULL;\n",
                    hash="f83e59d5b916291ee0d1fe5a6de668b14b05fce2",
                    level="STATEMENT",
                    operation="INSERT",
                    pgid="pgtrigger_journal_in_open_period_a36b5",
                    referencing="REFERENCING NEW TABLE AS written ",
                    table="ledger_journal",
                    when="AFTER",
                ),
            ),
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
                    "part",
                    models.CharField(
                        blank=True,
                        db_default="",
                        default="",
                        help_text="Part of the book, such as the jurisdiction of a tax.",
                        max_length=16,
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
        migrations.CreateModel(
            name="PeriodLock",
            fields=[
                (
                    "id",
                    models.BigAutoField(
                        auto_created=True, primary_key=True, serialize=False, verbose_name="ID"
                    ),
                ),
                ("public_id", core.db.fields.PublicIdField(prefix="lck")),
                (
                    "document",
                    models.CharField(
                        choices=[
                            ("invoice", "Invoices"),
                            ("credit_note", "Credit notes"),
                            ("payment", "Payments"),
                            ("journal", "Journal"),
                        ],
                        max_length=16,
                    ),
                ),
                ("locked_until", models.DateTimeField()),
                ("locked_at", models.DateTimeField()),
                ("locked_by", models.CharField(max_length=200)),
                (
                    "locked_by_id",
                    models.CharField(help_text="Public id of the person.", max_length=64),
                ),
                ("reason", models.TextField()),
            ],
            options={
                "abstract": False,
                "constraints": [
                    models.CheckConstraint(
                        condition=models.Q(("reason", ""), _negated=True),
                        name="period_lock_says_why",
                    ),
                    models.CheckConstraint(
                        condition=models.Q(("locked_until__lte", models.F("locked_at"))),
                        name="period_lock_of_the_past",
                    ),
                ],
            },
        ),
        pgtrigger.migrations.AddTrigger(
            model_name="periodlock",
            trigger=pgtrigger.compiler.Trigger(
                name="append_only",
                sql=core.db.immutability.UnconditionalTriggerSql(
                    func="RAISE EXCEPTION '% is append-only: % is refused', TG_TABLE_NAME, TG_OP USING ERRCODE = 'restrict_violation', CONSTRAINT = 'append_only';",
                    hash="ff3fc306ca5a0c3daa44e1a1e6b7fc1de13d8cf7",
                    operation="UPDATE OR DELETE",
                    pgid="pgtrigger_append_only_b6199",
                    table="ledger_periodlock",
                    when="BEFORE",
                ),
            ),
        ),
        pgtrigger.migrations.AddTrigger(
            model_name="periodlock",
            trigger=pgtrigger.compiler.Trigger(
                name="no_truncate",
                sql=core.db.immutability.UnconditionalTriggerSql(
                    func="RAISE EXCEPTION '% is append-only: % is refused', TG_TABLE_NAME, TG_OP USING ERRCODE = 'restrict_violation', CONSTRAINT = 'append_only';",
                    hash="842df1e4f3ae5d50319427ece97c703f0f28735b",
                    level="STATEMENT",
                    operation="TRUNCATE",
                    pgid="pgtrigger_no_truncate_a275d",
                    table="ledger_periodlock",
                    when="BEFORE",
                ),
            ),
        ),
        pgtrigger.migrations.AddTrigger(
            model_name="periodlock",
            trigger=pgtrigger.compiler.Trigger(
                name="period_lock_alone",
                sql=core.db.immutability.AlwaysTriggerSql(
                    func="PERFORM pg_advisory_xact_lock(hashtextextended('ledger.period_locks', 0)); RETURN NEW;",
                    hash="14015791243c57b5685d1e02abfdf511289e09b2",
                    operation="INSERT",
                    pgid="pgtrigger_period_lock_alone_a0c66",
                    table="ledger_periodlock",
                    when="BEFORE",
                ),
            ),
        ),
        migrations.CreateModel(
            name="PeriodLockVoid",
            fields=[
                (
                    "id",
                    models.BigAutoField(
                        auto_created=True, primary_key=True, serialize=False, verbose_name="ID"
                    ),
                ),
                ("voided_at", models.DateTimeField()),
                ("voided_by", models.CharField(max_length=200)),
                ("voided_by_id", models.CharField(max_length=64)),
                ("reason", models.TextField()),
                (
                    "lock",
                    models.OneToOneField(
                        on_delete=django.db.models.deletion.PROTECT,
                        related_name="void",
                        to="ledger.periodlock",
                    ),
                ),
            ],
            options={
                "abstract": False,
                "constraints": [
                    models.CheckConstraint(
                        condition=models.Q(("reason", ""), _negated=True),
                        name="period_lock_void_says_why",
                    )
                ],
            },
        ),
        pgtrigger.migrations.AddTrigger(
            model_name="periodlockvoid",
            trigger=pgtrigger.compiler.Trigger(
                name="append_only",
                sql=core.db.immutability.UnconditionalTriggerSql(
                    func="RAISE EXCEPTION '% is append-only: % is refused', TG_TABLE_NAME, TG_OP USING ERRCODE = 'restrict_violation', CONSTRAINT = 'append_only';",
                    hash="b3e3699d37ee5ba6750a2fcd8e7d0f10e58bde48",
                    operation="UPDATE OR DELETE",
                    pgid="pgtrigger_append_only_f7406",
                    table="ledger_periodlockvoid",
                    when="BEFORE",
                ),
            ),
        ),
        pgtrigger.migrations.AddTrigger(
            model_name="periodlockvoid",
            trigger=pgtrigger.compiler.Trigger(
                name="no_truncate",
                sql=core.db.immutability.UnconditionalTriggerSql(
                    func="RAISE EXCEPTION '% is append-only: % is refused', TG_TABLE_NAME, TG_OP USING ERRCODE = 'restrict_violation', CONSTRAINT = 'append_only';",
                    hash="f59faa05a3d5d7f7050b2b5c062236c77c8d6086",
                    level="STATEMENT",
                    operation="TRUNCATE",
                    pgid="pgtrigger_no_truncate_c6bdd",
                    table="ledger_periodlockvoid",
                    when="BEFORE",
                ),
            ),
        ),
        pgtrigger.migrations.AddTrigger(
            model_name="periodlockvoid",
            trigger=pgtrigger.compiler.Trigger(
                name="period_lock_void_alone",
                sql=core.db.immutability.AlwaysTriggerSql(
                    func="PERFORM pg_advisory_xact_lock(hashtextextended('ledger.period_locks', 0)); RETURN NEW;",
                    hash="12d47fa16f6faa2b6d3a1e353cab3fbc84f9feec",
                    operation="INSERT",
                    pgid="pgtrigger_period_lock_void_alone_0a27b",
                    table="ledger_periodlockvoid",
                    when="BEFORE",
                ),
            ),
        ),
        pgtrigger.migrations.AddTrigger(
            model_name="periodlockvoid",
            trigger=pgtrigger.compiler.Trigger(
                name="period_lock_void_by_another",
                sql=core.db.immutability.AlwaysTriggerSql(
                    func="\n                    IF EXISTS (\n                        SELECT FROM ledger_periodlock AS period_lock\n                        WHERE period_lock.id = NEW.lock_id\n                          AND (period_lock.locked_by_id = NEW.voided_by_id\n                               OR period_lock.locked_by = NEW.voided_by)\n                    ) THEN\n                        RAISE EXCEPTION 'a lock is lifted by somebody else than who locked'\n                            USING ERRCODE = 'check_violation',\n                                  CONSTRAINT = 'period_lock_void_by_another';\n                    END IF;\n                    RETURN NULL;\n                ",
                    hash="ce7d9c1510def9ccebc20044a1a6ab84aaf23981",
                    operation="INSERT",
                    pgid="pgtrigger_period_lock_void_by_another_96346",
                    table="ledger_periodlockvoid",
                    when="AFTER",
                ),
            ),
        ),
        migrations.CreateModel(
            name="BalanceMark",
            fields=[
                (
                    "id",
                    models.BigAutoField(
                        auto_created=True, primary_key=True, serialize=False, verbose_name="ID"
                    ),
                ),
                (
                    "name",
                    models.CharField(
                        default="balances", editable=False, max_length=16, unique=True
                    ),
                ),
                ("before_transaction", models.BigIntegerField()),
                ("added_at", models.DateTimeField()),
            ],
            options={
                "constraints": [
                    models.CheckConstraint(
                        condition=models.Q(("name", "balances")), name="balance_mark_is_one"
                    )
                ],
            },
        ),
        migrations.CreateModel(
            name="ChartVersion",
            fields=[
                (
                    "id",
                    models.BigAutoField(
                        auto_created=True, primary_key=True, serialize=False, verbose_name="ID"
                    ),
                ),
                ("version", models.PositiveIntegerField(unique=True)),
                ("document", models.JSONField(help_text="The chart as it was adopted.")),
                ("sha256", models.CharField(help_text="Digest of the document.", max_length=64)),
                ("adopted_at", models.DateTimeField()),
            ],
            options={
                "abstract": False,
                "constraints": [
                    models.CheckConstraint(
                        condition=models.Q(("version__gte", 1)), name="chart_version_from_one"
                    )
                ],
            },
        ),
        pgtrigger.migrations.AddTrigger(
            model_name="chartversion",
            trigger=pgtrigger.compiler.Trigger(
                name="append_only",
                sql=core.db.immutability.UnconditionalTriggerSql(
                    func="RAISE EXCEPTION '% is append-only: % is refused', TG_TABLE_NAME, TG_OP USING ERRCODE = 'restrict_violation', CONSTRAINT = 'append_only';",
                    hash="2de5d549728a8e39bf9aa220ee5c92b25b00df98",
                    operation="UPDATE OR DELETE",
                    pgid="pgtrigger_append_only_d15b9",
                    table="ledger_chartversion",
                    when="BEFORE",
                ),
            ),
        ),
        pgtrigger.migrations.AddTrigger(
            model_name="chartversion",
            trigger=pgtrigger.compiler.Trigger(
                name="no_truncate",
                sql=core.db.immutability.UnconditionalTriggerSql(
                    func="RAISE EXCEPTION '% is append-only: % is refused', TG_TABLE_NAME, TG_OP USING ERRCODE = 'restrict_violation', CONSTRAINT = 'append_only';",
                    hash="843b194091a3aa9d229707af4ccdf3bd66a2bff9",
                    level="STATEMENT",
                    operation="TRUNCATE",
                    pgid="pgtrigger_no_truncate_a801d",
                    table="ledger_chartversion",
                    when="BEFORE",
                ),
            ),
        ),
    ]
