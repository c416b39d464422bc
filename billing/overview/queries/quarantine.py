"""Events held in quarantine: how many for which reason, and the events themselves."""

from __future__ import annotations

import re
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from decimal import Decimal
from typing import Final

from django.db.models import Count, Max, Min, QuerySet, Sum

from billing.overview.queries.events import data_text
from core.db.keyset_pages import Page, PageOrder, Position, page_of
from core.db.stamps import ChangedSince, StampUnreadable
from core.db.trail import FieldChange, RecordChange
from core.periods import Period
from usage.filters import HeldEventFilters
from usage.models import HeldSettlement, QuarantinedEvent, QuarantineReason, QuarantineState
from usage.models.quarantine import WAIVABLE
from usage.queries.held import HeldChoice

OLDEST_FIRST = PageOrder("received_at", descending=False, cursor="pk")

SHOWN = 25
DECISIONS_SHOWN = 3
SETTLEMENTS_SHOWN = 10
_STAMP = re.compile(r"[0-9]{1,18}\.[0-9]{1,27}", re.ASCII)

# What a person can do about each reason; the list shows it beside the events.
FIXES: Final = {
    QuarantineReason.UNKNOWN_TYPE: (
        "Add a meter that reads this type, or tell the source to stop sending it. "
    ),
    QuarantineReason.RETIRED_METER: (
        "Add a meter version that covers these instants, or drop the events. "
    ),
    QuarantineReason.BEFORE_METER: "Let the meter begin earlier if these events should be billed.",
    QuarantineReason.UNKNOWN_SUBJECT: "Register the resource; its events then follow.",
    QuarantineReason.UNOWNED: "Correct the ownership of the resource at that instant.",
    QuarantineReason.NO_SUBSCRIPTION: "Subscribe the account from that instant on.",
    QuarantineReason.AFTER_TERMINATION: "Extend the subscription, or drop the events.",
    QuarantineReason.TOO_LATE: "Open a back-fill for the source and the days.",
    QuarantineReason.MISSING_PROPERTY: "Ask the source to send the event again with the property.",
    QuarantineReason.UNREADABLE_PROPERTY: "Ask the source to send a readable value under a new id.",
    QuarantineReason.ABSURD_QUANTITY: (
        "Check with the source; raise the meter's bound if it is true. "
    ),
    QuarantineReason.NO_PRICE: "Publish a plan version with a price for these dimensions.",
    QuarantineReason.NOT_JUDGED: (
        "Have whoever runs Counterfoil look it up in the log, then try again. "
    ),
}


@dataclass(frozen=True, slots=True)
class HeldReason:
    """One reason: how many events, since when, what to do."""

    code: str
    words: str
    fix: str
    count: int
    oldest: datetime

    @property
    def is_waivable(self) -> bool:
        """Whether a person may decide that the reason does not matter."""
        return QuarantineReason(self.code) in WAIVABLE


@dataclass(frozen=True, slots=True)
class ChosenHeld:
    """What a choice comes to now; `through` closes it, `stamp` is what a decision is made from."""

    count: int
    oldest: datetime | None
    through: int
    stamp: str


@dataclass(frozen=True, slots=True)
class HeldEvents:
    """All that is held."""

    reasons: Sequence[HeldReason]

    @property
    def count(self) -> int:
        """Events held, for any reason."""
        return sum(reason.count for reason in self.reasons)

    @property
    def oldest(self) -> datetime | None:
        """When the one waiting longest was received."""
        return min((reason.oldest for reason in self.reasons), default=None)


@dataclass(frozen=True, slots=True)
class HeldEventRow:
    """One held event with what it says."""

    key: str
    event_id: str
    source: str
    type: str
    subject: str
    occurred_at: datetime
    received_at: datetime
    quantity: Decimal | None
    data: str
    reason: str
    detail: str


def held() -> HeldEvents:
    """What is held, the largest reason first; one query over the index of held events."""
    rows = (
        QuarantinedEvent.objects.filter(state=QuarantineState.HELD)
        .values("reason")
        .annotate(count=Count("pk"), oldest=Min("received_at"))
        .order_by("-count", "reason")
    )
    return HeldEvents(
        [
            HeldReason(
                code=row["reason"],
                words=reason_text(row["reason"]),
                fix=FIXES[QuarantineReason(row["reason"])],
                count=row["count"],
                oldest=row["oldest"],
            )
            for row in rows
        ]
    )


def held_page(
    *, position: Position, filters: HeldEventFilters, window: Period | None = None
) -> Page[HeldEventRow]:
    """Held events, oldest first; those that occurred in a window. At most two queries.

    Raises: UnknownCursor.
    """
    rows: QuerySet[QuarantinedEvent] = QuarantinedEvent.objects.filter(
        state=QuarantineState.HELD
    ).select_related("source")
    if window is not None:
        rows = rows.filter(occurred_at__gte=window.start, occurred_at__lt=window.end)
    page = page_of(filters.narrow(rows), order=OLDEST_FIRST, position=position, size=SHOWN)
    return page.showing(_row)


def chosen(wanted: HeldChoice) -> ChosenHeld:
    """How many events a choice comes to; one query."""
    found = wanted.held.aggregate(
        count=Count("pk"), oldest=Min("received_at"), last=Max("pk"), sum=Sum("pk", default=0)
    )
    stamp = f"{found['count']}.{found['sum']}"
    return ChosenHeld(found["count"], found["oldest"], found["last"] or 0, stamp)


def settlements_under_way() -> list[HeldSettlement]:
    """Settlements that are not finished, the oldest first; one query over their index."""
    rows = HeldSettlement.objects.exclude(state=HeldSettlement.State.DONE)
    return list(rows.order_by("started_at", "pk")[:SETTLEMENTS_SHOWN])


def require_as_chosen(wanted: HeldChoice, made_from: str) -> None:
    """Refuse to settle other events than those that were shown, or fewer.

    Raises: ChangedSince, StampUnreadable.
    """
    present = chosen(wanted).stamp
    if made_from == present:
        return
    if not _STAMP.fullmatch(made_from):
        raise StampUnreadable(field="made_from")
    (seen, _), (left, _) = made_from.split("."), present.split(".")
    raise ChangedSince(
        stamp=present,
        differences=[FieldChange("events still held for this", seen, left)],
        changes=_decisions(wanted),
    )


def _decisions(wanted: HeldChoice) -> list[RecordChange]:
    """The last decisions on events that could have been chosen."""
    decided = wanted.narrow(
        QuarantinedEvent.objects.filter(reason=wanted.reason, decided_at__isnull=False)
    )
    rows = decided.values_list("decided_at", "decided_by", "decided_reason").distinct()
    return [
        RecordChange(at, "changed", "", "", name, reason, "", ())
        for at, name, reason in rows.order_by("-decided_at")[:DECISIONS_SHOWN]
        if at is not None
    ]


def _row(event: QuarantinedEvent) -> HeldEventRow:
    return HeldEventRow(
        key=str(event.key),
        event_id=event.event_id,
        source=event.source.name,
        type=event.type,
        subject=event.subject,
        occurred_at=event.occurred_at,
        received_at=event.received_at,
        quantity=event.quantity,
        data=data_text(event.data),
        reason=reason_text(event.reason),
        detail=event.detail,
    )


def reason_text(code: str) -> str:
    """A reason as the beginning of a sentence."""
    text = str(QuarantineReason(code).label)
    return text[:1].upper() + text[1:]
