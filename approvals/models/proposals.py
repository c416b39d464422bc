"""Proposals and their versions, kept for good.

The database holds the separation itself: a version is approved by as many different people as it
says, none of whom put it forward, and only then is it executed.
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
    IF TG_OP = 'UPDATE' AND NEW.state = 'approved' AND OLD.state = 'open' AND (
        SELECT count(DISTINCT decision.person_id) FROM approvals_decision AS decision
        WHERE decision.proposal_id = NEW.id AND decision.version = NEW.version
          AND decision.vote = 'approve' AND decision.seal_seen = NEW.seal
          AND decision.person_id <> NEW.maker_id
    ) < (
        SELECT needed_count FROM approvals_proposalversion AS version
        WHERE version.proposal_id = NEW.id AND version.number = NEW.version
    ) AND NOT EXISTS (
        SELECT FROM approvals_emergency AS emergency
        WHERE emergency.proposal_id = NEW.id AND emergency.version = NEW.version
          AND emergency.seal_seen = NEW.seal
    ) THEN
        RAISE EXCEPTION 'proposal % is not approved by as many people as it needs', NEW.id
        USING ERRCODE = 'check_violation', CONSTRAINT = 'proposal_approved_by_enough';
    END IF;
    IF TG_OP = 'UPDATE'
        AND (OLD.id, OLD.public_id, OLD.kind, OLD.account_id, OLD.currency, OLD.reason_code,
             OLD.ticket, OLD.maker_id, OLD.put_forward_at, OLD.replaces_id)
            IS NOT DISTINCT FROM
            (NEW.id, NEW.public_id, NEW.kind, NEW.account_id, NEW.currency, NEW.reason_code,
             NEW.ticket, NEW.maker_id, NEW.put_forward_at, NEW.replaces_id)
        AND OLD.outcome <> 'executed'
        AND (
            ((OLD.version, OLD.seal, OLD.amount_minor, OLD.wish_digest, OLD.subject,
              OLD.expires_at)
                IS NOT DISTINCT FROM
             (NEW.version, NEW.seal, NEW.amount_minor, NEW.wish_digest, NEW.subject,
              NEW.expires_at)
             AND ((OLD.state = 'open' AND NEW.state <> 'open')
                  OR (OLD.state = 'returned' AND NEW.state IN ('withdrawn', 'superseded'))
                  OR (OLD.state = 'approved' AND NEW.state = 'approved'
                      AND (OLD.decided_by_id, OLD.decided_at)
                          = (NEW.decided_by_id, NEW.decided_at))))
            OR (NEW.state = 'open' AND NEW.version = OLD.version + 1 AND NEW.decided_by_id IS NULL
                AND (OLD.state = 'returned'
                     OR ((OLD.wish_digest, OLD.subject, OLD.expires_at)
                         = (NEW.wish_digest, NEW.subject, NEW.expires_at)
                         AND (OLD.state = 'open'
                              OR (OLD.state = 'approved' AND NEW.outcome = 'changed')))))
        )
    THEN
        RETURN NEW;
    END IF;
    RAISE EXCEPTION 'a proposal is decided in steps: % is refused', TG_OP
    USING ERRCODE = 'restrict_violation', CONSTRAINT = 'proposal_steps';
"""


def amount_of(minor: int | None, currency: str | None) -> Money | None:
    """The amount of a proposal or a version; None where it moves no money."""
    return None if minor is None or currency is None else Money.from_minor(minor, currency)


class Proposal(models.Model):
    """What one person wants done and others decide; what it does is said by its versions.

    `state` says what was decided, `outcome` what became of carrying it out; they are apart. Only
    deciding ends at `expires_at`, which is compared and never waited for. What concerns no
    customer has no account, and what moves no money no amount.
    """

    class State(models.TextChoices):
        OPEN = "open", "Open"
        APPROVED = "approved", "Approved"
        RETURNED = "returned", "Returned"
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
        Account,
        on_delete=models.PROTECT,
        null=True,
        blank=True,
        related_name="proposals",
        db_index=False,
    )
    subject = models.CharField(
        max_length=64, blank=True, help_text="Public id of what it changes, such as an invoice."
    )
    currency = CurrencyField(null=True, blank=True)  # type: ignore[misc]  # null has no generic
    amount_minor = MinorAmountField(  # type: ignore[misc]  # null has no generic
        null=True, blank=True, help_text="What the present version moves, without a sign."
    )
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
                condition=Q(
                    state__in=["approved", "rejected", "returned"], decided_by__isnull=False
                )
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
                condition=Q(decided_at__isnull=True)
                | Q(state="withdrawn")
                | Q(decided_at__lt=F("expires_at")),
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
                condition=Q(amount_minor__gte=0, amount_minor__isnull=False, currency__isnull=False)
                | Q(amount_minor__isnull=True, currency__isnull=True),
                name="proposal_amount_has_no_sign",
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
    def amount(self) -> Money | None:
        """What it moves, without a sign; None where it moves no money."""
        return amount_of(self.amount_minor, self.currency)


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
    amount_minor = MinorAmountField(null=True, blank=True)  # type: ignore[misc]
    policy_version = models.PositiveIntegerField()
    needed_count = models.PositiveSmallIntegerField(
        default=1, help_text="How many different people must approve it."
    )
    seal = models.CharField(max_length=64)
    prepared_at = models.DateTimeField()
    reason = models.TextField()

    class Meta(AppendOnly.Meta):
        constraints = [
            models.UniqueConstraint(
                fields=["proposal", "number"], name="proposal_version_numbered"
            ),
            models.CheckConstraint(condition=~Q(reason=""), name="proposal_version_says_why"),
            models.CheckConstraint(
                condition=Q(needed_count__gt=0), name="proposal_version_needs_somebody"
            ),
        ]

    def __str__(self) -> str:
        return f"{self.proposal} version {self.number}"
