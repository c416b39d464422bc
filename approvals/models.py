"""Proposals and what became of them: versions, decisions and executions, kept for good.

The database holds the separation itself: nobody decides what they put forward, a decision counts
for one version alone, and nothing is executed without an approval of that version by somebody else.
"""

from typing import Any, ClassVar

import pgtrigger
from django.db import models
from django.db.models import F, Q

from accounts.models import Account, User
from core.db.fields import CurrencyField, MinorAmountField, PublicIdField
from core.db.immutability import Always, no_truncate
from core.db.models import AppendOnly
from core.money import Money

_STEPS = """
    IF TG_OP = 'INSERT' AND NEW.state = 'open' AND NEW.outcome = '' AND NEW.version = 1 THEN
        RETURN NEW;
    END IF;
    IF TG_OP = 'UPDATE'
        AND (OLD.id, OLD.public_id, OLD.kind, OLD.account_id, OLD.currency, OLD.reason_code,
             OLD.ticket, OLD.maker_id, OLD.put_forward_at, OLD.expires_at, OLD.replaces_id,
             OLD.wish_digest, OLD.subject)
            IS NOT DISTINCT FROM
            (NEW.id, NEW.public_id, NEW.kind, NEW.account_id, NEW.currency, NEW.reason_code,
             NEW.ticket, NEW.maker_id, NEW.put_forward_at, NEW.expires_at, NEW.replaces_id,
             NEW.wish_digest, NEW.subject)
        AND OLD.outcome <> 'executed'
        AND (
            (OLD.state = 'open' AND NEW.state <> 'open'
             AND (OLD.version, OLD.seal, OLD.amount_minor)
                 = (NEW.version, NEW.seal, NEW.amount_minor))
            OR (OLD.state = 'approved' AND NEW.state = 'approved'
                AND (OLD.version, OLD.seal, OLD.amount_minor, OLD.decided_by_id, OLD.decided_at)
                    = (NEW.version, NEW.seal, NEW.amount_minor, NEW.decided_by_id, NEW.decided_at))
            OR (OLD.state = 'approved' AND NEW.state = 'open' AND NEW.version = OLD.version + 1
                AND NEW.outcome = 'changed' AND NEW.decided_by_id IS NULL)
        )
    THEN
        RETURN NEW;
    END IF;
    RAISE EXCEPTION 'a proposal is decided in steps: % is refused', TG_OP
    USING ERRCODE = 'restrict_violation', CONSTRAINT = 'proposal_steps';
"""
_VOTES = """
    SELECT maker_id INTO maker FROM approvals_proposal WHERE id = NEW.proposal_id;
    IF (NEW.vote = 'withdraw') <> (NEW.person_id = maker) THEN
        RAISE EXCEPTION 'person % cannot % what person % put forward',
            NEW.person_id, NEW.vote, maker
            USING ERRCODE = 'check_violation', CONSTRAINT = 'proposal_two_people';
    END IF;
    RETURN NEW;
"""
_APPROVED = """
    IF NOT EXISTS (
        SELECT FROM approvals_proposal AS proposal
        JOIN approvals_decision AS decision
            ON decision.proposal_id = proposal.id AND decision.version = NEW.version
        WHERE proposal.id = NEW.proposal_id AND proposal.version = NEW.version
          AND proposal.state = 'approved' AND decision.vote = 'approve'
          AND decision.seal_seen = proposal.seal AND decision.person_id <> proposal.maker_id
    ) THEN
        RAISE EXCEPTION 'version % of proposal % is not approved', NEW.version, NEW.proposal_id
            USING ERRCODE = 'check_violation', CONSTRAINT = 'proposal_execution_approved';
    END IF;
    RETURN NEW;
"""


class Proposal(models.Model):
    """What one person wants done and another decides; what it does is said by its versions.

    `state` says what was decided, `outcome` what became of carrying it out; they are apart. Only
    deciding ends at `expires_at`, which is compared and never waited for.
    """

    class State(models.TextChoices):
        OPEN = "open", "Open"
        APPROVED = "approved", "Approved"
        REJECTED = "rejected", "Rejected"
        WITHDRAWN = "withdrawn", "Withdrawn"
        EXPIRED = "expired", "Expired"
        SUPERSEDED = "superseded", "Superseded"

    class Outcome(models.TextChoices):
        EXECUTED = "executed", "Executed"
        CHANGED = "changed", "Changed since it was seen"
        NOTHING_LEFT = "nothing_left", "Nothing left to do"
        REFUSED = "refused", "Refused"
        UNKNOWN = "unknown", "Not known"

    public_id = PublicIdField(prefix="prp")
    kind = models.CharField(max_length=32)
    account = models.ForeignKey(
        Account, on_delete=models.PROTECT, related_name="proposals", db_index=False
    )
    subject = models.CharField(
        max_length=64, blank=True, help_text="Public id of what it changes, such as an invoice."
    )
    currency = CurrencyField()
    amount_minor = MinorAmountField(help_text="What the present version moves, without a sign.")
    version = models.PositiveIntegerField(default=1)
    wish_digest = models.CharField(max_length=64, help_text="Of the kind and what was asked.")
    seal = models.CharField(max_length=64, help_text="Of the present version; a decision names it.")
    state = models.CharField(max_length=10, choices=State.choices, default=State.OPEN)
    outcome = models.CharField(max_length=12, choices=Outcome.choices, blank=True, default="")
    reason_code = models.CharField(max_length=32)
    ticket = models.CharField(max_length=100, blank=True)
    maker = models.ForeignKey(User, on_delete=models.PROTECT, related_name="proposals_made")
    put_forward_at = models.DateTimeField()
    expires_at = models.DateTimeField()
    decided_by = models.ForeignKey(
        User, on_delete=models.PROTECT, null=True, blank=True, related_name="proposals_decided"
    )
    decided_at = models.DateTimeField(null=True, blank=True)
    replaces = models.OneToOneField(
        "self", on_delete=models.PROTECT, null=True, blank=True, related_name="replaced_by"
    )

    class Meta:
        indexes = [
            models.Index(fields=["-put_forward_at", "-id"], name="proposal_by_time"),
            models.Index(fields=["state", "-put_forward_at", "-id"], name="proposal_by_state"),
            models.Index(fields=["subject"], name="proposal_by_subject"),
            models.Index(fields=["account", "-put_forward_at", "-id"], name="proposal_by_account"),
        ]
        constraints = [
            models.CheckConstraint(
                condition=Q(state__in=["approved", "rejected"], decided_by__isnull=False)
                & ~Q(decided_by=F("maker"))
                | Q(state="withdrawn", decided_by=F("maker"))
                | Q(state__in=["open", "expired", "superseded"], decided_by__isnull=True),
                name="proposal_two_people",
            ),
            models.CheckConstraint(
                condition=Q(decided_by__isnull=True, decided_at__isnull=True)
                | Q(decided_by__isnull=False, decided_at__isnull=False),
                name="proposal_decided_at_an_instant",
            ),
            models.CheckConstraint(
                condition=Q(decided_at__isnull=True) | Q(decided_at__lt=F("expires_at")),
                name="proposal_decided_in_time",
            ),
            models.CheckConstraint(
                condition=Q(outcome__in=["", "changed"])
                | Q(
                    state="approved", outcome__in=["executed", "nothing_left", "refused", "unknown"]
                ),
                name="proposal_executed_once_approved",
            ),
            models.CheckConstraint(
                condition=Q(expires_at__gt=F("put_forward_at")), name="proposal_open_for_a_time"
            ),
            models.CheckConstraint(
                condition=Q(amount_minor__gte=0), name="proposal_amount_has_no_sign"
            ),
            models.UniqueConstraint(
                fields=["wish_digest"], condition=Q(state="open"), name="proposal_open_once"
            ),
        ]
        triggers: ClassVar[list[Any]] = [
            Always(
                name="proposal_steps",
                when=pgtrigger.Before,
                operation=pgtrigger.Insert | pgtrigger.Update | pgtrigger.Delete,
                func=_STEPS,
            ),
            no_truncate(),
        ]

    def __str__(self) -> str:
        return self.public_id

    @property
    def amount(self) -> Money:
        """What it moves, without a sign."""
        return Money.from_minor(self.amount_minor, self.currency)


class ProposalVersion(AppendOnly):
    """What a proposal does as of one moment: what was asked, what it comes to, under which policy.

    A later one is made where the same wish comes to something else by then.
    """

    proposal = models.ForeignKey(
        Proposal, on_delete=models.PROTECT, related_name="versions", db_index=False
    )
    number = models.PositiveIntegerField()
    payload = models.JSONField(help_text="What was asked, in its canonical form.")
    payload_digest = models.CharField(max_length=64)
    effect = models.JSONField(help_text="What that comes to, by the code that carries it out.")
    effect_digest = models.CharField(max_length=64)
    amount_minor = MinorAmountField()
    policy_version = models.PositiveIntegerField()
    seal = models.CharField(max_length=64)
    prepared_at = models.DateTimeField()
    reason = models.TextField()

    class Meta(AppendOnly.Meta):
        constraints = [
            models.UniqueConstraint(
                fields=["proposal", "number"], name="proposal_version_numbered"
            ),
            models.CheckConstraint(condition=~Q(reason=""), name="proposal_version_says_why"),
        ]

    def __str__(self) -> str:
        return f"{self.proposal} version {self.number}"


class Decision(AppendOnly):
    """One person's word on one version of a proposal."""

    class Vote(models.TextChoices):
        APPROVE = "approve", "Approved"
        REJECT = "reject", "Rejected"
        WITHDRAW = "withdraw", "Withdrawn"

    proposal = models.ForeignKey(Proposal, on_delete=models.PROTECT, related_name="decisions")
    version = models.PositiveIntegerField()
    vote = models.CharField(max_length=8, choices=Vote.choices)
    seal_seen = models.CharField(max_length=64)
    person = models.ForeignKey(User, on_delete=models.PROTECT, related_name="decisions_made")
    decided_at = models.DateTimeField()
    reason = models.TextField(blank=True)

    class Meta(AppendOnly.Meta):
        constraints = [
            models.CheckConstraint(
                condition=Q(vote="approve") | ~Q(reason=""), name="decision_says_why"
            ),
        ]
        triggers = [
            *AppendOnly.Meta.triggers,
            Always(
                name="proposal_two_people",
                when=pgtrigger.Before,
                operation=pgtrigger.Insert,
                declare=[("maker", "bigint")],
                func=_VOTES,
            ),
        ]

    def __str__(self) -> str:
        return f"{self.get_vote_display()}: {self.proposal}"


class ProposalExecution(AppendOnly):
    """One attempt to carry an approved version out, and what came of it."""

    proposal = models.ForeignKey(
        Proposal, on_delete=models.PROTECT, related_name="executions", db_index=False
    )
    attempt = models.PositiveIntegerField()
    version = models.PositiveIntegerField()
    outcome = models.CharField(max_length=12, choices=Proposal.Outcome.choices)
    effect_ref = models.CharField(
        max_length=64, blank=True, help_text="Public id of what it made; none where nothing was."
    )
    said = models.TextField(blank=True, help_text="Why not, or what changed.")
    executed_by = models.ForeignKey(
        User, on_delete=models.PROTECT, related_name="proposals_executed"
    )
    executed_at = models.DateTimeField()

    class Meta(AppendOnly.Meta):
        constraints = [
            models.UniqueConstraint(
                fields=["proposal", "attempt"], name="proposal_execution_numbered"
            ),
            models.UniqueConstraint(
                fields=["proposal"],
                condition=Q(outcome="executed"),
                name="proposal_executed_once",
            ),
            models.CheckConstraint(
                condition=Q(outcome="executed") & ~Q(effect_ref="")
                | ~Q(outcome="executed") & Q(effect_ref=""),
                name="proposal_execution_names_its_effect",
            ),
        ]
        triggers = [
            *AppendOnly.Meta.triggers,
            Always(
                name="proposal_execution_approved",
                when=pgtrigger.Before,
                operation=pgtrigger.Insert,
                func=_APPROVED,
            ),
        ]

    def __str__(self) -> str:
        return f"{self.proposal}: {self.get_outcome_display()}"
