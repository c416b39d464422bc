"""Charges that have events which a source told twice: found among the events of one day."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Mapping
from datetime import datetime
from decimal import Decimal
from fractions import Fraction
from typing import Final, NamedTuple

from django.db.models import (
    BigIntegerField,
    Case,
    Count,
    F,
    OuterRef,
    Q,
    QuerySet,
    Subquery,
    Value,
    When,
    Window,
)

from accounts.models import ResourceOwnership
from billing.disputes.queries.shared_causes import SharedCause
from billing.invoicing.models import InvoiceLine
from billing.rating import measured_of
from core.money import round_half_up
from usage.models import Event, EventRevision, RevisionKind

LOOKED_AT: Final = 1_000
"""Events that are looked at of one day; those of the smallest resources first."""


class DoubledEvent(NamedTuple):
    """An event that says what an earlier one of the same resource and instant says."""

    resource_id: int
    occurred_at: datetime
    event: str
    same_as: str
    quantity: Decimal


def doubled_among(rows: QuerySet[InvoiceLine], cause: SharedCause) -> QuerySet[InvoiceLine]:
    """Those of the lines that bill such an event, each with `about_minor`."""
    found = _billed(rows, cause)
    parts = [
        When(pk=line.pk, then=Value(_about(line, doubled))) for line, doubled in found.values()
    ]
    about = Case(*parts, default=Value(0), output_field=BigIntegerField())
    return rows.filter(pk__in=found).annotate(about_minor=about)


def doubled_facts(rows: QuerySet[InvoiceLine], cause: SharedCause) -> dict[int, dict[str, str]]:
    """The fact of each line: which event is the same as which; the first of several."""
    return {
        pk: {"event": doubled.event, "same_as": doubled.same_as}
        for pk, (_, doubled) in _billed(rows, cause).items()
    }


def _about(line: InvoiceLine, doubled: DoubledEvent) -> int:
    measured = measured_of(line.explanation)
    if measured <= 0:
        return 0
    share = min(Fraction(doubled.quantity) / Fraction(measured), Fraction(1))
    return round_half_up(line.amount_minor * share)


def _billed(
    rows: QuerySet[InvoiceLine], cause: SharedCause
) -> Mapping[int, tuple[InvoiceLine, DoubledEvent]]:
    """Lines of the meter that bill a doubled event, by their keys; four queries."""
    doubled = _doubled(cause)
    price = cause.line.charged.price
    assert price is not None  # a cause has one
    owners = defaultdict(list)
    owned = ResourceOwnership.objects.filter(resource__in={each.resource_id for each in doubled})
    for each in owned:
        owners[each.resource_id].append(each)
    lines = defaultdict(list)
    own = rows.filter(
        Q(resource__isnull=True) | Q(resource__in=list(owners)),
        price__meter=price.meter,
        invoice__account__in={each.account_id for spans in owners.values() for each in spans},
    )
    for line in own.select_related("invoice").order_by("pk"):
        lines[line.invoice.account_id].append(line)
    found: dict[int, tuple[InvoiceLine, DoubledEvent]] = {}
    for event in doubled:
        for span in owners[event.resource_id]:
            if _holds(span, event.occurred_at):
                for line in lines[span.account_id]:
                    if _bills(line, event):
                        found.setdefault(line.pk, (line, event))
    return found


def _holds(span: ResourceOwnership, at: datetime) -> bool:
    return span.owned_from <= at and (span.owned_until is None or at < span.owned_until)


def _bills(line: InvoiceLine, event: DoubledEvent) -> bool:
    return (
        line.resource_id in (None, event.resource_id)
        and line.period_from <= event.occurred_at < line.period_until
    )


def _doubled(cause: SharedCause) -> list[DoubledEvent]:
    """Events of the day that say what one before says; none that is voided. One query."""
    wanted = cause.doubled
    assert wanted is not None  # asked before
    last = EventRevision.objects.filter(key=OuterRef("key")).order_by("-number")
    rows = (
        Event.objects.filter(
            type=wanted.type_id,
            source=wanted.source_id,
            occurred_at__gte=wanted.period.start,
            occurred_at__lt=wanted.period.end,
        )
        .annotate(_word=Subquery(last.values("kind")[:1]))
        .filter(Q(_word__isnull=True) | ~Q(_word=RevisionKind.VOID))
        .annotate(
            _beside=Window(Count("key"), partition_by=[F("resource"), F("occurred_at")]),
        )
        .filter(_beside__gt=1)
        .order_by("resource", "occurred_at", "key")
    )
    found: list[DoubledEvent] = []
    first: dict[tuple[int, datetime, str], Event] = {}
    for event in rows[:LOOKED_AT]:
        key = event.resource_id, event.occurred_at, repr((event.quantity, event.data))
        if key in first:
            found.append(
                DoubledEvent(
                    event.resource_id,
                    event.occurred_at,
                    event.event_id,
                    first[key].event_id,
                    Decimal(event.quantity or 0),
                )
            )
        first.setdefault(key, event)
    return found
