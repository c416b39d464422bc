import django.db.models.deletion
import pgtrigger.compiler
import pgtrigger.migrations
from django.conf import settings
from django.db import migrations, models

import core.db.fields
import core.db.immutability


class Migration(migrations.Migration):
    initial = True

    dependencies = [
        ("accounts", "0003_resources_are_kept"),
        ("accounts", "__first__"),
    ]

    operations = [
        migrations.CreateModel(
            name="Proposal",
            fields=[
                (
                    "id",
                    models.BigAutoField(
                        auto_created=True, primary_key=True, serialize=False, verbose_name="ID"
                    ),
                ),
                ("public_id", core.db.fields.PublicIdField(prefix="prp")),
                ("kind", models.CharField(max_length=32)),
                (
                    "subject",
                    models.CharField(
                        blank=True,
                        help_text="Public id of what it changes, such as an invoice.",
                        max_length=64,
                    ),
                ),
                ("currency", core.db.fields.CurrencyField()),
                (
                    "amount_minor",
                    core.db.fields.MinorAmountField(
                        help_text="What the present version moves, without a sign."
                    ),
                ),
                ("version", models.PositiveIntegerField(default=1)),
                (
                    "wish_digest",
                    models.CharField(help_text="Of the kind and what was asked.", max_length=64),
                ),
                (
                    "seal",
                    models.CharField(
                        help_text="Of the present version; a decision names it.", max_length=64
                    ),
                ),
                (
                    "state",
                    models.CharField(
                        choices=[
                            ("open", "Open"),
                            ("approved", "Approved"),
                            ("rejected", "Rejected"),
                            ("withdrawn", "Withdrawn"),
                            ("expired", "Expired"),
                            ("superseded", "Superseded"),
                        ],
                        default="open",
                        max_length=10,
                    ),
                ),
                (
                    "outcome",
                    models.CharField(
                        blank=True,
                        choices=[
                            ("executed", "Executed"),
                            ("changed", "Changed since it was seen"),
                            ("nothing_left", "Nothing left to do"),
                            ("refused", "Refused"),
                            ("unknown", "Not known"),
                        ],
                        default="",
                        max_length=12,
                    ),
                ),
                ("reason_code", models.CharField(max_length=32)),
                ("ticket", models.CharField(blank=True, max_length=100)),
                ("put_forward_at", models.DateTimeField()),
                ("expires_at", models.DateTimeField()),
                ("decided_at", models.DateTimeField(blank=True, null=True)),
                (
                    "account",
                    models.ForeignKey(
                        db_index=False,
                        on_delete=django.db.models.deletion.PROTECT,
                        related_name="proposals",
                        to="accounts.account",
                    ),
                ),
                (
                    "decided_by",
                    models.ForeignKey(
                        blank=True,
                        null=True,
                        on_delete=django.db.models.deletion.PROTECT,
                        related_name="proposals_decided",
                        to=settings.AUTH_USER_MODEL,
                    ),
                ),
                (
                    "maker",
                    models.ForeignKey(
                        on_delete=django.db.models.deletion.PROTECT,
                        related_name="proposals_made",
                        to=settings.AUTH_USER_MODEL,
                    ),
                ),
                (
                    "replaces",
                    models.OneToOneField(
                        blank=True,
                        null=True,
                        on_delete=django.db.models.deletion.PROTECT,
                        related_name="replaced_by",
                        to="approvals.proposal",
                    ),
                ),
            ],
            options={
                "indexes": [
                    models.Index(fields=["-put_forward_at", "-id"], name="proposal_by_time"),
                    models.Index(
                        fields=["state", "-put_forward_at", "-id"], name="proposal_by_state"
                    ),
                    models.Index(fields=["subject"], name="proposal_by_subject"),
                    models.Index(
                        fields=["account", "-put_forward_at", "-id"], name="proposal_by_account"
                    ),
                ],
                "constraints": [
                    models.CheckConstraint(
                        condition=models.Q(
                            models.Q(
                                ("decided_by__isnull", False),
                                ("state__in", ["approved", "rejected"]),
                                models.Q(("decided_by", models.F("maker")), _negated=True),
                            ),
                            models.Q(("decided_by", models.F("maker")), ("state", "withdrawn")),
                            models.Q(
                                ("decided_by__isnull", True),
                                ("state__in", ["open", "expired", "superseded"]),
                            ),
                            _connector="OR",
                        ),
                        name="proposal_two_people",
                    ),
                    models.CheckConstraint(
                        condition=models.Q(
                            models.Q(("decided_at__isnull", True), ("decided_by__isnull", True)),
                            models.Q(("decided_at__isnull", False), ("decided_by__isnull", False)),
                            _connector="OR",
                        ),
                        name="proposal_decided_at_an_instant",
                    ),
                    models.CheckConstraint(
                        condition=models.Q(
                            ("decided_at__isnull", True),
                            ("decided_at__lt", models.F("expires_at")),
                            _connector="OR",
                        ),
                        name="proposal_decided_in_time",
                    ),
                    models.CheckConstraint(
                        condition=models.Q(
                            ("outcome__in", ["", "changed"]),
                            models.Q(
                                ("outcome__in", ["executed", "nothing_left", "refused", "unknown"]),
                                ("state", "approved"),
                            ),
                            _connector="OR",
                        ),
                        name="proposal_executed_once_approved",
                    ),
                    models.CheckConstraint(
                        condition=models.Q(("expires_at__gt", models.F("put_forward_at"))),
                        name="proposal_open_for_a_time",
                    ),
                    models.CheckConstraint(
                        condition=models.Q(("amount_minor__gte", 0)),
                        name="proposal_amount_has_no_sign",
                    ),
                    models.UniqueConstraint(
                        condition=models.Q(("state", "open")),
                        fields=("wish_digest",),
                        name="proposal_open_once",
                    ),
                ],
            },
        ),
        pgtrigger.migrations.AddTrigger(
            model_name="proposal",
            trigger=pgtrigger.compiler.Trigger(
                name="proposal_steps",
                sql=core.db.immutability.AlwaysTriggerSql(
                    func="\n    IF TG_OP = 'INSERT' AND NEW.state = 'open' AND NEW.outcome = '' AND NEW.version = 1 THEN\n        RETURN NEW;\n    END IF;\n    IF TG_OP = 'UPDATE'\n        AND (OLD.id, OLD.public_id, OLD.kind, OLD.account_id, OLD.currency, OLD.reason_code,\n             OLD.ticket, OLD.maker_id, OLD.put_forward_at, OLD.expires_at, OLD.replaces_id,\n             OLD.wish_digest, OLD.subject)\n            IS NOT DISTINCT FROM\n            (NEW.id, NEW.public_id, NEW.kind, NEW.account_id, NEW.currency, NEW.reason_code,\n             NEW.ticket, NEW.maker_id, NEW.put_forward_at, NEW.expires_at, NEW.replaces_id,\n             NEW.wish_digest, NEW.subject)\n        AND OLD.outcome <> 'executed'\n        AND (\n            (OLD.state = 'open' AND NEW.state <> 'open'\n             AND (OLD.version, OLD.seal, OLD.amount_minor)\n                 = (NEW.version, NEW.seal, NEW.amount_minor))\n            OR (OLD.state = 'approved' AND NEW.state = 'approved'\n                AND (OLD.version, OLD.seal, OLD.amount_minor, OLD.decided_by_id, OLD.decided_at)\n                    = (NEW.version, NEW.seal, NEW.amount_minor, NEW.decided_by_id, NEW.decided_at))\n            OR (OLD.state = 'approved' AND NEW.state = 'open' AND NEW.version = OLD.version + 1\n                AND NEW.outcome = 'changed' AND NEW.decided_by_id IS NULL)\n        )\n    THEN\n        RETURN NEW;\n    END IF;\n    RAISE EXCEPTION 'a proposal is decided in steps: % is refused', TG_OP\n    USING ERRCODE = 'restrict_violation', CONSTRAINT = 'proposal_steps';\n",
                    hash="f64a2bb653fef8ba363544fa13c89c8330ce884c",
                    operation="INSERT OR UPDATE OR DELETE",
                    pgid="pgtrigger_proposal_steps_cb440",
                    table="approvals_proposal",
                    when="BEFORE",
                ),
            ),
        ),
        pgtrigger.migrations.AddTrigger(
            model_name="proposal",
            trigger=pgtrigger.compiler.Trigger(
                name="no_truncate",
                sql=core.db.immutability.UnconditionalTriggerSql(
                    func="RAISE EXCEPTION '% is append-only: % is refused', TG_TABLE_NAME, TG_OP USING ERRCODE = 'restrict_violation', CONSTRAINT = 'append_only';",
                    hash="9011a11336b701bcdea94635225c5658218b8127",
                    level="STATEMENT",
                    operation="TRUNCATE",
                    pgid="pgtrigger_no_truncate_ea436",
                    table="approvals_proposal",
                    when="BEFORE",
                ),
            ),
        ),
        migrations.CreateModel(
            name="Decision",
            fields=[
                (
                    "id",
                    models.BigAutoField(
                        auto_created=True, primary_key=True, serialize=False, verbose_name="ID"
                    ),
                ),
                ("version", models.PositiveIntegerField()),
                (
                    "vote",
                    models.CharField(
                        choices=[
                            ("approve", "Approved"),
                            ("reject", "Rejected"),
                            ("withdraw", "Withdrawn"),
                        ],
                        max_length=8,
                    ),
                ),
                ("seal_seen", models.CharField(max_length=64)),
                ("decided_at", models.DateTimeField()),
                ("reason", models.TextField(blank=True)),
                (
                    "person",
                    models.ForeignKey(
                        on_delete=django.db.models.deletion.PROTECT,
                        related_name="decisions_made",
                        to=settings.AUTH_USER_MODEL,
                    ),
                ),
                (
                    "proposal",
                    models.ForeignKey(
                        on_delete=django.db.models.deletion.PROTECT,
                        related_name="decisions",
                        to="approvals.proposal",
                    ),
                ),
            ],
            options={
                "abstract": False,
                "constraints": [
                    models.CheckConstraint(
                        condition=models.Q(
                            ("vote", "approve"),
                            models.Q(("reason", ""), _negated=True),
                            _connector="OR",
                        ),
                        name="decision_says_why",
                    )
                ],
            },
        ),
        pgtrigger.migrations.AddTrigger(
            model_name="decision",
            trigger=pgtrigger.compiler.Trigger(
                name="append_only",
                sql=core.db.immutability.UnconditionalTriggerSql(
                    func="RAISE EXCEPTION '% is append-only: % is refused', TG_TABLE_NAME, TG_OP USING ERRCODE = 'restrict_violation', CONSTRAINT = 'append_only';",
                    hash="7349e4bced38be3f6796ba7762c004f58041a767",
                    operation="UPDATE OR DELETE",
                    pgid="pgtrigger_append_only_cd8c6",
                    table="approvals_decision",
                    when="BEFORE",
                ),
            ),
        ),
        pgtrigger.migrations.AddTrigger(
            model_name="decision",
            trigger=pgtrigger.compiler.Trigger(
                name="no_truncate",
                sql=core.db.immutability.UnconditionalTriggerSql(
                    func="RAISE EXCEPTION '% is append-only: % is refused', TG_TABLE_NAME, TG_OP USING ERRCODE = 'restrict_violation', CONSTRAINT = 'append_only';",
                    hash="03449b5e295c85c379299e4ece5086dee21633cf",
                    level="STATEMENT",
                    operation="TRUNCATE",
                    pgid="pgtrigger_no_truncate_d38f4",
                    table="approvals_decision",
                    when="BEFORE",
                ),
            ),
        ),
        pgtrigger.migrations.AddTrigger(
            model_name="decision",
            trigger=pgtrigger.compiler.Trigger(
                name="proposal_two_people",
                sql=core.db.immutability.AlwaysTriggerSql(
                    declare="DECLARE maker bigint;",
                    func="\n    SELECT maker_id INTO maker FROM approvals_proposal WHERE id = NEW.proposal_id;\n    IF (NEW.vote = 'withdraw') <> (NEW.person_id = maker) THEN\n        RAISE EXCEPTION 'person % cannot % what person % put forward',\n            NEW.person_id, NEW.vote, maker\n            USING ERRCODE = 'check_violation', CONSTRAINT = 'proposal_two_people';\n    END IF;\n    RETURN NEW;\n",
                    hash="bdb78d7df711c2f8575018d5297fc3bf73f76184",
                    operation="INSERT",
                    pgid="pgtrigger_proposal_two_people_3802a",
                    table="approvals_decision",
                    when="BEFORE",
                ),
            ),
        ),
        migrations.CreateModel(
            name="ProposalExecution",
            fields=[
                (
                    "id",
                    models.BigAutoField(
                        auto_created=True, primary_key=True, serialize=False, verbose_name="ID"
                    ),
                ),
                ("attempt", models.PositiveIntegerField()),
                ("version", models.PositiveIntegerField()),
                (
                    "outcome",
                    models.CharField(
                        choices=[
                            ("executed", "Executed"),
                            ("changed", "Changed since it was seen"),
                            ("nothing_left", "Nothing left to do"),
                            ("refused", "Refused"),
                            ("unknown", "Not known"),
                        ],
                        max_length=12,
                    ),
                ),
                (
                    "effect_ref",
                    models.CharField(
                        blank=True,
                        help_text="Public id of what it made; none where nothing was.",
                        max_length=64,
                    ),
                ),
                ("said", models.TextField(blank=True, help_text="Why not, or what changed.")),
                ("executed_at", models.DateTimeField()),
                (
                    "executed_by",
                    models.ForeignKey(
                        on_delete=django.db.models.deletion.PROTECT,
                        related_name="proposals_executed",
                        to=settings.AUTH_USER_MODEL,
                    ),
                ),
                (
                    "proposal",
                    models.ForeignKey(
                        db_index=False,
                        on_delete=django.db.models.deletion.PROTECT,
                        related_name="executions",
                        to="approvals.proposal",
                    ),
                ),
            ],
            options={
                "abstract": False,
                "constraints": [
                    models.UniqueConstraint(
                        fields=("proposal", "attempt"), name="proposal_execution_numbered"
                    ),
                    models.UniqueConstraint(
                        condition=models.Q(("outcome", "executed")),
                        fields=("proposal",),
                        name="proposal_executed_once",
                    ),
                    models.CheckConstraint(
                        condition=models.Q(
                            models.Q(
                                ("outcome", "executed"), models.Q(("effect_ref", ""), _negated=True)
                            ),
                            models.Q(
                                models.Q(("outcome", "executed"), _negated=True), ("effect_ref", "")
                            ),
                            _connector="OR",
                        ),
                        name="proposal_execution_names_its_effect",
                    ),
                ],
            },
        ),
        pgtrigger.migrations.AddTrigger(
            model_name="proposalexecution",
            trigger=pgtrigger.compiler.Trigger(
                name="append_only",
                sql=core.db.immutability.UnconditionalTriggerSql(
                    func="RAISE EXCEPTION '% is append-only: % is refused', TG_TABLE_NAME, TG_OP USING ERRCODE = 'restrict_violation', CONSTRAINT = 'append_only';",
                    hash="6852920436231af38589816077a7972cf537ee15",
                    operation="UPDATE OR DELETE",
                    pgid="pgtrigger_append_only_b90fd",
                    table="approvals_proposalexecution",
                    when="BEFORE",
                ),
            ),
        ),
        pgtrigger.migrations.AddTrigger(
            model_name="proposalexecution",
            trigger=pgtrigger.compiler.Trigger(
                name="no_truncate",
                sql=core.db.immutability.UnconditionalTriggerSql(
                    func="RAISE EXCEPTION '% is append-only: % is refused', TG_TABLE_NAME, TG_OP USING ERRCODE = 'restrict_violation', CONSTRAINT = 'append_only';",
                    hash="ecca917031fdab1786b64124cc32f311e1d36918",
                    level="STATEMENT",
                    operation="TRUNCATE",
                    pgid="pgtrigger_no_truncate_132a4",
                    table="approvals_proposalexecution",
                    when="BEFORE",
                ),
            ),
        ),
        pgtrigger.migrations.AddTrigger(
            model_name="proposalexecution",
            trigger=pgtrigger.compiler.Trigger(
                name="proposal_execution_approved",
                sql=core.db.immutability.AlwaysTriggerSql(
                    func="\n    IF NOT EXISTS (\n        SELECT FROM approvals_proposal AS proposal\n        JOIN approvals_decision AS decision\n            ON decision.proposal_id = proposal.id AND decision.version = NEW.version\n        WHERE proposal.id = NEW.proposal_id AND proposal.version = NEW.version\n          AND proposal.state = 'approved' AND decision.vote = 'approve'\n          AND decision.seal_seen = proposal.seal AND decision.person_id <> proposal.maker_id\n    ) THEN\n        RAISE EXCEPTION 'version % of proposal % is not approved', NEW.version, NEW.proposal_id\n            USING ERRCODE = 'check_violation', CONSTRAINT = 'proposal_execution_approved';\n    END IF;\n    RETURN NEW;\n",
                    hash="0d07fea520d36325b5c2ff93aad22f6300aac236",
                    operation="INSERT",
                    pgid="pgtrigger_proposal_execution_approved_eafea",
                    table="approvals_proposalexecution",
                    when="BEFORE",
                ),
            ),
        ),
        migrations.CreateModel(
            name="ProposalVersion",
            fields=[
                (
                    "id",
                    models.BigAutoField(
                        auto_created=True, primary_key=True, serialize=False, verbose_name="ID"
                    ),
                ),
                ("number", models.PositiveIntegerField()),
                ("payload", models.JSONField(help_text="What was asked, in its canonical form.")),
                ("payload_digest", models.CharField(max_length=64)),
                (
                    "effect",
                    models.JSONField(
                        help_text="What that comes to, by the code that carries it out."
                    ),
                ),
                ("effect_digest", models.CharField(max_length=64)),
                ("amount_minor", core.db.fields.MinorAmountField()),
                ("policy_version", models.PositiveIntegerField()),
                ("seal", models.CharField(max_length=64)),
                ("prepared_at", models.DateTimeField()),
                ("reason", models.TextField()),
                (
                    "proposal",
                    models.ForeignKey(
                        db_index=False,
                        on_delete=django.db.models.deletion.PROTECT,
                        related_name="versions",
                        to="approvals.proposal",
                    ),
                ),
            ],
            options={
                "abstract": False,
                "constraints": [
                    models.UniqueConstraint(
                        fields=("proposal", "number"), name="proposal_version_numbered"
                    ),
                    models.CheckConstraint(
                        condition=models.Q(("reason", ""), _negated=True),
                        name="proposal_version_says_why",
                    ),
                ],
            },
        ),
        pgtrigger.migrations.AddTrigger(
            model_name="proposalversion",
            trigger=pgtrigger.compiler.Trigger(
                name="append_only",
                sql=core.db.immutability.UnconditionalTriggerSql(
                    func="RAISE EXCEPTION '% is append-only: % is refused', TG_TABLE_NAME, TG_OP USING ERRCODE = 'restrict_violation', CONSTRAINT = 'append_only';",
                    hash="2523e4c2ab8565254d0f0c818b9f1eabf974d5ed",
                    operation="UPDATE OR DELETE",
                    pgid="pgtrigger_append_only_19f4c",
                    table="approvals_proposalversion",
                    when="BEFORE",
                ),
            ),
        ),
        pgtrigger.migrations.AddTrigger(
            model_name="proposalversion",
            trigger=pgtrigger.compiler.Trigger(
                name="no_truncate",
                sql=core.db.immutability.UnconditionalTriggerSql(
                    func="RAISE EXCEPTION '% is append-only: % is refused', TG_TABLE_NAME, TG_OP USING ERRCODE = 'restrict_violation', CONSTRAINT = 'append_only';",
                    hash="d9edd12eba58e4512063cb365bfc2d7d1dd69d8d",
                    level="STATEMENT",
                    operation="TRUNCATE",
                    pgid="pgtrigger_no_truncate_b1e12",
                    table="approvals_proposalversion",
                    when="BEFORE",
                ),
            ),
        ),
    ]
