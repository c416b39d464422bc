"""What lists of events, held events and back-fills can be narrowed by, at every door."""

from __future__ import annotations

from typing import Final

from django.db.models import CharField, Exists, OuterRef, Q, QuerySet, Subquery, Value
from django.db.models.functions import Coalesce
from django_filters import ChoiceFilter

from core.filtering import NounFilters, TextFilter
from usage.models import (
    Backfill,
    Event,
    EventConflict,
    EventRevision,
    QuarantinedEvent,
    QuarantineReason,
    QuarantineState,
    RevisionKind,
)

VERDICTS: Final = {
    "as_sent": "Counted as sent",
    "amended": "Amended",
    "voided": "Voided",
    "conflict": "Sent again with other content",
}
"""What became of an accepted event, as far as a list is narrowed by it."""

BACKFILL_STATES: Final = {"open": "Open", "closed": "Closed", "taken_back": "Taken back"}

LAST_WORDS: Final = {
    "as_sent": ("",),
    "amended": (RevisionKind.AMEND, RevisionKind.UNVOID),
    "voided": (RevisionKind.VOID,),
}
"""The kinds of an event's last revision that make a verdict; empty for none."""


def with_last_word(rows: QuerySet[Event]) -> QuerySet[Event]:
    """Events with the kind of their last revision as `last_word`, empty for none."""
    last = EventRevision.objects.filter(key=OuterRef("key")).order_by("-number").values("kind")[:1]
    return rows.annotate(last_word=Coalesce(Subquery(last), Value(""), output_field=CharField()))


class EventFilters(NounFilters):
    """By type, source, subject and what became of it; the window of time is the list's own."""

    type = TextFilter("type__name")
    source = TextFilter("source__name")
    subject = TextFilter("resource__platform_id")
    verdict = ChoiceFilter(choices=list(VERDICTS.items()), method="by_verdict")

    class Meta:
        model = Event
        fields: tuple[str, ...] = ()

    def by_verdict(self, rows: QuerySet[Event], name: str, value: str) -> QuerySet[Event]:
        """By the last revision, or by another content under the same id."""
        if value == "conflict":
            return rows.filter(Exists(EventConflict.objects.filter(key=OuterRef("key"))))
        return with_last_word(rows).filter(Q(("last_word__in", LAST_WORDS[value])))


class HeldEventFilters(NounFilters):
    """By why and since when it is held, and what it is about."""

    reason = ChoiceFilter(choices=QuarantineReason.choices)
    state = ChoiceFilter(choices=QuarantineState.choices)
    type = TextFilter("type")
    source = TextFilter("source__name")
    subject = TextFilter("subject")

    class Meta:
        model = QuarantinedEvent
        fields: tuple[str, ...] = ()


class BackfillFilters(NounFilters):
    """By source and by how far it is."""

    source = TextFilter("source__name")
    state = ChoiceFilter(choices=list(BACKFILL_STATES.items()), method="by_state")

    class Meta:
        model = Backfill
        fields: tuple[str, ...] = ()

    def by_state(self, rows: QuerySet[Backfill], name: str, value: str) -> QuerySet[Backfill]:
        """What was taken back was closed before."""
        return rows.filter(
            closed_at__isnull=value == "open", reverted_at__isnull=value != "taken_back"
        )
