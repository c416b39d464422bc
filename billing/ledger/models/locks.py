"""Locks of periods: until when the books take nothing any more, by kind of document.

A lock holds for everything effective before its instant. It is lifted only by a void of its own,
by somebody else than who locked; then the lock before it holds again.
"""

import pgtrigger
from django.db import models
from django.db.models import Q

from billing.ledger.templates import DocumentKind
from core.db.fields import PublicIdField
from core.db.immutability import Always
from core.db.models import AppendOnly

POSTERS_LOCK = "ledger.period_locks"
"""Posters hold it beside each other, whoever locks or lifts a lock holds it alone."""

_ALONE = f"PERFORM pg_advisory_xact_lock(hashtextextended('{POSTERS_LOCK}', 0)); RETURN NEW;"


def _alone(name: str) -> Always:
    return Always(
        name=name,
        level=pgtrigger.Row,
        when=pgtrigger.Before,
        operation=pgtrigger.Insert,
        func=_ALONE,
    )


class PeriodLock(AppendOnly):
    """Nothing of a kind of document is booked any more as effective before `locked_until`.

    `journal` is the kind of all of them.
    """

    public_id = PublicIdField(prefix="lck")
    document = models.CharField(max_length=16, choices=DocumentKind.choices)
    locked_until = models.DateTimeField()
    locked_at = models.DateTimeField()
    locked_by = models.CharField(max_length=200)
    locked_by_id = models.CharField(max_length=64, help_text="Public id of the person.")
    reason = models.TextField()

    class Meta(AppendOnly.Meta):
        constraints = [
            models.CheckConstraint(condition=~Q(reason=""), name="period_lock_says_why"),
            models.CheckConstraint(
                condition=Q(locked_until__lte=models.F("locked_at")), name="period_lock_of_the_past"
            ),
        ]
        triggers = [*AppendOnly.Meta.triggers, _alone("period_lock_alone")]

    def __str__(self) -> str:
        return f"{self.get_document_display()} until {self.locked_until:%Y-%m-%d}"


class PeriodLockVoid(AppendOnly):
    """That a lock holds no longer: by somebody else than who locked, and the latest one first."""

    lock = models.OneToOneField(PeriodLock, on_delete=models.PROTECT, related_name="void")
    voided_at = models.DateTimeField()
    voided_by = models.CharField(max_length=200)
    voided_by_id = models.CharField(max_length=64)
    reason = models.TextField()

    class Meta(AppendOnly.Meta):
        constraints = [
            models.CheckConstraint(condition=~Q(reason=""), name="period_lock_void_says_why"),
        ]
        triggers = [
            *AppendOnly.Meta.triggers,
            _alone("period_lock_void_alone"),
            Always(
                name="period_lock_void_by_another",
                level=pgtrigger.Row,
                when=pgtrigger.After,
                operation=pgtrigger.Insert,
                func="""
                    IF EXISTS (
                        SELECT FROM ledger_periodlock AS period_lock
                        WHERE period_lock.id = NEW.lock_id
                          AND (period_lock.locked_by_id = NEW.voided_by_id
                               OR period_lock.locked_by = NEW.voided_by)
                    ) THEN
                        RAISE EXCEPTION 'a lock is lifted by somebody else than who locked'
                            USING ERRCODE = 'check_violation',
                                  CONSTRAINT = 'period_lock_void_by_another';
                    END IF;
                    RETURN NULL;
                """,
            ),
        ]

    def __str__(self) -> str:
        return f"{self.lock} lifted"
