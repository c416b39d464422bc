"""Who decides in whose name for a time: dated rows, never a shared sign-in.

One hop: a deputy has no deputy, and nobody is the deputy of a deputy. The database refuses both.
"""

from typing import Any, ClassVar

import pgtrigger
from django.contrib.postgres.constraints import ExclusionConstraint
from django.contrib.postgres.fields import RangeOperators
from django.db import models
from django.db.models import F, Func, Q
from django.db.models.functions import Coalesce

from accounts.models import User
from core.db.fields import PublicIdField
from core.db.immutability import Always, no_truncate

_STEPS = """
    IF TG_OP = 'DELETE' OR (TG_OP = 'UPDATE' AND (
        OLD.ended_at IS NOT NULL OR NEW.ended_at IS NULL
        OR (OLD.id, OLD.public_id, OLD.of_id, OLD.deputy_id, OLD.valid_from, OLD.valid_until,
            OLD.given_at, OLD.reason)
           IS DISTINCT FROM
           (NEW.id, NEW.public_id, NEW.of_id, NEW.deputy_id, NEW.valid_from, NEW.valid_until,
            NEW.given_at, NEW.reason)))
    THEN
        RAISE EXCEPTION 'a delegation only ends: % is refused', TG_OP
        USING ERRCODE = 'restrict_violation', CONSTRAINT = 'delegation_only_ends';
    END IF;
    IF TG_OP = 'INSERT' THEN
        PERFORM pg_advisory_xact_lock(hashtext('approval delegations'));
        IF EXISTS (
            SELECT FROM approvals_delegation AS other
            WHERE (other.of_id = NEW.deputy_id OR other.deputy_id = NEW.of_id)
              AND tstzrange(other.valid_from, coalesce(other.ended_at, other.valid_until))
                  && tstzrange(NEW.valid_from, NEW.valid_until)
        ) THEN
            RAISE EXCEPTION 'a deputy has no deputy'
            USING ERRCODE = 'check_violation', CONSTRAINT = 'delegation_one_hop';
        END IF;
    END IF;
    RETURN NEW;
"""


class Delegation(models.Model):
    """One person decides in the name of another during [valid_from, valid_until), or until it was
    ended.
    """

    public_id = PublicIdField(prefix="dlg")
    of = models.ForeignKey(User, on_delete=models.PROTECT, related_name="delegations_given")
    deputy = models.ForeignKey(User, on_delete=models.PROTECT, related_name="delegations_held")
    valid_from = models.DateTimeField()
    valid_until = models.DateTimeField()
    given_at = models.DateTimeField()
    reason = models.TextField()
    ended_at = models.DateTimeField(null=True, blank=True)

    class Meta:
        constraints = [
            models.CheckConstraint(condition=~Q(of=F("deputy")), name="delegation_of_another"),
            models.CheckConstraint(
                condition=Q(valid_until__gt=F("valid_from")), name="delegation_has_a_time"
            ),
            models.CheckConstraint(condition=~Q(reason=""), name="delegation_says_why"),
            models.CheckConstraint(
                condition=Q(ended_at__isnull=True)
                | Q(ended_at__gte=F("valid_from"), ended_at__lt=F("valid_until")),
                name="delegation_ends_within",
            ),
            ExclusionConstraint(
                name="delegation_one_deputy",
                expressions=[
                    ("of", RangeOperators.EQUAL),
                    (
                        Func(
                            F("valid_from"),
                            Coalesce(F("ended_at"), F("valid_until")),
                            function="tstzrange",
                        ),
                        RangeOperators.OVERLAPS,
                    ),
                ],
            ),
        ]
        triggers: ClassVar[list[Any]] = [
            Always(
                name="delegation_steps",
                when=pgtrigger.Before,
                operation=pgtrigger.Insert | pgtrigger.Update | pgtrigger.Delete,
                func=_STEPS,
            ),
            no_truncate(),
        ]

    def __str__(self) -> str:
        return f"{self.deputy} for {self.of}"
