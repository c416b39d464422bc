"""Incidents as they are read: the list, and one with every cent in it and what became of that."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from enum import StrEnum

from django.db.models import Count, Q

from billing.disputes.models import CreditBatch, CreditBatchRow, Incident
from billing.disputes.queries.affected import (
    InsideIncident,
    affected_lines,
    inside,
    unbilled_accounts,
    ungathered_lines,
)
from billing.disputes.queries.batches import BatchDetail, details
from billing.invoicing.drafting.late_usage import late_usage
from billing.invoicing.models import Invoice
from core.db.keyset_pages import Page, PageOrder, Position, page_of
from core.errors import NotFound
from core.ids import UnknownId, parse_id

NEWEST_FIRST = PageOrder("opened_at")
LATE_LOOKED_AT = 100
"""Affected invoices whose late usage is asked for; a longer incident is looked at in parts."""


class IncidentState(StrEnum):
    """How it stands with an incident."""

    LASTS = "lasts"
    OPEN = "open"
    CLOSED = "closed"


class IncidentNotFound(NotFound):
    """There is no such incident."""

    code = "incident_not_found"
    title = "There is no such incident"


@dataclass(frozen=True, slots=True)
class IncidentRow:
    """An incident in a list."""

    incident: Incident
    state: IncidentState


@dataclass(frozen=True, slots=True)
class IncidentDetail:
    """One incident: what it affects, what of it waits, and what keeps it from being closed."""

    row: IncidentRow
    inside: InsideIncident
    affected: int
    ungathered: int
    batches: Sequence[BatchDetail]
    without_fate: Sequence[str]

    @property
    def can_close(self) -> bool:
        """Whether every cent in it has a fate."""
        return self.row.state is IncidentState.OPEN and not self.without_fate


def find_incident(public_id: str) -> Incident:
    """An incident by its id. Raises: IncidentNotFound."""
    try:
        found = Incident.objects.filter(public_id=parse_id(public_id, "inc")).first()
    except UnknownId:
        found = None
    if found is None:
        raise IncidentNotFound(f"There is no incident {public_id[:64]}.", wanted=public_id[:64])
    return found


def incident_page(*, position: Position) -> Page[IncidentRow]:
    """Incidents, the newest first; one query."""
    page = page_of(Incident.objects.all(), order=NEWEST_FIRST, position=position)
    return page.showing(_row)


def incident_detail(incident: Incident, *, at: datetime) -> IncidentDetail:
    """One incident; a fixed number of queries, and two for each invoice with late usage."""
    batches = list(
        CreditBatch.objects.filter(incident=incident).select_related("incident").order_by("pk")
    )
    found = details(batches)
    row, found_inside = _row(incident), inside(incident, at=at)
    ungathered = ungathered_lines(incident).count()
    left = (
        _without_fate(incident, found_inside.held, ungathered, at=at)
        if row.state is not IncidentState.CLOSED
        else []
    )
    return IncidentDetail(
        row=row,
        inside=found_inside,
        affected=affected_lines(incident).count(),
        ungathered=ungathered,
        batches=[found[each.pk] for each in batches],
        without_fate=left,
    )


def without_fate(incident: Incident, *, at: datetime) -> list[str]:
    """What of an incident nothing has become of yet, in sentences; empty where it may be closed."""
    held, ungathered = inside(incident, at=at).held, ungathered_lines(incident).count()
    return _without_fate(incident, held, ungathered, at=at)


def _without_fate(incident: Incident, held: int, ungathered: int, *, at: datetime) -> list[str]:
    rows = CreditBatchRow.objects.filter(batch__incident=incident, left_out_because="")
    owed = Q(state="done", credit_minor__gt=0, settled_by="")
    counts = rows.aggregate(
        unworked=Count("pk", filter=~Q(state="done")),
        unput=Count("pk", filter=owed & Q(proposal="")),
        waiting=Count("pk", filter=owed & ~Q(proposal="")),
    )
    found = (
        (held, "event of it waits in quarantine", "events of it wait in quarantine"),
        (
            unbilled_accounts(incident, at=at),
            "account is not billed for the time yet",
            "accounts are not billed for the time yet",
        ),
        (ungathered, "affected charge is in no batch", "affected charges are in no batch"),
        (counts["unworked"], "charge is not worked out", "charges are not worked out"),
        (counts["unput"], "credit is not put forward", "credits are not put forward"),
        (counts["waiting"], "credit waits for approval", "credits wait for approval"),
        (
            _open_late(incident),
            "affected invoice has late usage without a fate",
            "affected invoices have late usage without a fate",
        ),
    )
    said = [f"{count} {one if count == 1 else many}." for count, one, many in found if count]
    return said if incident.down_until is not None else ["It lasts: say until when.", *said]


def _open_late(incident: Incident) -> int:
    """How many affected invoices differ by now from what they bill, and nobody decided on it."""
    affected = affected_lines(incident).order_by().values("invoice")
    invoices = Invoice.objects.filter(pk__in=affected).select_related("account").order_by("pk")
    found = late_usage(list(invoices[:LATE_LOOKED_AT]), settled=False)
    return sum(1 for each in found if each.lines or each.problem)


def _row(incident: Incident) -> IncidentRow:
    if incident.closed_at is not None:
        return IncidentRow(incident, IncidentState.CLOSED)
    lasts = incident.down_until is None
    return IncidentRow(incident, IncidentState.LASTS if lasts else IncidentState.OPEN)
