import datetime

import django.contrib.auth.validators
import django.contrib.postgres.constraints
import django.contrib.postgres.fields
import django.contrib.postgres.operations
import django.db.models.deletion
import django.db.models.expressions
import django.db.models.functions.text
import django.utils.timezone
import pgtrigger.compiler
import pgtrigger.migrations
import simple_history.models
from django.conf import settings
from django.db import migrations, models

import accounts.models.accounts
import core.db.fields
import core.db.immutability
import core.db.models


class Migration(migrations.Migration):
    initial = True

    dependencies = [
        ("auth", "0012_alter_user_first_name_max_length"),
    ]

    operations = [
        django.contrib.postgres.operations.BtreeGistExtension(),
        migrations.CreateModel(
            name="HistoricalPartner",
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
                    core.db.fields.PublicIdField(db_index=True, prefix="par", unique=False),
                ),
                ("name", models.CharField(db_index=True, max_length=200)),
                (
                    "kind",
                    models.CharField(
                        choices=[
                            ("addon_provider", "Add-on provider"),
                            ("internal", "Internal team"),
                        ],
                        max_length=16,
                    ),
                ),
                (
                    "sources",
                    django.contrib.postgres.fields.ArrayField(
                        base_field=models.CharField(max_length=200),
                        blank=True,
                        default=list,
                        help_text="Event sources it may report as, exactly as written in the events.",
                        size=None,
                    ),
                ),
                (
                    "event_types",
                    django.contrib.postgres.fields.ArrayField(
                        base_field=models.CharField(max_length=100),
                        blank=True,
                        default=list,
                        help_text="Event types it may report.",
                        size=None,
                    ),
                ),
                (
                    "reports_every_resource",
                    models.BooleanField(
                        default=False,
                        help_text="For internal teams only; otherwise it reports for resources of the reportable accounts and for add-ons it provides.",
                    ),
                ),
                (
                    "reads_every_account",
                    models.BooleanField(
                        default=False,
                        help_text="For internal teams only; otherwise the readable accounts.",
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
            ],
            options={
                "verbose_name": "historical partner",
                "verbose_name_plural": "historical partners",
                "ordering": ("-history_date", "-history_id"),
                "get_latest_by": ("history_date", "history_id"),
            },
            bases=(simple_history.models.HistoricalChanges, models.Model),
        ),
        pgtrigger.migrations.AddTrigger(
            model_name="historicalpartner",
            trigger=pgtrigger.compiler.Trigger(
                name="append_only",
                sql=core.db.immutability.UnconditionalTriggerSql(
                    func="RAISE EXCEPTION '% is append-only: % is refused', TG_TABLE_NAME, TG_OP USING ERRCODE = 'restrict_violation', CONSTRAINT = 'append_only';",
                    hash="bab72cd7d2f7b1ad16a9af0979f47ad931036379",
                    operation="UPDATE OR DELETE",
                    pgid="pgtrigger_append_only_0f8f0",
                    table="accounts_historicalpartner",
                    when="BEFORE",
                ),
            ),
        ),
        pgtrigger.migrations.AddTrigger(
            model_name="historicalpartner",
            trigger=pgtrigger.compiler.Trigger(
                name="no_truncate",
                sql=core.db.immutability.UnconditionalTriggerSql(
                    func="RAISE EXCEPTION '% is append-only: % is refused', TG_TABLE_NAME, TG_OP USING ERRCODE = 'restrict_violation', CONSTRAINT = 'append_only';",
                    hash="8c666c9cb637e0f186f92f073289181b5a834d9d",
                    level="STATEMENT",
                    operation="TRUNCATE",
                    pgid="pgtrigger_no_truncate_290af",
                    table="accounts_historicalpartner",
                    when="BEFORE",
                ),
            ),
        ),
        migrations.CreateModel(
            name="Account",
            fields=[
                (
                    "id",
                    models.BigAutoField(
                        auto_created=True, primary_key=True, serialize=False, verbose_name="ID"
                    ),
                ),
                ("public_id", core.db.fields.PublicIdField(prefix="acc")),
                ("name", models.CharField(max_length=200)),
                (
                    "kind",
                    models.CharField(
                        choices=[
                            ("personal", "Personal"),
                            ("team", "Team"),
                            ("enterprise", "Enterprise"),
                        ],
                        max_length=10,
                    ),
                ),
                ("currency", core.db.fields.CurrencyField()),
                ("opened_at", models.DateTimeField()),
                ("closed_at", models.DateTimeField(blank=True, null=True)),
                (
                    "billing_anchor_on",
                    models.DateField(
                        help_text="Billing periods are counted in months from this local date."
                    ),
                ),
                (
                    "parent",
                    models.ForeignKey(
                        blank=True,
                        null=True,
                        on_delete=django.db.models.deletion.PROTECT,
                        related_name="teams",
                        to="accounts.account",
                    ),
                ),
            ],
            options={
                "constraints": [
                    models.CheckConstraint(
                        condition=models.Q(
                            ("parent__isnull", True), ("kind", "team"), _connector="OR"
                        ),
                        name="account_only_teams_have_a_parent",
                    ),
                    models.CheckConstraint(
                        condition=models.Q(
                            ("parent__isnull", True),
                            models.Q(("parent", models.F("id")), _negated=True),
                            _connector="OR",
                        ),
                        name="account_is_not_its_parent",
                    ),
                    models.CheckConstraint(
                        condition=models.Q(("kind__in", ["personal", "team", "enterprise"])),
                        name="account_kind",
                    ),
                    models.CheckConstraint(
                        condition=models.Q(
                            ("closed_at__isnull", True),
                            ("closed_at__gt", models.F("opened_at")),
                            _connector="OR",
                        ),
                        name="account_closes_after_opening",
                    ),
                ],
            },
        ),
        migrations.CreateModel(
            name="Partner",
            fields=[
                (
                    "id",
                    models.BigAutoField(
                        auto_created=True, primary_key=True, serialize=False, verbose_name="ID"
                    ),
                ),
                ("public_id", core.db.fields.PublicIdField(prefix="par")),
                ("name", models.CharField(max_length=200, unique=True)),
                (
                    "kind",
                    models.CharField(
                        choices=[
                            ("addon_provider", "Add-on provider"),
                            ("internal", "Internal team"),
                        ],
                        max_length=16,
                    ),
                ),
                (
                    "sources",
                    django.contrib.postgres.fields.ArrayField(
                        base_field=models.CharField(max_length=200),
                        blank=True,
                        default=list,
                        help_text="Event sources it may report as, exactly as written in the events.",
                        size=None,
                    ),
                ),
                (
                    "event_types",
                    django.contrib.postgres.fields.ArrayField(
                        base_field=models.CharField(max_length=100),
                        blank=True,
                        default=list,
                        help_text="Event types it may report.",
                        size=None,
                    ),
                ),
                (
                    "reports_every_resource",
                    models.BooleanField(
                        default=False,
                        help_text="For internal teams only; otherwise it reports for resources of the reportable accounts and for add-ons it provides.",
                    ),
                ),
                (
                    "reads_every_account",
                    models.BooleanField(
                        default=False,
                        help_text="For internal teams only; otherwise the readable accounts.",
                    ),
                ),
                (
                    "readable_accounts",
                    models.ManyToManyField(
                        blank=True, related_name="readers", to="accounts.account"
                    ),
                ),
                (
                    "reportable_accounts",
                    models.ManyToManyField(
                        blank=True,
                        help_text="Whose resources it may report usage of.",
                        related_name="reporters",
                        to="accounts.account",
                    ),
                ),
            ],
            options={
                "constraints": [
                    models.CheckConstraint(
                        condition=models.Q(("kind__in", ["addon_provider", "internal"])),
                        name="partner_kind",
                    ),
                    models.CheckConstraint(
                        condition=models.Q(
                            ("reads_every_account", False), ("kind", "internal"), _connector="OR"
                        ),
                        name="partner_only_internal_reads_every_account",
                    ),
                    models.CheckConstraint(
                        condition=models.Q(
                            ("reports_every_resource", False), ("kind", "internal"), _connector="OR"
                        ),
                        name="partner_only_internal_reports_everything",
                    ),
                ],
            },
        ),
        migrations.CreateModel(
            name="HistoricalPartner_readable_accounts",
            fields=[
                (
                    "id",
                    models.BigIntegerField(
                        auto_created=True, blank=True, db_index=True, verbose_name="ID"
                    ),
                ),
                (
                    "m2m_history_id",
                    models.BigAutoField(editable=False, primary_key=True, serialize=False),
                ),
                (
                    "account",
                    models.ForeignKey(
                        blank=True,
                        db_constraint=False,
                        db_tablespace="",
                        null=True,
                        on_delete=django.db.models.deletion.DO_NOTHING,
                        related_name="+",
                        to="accounts.account",
                    ),
                ),
                (
                    "history",
                    models.ForeignKey(
                        db_constraint=False,
                        on_delete=django.db.models.deletion.DO_NOTHING,
                        to="accounts.historicalpartner",
                    ),
                ),
                (
                    "partner",
                    models.ForeignKey(
                        blank=True,
                        db_constraint=False,
                        db_tablespace="",
                        null=True,
                        on_delete=django.db.models.deletion.DO_NOTHING,
                        related_name="+",
                        to="accounts.partner",
                    ),
                ),
            ],
            options={
                "verbose_name": "HistoricalPartner_readable_accounts",
            },
            bases=(simple_history.models.HistoricalChanges, models.Model),
        ),
        pgtrigger.migrations.AddTrigger(
            model_name="historicalpartner_readable_accounts",
            trigger=pgtrigger.compiler.Trigger(
                name="append_only",
                sql=core.db.immutability.UnconditionalTriggerSql(
                    func="RAISE EXCEPTION '% is append-only: % is refused', TG_TABLE_NAME, TG_OP USING ERRCODE = 'restrict_violation', CONSTRAINT = 'append_only';",
                    hash="939bee119cbee72775127e7c3ecc84da55201f80",
                    operation="UPDATE OR DELETE",
                    pgid="pgtrigger_append_only_bb7b1",
                    table="accounts_historicalpartner_readable_accounts",
                    when="BEFORE",
                ),
            ),
        ),
        pgtrigger.migrations.AddTrigger(
            model_name="historicalpartner_readable_accounts",
            trigger=pgtrigger.compiler.Trigger(
                name="no_truncate",
                sql=core.db.immutability.UnconditionalTriggerSql(
                    func="RAISE EXCEPTION '% is append-only: % is refused', TG_TABLE_NAME, TG_OP USING ERRCODE = 'restrict_violation', CONSTRAINT = 'append_only';",
                    hash="6c1d7327240ad125c03061bf450bb9bc0e92da14",
                    level="STATEMENT",
                    operation="TRUNCATE",
                    pgid="pgtrigger_no_truncate_99a66",
                    table="accounts_historicalpartner_readable_accounts",
                    when="BEFORE",
                ),
            ),
        ),
        migrations.CreateModel(
            name="HistoricalPayerAssignment",
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
                ("paid_from", models.DateTimeField()),
                ("paid_until", models.DateTimeField(blank=True, null=True)),
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
            ],
            options={
                "verbose_name": "historical payer assignment",
                "verbose_name_plural": "historical payer assignments",
                "ordering": ("-history_date", "-history_id"),
                "get_latest_by": ("history_date", "history_id"),
            },
            bases=(simple_history.models.HistoricalChanges, models.Model),
        ),
        pgtrigger.migrations.AddTrigger(
            model_name="historicalpayerassignment",
            trigger=pgtrigger.compiler.Trigger(
                name="append_only",
                sql=core.db.immutability.UnconditionalTriggerSql(
                    func="RAISE EXCEPTION '% is append-only: % is refused', TG_TABLE_NAME, TG_OP USING ERRCODE = 'restrict_violation', CONSTRAINT = 'append_only';",
                    hash="56ecda94999e3d51a2097f6693e9f48ae34547d1",
                    operation="UPDATE OR DELETE",
                    pgid="pgtrigger_append_only_27586",
                    table="accounts_historicalpayerassignment",
                    when="BEFORE",
                ),
            ),
        ),
        pgtrigger.migrations.AddTrigger(
            model_name="historicalpayerassignment",
            trigger=pgtrigger.compiler.Trigger(
                name="no_truncate",
                sql=core.db.immutability.UnconditionalTriggerSql(
                    func="RAISE EXCEPTION '% is append-only: % is refused', TG_TABLE_NAME, TG_OP USING ERRCODE = 'restrict_violation', CONSTRAINT = 'append_only';",
                    hash="f5aecacebcf2751f128ddf5aa32addf68a2594c0",
                    level="STATEMENT",
                    operation="TRUNCATE",
                    pgid="pgtrigger_no_truncate_81102",
                    table="accounts_historicalpayerassignment",
                    when="BEFORE",
                ),
            ),
        ),
        migrations.CreateModel(
            name="Resource",
            fields=[
                (
                    "id",
                    models.BigAutoField(
                        auto_created=True, primary_key=True, serialize=False, verbose_name="ID"
                    ),
                ),
                ("public_id", core.db.fields.PublicIdField(prefix="res")),
                ("platform_id", models.CharField(max_length=200, unique=True)),
                (
                    "kind",
                    models.CharField(
                        choices=[
                            ("app", "App"),
                            ("formation", "Formation"),
                            ("addon", "Add-on"),
                            ("database", "Database"),
                            ("space", "Space"),
                        ],
                        max_length=10,
                    ),
                ),
                ("name", models.CharField(max_length=200)),
                (
                    "provider",
                    models.ForeignKey(
                        blank=True,
                        help_text="The partner whose add-on service it is of, which may report its usage.",
                        null=True,
                        on_delete=django.db.models.deletion.PROTECT,
                        related_name="provided",
                        to="accounts.partner",
                    ),
                ),
                (
                    "parent",
                    models.ForeignKey(
                        blank=True,
                        null=True,
                        on_delete=django.db.models.deletion.PROTECT,
                        related_name="children",
                        to="accounts.resource",
                    ),
                ),
            ],
            options={
                "constraints": [
                    models.CheckConstraint(
                        condition=models.Q(
                            ("kind__in", ["app", "formation", "addon", "database", "space"])
                        ),
                        name="resource_kind",
                    ),
                    models.CheckConstraint(
                        condition=models.Q(
                            ("parent__isnull", True),
                            models.Q(("parent", models.F("id")), _negated=True),
                            _connector="OR",
                        ),
                        name="resource_is_not_its_parent",
                    ),
                    models.CheckConstraint(
                        condition=models.Q(("platform_id", ""), _negated=True),
                        name="resource_platform_id_not_empty",
                    ),
                ],
            },
        ),
        migrations.CreateModel(
            name="HistoricalResource",
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
                    core.db.fields.PublicIdField(db_index=True, prefix="res", unique=False),
                ),
                ("platform_id", models.CharField(db_index=True, max_length=200)),
                (
                    "kind",
                    models.CharField(
                        choices=[
                            ("app", "App"),
                            ("formation", "Formation"),
                            ("addon", "Add-on"),
                            ("database", "Database"),
                            ("space", "Space"),
                        ],
                        max_length=10,
                    ),
                ),
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
                (
                    "provider",
                    models.ForeignKey(
                        blank=True,
                        db_constraint=False,
                        help_text="The partner whose add-on service it is of, which may report its usage.",
                        null=True,
                        on_delete=django.db.models.deletion.DO_NOTHING,
                        related_name="+",
                        to="accounts.partner",
                    ),
                ),
                (
                    "parent",
                    models.ForeignKey(
                        blank=True,
                        db_constraint=False,
                        null=True,
                        on_delete=django.db.models.deletion.DO_NOTHING,
                        related_name="+",
                        to="accounts.resource",
                    ),
                ),
            ],
            options={
                "verbose_name": "historical resource",
                "verbose_name_plural": "historical resources",
                "ordering": ("-history_date", "-history_id"),
                "get_latest_by": ("history_date", "history_id"),
            },
            bases=(simple_history.models.HistoricalChanges, models.Model),
        ),
        pgtrigger.migrations.AddTrigger(
            model_name="historicalresource",
            trigger=pgtrigger.compiler.Trigger(
                name="append_only",
                sql=core.db.immutability.UnconditionalTriggerSql(
                    func="RAISE EXCEPTION '% is append-only: % is refused', TG_TABLE_NAME, TG_OP USING ERRCODE = 'restrict_violation', CONSTRAINT = 'append_only';",
                    hash="2cc2170753c783d6f534ba9f3fd97391ebff2094",
                    operation="UPDATE OR DELETE",
                    pgid="pgtrigger_append_only_1280b",
                    table="accounts_historicalresource",
                    when="BEFORE",
                ),
            ),
        ),
        pgtrigger.migrations.AddTrigger(
            model_name="historicalresource",
            trigger=pgtrigger.compiler.Trigger(
                name="no_truncate",
                sql=core.db.immutability.UnconditionalTriggerSql(
                    func="RAISE EXCEPTION '% is append-only: % is refused', TG_TABLE_NAME, TG_OP USING ERRCODE = 'restrict_violation', CONSTRAINT = 'append_only';",
                    hash="f0baf4d2de97644ced3a31264b18182e75b8e232",
                    level="STATEMENT",
                    operation="TRUNCATE",
                    pgid="pgtrigger_no_truncate_bfd6d",
                    table="accounts_historicalresource",
                    when="BEFORE",
                ),
            ),
        ),
        migrations.CreateModel(
            name="HistoricalResourceOwnership",
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
                ("owned_from", models.DateTimeField()),
                ("owned_until", models.DateTimeField(blank=True, null=True)),
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
                    "resource",
                    models.ForeignKey(
                        blank=True,
                        db_constraint=False,
                        null=True,
                        on_delete=django.db.models.deletion.DO_NOTHING,
                        related_name="+",
                        to="accounts.resource",
                    ),
                ),
            ],
            options={
                "verbose_name": "historical resource ownership",
                "verbose_name_plural": "historical resource ownerships",
                "ordering": ("-history_date", "-history_id"),
                "get_latest_by": ("history_date", "history_id"),
            },
            bases=(simple_history.models.HistoricalChanges, models.Model),
        ),
        pgtrigger.migrations.AddTrigger(
            model_name="historicalresourceownership",
            trigger=pgtrigger.compiler.Trigger(
                name="append_only",
                sql=core.db.immutability.UnconditionalTriggerSql(
                    func="RAISE EXCEPTION '% is append-only: % is refused', TG_TABLE_NAME, TG_OP USING ERRCODE = 'restrict_violation', CONSTRAINT = 'append_only';",
                    hash="d2ca5942ca56d9723d40ebececce75f991bad95d",
                    operation="UPDATE OR DELETE",
                    pgid="pgtrigger_append_only_56616",
                    table="accounts_historicalresourceownership",
                    when="BEFORE",
                ),
            ),
        ),
        pgtrigger.migrations.AddTrigger(
            model_name="historicalresourceownership",
            trigger=pgtrigger.compiler.Trigger(
                name="no_truncate",
                sql=core.db.immutability.UnconditionalTriggerSql(
                    func="RAISE EXCEPTION '% is append-only: % is refused', TG_TABLE_NAME, TG_OP USING ERRCODE = 'restrict_violation', CONSTRAINT = 'append_only';",
                    hash="a10c4dd7cbfd69994401bd4a5465656b4c67e56e",
                    level="STATEMENT",
                    operation="TRUNCATE",
                    pgid="pgtrigger_no_truncate_6c96c",
                    table="accounts_historicalresourceownership",
                    when="BEFORE",
                ),
            ),
        ),
        migrations.CreateModel(
            name="HistoricalUser",
            fields=[
                (
                    "id",
                    models.BigIntegerField(
                        auto_created=True, blank=True, db_index=True, verbose_name="ID"
                    ),
                ),
                (
                    "is_superuser",
                    models.BooleanField(
                        default=False,
                        help_text="Designates that this user has all permissions without explicitly assigning them.",
                        verbose_name="superuser status",
                    ),
                ),
                (
                    "username",
                    models.CharField(
                        db_index=True,
                        error_messages={"unique": "A user with that username already exists."},
                        help_text="Required. 150 characters or fewer. Letters, digits and @/./+/-/_ only.",
                        max_length=150,
                        validators=[django.contrib.auth.validators.UnicodeUsernameValidator()],
                        verbose_name="username",
                    ),
                ),
                (
                    "first_name",
                    models.CharField(blank=True, max_length=150, verbose_name="first name"),
                ),
                (
                    "last_name",
                    models.CharField(blank=True, max_length=150, verbose_name="last name"),
                ),
                (
                    "email",
                    models.EmailField(blank=True, max_length=254, verbose_name="email address"),
                ),
                (
                    "is_staff",
                    models.BooleanField(
                        default=False,
                        help_text="Designates whether the user can log into this admin site.",
                        verbose_name="staff status",
                    ),
                ),
                (
                    "is_active",
                    models.BooleanField(
                        default=True,
                        help_text="Designates whether this user should be treated as active. Unselect this instead of deleting accounts.",
                        verbose_name="active",
                    ),
                ),
                (
                    "date_joined",
                    models.DateTimeField(
                        default=django.utils.timezone.now, verbose_name="date joined"
                    ),
                ),
                ("actor_kind", models.CharField(max_length=8)),
                ("actor_id", models.CharField(max_length=100)),
                ("actor_name", models.CharField(max_length=200)),
                ("request_id", models.CharField(max_length=100)),
                ("history_change_reason", models.TextField()),
                (
                    "public_id",
                    core.db.fields.PublicIdField(db_index=True, prefix="usr", unique=False),
                ),
                (
                    "sign_in_version",
                    models.PositiveIntegerField(
                        default=0,
                        editable=False,
                        help_text="How often the password or a second factor changed; each ends every session.",
                        verbose_name="sign-in changes",
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
            ],
            options={
                "verbose_name": "historical user",
                "verbose_name_plural": "historical users",
                "ordering": ("-history_date", "-history_id"),
                "get_latest_by": ("history_date", "history_id"),
            },
            bases=(simple_history.models.HistoricalChanges, models.Model),
        ),
        pgtrigger.migrations.AddTrigger(
            model_name="historicaluser",
            trigger=pgtrigger.compiler.Trigger(
                name="append_only",
                sql=core.db.immutability.UnconditionalTriggerSql(
                    func="RAISE EXCEPTION '% is append-only: % is refused', TG_TABLE_NAME, TG_OP USING ERRCODE = 'restrict_violation', CONSTRAINT = 'append_only';",
                    hash="a43429c3627a2006491ce0e95b9a320912856f23",
                    operation="UPDATE OR DELETE",
                    pgid="pgtrigger_append_only_ca987",
                    table="accounts_historicaluser",
                    when="BEFORE",
                ),
            ),
        ),
        pgtrigger.migrations.AddTrigger(
            model_name="historicaluser",
            trigger=pgtrigger.compiler.Trigger(
                name="no_truncate",
                sql=core.db.immutability.UnconditionalTriggerSql(
                    func="RAISE EXCEPTION '% is append-only: % is refused', TG_TABLE_NAME, TG_OP USING ERRCODE = 'restrict_violation', CONSTRAINT = 'append_only';",
                    hash="524a18c9ede78a6ccf2d0158b3b8569f91723c7a",
                    level="STATEMENT",
                    operation="TRUNCATE",
                    pgid="pgtrigger_no_truncate_42d40",
                    table="accounts_historicaluser",
                    when="BEFORE",
                ),
            ),
        ),
        migrations.CreateModel(
            name="PayerAssignment",
            fields=[
                (
                    "id",
                    models.BigAutoField(
                        auto_created=True, primary_key=True, serialize=False, verbose_name="ID"
                    ),
                ),
                ("paid_from", models.DateTimeField()),
                ("paid_until", models.DateTimeField(blank=True, null=True)),
                (
                    "account",
                    models.ForeignKey(
                        on_delete=django.db.models.deletion.PROTECT,
                        related_name="payers",
                        to="accounts.account",
                    ),
                ),
                (
                    "payer",
                    models.ForeignKey(
                        on_delete=django.db.models.deletion.PROTECT,
                        related_name="paid_accounts",
                        to="accounts.account",
                    ),
                ),
            ],
            options={
                "constraints": [
                    django.contrib.postgres.constraints.ExclusionConstraint(
                        expressions=[
                            ("account", "="),
                            (core.db.models.TsTzRange("paid_from", "paid_until"), "&&"),
                        ],
                        name="payer_assignment_no_overlap",
                    ),
                    models.CheckConstraint(
                        condition=models.Q(
                            ("paid_until__isnull", True),
                            ("paid_until__gt", models.F("paid_from")),
                            _connector="OR",
                        ),
                        name="payer_assignment_ends_after_start",
                    ),
                ],
            },
        ),
        migrations.CreateModel(
            name="ResourceOwnership",
            fields=[
                (
                    "id",
                    models.BigAutoField(
                        auto_created=True, primary_key=True, serialize=False, verbose_name="ID"
                    ),
                ),
                ("owned_from", models.DateTimeField()),
                ("owned_until", models.DateTimeField(blank=True, null=True)),
                (
                    "account",
                    models.ForeignKey(
                        on_delete=django.db.models.deletion.PROTECT,
                        related_name="ownerships",
                        to="accounts.account",
                    ),
                ),
                (
                    "resource",
                    models.ForeignKey(
                        on_delete=django.db.models.deletion.PROTECT,
                        related_name="ownerships",
                        to="accounts.resource",
                    ),
                ),
            ],
            options={
                "constraints": [
                    django.contrib.postgres.constraints.ExclusionConstraint(
                        expressions=[
                            ("resource", "="),
                            (core.db.models.TsTzRange("owned_from", "owned_until"), "&&"),
                        ],
                        name="resource_ownership_no_overlap",
                    ),
                    models.CheckConstraint(
                        condition=models.Q(
                            ("owned_until__isnull", True),
                            ("owned_until__gt", models.F("owned_from")),
                            _connector="OR",
                        ),
                        name="resource_ownership_ends_after_start",
                    ),
                ],
            },
        ),
        migrations.CreateModel(
            name="User",
            fields=[
                (
                    "id",
                    models.BigAutoField(
                        auto_created=True, primary_key=True, serialize=False, verbose_name="ID"
                    ),
                ),
                ("password", models.CharField(max_length=128, verbose_name="password")),
                (
                    "last_login",
                    models.DateTimeField(blank=True, null=True, verbose_name="last login"),
                ),
                (
                    "is_superuser",
                    models.BooleanField(
                        default=False,
                        help_text="Designates that this user has all permissions without explicitly assigning them.",
                        verbose_name="superuser status",
                    ),
                ),
                (
                    "username",
                    models.CharField(
                        error_messages={"unique": "A user with that username already exists."},
                        help_text="Required. 150 characters or fewer. Letters, digits and @/./+/-/_ only.",
                        max_length=150,
                        unique=True,
                        validators=[django.contrib.auth.validators.UnicodeUsernameValidator()],
                        verbose_name="username",
                    ),
                ),
                (
                    "first_name",
                    models.CharField(blank=True, max_length=150, verbose_name="first name"),
                ),
                (
                    "last_name",
                    models.CharField(blank=True, max_length=150, verbose_name="last name"),
                ),
                (
                    "email",
                    models.EmailField(blank=True, max_length=254, verbose_name="email address"),
                ),
                (
                    "is_staff",
                    models.BooleanField(
                        default=False,
                        help_text="Designates whether the user can log into this admin site.",
                        verbose_name="staff status",
                    ),
                ),
                (
                    "is_active",
                    models.BooleanField(
                        default=True,
                        help_text="Designates whether this user should be treated as active. Unselect this instead of deleting accounts.",
                        verbose_name="active",
                    ),
                ),
                (
                    "date_joined",
                    models.DateTimeField(
                        default=django.utils.timezone.now, verbose_name="date joined"
                    ),
                ),
                ("public_id", core.db.fields.PublicIdField(prefix="usr")),
                (
                    "sign_in_version",
                    models.PositiveIntegerField(
                        default=0,
                        editable=False,
                        help_text="How often the password or a second factor changed; each ends every session.",
                        verbose_name="sign-in changes",
                    ),
                ),
            ],
            options={
                "verbose_name": "user",
                "verbose_name_plural": "users",
                "abstract": False,
                "constraints": [
                    models.CheckConstraint(
                        condition=models.Q(("is_superuser", False)), name="user_no_superuser"
                    ),
                    models.UniqueConstraint(
                        django.db.models.functions.text.Lower("email"),
                        condition=models.Q(("email", ""), _negated=True),
                        name="user_email_is_one_persons",
                    ),
                ],
            },
        ),
        migrations.CreateModel(
            name="RoleGrant",
            fields=[
                (
                    "id",
                    models.BigAutoField(
                        auto_created=True, primary_key=True, serialize=False, verbose_name="ID"
                    ),
                ),
                ("public_id", core.db.fields.PublicIdField(prefix="rol")),
                (
                    "role",
                    models.CharField(
                        choices=[
                            ("support", "support"),
                            ("senior_support", "senior support"),
                            ("finance_approver", "finance approver"),
                            ("finance_admin", "finance admin"),
                            ("auditor", "auditor"),
                            ("operator", "operator"),
                        ],
                        max_length=16,
                    ),
                ),
                (
                    "state",
                    models.CharField(
                        choices=[
                            ("proposed", "Waits for a second person"),
                            ("granted", "Held"),
                            ("refused", "Refused"),
                            ("ended", "Ended"),
                        ],
                        default="proposed",
                        max_length=8,
                    ),
                ),
                (
                    "is_founding",
                    models.BooleanField(
                        default=False,
                        help_text="One of the first two, who had nobody to propose or approve them.",
                    ),
                ),
                ("proposed_at", models.DateTimeField()),
                ("proposal_reason", models.TextField()),
                ("decided_at", models.DateTimeField(null=True)),
                ("decision_reason", models.TextField(blank=True)),
                ("ended_at", models.DateTimeField(null=True)),
                ("end_reason", models.TextField(blank=True)),
                (
                    "decided_by",
                    models.ForeignKey(
                        null=True,
                        on_delete=django.db.models.deletion.PROTECT,
                        related_name="roles_decided",
                        to=settings.AUTH_USER_MODEL,
                    ),
                ),
                (
                    "ended_by",
                    models.ForeignKey(
                        null=True,
                        on_delete=django.db.models.deletion.PROTECT,
                        related_name="roles_ended",
                        to=settings.AUTH_USER_MODEL,
                    ),
                ),
                (
                    "person",
                    models.ForeignKey(
                        on_delete=django.db.models.deletion.PROTECT,
                        related_name="role_grants",
                        to=settings.AUTH_USER_MODEL,
                    ),
                ),
                (
                    "proposed_by",
                    models.ForeignKey(
                        null=True,
                        on_delete=django.db.models.deletion.PROTECT,
                        related_name="roles_proposed",
                        to=settings.AUTH_USER_MODEL,
                    ),
                ),
            ],
            options={
                "constraints": [
                    models.CheckConstraint(
                        condition=models.Q(
                            (
                                "role__in",
                                [
                                    "support",
                                    "senior_support",
                                    "finance_approver",
                                    "finance_admin",
                                    "auditor",
                                    "operator",
                                ],
                            )
                        ),
                        name="role_grant_role",
                    ),
                    models.CheckConstraint(
                        condition=models.Q(
                            ("state__in", ["proposed", "granted", "refused", "ended"])
                        ),
                        name="role_grant_state",
                    ),
                    models.CheckConstraint(
                        condition=models.Q(
                            models.Q(
                                ("decided_by__isnull", True),
                                ("is_founding", True),
                                ("proposed_by__isnull", True),
                                ("role__in", ["operator", "finance_approver"]),
                            ),
                            models.Q(("is_founding", False), ("proposed_by__isnull", False)),
                            _connector="OR",
                        ),
                        name="role_grant_proposed_by_a_person",
                    ),
                    models.CheckConstraint(
                        condition=models.Q(
                            ("is_founding", True),
                            models.Q(
                                ("decided_at__isnull", True),
                                ("decided_by__isnull", True),
                                ("state", "proposed"),
                            ),
                            models.Q(
                                models.Q(("state", "proposed"), _negated=True),
                                ("decided_at__isnull", False),
                                ("decided_by__isnull", False),
                            ),
                            _connector="OR",
                        ),
                        name="role_grant_decided_by_a_person",
                    ),
                    models.CheckConstraint(
                        condition=models.Q(
                            models.Q(
                                ("ended_at__isnull", False),
                                ("ended_by__isnull", False),
                                ("state", "ended"),
                            ),
                            models.Q(
                                models.Q(("state", "ended"), _negated=True),
                                ("ended_at__isnull", True),
                                ("ended_by__isnull", True),
                            ),
                            _connector="OR",
                        ),
                        name="role_grant_ended_by_a_person",
                    ),
                    models.CheckConstraint(
                        condition=models.Q(("decided_by", models.F("proposed_by")), _negated=True),
                        name="role_grant_two_people",
                    ),
                    models.CheckConstraint(
                        condition=models.Q(
                            models.Q(("person", models.F("proposed_by")), _negated=True),
                            models.Q(("person", models.F("decided_by")), _negated=True),
                        ),
                        name="role_grant_not_ones_own",
                    ),
                    models.UniqueConstraint(
                        condition=models.Q(("state__in", ["proposed", "granted"])),
                        fields=("person", "role"),
                        name="role_grant_once",
                    ),
                    models.UniqueConstraint(
                        condition=models.Q(("is_founding", True)),
                        fields=("role",),
                        name="role_grant_founded_once",
                    ),
                    django.contrib.postgres.constraints.ExclusionConstraint(
                        condition=models.Q(
                            ("state__in", ["proposed", "granted"]),
                            models.Q(("role", "auditor"), _negated=True),
                        ),
                        expressions=[
                            ("person", "="),
                            (
                                models.Case(
                                    models.When(role="finance_approver", then=1),
                                    default=0,
                                    output_field=models.IntegerField(),
                                ),
                                "<>",
                            ),
                        ],
                        name="role_grant_separated",
                    ),
                ],
            },
        ),
        pgtrigger.migrations.AddTrigger(
            model_name="rolegrant",
            trigger=pgtrigger.compiler.Trigger(
                name="role_grant_steps",
                sql=core.db.immutability.AlwaysTriggerSql(
                    func="\n    IF TG_OP = 'INSERT'\n        AND (NEW.is_founding, NEW.state) IN ((true, 'granted'), (false, 'proposed'))\n    THEN\n        RETURN NEW;\n    END IF;\n    IF TG_OP = 'UPDATE' AND (OLD.state, NEW.state) IN\n            (('proposed', 'granted'), ('proposed', 'refused'), ('granted', 'ended'))\n        AND (OLD.id, OLD.public_id, OLD.person_id, OLD.role, OLD.is_founding, OLD.proposed_by_id,\n             OLD.proposed_at, OLD.proposal_reason)\n            IS NOT DISTINCT FROM\n            (NEW.id, NEW.public_id, NEW.person_id, NEW.role, NEW.is_founding, NEW.proposed_by_id,\n             NEW.proposed_at, NEW.proposal_reason)\n        AND (OLD.state = 'proposed' OR\n             (OLD.decided_by_id, OLD.decided_at, OLD.decision_reason) IS NOT DISTINCT FROM\n             (NEW.decided_by_id, NEW.decided_at, NEW.decision_reason))\n    THEN\n        RETURN NEW;\n    END IF;\n    RAISE EXCEPTION 'a role is proposed, decided and ended in steps: % is refused', TG_OP\n    USING ERRCODE = 'restrict_violation', CONSTRAINT = 'role_grant_steps';\n",
                    hash="7fad47ca8dfb3378c09efbe33395dd7b1d1287ef",
                    operation="INSERT OR UPDATE OR DELETE",
                    pgid="pgtrigger_role_grant_steps_7d01a",
                    table="accounts_rolegrant",
                    when="BEFORE",
                ),
            ),
        ),
        pgtrigger.migrations.AddTrigger(
            model_name="rolegrant",
            trigger=pgtrigger.compiler.Trigger(
                name="no_truncate",
                sql=core.db.immutability.UnconditionalTriggerSql(
                    func="RAISE EXCEPTION '% is append-only: % is refused', TG_TABLE_NAME, TG_OP USING ERRCODE = 'restrict_violation', CONSTRAINT = 'append_only';",
                    hash="e8ba60515ec85db10b5f14a7a2f6d7a550424f7d",
                    level="STATEMENT",
                    operation="TRUNCATE",
                    pgid="pgtrigger_no_truncate_9ffba",
                    table="accounts_rolegrant",
                    when="BEFORE",
                ),
            ),
        ),
        migrations.CreateModel(
            name="BillingProfile",
            fields=[
                (
                    "id",
                    models.BigAutoField(
                        auto_created=True, primary_key=True, serialize=False, verbose_name="ID"
                    ),
                ),
                ("public_id", core.db.fields.PublicIdField(prefix="bpr")),
                ("valid_from", models.DateTimeField()),
                ("valid_until", models.DateTimeField(blank=True, null=True)),
                ("legal_name", models.CharField(max_length=300)),
                ("address", models.TextField(blank=True)),
                ("tax_id", models.CharField(blank=True, max_length=64)),
                ("email", models.EmailField(blank=True, max_length=254)),
                (
                    "country",
                    models.CharField(
                        blank=True,
                        help_text="ISO 3166 code, such as DE; decides the tax.",
                        max_length=2,
                    ),
                ),
                (
                    "region",
                    models.CharField(
                        blank=True,
                        help_text="Where tax differs within the country, such as CA.",
                        max_length=8,
                    ),
                ),
                (
                    "tax_id_status",
                    models.CharField(
                        choices=[
                            ("unverified", "Not verified"),
                            ("verified", "Confirmed by its register"),
                            ("invalid", "Refused by its register"),
                        ],
                        default="unverified",
                        help_text="Only a tax id that its register confirmed shifts the tax to the payer.",
                        max_length=16,
                    ),
                ),
                (
                    "language",
                    models.CharField(
                        choices=[("en", "English"), ("de", "German")],
                        default="en",
                        help_text="Of the papers: invoices, credit notes.",
                        max_length=2,
                    ),
                ),
                (
                    "zone",
                    models.CharField(
                        help_text="IANA time zone.",
                        max_length=64,
                        validators=[accounts.models.accounts.validate_zone],
                    ),
                ),
                (
                    "terms_days",
                    models.PositiveSmallIntegerField(help_text="Days from issue to the due date."),
                ),
                (
                    "account",
                    models.ForeignKey(
                        on_delete=django.db.models.deletion.PROTECT,
                        related_name="profiles",
                        to="accounts.account",
                    ),
                ),
            ],
            options={
                "constraints": [
                    django.contrib.postgres.constraints.ExclusionConstraint(
                        expressions=[
                            ("account", "="),
                            (core.db.models.TsTzRange("valid_from", "valid_until"), "&&"),
                        ],
                        name="billing_profile_no_overlap",
                    ),
                    models.CheckConstraint(
                        condition=models.Q(
                            ("valid_until__isnull", True),
                            ("valid_until__gt", models.F("valid_from")),
                            _connector="OR",
                        ),
                        name="billing_profile_ends_after_start",
                    ),
                    models.CheckConstraint(
                        condition=models.Q(("terms_days__lte", 365)),
                        name="billing_profile_terms_within_a_year",
                    ),
                    models.CheckConstraint(
                        condition=models.Q(
                            ("country", ""), ("country__regex", "^[A-Z]{2}$"), _connector="OR"
                        ),
                        name="billing_profile_country_is_a_code",
                    ),
                    models.CheckConstraint(
                        condition=models.Q(
                            ("region", ""),
                            models.Q(("country", ""), _negated=True),
                            _connector="OR",
                        ),
                        name="billing_profile_region_of_a_country",
                    ),
                ],
            },
        ),
        migrations.CreateModel(
            name="HistoricalAccount",
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
                    core.db.fields.PublicIdField(db_index=True, prefix="acc", unique=False),
                ),
                ("name", models.CharField(max_length=200)),
                (
                    "kind",
                    models.CharField(
                        choices=[
                            ("personal", "Personal"),
                            ("team", "Team"),
                            ("enterprise", "Enterprise"),
                        ],
                        max_length=10,
                    ),
                ),
                ("currency", core.db.fields.CurrencyField()),
                ("opened_at", models.DateTimeField()),
                ("closed_at", models.DateTimeField(blank=True, null=True)),
                (
                    "billing_anchor_on",
                    models.DateField(
                        help_text="Billing periods are counted in months from this local date."
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
                    "parent",
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
                "verbose_name": "historical account",
                "verbose_name_plural": "historical accounts",
                "ordering": ("-history_date", "-history_id"),
                "get_latest_by": ("history_date", "history_id"),
            },
            bases=(simple_history.models.HistoricalChanges, models.Model),
        ),
        pgtrigger.migrations.AddTrigger(
            model_name="historicalaccount",
            trigger=pgtrigger.compiler.Trigger(
                name="append_only",
                sql=core.db.immutability.UnconditionalTriggerSql(
                    func="RAISE EXCEPTION '% is append-only: % is refused', TG_TABLE_NAME, TG_OP USING ERRCODE = 'restrict_violation', CONSTRAINT = 'append_only';",
                    hash="bef0ce4feed9231da8ff2c213001fd11d22b35a1",
                    operation="UPDATE OR DELETE",
                    pgid="pgtrigger_append_only_e1f09",
                    table="accounts_historicalaccount",
                    when="BEFORE",
                ),
            ),
        ),
        pgtrigger.migrations.AddTrigger(
            model_name="historicalaccount",
            trigger=pgtrigger.compiler.Trigger(
                name="no_truncate",
                sql=core.db.immutability.UnconditionalTriggerSql(
                    func="RAISE EXCEPTION '% is append-only: % is refused', TG_TABLE_NAME, TG_OP USING ERRCODE = 'restrict_violation', CONSTRAINT = 'append_only';",
                    hash="6c020c81a2011df15845f4c3ff41b564ffc4980c",
                    level="STATEMENT",
                    operation="TRUNCATE",
                    pgid="pgtrigger_no_truncate_87dde",
                    table="accounts_historicalaccount",
                    when="BEFORE",
                ),
            ),
        ),
        migrations.CreateModel(
            name="HistoricalBillingProfile",
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
                    core.db.fields.PublicIdField(db_index=True, prefix="bpr", unique=False),
                ),
                ("valid_from", models.DateTimeField()),
                ("valid_until", models.DateTimeField(blank=True, null=True)),
                ("legal_name", models.CharField(max_length=300)),
                ("address", models.TextField(blank=True)),
                ("tax_id", models.CharField(blank=True, max_length=64)),
                ("email", models.EmailField(blank=True, max_length=254)),
                (
                    "country",
                    models.CharField(
                        blank=True,
                        help_text="ISO 3166 code, such as DE; decides the tax.",
                        max_length=2,
                    ),
                ),
                (
                    "region",
                    models.CharField(
                        blank=True,
                        help_text="Where tax differs within the country, such as CA.",
                        max_length=8,
                    ),
                ),
                (
                    "tax_id_status",
                    models.CharField(
                        choices=[
                            ("unverified", "Not verified"),
                            ("verified", "Confirmed by its register"),
                            ("invalid", "Refused by its register"),
                        ],
                        default="unverified",
                        help_text="Only a tax id that its register confirmed shifts the tax to the payer.",
                        max_length=16,
                    ),
                ),
                (
                    "language",
                    models.CharField(
                        choices=[("en", "English"), ("de", "German")],
                        default="en",
                        help_text="Of the papers: invoices, credit notes.",
                        max_length=2,
                    ),
                ),
                (
                    "zone",
                    models.CharField(
                        help_text="IANA time zone.",
                        max_length=64,
                        validators=[accounts.models.accounts.validate_zone],
                    ),
                ),
                (
                    "terms_days",
                    models.PositiveSmallIntegerField(help_text="Days from issue to the due date."),
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
                "verbose_name": "historical billing profile",
                "verbose_name_plural": "historical billing profiles",
                "ordering": ("-history_date", "-history_id"),
                "get_latest_by": ("history_date", "history_id"),
            },
            bases=(simple_history.models.HistoricalChanges, models.Model),
        ),
        pgtrigger.migrations.AddTrigger(
            model_name="historicalbillingprofile",
            trigger=pgtrigger.compiler.Trigger(
                name="append_only",
                sql=core.db.immutability.UnconditionalTriggerSql(
                    func="RAISE EXCEPTION '% is append-only: % is refused', TG_TABLE_NAME, TG_OP USING ERRCODE = 'restrict_violation', CONSTRAINT = 'append_only';",
                    hash="5fd21b57432cb2f55ae40b32e1b0f8a432391a8e",
                    operation="UPDATE OR DELETE",
                    pgid="pgtrigger_append_only_26d15",
                    table="accounts_historicalbillingprofile",
                    when="BEFORE",
                ),
            ),
        ),
        pgtrigger.migrations.AddTrigger(
            model_name="historicalbillingprofile",
            trigger=pgtrigger.compiler.Trigger(
                name="no_truncate",
                sql=core.db.immutability.UnconditionalTriggerSql(
                    func="RAISE EXCEPTION '% is append-only: % is refused', TG_TABLE_NAME, TG_OP USING ERRCODE = 'restrict_violation', CONSTRAINT = 'append_only';",
                    hash="f5ef3c7c5a7d98e5779cc4b562f3647ec3de3ed9",
                    level="STATEMENT",
                    operation="TRUNCATE",
                    pgid="pgtrigger_no_truncate_55d2c",
                    table="accounts_historicalbillingprofile",
                    when="BEFORE",
                ),
            ),
        ),
        migrations.CreateModel(
            name="HistoricalPartner_reportable_accounts",
            fields=[
                (
                    "id",
                    models.BigIntegerField(
                        auto_created=True, blank=True, db_index=True, verbose_name="ID"
                    ),
                ),
                (
                    "m2m_history_id",
                    models.BigAutoField(editable=False, primary_key=True, serialize=False),
                ),
                (
                    "account",
                    models.ForeignKey(
                        blank=True,
                        db_constraint=False,
                        db_tablespace="",
                        null=True,
                        on_delete=django.db.models.deletion.DO_NOTHING,
                        related_name="+",
                        to="accounts.account",
                    ),
                ),
                (
                    "history",
                    models.ForeignKey(
                        db_constraint=False,
                        on_delete=django.db.models.deletion.DO_NOTHING,
                        to="accounts.historicalpartner",
                    ),
                ),
                (
                    "partner",
                    models.ForeignKey(
                        blank=True,
                        db_constraint=False,
                        db_tablespace="",
                        null=True,
                        on_delete=django.db.models.deletion.DO_NOTHING,
                        related_name="+",
                        to="accounts.partner",
                    ),
                ),
            ],
            options={
                "verbose_name": "HistoricalPartner_reportable_accounts",
            },
            bases=(simple_history.models.HistoricalChanges, models.Model),
        ),
        pgtrigger.migrations.AddTrigger(
            model_name="historicalpartner_reportable_accounts",
            trigger=pgtrigger.compiler.Trigger(
                name="append_only",
                sql=core.db.immutability.UnconditionalTriggerSql(
                    func="RAISE EXCEPTION '% is append-only: % is refused', TG_TABLE_NAME, TG_OP USING ERRCODE = 'restrict_violation', CONSTRAINT = 'append_only';",
                    hash="f0044c47e220e1a8ab550d3551ac6660050cfd7c",
                    operation="UPDATE OR DELETE",
                    pgid="pgtrigger_append_only_50bc2",
                    table="accounts_historicalpartner_reportable_accounts",
                    when="BEFORE",
                ),
            ),
        ),
        pgtrigger.migrations.AddTrigger(
            model_name="historicalpartner_reportable_accounts",
            trigger=pgtrigger.compiler.Trigger(
                name="no_truncate",
                sql=core.db.immutability.UnconditionalTriggerSql(
                    func="RAISE EXCEPTION '% is append-only: % is refused', TG_TABLE_NAME, TG_OP USING ERRCODE = 'restrict_violation', CONSTRAINT = 'append_only';",
                    hash="d82691d6f15ae46abf82586d9286a0383bf8b3e1",
                    level="STATEMENT",
                    operation="TRUNCATE",
                    pgid="pgtrigger_no_truncate_1b17f",
                    table="accounts_historicalpartner_reportable_accounts",
                    when="BEFORE",
                ),
            ),
        ),
        migrations.CreateModel(
            name="Disclosure",
            fields=[
                (
                    "id",
                    models.BigAutoField(
                        auto_created=True, primary_key=True, serialize=False, verbose_name="ID"
                    ),
                ),
                ("public_id", core.db.fields.PublicIdField(prefix="dsc")),
                ("asked_at", models.DateTimeField()),
                ("reason", models.TextField()),
                (
                    "state",
                    models.CharField(
                        choices=[
                            ("asked", "Waits for a second person"),
                            ("shown", "Shown"),
                            ("refused", "Refused"),
                        ],
                        max_length=8,
                    ),
                ),
                ("decided_at", models.DateTimeField(blank=True, null=True)),
                ("decision_reason", models.TextField(blank=True, default="")),
                ("shown_until", models.DateTimeField(blank=True, null=True)),
                (
                    "account",
                    models.ForeignKey(
                        on_delete=django.db.models.deletion.PROTECT,
                        related_name="disclosures",
                        to="accounts.account",
                    ),
                ),
                (
                    "decided_by",
                    models.ForeignKey(
                        blank=True,
                        null=True,
                        on_delete=django.db.models.deletion.PROTECT,
                        related_name="disclosures_decided",
                        to=settings.AUTH_USER_MODEL,
                    ),
                ),
                (
                    "person",
                    models.ForeignKey(
                        on_delete=django.db.models.deletion.PROTECT,
                        related_name="disclosures",
                        to=settings.AUTH_USER_MODEL,
                    ),
                ),
            ],
            options={
                "indexes": [
                    models.Index(
                        fields=["person", "account", "-shown_until"], name="disclosure_shown"
                    ),
                    models.Index(fields=["-asked_at", "-id"], name="disclosure_by_time"),
                ],
                "constraints": [
                    models.CheckConstraint(
                        condition=models.Q(
                            models.Q(
                                ("decided_at__isnull", True),
                                ("decided_by__isnull", True),
                                ("shown_until__isnull", True),
                                ("state", "asked"),
                            ),
                            models.Q(
                                ("decided_at__isnull", False),
                                ("shown_until__isnull", False),
                                ("state", "shown"),
                            ),
                            models.Q(
                                ("decided_at__isnull", False),
                                ("decided_by__isnull", False),
                                ("shown_until__isnull", True),
                                ("state", "refused"),
                            ),
                            _connector="OR",
                        ),
                        name="disclosure_state",
                    ),
                    models.CheckConstraint(
                        condition=models.Q(("reason", ""), _negated=True),
                        name="disclosure_says_why",
                    ),
                    models.CheckConstraint(
                        condition=models.Q(
                            (
                                "shown_until__lte",
                                django.db.models.expressions.CombinedExpression(
                                    models.F("decided_at"),
                                    "+",
                                    models.Value(datetime.timedelta(seconds=900)),
                                ),
                            )
                        ),
                        name="disclosure_is_short",
                    ),
                    models.CheckConstraint(
                        condition=models.Q(("decided_by", models.F("person")), _negated=True),
                        name="disclosure_two_people",
                    ),
                    models.UniqueConstraint(
                        condition=models.Q(("state", "asked")),
                        fields=("person", "account"),
                        name="disclosure_asked_once",
                    ),
                ],
            },
        ),
        pgtrigger.migrations.AddTrigger(
            model_name="disclosure",
            trigger=pgtrigger.compiler.Trigger(
                name="disclosure_steps",
                sql=core.db.immutability.AlwaysTriggerSql(
                    func="\n    IF TG_OP = 'INSERT' AND (NEW.state = 'asked' OR (NEW.state = 'shown' AND NEW.decided_by_id IS NULL))\n    THEN\n        RETURN NEW;\n    END IF;\n    IF TG_OP = 'UPDATE' AND OLD.state = 'asked' AND NEW.state IN ('shown', 'refused')\n        AND NEW.decided_by_id IS NOT NULL\n        AND (OLD.id, OLD.public_id, OLD.account_id, OLD.person_id, OLD.asked_at, OLD.reason)\n            IS NOT DISTINCT FROM\n            (NEW.id, NEW.public_id, NEW.account_id, NEW.person_id, NEW.asked_at, NEW.reason)\n    THEN\n        RETURN NEW;\n    END IF;\n    RAISE EXCEPTION 'a disclosure is asked for and decided once: % is refused', TG_OP\n    USING ERRCODE = 'restrict_violation', CONSTRAINT = 'disclosure_steps';\n",
                    hash="6e759955e61ec728895317ffba9254d89c9ea078",
                    operation="INSERT OR UPDATE OR DELETE",
                    pgid="pgtrigger_disclosure_steps_ea3d5",
                    table="accounts_disclosure",
                    when="BEFORE",
                ),
            ),
        ),
        pgtrigger.migrations.AddTrigger(
            model_name="disclosure",
            trigger=pgtrigger.compiler.Trigger(
                name="no_truncate",
                sql=core.db.immutability.UnconditionalTriggerSql(
                    func="RAISE EXCEPTION '% is append-only: % is refused', TG_TABLE_NAME, TG_OP USING ERRCODE = 'restrict_violation', CONSTRAINT = 'append_only';",
                    hash="4debb53cd8ebf833be3ab46ef524c48e345a2b85",
                    level="STATEMENT",
                    operation="TRUNCATE",
                    pgid="pgtrigger_no_truncate_8d08a",
                    table="accounts_disclosure",
                    when="BEFORE",
                ),
            ),
        ),
        migrations.CreateModel(
            name="PersonalToken",
            fields=[
                (
                    "id",
                    models.BigAutoField(
                        auto_created=True, primary_key=True, serialize=False, verbose_name="ID"
                    ),
                ),
                ("public_id", core.db.fields.PublicIdField(prefix="ptk")),
                ("label", models.CharField(max_length=100)),
                ("secret_sha256", models.CharField(max_length=64, unique=True)),
                ("issued_at", models.DateTimeField()),
                ("expires_at", models.DateTimeField()),
                (
                    "person",
                    models.ForeignKey(
                        on_delete=django.db.models.deletion.PROTECT,
                        related_name="personal_tokens",
                        to=settings.AUTH_USER_MODEL,
                    ),
                ),
            ],
            options={
                "abstract": False,
                "constraints": [
                    models.CheckConstraint(
                        condition=models.Q(("expires_at__gt", models.F("issued_at"))),
                        name="personal_token_lasts",
                    ),
                    models.CheckConstraint(
                        condition=models.Q(("label", ""), _negated=True),
                        name="personal_token_has_a_label",
                    ),
                ],
            },
        ),
        pgtrigger.migrations.AddTrigger(
            model_name="personaltoken",
            trigger=pgtrigger.compiler.Trigger(
                name="append_only",
                sql=core.db.immutability.UnconditionalTriggerSql(
                    func="RAISE EXCEPTION '% is append-only: % is refused', TG_TABLE_NAME, TG_OP USING ERRCODE = 'restrict_violation', CONSTRAINT = 'append_only';",
                    hash="0c606ec7da1afe0a18da4e36fdeb2edc464daa52",
                    operation="UPDATE OR DELETE",
                    pgid="pgtrigger_append_only_4747c",
                    table="accounts_personaltoken",
                    when="BEFORE",
                ),
            ),
        ),
        pgtrigger.migrations.AddTrigger(
            model_name="personaltoken",
            trigger=pgtrigger.compiler.Trigger(
                name="no_truncate",
                sql=core.db.immutability.UnconditionalTriggerSql(
                    func="RAISE EXCEPTION '% is append-only: % is refused', TG_TABLE_NAME, TG_OP USING ERRCODE = 'restrict_violation', CONSTRAINT = 'append_only';",
                    hash="e3497076630890e45d740483b35a9ae82347bc75",
                    level="STATEMENT",
                    operation="TRUNCATE",
                    pgid="pgtrigger_no_truncate_f150c",
                    table="accounts_personaltoken",
                    when="BEFORE",
                ),
            ),
        ),
        migrations.CreateModel(
            name="PersonalTokenEnd",
            fields=[
                (
                    "id",
                    models.BigAutoField(
                        auto_created=True, primary_key=True, serialize=False, verbose_name="ID"
                    ),
                ),
                ("ended_at", models.DateTimeField()),
                (
                    "ended_by",
                    models.ForeignKey(
                        on_delete=django.db.models.deletion.PROTECT,
                        related_name="tokens_ended",
                        to=settings.AUTH_USER_MODEL,
                    ),
                ),
                (
                    "token",
                    models.OneToOneField(
                        on_delete=django.db.models.deletion.PROTECT,
                        related_name="end",
                        to="accounts.personaltoken",
                    ),
                ),
            ],
            options={
                "abstract": False,
            },
        ),
        pgtrigger.migrations.AddTrigger(
            model_name="personaltokenend",
            trigger=pgtrigger.compiler.Trigger(
                name="append_only",
                sql=core.db.immutability.UnconditionalTriggerSql(
                    func="RAISE EXCEPTION '% is append-only: % is refused', TG_TABLE_NAME, TG_OP USING ERRCODE = 'restrict_violation', CONSTRAINT = 'append_only';",
                    hash="c1083d7f686f692780f5ec3092ce936812b9680b",
                    operation="UPDATE OR DELETE",
                    pgid="pgtrigger_append_only_77b80",
                    table="accounts_personaltokenend",
                    when="BEFORE",
                ),
            ),
        ),
        pgtrigger.migrations.AddTrigger(
            model_name="personaltokenend",
            trigger=pgtrigger.compiler.Trigger(
                name="no_truncate",
                sql=core.db.immutability.UnconditionalTriggerSql(
                    func="RAISE EXCEPTION '% is append-only: % is refused', TG_TABLE_NAME, TG_OP USING ERRCODE = 'restrict_violation', CONSTRAINT = 'append_only';",
                    hash="4a06312ac84c3e4eb63933c281d121d2f6b22882",
                    level="STATEMENT",
                    operation="TRUNCATE",
                    pgid="pgtrigger_no_truncate_2775f",
                    table="accounts_personaltokenend",
                    when="BEFORE",
                ),
            ),
        ),
        migrations.CreateModel(
            name="PutOff",
            fields=[
                (
                    "id",
                    models.BigAutoField(
                        auto_created=True, primary_key=True, serialize=False, verbose_name="ID"
                    ),
                ),
                ("public_id", core.db.fields.PublicIdField(prefix="pof")),
                ("about", models.CharField(max_length=64)),
                ("said_at", models.DateTimeField()),
                ("until", models.DateTimeField()),
                ("reason", models.TextField()),
                (
                    "person",
                    models.ForeignKey(
                        on_delete=django.db.models.deletion.PROTECT,
                        related_name="put_off",
                        to=settings.AUTH_USER_MODEL,
                    ),
                ),
            ],
            options={
                "abstract": False,
            },
        ),
        migrations.CreateModel(
            name="SavedView",
            fields=[
                (
                    "id",
                    models.BigAutoField(
                        auto_created=True, primary_key=True, serialize=False, verbose_name="ID"
                    ),
                ),
                ("public_id", core.db.fields.PublicIdField(prefix="svw")),
                ("page", models.CharField(max_length=64)),
                ("name", models.CharField(max_length=80)),
                ("query", models.CharField(blank=True, default="", max_length=1000)),
                ("is_shared", models.BooleanField(default=False)),
                ("saved_at", models.DateTimeField()),
                (
                    "person",
                    models.ForeignKey(
                        on_delete=django.db.models.deletion.PROTECT,
                        related_name="saved_views",
                        to=settings.AUTH_USER_MODEL,
                    ),
                ),
            ],
            options={
                "abstract": False,
            },
        ),
        migrations.CreateModel(
            name="SavedViewEnd",
            fields=[
                (
                    "id",
                    models.BigAutoField(
                        auto_created=True, primary_key=True, serialize=False, verbose_name="ID"
                    ),
                ),
                ("ended_at", models.DateTimeField()),
                (
                    "ended_by",
                    models.ForeignKey(
                        on_delete=django.db.models.deletion.PROTECT,
                        related_name="views_ended",
                        to=settings.AUTH_USER_MODEL,
                    ),
                ),
                (
                    "view",
                    models.OneToOneField(
                        on_delete=django.db.models.deletion.PROTECT,
                        related_name="end",
                        to="accounts.savedview",
                    ),
                ),
            ],
            options={
                "abstract": False,
            },
        ),
        migrations.CreateModel(
            name="CustomerLook",
            fields=[
                (
                    "id",
                    models.BigAutoField(
                        auto_created=True, primary_key=True, serialize=False, verbose_name="ID"
                    ),
                ),
                ("public_id", core.db.fields.PublicIdField(prefix="clk")),
                ("began_at", models.DateTimeField()),
                ("until", models.DateTimeField()),
                ("reason", models.TextField()),
                (
                    "account",
                    models.ForeignKey(
                        on_delete=django.db.models.deletion.PROTECT,
                        related_name="customer_looks",
                        to="accounts.account",
                    ),
                ),
                (
                    "person",
                    models.ForeignKey(
                        on_delete=django.db.models.deletion.PROTECT,
                        related_name="customer_looks",
                        to=settings.AUTH_USER_MODEL,
                    ),
                ),
            ],
            options={
                "abstract": False,
                "indexes": [
                    models.Index(fields=["person", "account", "-until"], name="customer_look_open"),
                    models.Index(fields=["account", "began_at"], name="customer_look_by_account"),
                ],
                "constraints": [
                    models.CheckConstraint(
                        condition=models.Q(("reason", ""), _negated=True),
                        name="customer_look_says_why",
                    ),
                    models.CheckConstraint(
                        condition=models.Q(
                            ("until__gt", models.F("began_at")),
                            (
                                "until__lte",
                                django.db.models.expressions.CombinedExpression(
                                    models.F("began_at"),
                                    "+",
                                    models.Value(datetime.timedelta(seconds=1800)),
                                ),
                            ),
                        ),
                        name="customer_look_is_short",
                    ),
                ],
            },
        ),
        pgtrigger.migrations.AddTrigger(
            model_name="customerlook",
            trigger=pgtrigger.compiler.Trigger(
                name="append_only",
                sql=core.db.immutability.UnconditionalTriggerSql(
                    func="RAISE EXCEPTION '% is append-only: % is refused', TG_TABLE_NAME, TG_OP USING ERRCODE = 'restrict_violation', CONSTRAINT = 'append_only';",
                    hash="99aa5e55d9857568f1aaf385e227fe0fdd478536",
                    operation="UPDATE OR DELETE",
                    pgid="pgtrigger_append_only_f60ed",
                    table="accounts_customerlook",
                    when="BEFORE",
                ),
            ),
        ),
        pgtrigger.migrations.AddTrigger(
            model_name="customerlook",
            trigger=pgtrigger.compiler.Trigger(
                name="no_truncate",
                sql=core.db.immutability.UnconditionalTriggerSql(
                    func="RAISE EXCEPTION '% is append-only: % is refused', TG_TABLE_NAME, TG_OP USING ERRCODE = 'restrict_violation', CONSTRAINT = 'append_only';",
                    hash="9f3f63d947701c999fa1bd20f7383ee0b20d7b9d",
                    level="STATEMENT",
                    operation="TRUNCATE",
                    pgid="pgtrigger_no_truncate_0a3e3",
                    table="accounts_customerlook",
                    when="BEFORE",
                ),
            ),
        ),
        migrations.AddIndex(
            model_name="putoff",
            index=models.Index(fields=["person", "-until"], name="put_off_by_person"),
        ),
        migrations.AddConstraint(
            model_name="putoff",
            constraint=models.CheckConstraint(
                condition=models.Q(("reason", ""), _negated=True), name="put_off_says_why"
            ),
        ),
        migrations.AddConstraint(
            model_name="putoff",
            constraint=models.CheckConstraint(
                condition=models.Q(
                    ("until__gte", models.F("said_at")),
                    (
                        "until__lte",
                        django.db.models.expressions.CombinedExpression(
                            models.F("said_at"), "+", models.Value(datetime.timedelta(days=31))
                        ),
                    ),
                ),
                name="put_off_is_not_for_good",
            ),
        ),
        pgtrigger.migrations.AddTrigger(
            model_name="putoff",
            trigger=pgtrigger.compiler.Trigger(
                name="append_only",
                sql=core.db.immutability.UnconditionalTriggerSql(
                    func="RAISE EXCEPTION '% is append-only: % is refused', TG_TABLE_NAME, TG_OP USING ERRCODE = 'restrict_violation', CONSTRAINT = 'append_only';",
                    hash="d96e31ef7b1083b9797294a8ee3deafc59e22e71",
                    operation="UPDATE OR DELETE",
                    pgid="pgtrigger_append_only_d0a0f",
                    table="accounts_putoff",
                    when="BEFORE",
                ),
            ),
        ),
        pgtrigger.migrations.AddTrigger(
            model_name="putoff",
            trigger=pgtrigger.compiler.Trigger(
                name="no_truncate",
                sql=core.db.immutability.UnconditionalTriggerSql(
                    func="RAISE EXCEPTION '% is append-only: % is refused', TG_TABLE_NAME, TG_OP USING ERRCODE = 'restrict_violation', CONSTRAINT = 'append_only';",
                    hash="6b6e8af8b95b41c1de23a3e7c09be40d9d7faa08",
                    level="STATEMENT",
                    operation="TRUNCATE",
                    pgid="pgtrigger_no_truncate_cbc89",
                    table="accounts_putoff",
                    when="BEFORE",
                ),
            ),
        ),
        migrations.AddIndex(
            model_name="savedview",
            index=models.Index(fields=["page", "name"], name="saved_view_by_page"),
        ),
        migrations.AddConstraint(
            model_name="savedview",
            constraint=models.CheckConstraint(
                condition=models.Q(("name", ""), _negated=True), name="saved_view_has_a_name"
            ),
        ),
        pgtrigger.migrations.AddTrigger(
            model_name="savedview",
            trigger=pgtrigger.compiler.Trigger(
                name="append_only",
                sql=core.db.immutability.UnconditionalTriggerSql(
                    func="RAISE EXCEPTION '% is append-only: % is refused', TG_TABLE_NAME, TG_OP USING ERRCODE = 'restrict_violation', CONSTRAINT = 'append_only';",
                    hash="0dedbca3263190352f9f657b7f6d3e39a953a227",
                    operation="UPDATE OR DELETE",
                    pgid="pgtrigger_append_only_e6834",
                    table="accounts_savedview",
                    when="BEFORE",
                ),
            ),
        ),
        pgtrigger.migrations.AddTrigger(
            model_name="savedview",
            trigger=pgtrigger.compiler.Trigger(
                name="no_truncate",
                sql=core.db.immutability.UnconditionalTriggerSql(
                    func="RAISE EXCEPTION '% is append-only: % is refused', TG_TABLE_NAME, TG_OP USING ERRCODE = 'restrict_violation', CONSTRAINT = 'append_only';",
                    hash="b0307d45692984460ad06704966a5b3b89010818",
                    level="STATEMENT",
                    operation="TRUNCATE",
                    pgid="pgtrigger_no_truncate_95f00",
                    table="accounts_savedview",
                    when="BEFORE",
                ),
            ),
        ),
        pgtrigger.migrations.AddTrigger(
            model_name="savedviewend",
            trigger=pgtrigger.compiler.Trigger(
                name="append_only",
                sql=core.db.immutability.UnconditionalTriggerSql(
                    func="RAISE EXCEPTION '% is append-only: % is refused', TG_TABLE_NAME, TG_OP USING ERRCODE = 'restrict_violation', CONSTRAINT = 'append_only';",
                    hash="fba159125767834294aeaa7f5fe2b94069abe941",
                    operation="UPDATE OR DELETE",
                    pgid="pgtrigger_append_only_89eb0",
                    table="accounts_savedviewend",
                    when="BEFORE",
                ),
            ),
        ),
        pgtrigger.migrations.AddTrigger(
            model_name="savedviewend",
            trigger=pgtrigger.compiler.Trigger(
                name="no_truncate",
                sql=core.db.immutability.UnconditionalTriggerSql(
                    func="RAISE EXCEPTION '% is append-only: % is refused', TG_TABLE_NAME, TG_OP USING ERRCODE = 'restrict_violation', CONSTRAINT = 'append_only';",
                    hash="1bf9ea49cd8e75910c1ec7cbb2f04d63a515701f",
                    level="STATEMENT",
                    operation="TRUNCATE",
                    pgid="pgtrigger_no_truncate_7e96f",
                    table="accounts_savedviewend",
                    when="BEFORE",
                ),
            ),
        ),
    ]
