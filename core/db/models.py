"""The two kinds of business tables: tracked ones people edit, and append-only facts.

Owns what every such table has. Does not own how history is read: that is each screen's query.
"""

from __future__ import annotations

from collections.abc import Iterable
from typing import Any, ClassVar

from django.contrib.postgres.constraints import ExclusionConstraint
from django.contrib.postgres.fields import DateTimeRangeField, RangeBoundary, RangeOperators
from django.db import models, router
from django.db.models import F, Func, Q

from core.actor import current_attribution
from core.db.immutability import append_only_triggers
from core.db.tracking import (
    TrackedHistory,
    TrackedManager,
    WritesNoHistory,
    leaves_no_history,
)
from core.db.transactions import transaction


class Tracked(models.Model):
    """A row people edit: each change leaves a history row with actor and reason.

    Raises on save or delete: ActorRequired, ReasonRequired, before anything is written.
    """

    bookkeeping_fields: ClassVar[frozenset[str]] = frozenset()
    """Fields whose change alone is no fact about the row and leaves no history."""

    history_excludes: ClassVar[frozenset[str]] = frozenset()
    """Fields whose values must not be kept, such as secrets."""

    history_of_many: ClassVar[list[str]] = []
    """Many-to-many fields whose changes are history of this row."""

    locked_after: ClassVar[tuple[str, ...]] = ()
    """Relations to the rows that are locked before this one, in lock order."""

    objects = TrackedManager()
    history = TrackedHistory()

    class Meta:
        abstract = True

    def save_base(
        self,
        raw: bool = False,
        force_insert: bool | tuple[models.base.ModelBase, ...] = False,
        force_update: bool = False,
        using: str | None = None,
        update_fields: Iterable[str] | None = None,
    ) -> None:
        if raw or hasattr(self, "skip_history_when_saving"):
            raise WritesNoHistory(f"{type(self).__name__} is tracked: its history cannot be off.")
        fields = None if update_fields is None else frozenset(update_fields)
        if self._state.adding or not leaves_no_history(self, fields):
            current_attribution()
        with transaction():
            super().save_base(
                force_insert=force_insert,
                force_update=force_update,
                using=using or router.db_for_write(type(self), instance=self),
                update_fields=fields,
            )

    def delete(self, *args: Any, **kwargs: Any) -> tuple[int, dict[str, int]]:
        current_attribution()
        return super().delete(*args, **kwargs)


class AppendOnly(models.Model):
    """A fact: inserted once, never changed, refused by the database to everybody.

    A subclass that has a Meta of its own derives it from AppendOnly.Meta, and one that adds
    triggers lists AppendOnly.Meta.triggers first; a system check finds the one that forgets.
    """

    class Meta:
        abstract = True
        triggers = append_only_triggers()


class TsTzRange(Func):
    """tstzrange(from, until, '[)') of two columns, for constraints and queries."""

    function = "TSTZRANGE"
    output_field = DateTimeRangeField()

    def __init__(self, start: str, end: str) -> None:
        super().__init__(F(start), F(end), RangeBoundary())


class UtcDay(Func):
    """The UTC day of an instant, for constraints."""

    template = "(%(expressions)s AT TIME ZONE 'UTC')::date"
    output_field = models.DateField()


def no_overlap(
    name: str, *, same: list[str], start: str, end: str, among: Q | None = None
) -> ExclusionConstraint:
    """No two rows with the same values hold at one instant; periods are half-open, end may be null.

    `among` are the rows it is asked of; None is all. Needs the btree_gist extension, which the
    accounts migration installs.
    """
    return ExclusionConstraint(
        name=name,
        expressions=[
            *((column, RangeOperators.EQUAL) for column in same),
            (TsTzRange(start, end), RangeOperators.OVERLAPS),
        ],
        condition=among,
    )


def ends_after_start(name: str, *, start: str, end: str) -> models.CheckConstraint:
    """A period is not empty; an open end is fine."""
    constraint = models.CheckConstraint(
        condition=Q(**{f"{end}__isnull": True}) | Q(**{f"{end}__gt": F(start)}), name=name
    )
    constraint.between = (start, end)  # type: ignore[attr-defined]  # for periods_of
    return constraint


def another_person(name: str, *, first: str, second: str, told: str) -> models.CheckConstraint:
    """The second step is another person's than the first: by id, since names may be shared.

    `told` names the second as it is printed, empty while nobody did it.
    """
    nobody, somebody = Q(**{told: "", second: ""}), ~Q(**{told: ""}) & ~Q(**{second: ""})
    return models.CheckConstraint(
        condition=~Q(**{first: ""}) & (nobody | (somebody & ~Q(**{second: F(first)}))), name=name
    )


def periods_of(model: type[models.Model]) -> list[tuple[str, str]]:
    """The columns that begin and end a period of a row, by the constraints that say so."""
    found = [getattr(each, "between", None) for each in model._meta.constraints]
    return [each for each in found if each is not None]
