"""Who asked to see personal data of an account in full, why, who let them, and until when.

A row is kept for good: it is the log the auditor reads.
"""

from datetime import timedelta
from typing import Any, ClassVar, Final

import pgtrigger
from django.db import models
from django.db.models import F, Q

from accounts.models.accounts import Account
from accounts.models.users import User
from core.db.fields import PublicIdField
from core.db.immutability import Always, no_truncate

SHOWN_FOR: Final = timedelta(minutes=15)
"""How long one disclosure lasts: a call with a customer, not a working day."""

_STEPS = """
    IF TG_OP = 'INSERT' AND (NEW.state = 'asked' OR (NEW.state = 'shown' AND NEW.decided_by_id IS NULL))
    THEN
        RETURN NEW;
    END IF;
    IF TG_OP = 'UPDATE' AND OLD.state = 'asked' AND NEW.state IN ('shown', 'refused')
        AND NEW.decided_by_id IS NOT NULL
        AND (OLD.id, OLD.public_id, OLD.account_id, OLD.person_id, OLD.asked_at, OLD.reason)
            IS NOT DISTINCT FROM
            (NEW.id, NEW.public_id, NEW.account_id, NEW.person_id, NEW.asked_at, NEW.reason)
    THEN
        RETURN NEW;
    END IF;
    RAISE EXCEPTION 'a disclosure is asked for and decided once: % is refused', TG_OP
    USING ERRCODE = 'restrict_violation', CONSTRAINT = 'disclosure_steps';
"""  # noqa: E501  one condition


class Disclosure(models.Model):
    """One person's sight of one account's personal data, from the question to its end.

    Nobody has decided where the person's own role carries it.
    """

    class State(models.TextChoices):
        ASKED = "asked", "Waits for a second person"
        SHOWN = "shown", "Shown"
        REFUSED = "refused", "Refused"

    public_id = PublicIdField(prefix="dsc")
    account = models.ForeignKey(Account, on_delete=models.PROTECT, related_name="disclosures")
    person = models.ForeignKey(User, on_delete=models.PROTECT, related_name="disclosures")
    asked_at = models.DateTimeField()
    reason = models.TextField()
    state = models.CharField(max_length=8, choices=State.choices)
    decided_by = models.ForeignKey(
        User, on_delete=models.PROTECT, null=True, blank=True, related_name="disclosures_decided"
    )
    decided_at = models.DateTimeField(null=True, blank=True)
    decision_reason = models.TextField(blank=True, default="")
    shown_until = models.DateTimeField(null=True, blank=True)

    class Meta:
        indexes = [
            models.Index(fields=["person", "account", "-shown_until"], name="disclosure_shown"),
            models.Index(fields=["-asked_at", "-id"], name="disclosure_by_time"),
        ]
        constraints = [
            models.CheckConstraint(
                condition=Q(
                    state="asked",
                    decided_by__isnull=True,
                    decided_at__isnull=True,
                    shown_until__isnull=True,
                )
                | Q(state="shown", decided_at__isnull=False, shown_until__isnull=False)
                | Q(
                    state="refused",
                    decided_by__isnull=False,
                    decided_at__isnull=False,
                    shown_until__isnull=True,
                ),
                name="disclosure_state",
            ),
            models.CheckConstraint(condition=~Q(reason=""), name="disclosure_says_why"),
            models.CheckConstraint(
                condition=Q(shown_until__lte=F("decided_at") + SHOWN_FOR),
                name="disclosure_is_short",
            ),
            # A comparison with nobody is no violation: that is somebody whose role carries it.
            models.CheckConstraint(
                condition=~Q(decided_by=F("person")), name="disclosure_two_people"
            ),
            models.UniqueConstraint(
                fields=["person", "account"],
                condition=Q(state="asked"),
                name="disclosure_asked_once",
            ),
        ]
        triggers: ClassVar[list[Any]] = [
            Always(
                name="disclosure_steps",
                when=pgtrigger.Before,
                operation=pgtrigger.Insert | pgtrigger.Update | pgtrigger.Delete,
                func=_STEPS,
            ),
            no_truncate(),
        ]

    def __str__(self) -> str:
        return f"{self.account} shown to {self.person}"
