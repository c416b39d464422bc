import django.db.models.deletion
import pgtrigger.compiler
import pgtrigger.migrations
from django.db import migrations, models

import core.db.fields
import core.db.immutability


class Migration(migrations.Migration):
    initial = True

    dependencies = [
        ("invoicing", "0001_initial"),
        ("ledger", "0001_initial"),
    ]

    operations = [
        migrations.CreateModel(
            name="CloseSignature",
            fields=[
                (
                    "id",
                    models.BigAutoField(
                        auto_created=True, primary_key=True, serialize=False, verbose_name="ID"
                    ),
                ),
                ("public_id", core.db.fields.PublicIdField(prefix="sgn")),
                ("month_on", models.DateField()),
                ("digest", models.CharField(max_length=64)),
                ("signed_at", models.DateTimeField()),
                ("signed_by", models.CharField(max_length=200)),
                (
                    "signed_by_id",
                    models.CharField(help_text="Public id of the person.", max_length=64),
                ),
            ],
            options={
                "abstract": False,
                "constraints": [
                    models.UniqueConstraint(
                        fields=("month_on", "digest", "signed_by_id"),
                        name="close_signed_once_a_person",
                    )
                ],
            },
        ),
        pgtrigger.migrations.AddTrigger(
            model_name="closesignature",
            trigger=pgtrigger.compiler.Trigger(
                name="append_only",
                sql=core.db.immutability.UnconditionalTriggerSql(
                    func="RAISE EXCEPTION '% is append-only: % is refused', TG_TABLE_NAME, TG_OP USING ERRCODE = 'restrict_violation', CONSTRAINT = 'append_only';",
                    hash="9add4c8e58fd4c6711192ed10b06f872aa828759",
                    operation="UPDATE OR DELETE",
                    pgid="pgtrigger_append_only_cf501",
                    table="closing_closesignature",
                    when="BEFORE",
                ),
            ),
        ),
        pgtrigger.migrations.AddTrigger(
            model_name="closesignature",
            trigger=pgtrigger.compiler.Trigger(
                name="no_truncate",
                sql=core.db.immutability.UnconditionalTriggerSql(
                    func="RAISE EXCEPTION '% is append-only: % is refused', TG_TABLE_NAME, TG_OP USING ERRCODE = 'restrict_violation', CONSTRAINT = 'append_only';",
                    hash="83a6560107159ab2019c1c2a0f76be3d03b1237c",
                    level="STATEMENT",
                    operation="TRUNCATE",
                    pgid="pgtrigger_no_truncate_f1c6a",
                    table="closing_closesignature",
                    when="BEFORE",
                ),
            ),
        ),
        migrations.CreateModel(
            name="CloseWaiver",
            fields=[
                (
                    "id",
                    models.BigAutoField(
                        auto_created=True, primary_key=True, serialize=False, verbose_name="ID"
                    ),
                ),
                ("month_on", models.DateField()),
                ("code", models.SlugField(help_text="The count that is waived.", max_length=64)),
                (
                    "count",
                    models.PositiveIntegerField(
                        help_text="What it came to; one more is not waived."
                    ),
                ),
                ("waived_at", models.DateTimeField()),
                ("waived_by", models.CharField(max_length=200)),
                ("reason", models.TextField()),
            ],
            options={
                "abstract": False,
                "indexes": [
                    models.Index(fields=["month_on", "code"], name="close_waiver_by_month")
                ],
                "constraints": [
                    models.CheckConstraint(
                        condition=models.Q(("reason", ""), _negated=True),
                        name="close_waiver_says_why",
                    ),
                    models.CheckConstraint(
                        condition=models.Q(("count__gt", 0)), name="close_waiver_of_something"
                    ),
                ],
            },
        ),
        pgtrigger.migrations.AddTrigger(
            model_name="closewaiver",
            trigger=pgtrigger.compiler.Trigger(
                name="append_only",
                sql=core.db.immutability.UnconditionalTriggerSql(
                    func="RAISE EXCEPTION '% is append-only: % is refused', TG_TABLE_NAME, TG_OP USING ERRCODE = 'restrict_violation', CONSTRAINT = 'append_only';",
                    hash="48325ceecdd8cf212a028713f8314152bc5e3020",
                    operation="UPDATE OR DELETE",
                    pgid="pgtrigger_append_only_0746b",
                    table="closing_closewaiver",
                    when="BEFORE",
                ),
            ),
        ),
        pgtrigger.migrations.AddTrigger(
            model_name="closewaiver",
            trigger=pgtrigger.compiler.Trigger(
                name="no_truncate",
                sql=core.db.immutability.UnconditionalTriggerSql(
                    func="RAISE EXCEPTION '% is append-only: % is refused', TG_TABLE_NAME, TG_OP USING ERRCODE = 'restrict_violation', CONSTRAINT = 'append_only';",
                    hash="86b834645810a99c2f0916a4cdcde52209185d24",
                    level="STATEMENT",
                    operation="TRUNCATE",
                    pgid="pgtrigger_no_truncate_dc4ec",
                    table="closing_closewaiver",
                    when="BEFORE",
                ),
            ),
        ),
        migrations.CreateModel(
            name="JournalBatch",
            fields=[
                (
                    "id",
                    models.BigAutoField(
                        auto_created=True, primary_key=True, serialize=False, verbose_name="ID"
                    ),
                ),
                ("public_id", core.db.fields.PublicIdField(prefix="jbt")),
                ("month_on", models.DateField()),
                ("number", models.PositiveIntegerField(help_text="1 is the first of its month.")),
                ("journal_count", models.PositiveIntegerField()),
                ("sha256", models.CharField(help_text="Of the file.", max_length=64)),
                ("made_at", models.DateTimeField()),
                ("made_by", models.CharField(max_length=200)),
            ],
            options={
                "verbose_name_plural": "journal batches",
                "abstract": False,
                "constraints": [
                    models.UniqueConstraint(
                        fields=("month_on", "number"), name="journal_batch_number_once_a_month"
                    ),
                    models.CheckConstraint(
                        condition=models.Q(("journal_count__gt", 0)),
                        name="journal_batch_of_something",
                    ),
                ],
            },
        ),
        pgtrigger.migrations.AddTrigger(
            model_name="journalbatch",
            trigger=pgtrigger.compiler.Trigger(
                name="append_only",
                sql=core.db.immutability.UnconditionalTriggerSql(
                    func="RAISE EXCEPTION '% is append-only: % is refused', TG_TABLE_NAME, TG_OP USING ERRCODE = 'restrict_violation', CONSTRAINT = 'append_only';",
                    hash="90242391214f9fbaf6a1c37e23babf620386591e",
                    operation="UPDATE OR DELETE",
                    pgid="pgtrigger_append_only_71e24",
                    table="closing_journalbatch",
                    when="BEFORE",
                ),
            ),
        ),
        pgtrigger.migrations.AddTrigger(
            model_name="journalbatch",
            trigger=pgtrigger.compiler.Trigger(
                name="no_truncate",
                sql=core.db.immutability.UnconditionalTriggerSql(
                    func="RAISE EXCEPTION '% is append-only: % is refused', TG_TABLE_NAME, TG_OP USING ERRCODE = 'restrict_violation', CONSTRAINT = 'append_only';",
                    hash="5de0c4b1485685790e7395a3c150271712032ea6",
                    level="STATEMENT",
                    operation="TRUNCATE",
                    pgid="pgtrigger_no_truncate_1d1da",
                    table="closing_journalbatch",
                    when="BEFORE",
                ),
            ),
        ),
        migrations.CreateModel(
            name="CloseCheck",
            fields=[
                (
                    "id",
                    models.BigAutoField(
                        auto_created=True, primary_key=True, serialize=False, verbose_name="ID"
                    ),
                ),
                ("month_on", models.DateField(help_text="First day of the month.")),
                (
                    "figures",
                    models.JSONField(help_text="Totals by link of the chain, and counts by code."),
                ),
                (
                    "digest",
                    models.CharField(
                        help_text="SHA-256 of the figures that are signed.", max_length=64
                    ),
                ),
                ("checked_at", models.DateTimeField()),
                ("checked_by", models.CharField(max_length=200)),
            ],
            options={
                "abstract": False,
                "indexes": [models.Index(fields=["month_on", "id"], name="close_check_by_month")],
                "constraints": [
                    models.CheckConstraint(
                        condition=models.Q(("month_on__day", 1)), name="close_check_of_a_month"
                    )
                ],
            },
        ),
        pgtrigger.migrations.AddTrigger(
            model_name="closecheck",
            trigger=pgtrigger.compiler.Trigger(
                name="append_only",
                sql=core.db.immutability.UnconditionalTriggerSql(
                    func="RAISE EXCEPTION '% is append-only: % is refused', TG_TABLE_NAME, TG_OP USING ERRCODE = 'restrict_violation', CONSTRAINT = 'append_only';",
                    hash="927da885b8519bffb7d5c95e2f071b4c0f04f833",
                    operation="UPDATE OR DELETE",
                    pgid="pgtrigger_append_only_425d1",
                    table="closing_closecheck",
                    when="BEFORE",
                ),
            ),
        ),
        pgtrigger.migrations.AddTrigger(
            model_name="closecheck",
            trigger=pgtrigger.compiler.Trigger(
                name="no_truncate",
                sql=core.db.immutability.UnconditionalTriggerSql(
                    func="RAISE EXCEPTION '% is append-only: % is refused', TG_TABLE_NAME, TG_OP USING ERRCODE = 'restrict_violation', CONSTRAINT = 'append_only';",
                    hash="dd5131916a549e95b0663f32ea1f35875546e43e",
                    level="STATEMENT",
                    operation="TRUNCATE",
                    pgid="pgtrigger_no_truncate_33940",
                    table="closing_closecheck",
                    when="BEFORE",
                ),
            ),
        ),
        migrations.CreateModel(
            name="MonthClose",
            fields=[
                (
                    "id",
                    models.BigAutoField(
                        auto_created=True, primary_key=True, serialize=False, verbose_name="ID"
                    ),
                ),
                ("month_on", models.DateField()),
                (
                    "check_made",
                    models.ForeignKey(
                        db_index=False,
                        on_delete=django.db.models.deletion.PROTECT,
                        to="closing.closecheck",
                    ),
                ),
                (
                    "first",
                    models.ForeignKey(
                        db_index=False,
                        on_delete=django.db.models.deletion.PROTECT,
                        related_name="+",
                        to="closing.closesignature",
                    ),
                ),
                (
                    "lock",
                    models.OneToOneField(
                        on_delete=django.db.models.deletion.PROTECT,
                        related_name="close",
                        to="ledger.periodlock",
                    ),
                ),
                (
                    "second",
                    models.ForeignKey(
                        db_index=False,
                        on_delete=django.db.models.deletion.PROTECT,
                        related_name="+",
                        to="closing.closesignature",
                    ),
                ),
            ],
            options={
                "abstract": False,
                "indexes": [models.Index(fields=["-month_on"], name="month_close_by_month")],
                "constraints": [
                    models.CheckConstraint(
                        condition=models.Q(("first", models.F("second")), _negated=True),
                        name="month_close_two_signatures",
                    )
                ],
            },
        ),
        pgtrigger.migrations.AddTrigger(
            model_name="monthclose",
            trigger=pgtrigger.compiler.Trigger(
                name="append_only",
                sql=core.db.immutability.UnconditionalTriggerSql(
                    func="RAISE EXCEPTION '% is append-only: % is refused', TG_TABLE_NAME, TG_OP USING ERRCODE = 'restrict_violation', CONSTRAINT = 'append_only';",
                    hash="ba2c052b8c62064fd6a2aee697e2270452702aa4",
                    operation="UPDATE OR DELETE",
                    pgid="pgtrigger_append_only_d4c0a",
                    table="closing_monthclose",
                    when="BEFORE",
                ),
            ),
        ),
        pgtrigger.migrations.AddTrigger(
            model_name="monthclose",
            trigger=pgtrigger.compiler.Trigger(
                name="no_truncate",
                sql=core.db.immutability.UnconditionalTriggerSql(
                    func="RAISE EXCEPTION '% is append-only: % is refused', TG_TABLE_NAME, TG_OP USING ERRCODE = 'restrict_violation', CONSTRAINT = 'append_only';",
                    hash="aaa2862a0509fbb0221a207f0b0376cf617e3309",
                    level="STATEMENT",
                    operation="TRUNCATE",
                    pgid="pgtrigger_no_truncate_59646",
                    table="closing_monthclose",
                    when="BEFORE",
                ),
            ),
        ),
        migrations.CreateModel(
            name="RecognitionPolicy",
            fields=[
                (
                    "id",
                    models.BigAutoField(
                        auto_created=True, primary_key=True, serialize=False, verbose_name="ID"
                    ),
                ),
                ("version", models.PositiveIntegerField(unique=True)),
                (
                    "document",
                    models.JSONField(help_text="Methods by kind of line, product and price."),
                ),
                ("sha256", models.CharField(help_text="Digest of the document.", max_length=64)),
                ("adopted_at", models.DateTimeField()),
                ("adopted_by", models.CharField(max_length=200)),
                ("reason", models.TextField()),
            ],
            options={
                "verbose_name_plural": "recognition policies",
                "abstract": False,
                "constraints": [
                    models.CheckConstraint(
                        condition=models.Q(("reason", ""), _negated=True),
                        name="recognition_policy_says_why",
                    )
                ],
            },
        ),
        pgtrigger.migrations.AddTrigger(
            model_name="recognitionpolicy",
            trigger=pgtrigger.compiler.Trigger(
                name="append_only",
                sql=core.db.immutability.UnconditionalTriggerSql(
                    func="RAISE EXCEPTION '% is append-only: % is refused', TG_TABLE_NAME, TG_OP USING ERRCODE = 'restrict_violation', CONSTRAINT = 'append_only';",
                    hash="6b3e373cd20c8956ab7d5f34bf7f3199ac9ce510",
                    operation="UPDATE OR DELETE",
                    pgid="pgtrigger_append_only_26d26",
                    table="closing_recognitionpolicy",
                    when="BEFORE",
                ),
            ),
        ),
        pgtrigger.migrations.AddTrigger(
            model_name="recognitionpolicy",
            trigger=pgtrigger.compiler.Trigger(
                name="no_truncate",
                sql=core.db.immutability.UnconditionalTriggerSql(
                    func="RAISE EXCEPTION '% is append-only: % is refused', TG_TABLE_NAME, TG_OP USING ERRCODE = 'restrict_violation', CONSTRAINT = 'append_only';",
                    hash="3fa87f21d6e7f94bfa3b659d8b18ba0effdf59bb",
                    level="STATEMENT",
                    operation="TRUNCATE",
                    pgid="pgtrigger_no_truncate_ccb97",
                    table="closing_recognitionpolicy",
                    when="BEFORE",
                ),
            ),
        ),
        migrations.CreateModel(
            name="RevenueRecognition",
            fields=[
                (
                    "id",
                    models.BigAutoField(
                        auto_created=True, primary_key=True, serialize=False, verbose_name="ID"
                    ),
                ),
                ("public_id", core.db.fields.PublicIdField(prefix="rcg")),
                ("month_on", models.DateField(help_text="First day of the month.")),
                ("currency", core.db.fields.CurrencyField()),
                ("recognised_at", models.DateTimeField()),
                ("recognised_by", models.CharField(max_length=200)),
                ("reason", models.TextField()),
            ],
            options={
                "abstract": False,
                "indexes": [models.Index(fields=["month_on", "id"], name="recognition_by_month")],
                "constraints": [
                    models.CheckConstraint(
                        condition=models.Q(("reason", ""), _negated=True),
                        name="recognition_says_why",
                    ),
                    models.CheckConstraint(
                        condition=models.Q(("month_on__day", 1)), name="recognition_of_a_month"
                    ),
                ],
            },
        ),
        pgtrigger.migrations.AddTrigger(
            model_name="revenuerecognition",
            trigger=pgtrigger.compiler.Trigger(
                name="append_only",
                sql=core.db.immutability.UnconditionalTriggerSql(
                    func="RAISE EXCEPTION '% is append-only: % is refused', TG_TABLE_NAME, TG_OP USING ERRCODE = 'restrict_violation', CONSTRAINT = 'append_only';",
                    hash="da98e26f309abf036558cabdefb81a16e4cb4c83",
                    operation="UPDATE OR DELETE",
                    pgid="pgtrigger_append_only_d53c4",
                    table="closing_revenuerecognition",
                    when="BEFORE",
                ),
            ),
        ),
        pgtrigger.migrations.AddTrigger(
            model_name="revenuerecognition",
            trigger=pgtrigger.compiler.Trigger(
                name="no_truncate",
                sql=core.db.immutability.UnconditionalTriggerSql(
                    func="RAISE EXCEPTION '% is append-only: % is refused', TG_TABLE_NAME, TG_OP USING ERRCODE = 'restrict_violation', CONSTRAINT = 'append_only';",
                    hash="ff02371de40db329abc4394a9d490f6593cf3b38",
                    level="STATEMENT",
                    operation="TRUNCATE",
                    pgid="pgtrigger_no_truncate_bae57",
                    table="closing_revenuerecognition",
                    when="BEFORE",
                ),
            ),
        ),
        migrations.CreateModel(
            name="RevenueSchedule",
            fields=[
                (
                    "id",
                    models.BigAutoField(
                        auto_created=True, primary_key=True, serialize=False, verbose_name="ID"
                    ),
                ),
                ("charge_key", models.CharField(max_length=300)),
                (
                    "method",
                    models.CharField(
                        choices=[
                            ("daily", "By day"),
                            ("at_use", "As it is used"),
                            ("at_start", "On the first day"),
                            ("at_end", "On the last day"),
                        ],
                        max_length=16,
                    ),
                ),
                ("first_on", models.DateField()),
                ("last_on", models.DateField()),
                ("amount_minor", core.db.fields.MinorAmountField()),
                ("charge_minor", core.db.fields.MinorAmountField()),
                ("before_minor", core.db.fields.MinorAmountField()),
                (
                    "used_by_month",
                    models.JSONField(
                        default=dict,
                        help_text="Where use spans months: what of the amount is used by the end of each.",
                    ),
                ),
                (
                    "invoice",
                    models.ForeignKey(
                        db_index=False,
                        on_delete=django.db.models.deletion.PROTECT,
                        related_name="schedules",
                        to="invoicing.invoice",
                    ),
                ),
                (
                    "policy",
                    models.ForeignKey(
                        db_index=False,
                        on_delete=django.db.models.deletion.PROTECT,
                        to="closing.recognitionpolicy",
                    ),
                ),
            ],
            options={
                "abstract": False,
                "indexes": [models.Index(fields=["last_on"], name="revenue_schedule_by_end")],
                "constraints": [
                    models.UniqueConstraint(
                        fields=("invoice", "charge_key", "first_on", "last_on", "before_minor"),
                        name="revenue_schedule_once",
                    ),
                    models.CheckConstraint(
                        condition=models.Q(("last_on__gte", models.F("first_on"))),
                        name="revenue_schedule_has_days",
                    ),
                    models.CheckConstraint(
                        condition=models.Q(("amount_minor", 0), _negated=True),
                        name="revenue_schedule_of_something",
                    ),
                ],
            },
        ),
        pgtrigger.migrations.AddTrigger(
            model_name="revenueschedule",
            trigger=pgtrigger.compiler.Trigger(
                name="append_only",
                sql=core.db.immutability.UnconditionalTriggerSql(
                    func="RAISE EXCEPTION '% is append-only: % is refused', TG_TABLE_NAME, TG_OP USING ERRCODE = 'restrict_violation', CONSTRAINT = 'append_only';",
                    hash="2465942012851f8195347d8a749e2c138ef62bad",
                    operation="UPDATE OR DELETE",
                    pgid="pgtrigger_append_only_2aede",
                    table="closing_revenueschedule",
                    when="BEFORE",
                ),
            ),
        ),
        pgtrigger.migrations.AddTrigger(
            model_name="revenueschedule",
            trigger=pgtrigger.compiler.Trigger(
                name="no_truncate",
                sql=core.db.immutability.UnconditionalTriggerSql(
                    func="RAISE EXCEPTION '% is append-only: % is refused', TG_TABLE_NAME, TG_OP USING ERRCODE = 'restrict_violation', CONSTRAINT = 'append_only';",
                    hash="14240db71d8c5b3e1b54dfed5579db25bc3e94c0",
                    level="STATEMENT",
                    operation="TRUNCATE",
                    pgid="pgtrigger_no_truncate_14f23",
                    table="closing_revenueschedule",
                    when="BEFORE",
                ),
            ),
        ),
        migrations.CreateModel(
            name="RevenueEntry",
            fields=[
                (
                    "id",
                    models.BigAutoField(
                        auto_created=True, primary_key=True, serialize=False, verbose_name="ID"
                    ),
                ),
                ("recognised_minor", core.db.fields.MinorAmountField()),
                ("deferred_minor", core.db.fields.MinorAmountField()),
                ("unbilled_minor", core.db.fields.MinorAmountField()),
                (
                    "recognition",
                    models.ForeignKey(
                        on_delete=django.db.models.deletion.PROTECT,
                        related_name="entries",
                        to="closing.revenuerecognition",
                    ),
                ),
                (
                    "schedule",
                    models.ForeignKey(
                        db_index=False,
                        on_delete=django.db.models.deletion.PROTECT,
                        related_name="entries",
                        to="closing.revenueschedule",
                    ),
                ),
            ],
            options={
                "verbose_name_plural": "revenue entries",
                "abstract": False,
                "constraints": [
                    models.UniqueConstraint(
                        fields=("schedule", "recognition"),
                        name="revenue_entry_once_per_recognition",
                    ),
                    models.CheckConstraint(
                        condition=models.Q(
                            ("deferred_minor", 0),
                            ("recognised_minor", 0),
                            ("unbilled_minor", 0),
                            _negated=True,
                        ),
                        name="revenue_entry_of_something",
                    ),
                ],
            },
        ),
        pgtrigger.migrations.AddTrigger(
            model_name="revenueentry",
            trigger=pgtrigger.compiler.Trigger(
                name="append_only",
                sql=core.db.immutability.UnconditionalTriggerSql(
                    func="RAISE EXCEPTION '% is append-only: % is refused', TG_TABLE_NAME, TG_OP USING ERRCODE = 'restrict_violation', CONSTRAINT = 'append_only';",
                    hash="d660e50fdf063b8b58ca4c91190c507ce17efe6f",
                    operation="UPDATE OR DELETE",
                    pgid="pgtrigger_append_only_0593a",
                    table="closing_revenueentry",
                    when="BEFORE",
                ),
            ),
        ),
        pgtrigger.migrations.AddTrigger(
            model_name="revenueentry",
            trigger=pgtrigger.compiler.Trigger(
                name="no_truncate",
                sql=core.db.immutability.UnconditionalTriggerSql(
                    func="RAISE EXCEPTION '% is append-only: % is refused', TG_TABLE_NAME, TG_OP USING ERRCODE = 'restrict_violation', CONSTRAINT = 'append_only';",
                    hash="071a9f3cc7990d15c9e6d3acd37c79b18e5d152c",
                    level="STATEMENT",
                    operation="TRUNCATE",
                    pgid="pgtrigger_no_truncate_87272",
                    table="closing_revenueentry",
                    when="BEFORE",
                ),
            ),
        ),
        migrations.CreateModel(
            name="BatchedJournal",
            fields=[
                (
                    "id",
                    models.BigAutoField(
                        auto_created=True, primary_key=True, serialize=False, verbose_name="ID"
                    ),
                ),
                (
                    "journal",
                    models.OneToOneField(
                        on_delete=django.db.models.deletion.PROTECT,
                        related_name="batched",
                        to="ledger.journal",
                    ),
                ),
                (
                    "batch",
                    models.ForeignKey(
                        on_delete=django.db.models.deletion.PROTECT,
                        related_name="journals",
                        to="closing.journalbatch",
                    ),
                ),
            ],
            options={
                "abstract": False,
            },
        ),
        pgtrigger.migrations.AddTrigger(
            model_name="batchedjournal",
            trigger=pgtrigger.compiler.Trigger(
                name="append_only",
                sql=core.db.immutability.UnconditionalTriggerSql(
                    func="RAISE EXCEPTION '% is append-only: % is refused', TG_TABLE_NAME, TG_OP USING ERRCODE = 'restrict_violation', CONSTRAINT = 'append_only';",
                    hash="ae530f08391780642008388827732df094a80acc",
                    operation="UPDATE OR DELETE",
                    pgid="pgtrigger_append_only_a9405",
                    table="closing_batchedjournal",
                    when="BEFORE",
                ),
            ),
        ),
        pgtrigger.migrations.AddTrigger(
            model_name="batchedjournal",
            trigger=pgtrigger.compiler.Trigger(
                name="no_truncate",
                sql=core.db.immutability.UnconditionalTriggerSql(
                    func="RAISE EXCEPTION '% is append-only: % is refused', TG_TABLE_NAME, TG_OP USING ERRCODE = 'restrict_violation', CONSTRAINT = 'append_only';",
                    hash="dd45d0dedf046b6bb7ee2f9709e6b98e8869daa4",
                    level="STATEMENT",
                    operation="TRUNCATE",
                    pgid="pgtrigger_no_truncate_22de6",
                    table="closing_batchedjournal",
                    when="BEFORE",
                ),
            ),
        ),
    ]
