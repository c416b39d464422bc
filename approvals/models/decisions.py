"""What was said of a proposal and what became of carrying it out, kept for good."""

import pgtrigger
from django.db import models
from django.db.models import Q

from accounts.models import User
from approvals.models.proposals import Proposal
from core.db.immutability import Always
from core.db.models import AppendOnly

_VOTES = """
    SELECT maker_id INTO maker FROM approvals_proposal WHERE id = NEW.proposal_id;
    IF (NEW.vote = 'withdraw') <> (NEW.person_id = maker) THEN
        RAISE EXCEPTION 'person % cannot % what person % put forward',
            NEW.person_id, NEW.vote, maker
            USING ERRCODE = 'check_violation', CONSTRAINT = 'proposal_two_people';
    END IF;
    IF NEW.in_name_of_id IS NOT NULL AND (NEW.in_name_of_id = maker OR NOT EXISTS (
        SELECT FROM approvals_delegation AS delegation
        WHERE delegation.of_id = NEW.in_name_of_id AND delegation.deputy_id = NEW.person_id
          AND delegation.valid_from <= NEW.decided_at
          AND NEW.decided_at < coalesce(delegation.ended_at, delegation.valid_until)))
    THEN
        RAISE EXCEPTION 'person % does not decide for person %', NEW.person_id, NEW.in_name_of_id
            USING ERRCODE = 'check_violation', CONSTRAINT = 'decision_by_a_deputy';
    END IF;
    RETURN NEW;
"""
_APPROVED = """
    IF NOT EXISTS (
        SELECT FROM approvals_proposal AS proposal
        JOIN approvals_proposalversion AS version
            ON version.proposal_id = proposal.id AND version.number = NEW.version
        WHERE proposal.id = NEW.proposal_id AND proposal.version = NEW.version
          AND proposal.state = 'approved' AND (version.needed_count <= (
            SELECT count(DISTINCT decision.person_id) FROM approvals_decision AS decision
            WHERE decision.proposal_id = proposal.id AND decision.version = NEW.version
              AND decision.vote = 'approve' AND decision.seal_seen = proposal.seal
              AND decision.person_id <> proposal.maker_id)
            OR EXISTS (SELECT FROM approvals_emergency AS emergency
                WHERE emergency.proposal_id = proposal.id AND emergency.version = NEW.version
                  AND emergency.seal_seen = proposal.seal))
    ) THEN
        RAISE EXCEPTION 'version % of proposal % is not approved', NEW.version, NEW.proposal_id
            USING ERRCODE = 'check_violation', CONSTRAINT = 'proposal_execution_approved';
    END IF;
    RETURN NEW;
"""


class Decision(AppendOnly):
    """One person's word on one version of a proposal; an approval is for one of its levels."""

    class Vote(models.TextChoices):
        APPROVE = "approve", "Approved"
        RETURN = "return", "Returned"
        REJECT = "reject", "Rejected"
        WITHDRAW = "withdraw", "Withdrawn"

    proposal = models.ForeignKey(Proposal, on_delete=models.PROTECT, related_name="decisions")
    version = models.PositiveIntegerField()
    vote = models.CharField(max_length=8, choices=Vote.choices)
    level = models.PositiveSmallIntegerField(
        default=0, help_text="Which level of the policy an approval is for; 0 for any other word."
    )
    seal_seen = models.CharField(max_length=64)
    person = models.ForeignKey(User, on_delete=models.PROTECT, related_name="decisions_made")
    in_name_of = models.ForeignKey(
        User,
        on_delete=models.PROTECT,
        null=True,
        blank=True,
        related_name="decisions_by_deputies",
        help_text="Whose deputy the person was; none is in their own name.",
    )
    confirmed_at = models.DateTimeField(
        null=True,
        blank=True,
        help_text="When the person last said who they are; none by a token.",
    )
    decided_at = models.DateTimeField()
    reason = models.TextField(blank=True)

    class Meta(AppendOnly.Meta):
        constraints = [
            models.CheckConstraint(
                condition=Q(vote="approve") | ~Q(reason=""), name="decision_says_why"
            ),
            models.CheckConstraint(
                condition=Q(vote="approve", level__gt=0) | ~Q(vote="approve") & Q(level=0),
                name="decision_approves_a_level",
            ),
            models.UniqueConstraint(
                fields=["proposal", "version", "person"],
                condition=Q(vote="approve"),
                name="decision_approved_once",
            ),
            models.UniqueConstraint(
                fields=["proposal", "version", "in_name_of"],
                condition=Q(vote="approve", in_name_of__isnull=False),
                name="decision_approved_once_in_a_name",
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
