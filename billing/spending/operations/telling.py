"""Write down that a mark is reached, or that what was stopped goes on, and tell it.

One row for each limit, mark and billing period, which the database holds; the fact is published in
the same transaction. The caller holds the limit.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any, Final

from billing.spending.models import SpendingLimit, SpendingMark, SpendingResume
from billing.spending.models.limits import STOP_AT
from core.money import Money
from core.periods import Period
from eventing.publish import Fact, publish_all
from usage.queries.news import AcceptedEvent

_FACTS: Final = {
    "stop": "spending_limit.stopped",
    "pace": "spending_limit.pace_high",
    "share": "spending_limit.mark_reached",
}


@dataclass(frozen=True, slots=True)
class Reached:
    """A mark that is reached, by how much was spent, and the event that crossed it."""

    kind: SpendingMark.Kind
    mark: int
    spent_minor: int
    mark_minor: int | None = None
    event: AcceptedEvent | None = None


def tell_reached(
    limit: SpendingLimit, reached: Sequence[Reached], window: Period, *, at: datetime
) -> list[SpendingMark]:
    """Write and tell what is reached and was not told; `at` is when it is told."""
    if not reached:
        return []
    told = set(limit.reached.filter(window_from=window.start).values_list("kind", "mark"))
    made = [
        SpendingMark(
            limit=limit,
            kind=each.kind,
            mark=each.mark,
            is_stop=_stops(limit, each),
            window_from=window.start,
            window_until=window.end,
            mark_minor=_minor(limit, each),
            spent_minor=each.spent_minor,
            event_source=each.event.source if each.event else "",
            event_id=each.event.event_id if each.event else "",
            accepted_at=each.event.received_at if each.event else None,
            told_at=at,
        )
        for each in reached
        if (each.kind, each.mark) not in told
    ]
    for mark in made:
        mark.save(force_insert=True)
    publish_all([_fact(limit, mark) for mark in made], at=at)
    return made


def resume(stop: SpendingMark, because: SpendingResume.Because, *, at: datetime, by: str) -> None:
    """What was stopped goes on; told unless another limit stops it since."""
    SpendingResume(stop=stop, because=because, resumed_at=at, resumed_by=by).save(force_insert=True)
    if because == SpendingResume.Because.REPLACED:
        return
    limit = stop.limit
    publish_all(
        [
            Fact(
                "spending_limit.resumed",
                limit.public_id,
                _about(limit) | {"because": because.value, "stop": stop.public_id},
                limit.account.public_id,
            )
        ],
        at=at,
    )


def _stops(limit: SpendingLimit, each: Reached) -> bool:
    return limit.stops and each.kind == SpendingMark.Kind.SHARE and each.mark == STOP_AT


def _minor(limit: SpendingLimit, each: Reached) -> int:
    return limit.mark_minor(each.mark) if each.mark_minor is None else each.mark_minor


def _about(limit: SpendingLimit) -> dict[str, Any]:
    return {
        "account": limit.account.public_id,
        "resource": limit.resource.public_id if limit.resource else None,
        "limit": limit.amount.as_fact,
    }


def _fact(limit: SpendingLimit, mark: SpendingMark) -> Fact:
    def money(minor: int) -> dict[str, str]:
        return Money.from_minor(minor, limit.currency).as_fact

    payload = _about(limit) | {
        "mark": mark.mark,
        "period": {"start": mark.window_from.isoformat(), "end": mark.window_until.isoformat()},
        "spent": money(mark.spent_minor),
        "overshoot": money(mark.overshoot_minor),
        "event": {"source": mark.event_source, "id": mark.event_id} if mark.event_id else None,
        "reaction_ms": None if (took := mark.reaction) is None else _ms(took),
    }
    return Fact(_FACTS[_kind(mark)], limit.public_id, payload, limit.account.public_id)


def _ms(took: timedelta) -> int:
    return took // timedelta(milliseconds=1)


def _kind(mark: SpendingMark) -> str:
    return "stop" if mark.is_stop else mark.kind
