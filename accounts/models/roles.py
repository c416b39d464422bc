"""Which person holds which role: proposed by one colleague, decided by another, kept for good.

The database holds the separation itself: nobody decides what they proposed, nor about themselves,
and nobody both prepares and approves. What each role carries is in accounts.permissions.
"""

from enum import StrEnum
from typing import Any, ClassVar, Final

import pgtrigger
from django.contrib.postgres.constraints import ExclusionConstraint
from django.contrib.postgres.fields import RangeOperators
from django.db import models
from django.db.models import Case, F, Q, When

from accounts.models.users import User
from core.db.fields import PublicIdField
from core.db.immutability import Always, no_truncate
from core.db.models import Tracked


class Role(StrEnum):
    """A job at the desk."""

    SUPPORT = "support"
    SENIOR_SUPPORT = "senior_support"
    FINANCE_APPROVER = "finance_approver"
    FINANCE_ADMIN = "finance_admin"
    AUDITOR = "auditor"
    OPERATOR = "operator"

    @property
    def spoken(self) -> str:
        return self.value.replace("_", " ")


FOUNDING: Final = (Role.OPERATOR, Role.FINANCE_APPROVER)
"""Who must be there before anybody can propose or approve a role."""

_STEPS = """
    IF TG_OP = 'INSERT'
        AND (NEW.is_founding, NEW.state) IN ((true, 'granted'), (false, 'proposed'))
    THEN
        RETURN NEW;
    END IF;
    IF TG_OP = 'UPDATE' AND (OLD.state, NEW.state) IN
            (('proposed', 'granted'), ('proposed', 'refused'), ('granted', 'ended'))
        AND (OLD.id, OLD.public_id, OLD.person_id, OLD.role, OLD.is_founding, OLD.proposed_by_id,
             OLD.proposed_at, OLD.proposal_reason)
            IS NOT DISTINCT FROM
            (NEW.id, NEW.public_id, NEW.person_id, NEW.role, NEW.is_founding, NEW.proposed_by_id,
             NEW.proposed_at, NEW.proposal_reason)
        AND (OLD.state = 'proposed' OR
             (OLD.decided_by_id, OLD.decided_at, OLD.decision_reason) IS NOT DISTINCT FROM
             (NEW.decided_by_id, NEW.decided_at, NEW.decision_reason))
    THEN
        RETURN NEW;
    END IF;
    RAISE EXCEPTION 'a role is proposed, decided and ended in steps: % is refused', TG_OP
    USING ERRCODE = 'restrict_violation', CONSTRAINT = 'role_grant_steps';
"""


class RoleGrant(Tracked):
    """One role of one person, from the proposal to its end, with who did each step and why."""

    class State(models.TextChoices):
        PROPOSED = "proposed", "Waits for a second person"
        GRANTED = "granted", "Held"
        REFUSED = "refused", "Refused"
        ENDED = "ended", "Ended"

    OPEN: ClassVar[tuple[str, ...]] = (State.PROPOSED.value, State.GRANTED.value)

    public_id = PublicIdField(prefix="rol")
    person = models.ForeignKey(User, on_delete=models.PROTECT, related_name="role_grants")
    role = models.CharField(max_length=16, choices=[(role.value, role.spoken) for role in Role])
    state = models.CharField(max_length=8, choices=State.choices, default=State.PROPOSED)
    is_founding = models.BooleanField(
        default=False, help_text="One of the first two, who had nobody to propose or approve them."
    )
    proposed_by = models.ForeignKey(
        User, on_delete=models.PROTECT, null=True, related_name="roles_proposed"
    )
    proposed_at = models.DateTimeField()
    proposal_reason = models.TextField()
    decided_by = models.ForeignKey(
        User, on_delete=models.PROTECT, null=True, related_name="roles_decided"
    )
    decided_at = models.DateTimeField(null=True)
    decision_reason = models.TextField(blank=True)
    ended_by = models.ForeignKey(
        User, on_delete=models.PROTECT, null=True, related_name="roles_ended"
    )
    ended_at = models.DateTimeField(null=True)
    end_reason = models.TextField(blank=True)

    class Meta:
        constraints = [
            models.CheckConstraint(
                condition=Q(role__in=[role.value for role in Role]), name="role_grant_role"
            ),
            models.CheckConstraint(
                condition=Q(state__in=["proposed", "granted", "refused", "ended"]),
                name="role_grant_state",
            ),
            models.CheckConstraint(
                condition=Q(
                    is_founding=True,
                    proposed_by__isnull=True,
                    decided_by__isnull=True,
                    role__in=[role.value for role in FOUNDING],
                )
                | Q(is_founding=False, proposed_by__isnull=False),
                name="role_grant_proposed_by_a_person",
            ),
            models.CheckConstraint(
                condition=Q(is_founding=True)
                | Q(state="proposed", decided_by__isnull=True, decided_at__isnull=True)
                | (~Q(state="proposed") & Q(decided_by__isnull=False, decided_at__isnull=False)),
                name="role_grant_decided_by_a_person",
            ),
            models.CheckConstraint(
                condition=Q(state="ended", ended_by__isnull=False, ended_at__isnull=False)
                | (~Q(state="ended") & Q(ended_by__isnull=True, ended_at__isnull=True)),
                name="role_grant_ended_by_a_person",
            ),
            # A comparison with nobody is no violation: that is the founding, which comes once.
            models.CheckConstraint(
                condition=~Q(decided_by=F("proposed_by")), name="role_grant_two_people"
            ),
            models.CheckConstraint(
                condition=~Q(person=F("proposed_by")) & ~Q(person=F("decided_by")),
                name="role_grant_not_ones_own",
            ),
            models.UniqueConstraint(
                fields=["person", "role"],
                condition=Q(state__in=["proposed", "granted"]),
                name="role_grant_once",
            ),
            models.UniqueConstraint(
                fields=["role"], condition=Q(is_founding=True), name="role_grant_founded_once"
            ),
            # A test holds this and the table of accounts.permissions together.
            ExclusionConstraint(
                name="role_grant_separated",
                expressions=[
                    ("person", RangeOperators.EQUAL),
                    (
                        Case(
                            When(role="finance_approver", then=1),
                            default=0,
                            output_field=models.IntegerField(),
                        ),
                        RangeOperators.NOT_EQUAL,
                    ),
                ],
                condition=Q(state__in=["proposed", "granted"]) & ~Q(role="auditor"),
            ),
        ]
        triggers: ClassVar[list[Any]] = [
            Always(
                name="role_grant_steps",
                when=pgtrigger.Before,
                operation=pgtrigger.Insert | pgtrigger.Update | pgtrigger.Delete,
                func=_STEPS,
            ),
            no_truncate(),
        ]

    def __str__(self) -> str:
        return f"{self.person}: {Role(self.role).spoken}"
