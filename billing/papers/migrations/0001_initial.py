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
    ]

    operations = [
        migrations.CreateModel(
            name="Paper",
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
                            ("invoice", "Invoice"),
                            ("credit_note", "Credit note"),
                            ("void", "Void of an invoice"),
                        ],
                        max_length=16,
                    ),
                ),
                ("code", models.CharField(max_length=12, unique=True)),
                ("planned_at", models.DateTimeField()),
                (
                    "credit_note",
                    models.OneToOneField(
                        blank=True,
                        null=True,
                        on_delete=django.db.models.deletion.PROTECT,
                        related_name="paper",
                        to="invoicing.creditnote",
                    ),
                ),
                (
                    "invoice",
                    models.OneToOneField(
                        blank=True,
                        null=True,
                        on_delete=django.db.models.deletion.PROTECT,
                        related_name="paper",
                        to="invoicing.invoice",
                    ),
                ),
                (
                    "void",
                    models.OneToOneField(
                        blank=True,
                        null=True,
                        on_delete=django.db.models.deletion.PROTECT,
                        related_name="paper",
                        to="invoicing.invoicevoid",
                    ),
                ),
            ],
            options={
                "abstract": False,
                "constraints": [
                    models.CheckConstraint(
                        condition=models.Q(
                            models.Q(
                                ("credit_note__isnull", True),
                                ("invoice__isnull", False),
                                ("kind", "invoice"),
                                ("void__isnull", True),
                            ),
                            models.Q(
                                ("credit_note__isnull", False),
                                ("invoice__isnull", True),
                                ("kind", "credit_note"),
                                ("void__isnull", True),
                            ),
                            models.Q(
                                ("credit_note__isnull", True),
                                ("invoice__isnull", True),
                                ("kind", "void"),
                                ("void__isnull", False),
                            ),
                            _connector="OR",
                        ),
                        name="paper_is_of_one_thing",
                    )
                ],
            },
        ),
        pgtrigger.migrations.AddTrigger(
            model_name="paper",
            trigger=pgtrigger.compiler.Trigger(
                name="append_only",
                sql=core.db.immutability.UnconditionalTriggerSql(
                    func="RAISE EXCEPTION '% is append-only: % is refused', TG_TABLE_NAME, TG_OP USING ERRCODE = 'restrict_violation', CONSTRAINT = 'append_only';",
                    hash="166ed2fa40ec7911a9ec4f91c8139c7645317835",
                    operation="UPDATE OR DELETE",
                    pgid="pgtrigger_append_only_a6550",
                    table="papers_paper",
                    when="BEFORE",
                ),
            ),
        ),
        pgtrigger.migrations.AddTrigger(
            model_name="paper",
            trigger=pgtrigger.compiler.Trigger(
                name="no_truncate",
                sql=core.db.immutability.UnconditionalTriggerSql(
                    func="RAISE EXCEPTION '% is append-only: % is refused', TG_TABLE_NAME, TG_OP USING ERRCODE = 'restrict_violation', CONSTRAINT = 'append_only';",
                    hash="3417015d1b6928ff4ebc9f257aab389689cefe98",
                    level="STATEMENT",
                    operation="TRUNCATE",
                    pgid="pgtrigger_no_truncate_c2ee5",
                    table="papers_paper",
                    when="BEFORE",
                ),
            ),
        ),
        migrations.CreateModel(
            name="PaperFile",
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
                ("public_id", core.db.fields.PublicIdField(prefix="pfl")),
                (
                    "format",
                    models.CharField(
                        choices=[
                            ("pdf", "PDF"),
                            ("html", "HTML"),
                            ("csv", "CSV"),
                            ("json", "JSON"),
                            ("ubl", "E-invoice, UBL"),
                            ("cii", "E-invoice, CII"),
                        ],
                        max_length=8,
                    ),
                ),
                (
                    "language",
                    models.CharField(choices=[("en", "English"), ("de", "German")], max_length=2),
                ),
                ("media_type", models.CharField(blank=True, default="", max_length=64)),
                ("path", models.CharField(blank=True, default="", max_length=200)),
                ("byte_count", models.PositiveBigIntegerField(default=0)),
                ("sha256", models.CharField(blank=True, default="", max_length=64)),
                ("withheld_because", models.TextField(blank=True, default="")),
                (
                    "paper",
                    models.ForeignKey(
                        db_index=False,
                        on_delete=django.db.models.deletion.PROTECT,
                        related_name="files",
                        to="papers.paper",
                    ),
                ),
            ],
            options={
                "abstract": False,
                "indexes": [
                    models.Index(
                        condition=models.Q(("state__in", ["ready", "leased"])),
                        fields=["not_before", "id"],
                        name="paperfile_due",
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
                        name="paperfile_leased_has_an_end",
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
                        name="paperfile_parked_says_why",
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
                        name="paperfile_done_says_when",
                    ),
                    models.UniqueConstraint(
                        fields=("paper", "format", "language"), name="paper_file_once_per_format"
                    ),
                    models.CheckConstraint(
                        condition=models.Q(
                            models.Q(
                                ("state", "done"),
                                models.Q(("sha256", ""), _negated=True),
                                models.Q(("path", ""), _negated=True),
                                ("withheld_because", ""),
                            ),
                            models.Q(
                                ("path", ""),
                                ("sha256", ""),
                                ("state", "done"),
                                models.Q(("withheld_because", ""), _negated=True),
                            ),
                            models.Q(
                                models.Q(("state", "done"), _negated=True),
                                ("path", ""),
                                ("sha256", ""),
                                ("withheld_because", ""),
                            ),
                            _connector="OR",
                        ),
                        name="paper_file_made_or_withheld",
                    ),
                ],
            },
        ),
        pgtrigger.migrations.AddTrigger(
            model_name="paperfile",
            trigger=pgtrigger.compiler.Trigger(
                name="paper_file_never_changes",
                sql=core.db.immutability.UnconditionalTriggerSql(
                    condition="WHEN (OLD.\"state\" = 'done')",
                    func="RAISE EXCEPTION '% is append-only: % is refused', TG_TABLE_NAME, TG_OP USING ERRCODE = 'restrict_violation', CONSTRAINT = 'append_only';",
                    hash="507b0a548b675d9f564bd3d30fbf9bf7d409ef37",
                    operation="UPDATE",
                    pgid="pgtrigger_paper_file_never_changes_b88fc",
                    table="papers_paperfile",
                    when="BEFORE",
                ),
            ),
        ),
        pgtrigger.migrations.AddTrigger(
            model_name="paperfile",
            trigger=pgtrigger.compiler.Trigger(
                name="paper_file_stays",
                sql=core.db.immutability.UnconditionalTriggerSql(
                    func="RAISE EXCEPTION '% is append-only: % is refused', TG_TABLE_NAME, TG_OP USING ERRCODE = 'restrict_violation', CONSTRAINT = 'append_only';",
                    hash="c234bbf311723d9ca22e6a9a81a112a5b6d30492",
                    operation="DELETE",
                    pgid="pgtrigger_paper_file_stays_b9d67",
                    table="papers_paperfile",
                    when="BEFORE",
                ),
            ),
        ),
        pgtrigger.migrations.AddTrigger(
            model_name="paperfile",
            trigger=pgtrigger.compiler.Trigger(
                name="no_truncate",
                sql=core.db.immutability.UnconditionalTriggerSql(
                    func="RAISE EXCEPTION '% is append-only: % is refused', TG_TABLE_NAME, TG_OP USING ERRCODE = 'restrict_violation', CONSTRAINT = 'append_only';",
                    hash="360f7fd538e7d1205fca3113edebae7fbc4d559c",
                    level="STATEMENT",
                    operation="TRUNCATE",
                    pgid="pgtrigger_no_truncate_466f1",
                    table="papers_paperfile",
                    when="BEFORE",
                ),
            ),
        ),
        migrations.CreateModel(
            name="PlannedThrough",
            fields=[
                (
                    "id",
                    models.BigAutoField(
                        auto_created=True, primary_key=True, serialize=False, verbose_name="ID"
                    ),
                ),
                ("sequence", models.BigIntegerField(default=0)),
                (
                    "series",
                    models.OneToOneField(
                        on_delete=django.db.models.deletion.PROTECT,
                        related_name="+",
                        to="invoicing.numberseries",
                    ),
                ),
            ],
            options={
                "verbose_name_plural": "planned through",
                "constraints": [
                    models.CheckConstraint(
                        condition=models.Q(("sequence__gte", 0)), name="planned_through_a_number"
                    )
                ],
            },
        ),
        migrations.CreateModel(
            name="Seller",
            fields=[
                (
                    "id",
                    models.BigAutoField(
                        auto_created=True, primary_key=True, serialize=False, verbose_name="ID"
                    ),
                ),
                ("public_id", core.db.fields.PublicIdField(prefix="sel")),
                ("valid_from", models.DateTimeField(unique=True)),
                ("legal_name", models.CharField(max_length=300)),
                ("address", models.TextField()),
                ("country", models.CharField(help_text="ISO 3166 code, such as DE.", max_length=2)),
                (
                    "tax_id",
                    models.CharField(blank=True, help_text="Such as DE123456789.", max_length=64),
                ),
                (
                    "registration",
                    models.CharField(
                        blank=True,
                        help_text="In its commercial register, such as HRB 12345.",
                        max_length=100,
                    ),
                ),
                ("email", models.EmailField(blank=True, max_length=254)),
                ("bank_name", models.CharField(blank=True, max_length=100)),
                ("iban", models.CharField(blank=True, max_length=34)),
                ("bic", models.CharField(blank=True, max_length=11)),
                ("named_at", models.DateTimeField()),
                ("named_by", models.CharField(max_length=200)),
                ("reason", models.TextField()),
            ],
            options={
                "abstract": False,
                "constraints": [
                    models.CheckConstraint(
                        condition=models.Q(("legal_name", ""), _negated=True),
                        name="seller_has_a_name",
                    ),
                    models.CheckConstraint(
                        condition=models.Q(("country__regex", "^[A-Z]{2}$")),
                        name="seller_country_is_a_code",
                    ),
                    models.CheckConstraint(
                        condition=models.Q(("reason", ""), _negated=True), name="seller_says_why"
                    ),
                ],
            },
        ),
        pgtrigger.migrations.AddTrigger(
            model_name="seller",
            trigger=pgtrigger.compiler.Trigger(
                name="append_only",
                sql=core.db.immutability.UnconditionalTriggerSql(
                    func="RAISE EXCEPTION '% is append-only: % is refused', TG_TABLE_NAME, TG_OP USING ERRCODE = 'restrict_violation', CONSTRAINT = 'append_only';",
                    hash="de508224b8bc393e1d178d67d69afedf9106990c",
                    operation="UPDATE OR DELETE",
                    pgid="pgtrigger_append_only_58e47",
                    table="papers_seller",
                    when="BEFORE",
                ),
            ),
        ),
        pgtrigger.migrations.AddTrigger(
            model_name="seller",
            trigger=pgtrigger.compiler.Trigger(
                name="no_truncate",
                sql=core.db.immutability.UnconditionalTriggerSql(
                    func="RAISE EXCEPTION '% is append-only: % is refused', TG_TABLE_NAME, TG_OP USING ERRCODE = 'restrict_violation', CONSTRAINT = 'append_only';",
                    hash="98caadff10b36aae282a74042c048d2893910146",
                    level="STATEMENT",
                    operation="TRUNCATE",
                    pgid="pgtrigger_no_truncate_3114f",
                    table="papers_seller",
                    when="BEFORE",
                ),
            ),
        ),
    ]
