import django.contrib.postgres.fields
import django.db.models.deletion
import pgtrigger.compiler
import pgtrigger.migrations
import simple_history.models
from django.conf import settings
from django.db import migrations, models

import core.db.fields
import core.db.immutability


class Migration(migrations.Migration):
    dependencies = [
        ("accounts", "0001_initial"),
        migrations.swappable_dependency(settings.OAUTH2_PROVIDER_APPLICATION_MODEL),
        # Others' tables before the rest of ours: each of their changes would make Django render
        # every model of ours again, which was a third of the time of a first start.
        ("oauth2_provider", "0022_refreshtoken_token_family_index"),
        ("mfa", "0003_authenticator_type_uniq"),
    ]

    operations = [
        migrations.CreateModel(
            name="HistoricalPartnerCredential",
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
                    core.db.fields.PublicIdField(db_index=True, prefix="crd", unique=False),
                ),
                ("label", models.CharField(max_length=100)),
                (
                    "scopes",
                    django.contrib.postgres.fields.ArrayField(
                        base_field=models.CharField(
                            choices=[
                                ("usage:write", "Send usage events"),
                                ("usage:read", "Read what became of usage events"),
                                ("accounts:read", "Read accounts"),
                                ("invoices:read", "Read invoices and their lines"),
                                ("payments:read", "Read payments and what is late"),
                                (
                                    "payments:write",
                                    "Record payments and put them on invoices",
                                ),
                                ("disputes:read", "Read disputes"),
                                ("disputes:write", "Contest charges and answer"),
                                ("quotes:write", "Work out prices of a document"),
                            ],
                            max_length=32,
                        ),
                        size=None,
                    ),
                ),
                ("issued_at", models.DateTimeField()),
                ("expires_at", models.DateTimeField(blank=True, null=True)),
                ("revoked_at", models.DateTimeField(blank=True, null=True)),
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
                    "application",
                    models.ForeignKey(
                        blank=True,
                        db_constraint=False,
                        null=True,
                        on_delete=django.db.models.deletion.DO_NOTHING,
                        related_name="+",
                        to=settings.OAUTH2_PROVIDER_APPLICATION_MODEL,
                    ),
                ),
                (
                    "partner",
                    models.ForeignKey(
                        blank=True,
                        db_constraint=False,
                        null=True,
                        on_delete=django.db.models.deletion.DO_NOTHING,
                        related_name="+",
                        to="accounts.partner",
                    ),
                ),
            ],
            options={
                "verbose_name": "historical partner credential",
                "verbose_name_plural": "historical partner credentials",
                "ordering": ("-history_date", "-history_id"),
                "get_latest_by": ("history_date", "history_id"),
            },
            bases=(simple_history.models.HistoricalChanges, models.Model),
        ),
        migrations.CreateModel(
            name="PartnerCredential",
            fields=[
                (
                    "id",
                    models.BigAutoField(
                        auto_created=True, primary_key=True, serialize=False, verbose_name="ID"
                    ),
                ),
                ("public_id", core.db.fields.PublicIdField(prefix="crd")),
                ("label", models.CharField(max_length=100)),
                (
                    "scopes",
                    django.contrib.postgres.fields.ArrayField(
                        base_field=models.CharField(
                            choices=[
                                ("usage:write", "Send usage events"),
                                ("usage:read", "Read what became of usage events"),
                                ("accounts:read", "Read accounts"),
                                ("invoices:read", "Read invoices and their lines"),
                                ("payments:read", "Read payments and what is late"),
                                (
                                    "payments:write",
                                    "Record payments and put them on invoices",
                                ),
                                ("disputes:read", "Read disputes"),
                                ("disputes:write", "Contest charges and answer"),
                                ("quotes:write", "Work out prices of a document"),
                            ],
                            max_length=32,
                        ),
                        size=None,
                    ),
                ),
                ("issued_at", models.DateTimeField()),
                ("expires_at", models.DateTimeField(blank=True, null=True)),
                ("revoked_at", models.DateTimeField(blank=True, null=True)),
                (
                    "application",
                    models.OneToOneField(
                        on_delete=django.db.models.deletion.PROTECT,
                        related_name="credential",
                        to=settings.OAUTH2_PROVIDER_APPLICATION_MODEL,
                    ),
                ),
                (
                    "partner",
                    models.ForeignKey(
                        on_delete=django.db.models.deletion.PROTECT,
                        related_name="credentials",
                        to="accounts.partner",
                    ),
                ),
            ],
        ),
        pgtrigger.migrations.AddTrigger(
            model_name="historicalpartnercredential",
            trigger=pgtrigger.compiler.Trigger(
                name="append_only",
                sql=core.db.immutability.UnconditionalTriggerSql(
                    func="RAISE EXCEPTION '% is append-only: % is refused', TG_TABLE_NAME, TG_OP USING ERRCODE = 'restrict_violation', CONSTRAINT = 'append_only';",
                    hash="91dd518fe72a4b7f5a9cea452708a184a66fd930",
                    operation="UPDATE OR DELETE",
                    pgid="pgtrigger_append_only_bc0ce",
                    table="accounts_historicalpartnercredential",
                    when="BEFORE",
                ),
            ),
        ),
        pgtrigger.migrations.AddTrigger(
            model_name="historicalpartnercredential",
            trigger=pgtrigger.compiler.Trigger(
                name="no_truncate",
                sql=core.db.immutability.UnconditionalTriggerSql(
                    func="RAISE EXCEPTION '% is append-only: % is refused', TG_TABLE_NAME, TG_OP USING ERRCODE = 'restrict_violation', CONSTRAINT = 'append_only';",
                    hash="ca0e3b549763b28a309e82eef589c42058d9283c",
                    level="STATEMENT",
                    operation="TRUNCATE",
                    pgid="pgtrigger_no_truncate_784be",
                    table="accounts_historicalpartnercredential",
                    when="BEFORE",
                ),
            ),
        ),
        migrations.AddConstraint(
            model_name="partnercredential",
            constraint=models.CheckConstraint(
                condition=models.Q(
                    ("expires_at__isnull", True),
                    ("expires_at__gt", models.F("issued_at")),
                    _connector="OR",
                ),
                name="partner_credential_expires_after_issue",
            ),
        ),
        migrations.AddConstraint(
            model_name="partnercredential",
            constraint=models.CheckConstraint(
                condition=models.Q(("scopes__len__gt", 0)), name="partner_credential_has_a_scope"
            ),
        ),
    ]
