"""What one person had done in an emergency, and who cleared it afterwards; kept for good."""

import pgtrigger
from django.db import models
from django.db.models import Q

from accounts.models import User
from approvals.models.proposals import Proposal
from core.db.fields import PublicIdField
from core.db.immutability import Always
from core.db.models import AppendOnly

_TAKEN = """
    IF NEW.taken_by_id = (SELECT maker_id FROM approvals_proposal WHERE id = NEW.proposal_id) THEN
        RAISE EXCEPTION 'person % put it forward', NEW.taken_by_id
        USING ERRCODE = 'check_violation', CONSTRAINT = 'emergency_two_people';
    END IF;
    RETURN NEW;
"""
_CLEARED = """
    SELECT proposal.maker_id, emergency.taken_by_id INTO maker, taker
    FROM approvals_emergency AS emergency
    JOIN approvals_proposal AS proposal ON proposal.id = emergency.proposal_id
    WHERE emergency.id = NEW.emergency_id;
    IF NEW.person_id IN (maker, taker) THEN
        RAISE EXCEPTION 'person % cannot clear what person % did', NEW.person_id, taker
        USING ERRCODE = 'check_violation', CONSTRAINT = 'emergency_cleared_by_another';
    END IF;
    RETURN NEW;
"""


class Emergency(AppendOnly):
    """One person let a version happen without all who are needed. Done, it is a debt until another
    person clears it.
    """

    public_id = PublicIdField(prefix="emg")
    proposal = models.ForeignKey(Proposal, on_delete=models.PROTECT, related_name="emergencies")
    version = models.PositiveIntegerField()
    seal_seen = models.CharField(max_length=64)
    taken_by = models.ForeignKey(User, on_delete=models.PROTECT, related_name="emergencies_taken")
    taken_at = models.DateTimeField()
    reason = models.TextField()
    confirmed_at = models.DateTimeField(
        null=True, blank=True, help_text="When the person last said who they are."
    )

    class Meta(AppendOnly.Meta):
        verbose_name_plural = "emergencies"
        constraints = [
            models.UniqueConstraint(
                fields=["proposal", "version"], name="emergency_once_a_version"
            ),
            models.CheckConstraint(condition=~Q(reason=""), name="emergency_says_why"),
        ]
        triggers = [
            *AppendOnly.Meta.triggers,
            Always(
                name="emergency_two_people",
                when=pgtrigger.Before,
                operation=pgtrigger.Insert,
                func=_TAKEN,
            ),
        ]

    def __str__(self) -> str:
        return f"Emergency: {self.proposal}"


class EmergencyWord(AppendOnly):
    """What another person said of it afterwards: right, to be undone, or undone by a proposal."""

    class Word(models.TextChoices):
        APPROVED = "approved", "Approved afterwards"
        UNDO = "undo", "To be undone"
        UNDONE = "undone", "Undone"

    emergency = models.ForeignKey(Emergency, on_delete=models.PROTECT, related_name="words")
    word = models.CharField(max_length=8, choices=Word.choices)
    undone_by = models.ForeignKey(
        Proposal, on_delete=models.PROTECT, null=True, blank=True, related_name="+"
    )
    person = models.ForeignKey(User, on_delete=models.PROTECT, related_name="emergencies_cleared")
    said_at = models.DateTimeField()
    reason = models.TextField()

    class Meta(AppendOnly.Meta):
        constraints = [
            models.UniqueConstraint(fields=["emergency", "word"], name="emergency_word_once"),
            models.UniqueConstraint(
                fields=["emergency"],
                condition=Q(word__in=["approved", "undone"]),
                name="emergency_cleared_once",
            ),
            models.CheckConstraint(condition=~Q(reason=""), name="emergency_word_says_why"),
            models.CheckConstraint(
                condition=Q(word="undone", undone_by__isnull=False)
                | ~Q(word="undone") & Q(undone_by__isnull=True),
                name="emergency_undone_by_something",
            ),
        ]
        triggers = [
            *AppendOnly.Meta.triggers,
            Always(
                name="emergency_cleared_by_another",
                when=pgtrigger.Before,
                operation=pgtrigger.Insert,
                declare=[("maker", "bigint"), ("taker", "bigint")],
                func=_CLEARED,
            ),
        ]

    def __str__(self) -> str:
        return f"{self.get_word_display()}: {self.emergency}"
