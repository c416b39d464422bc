"""The events of a case's two promises; when each is due is worked out of them (`working_time`)."""

from __future__ import annotations

import logging
from datetime import datetime
from functools import partial
from typing import Final

from billing.disputes.models import ClockEvent, DisputeCase
from billing.disputes.queries.clocks import clocks_of, open_cases
from core.db.transactions import transaction, transaction_required
from core.isolating import made_or_wrong
from eventing.publish import publish

logger = logging.getLogger(__name__)

_AT_ONCE: Final = 500


@transaction_required()
def start(case: DisputeCase, *, at: datetime) -> None:
    """Both promises begin."""
    ClockEvent.objects.bulk_create(
        ClockEvent(case=case, clock=clock, kind=ClockEvent.Kind.START, at=at)
        for clock in ClockEvent.Clock
    )


@transaction_required()
def pause(case: DisputeCase, *, at: datetime) -> None:
    """The decision waits for the customer; nothing where it waits already or is made."""
    if _last(case) in (ClockEvent.Kind.START, ClockEvent.Kind.RESUME):
        ClockEvent.objects.create(
            case=case, clock=ClockEvent.Clock.DECISION, kind=ClockEvent.Kind.PAUSE, at=at
        )


@transaction_required()
def resume(case: DisputeCase, *, at: datetime) -> None:
    """The decision goes on; nothing where it did not wait."""
    if _last(case) == ClockEvent.Kind.PAUSE:
        ClockEvent.objects.create(
            case=case, clock=ClockEvent.Clock.DECISION, kind=ClockEvent.Kind.RESUME, at=at
        )


@transaction_required()
def met(case: DisputeCase, clock: ClockEvent.Clock, *, at: datetime) -> None:
    """A promise is kept, or kept late; once."""
    if not case.clock_events.filter(clock=clock, kind=ClockEvent.Kind.MET).exists():
        ClockEvent.objects.create(case=case, clock=clock, kind=ClockEvent.Kind.MET, at=at)


def note_missed(*, at: datetime) -> int:
    """Write down which promises were missed by now; how many. They were missed before.

    A case that cannot be worked out stops no other.
    """
    count, after = 0, 0
    while cases := open_cases(after=after, most=_AT_ONCE):
        for case in cases:
            found = made_or_wrong(partial(_note, case, at))
            if isinstance(found, int):
                count += found
            else:
                logger.error("clock_of_case_failed case=%s", case.public_id, exc_info=found)
        after = cases[-1].pk
    return count


def _note(case: DisputeCase, at: datetime) -> int:
    with transaction():
        DisputeCase.objects.select_for_update(of=("self",), no_key=True).get(pk=case.pk)
        late = [each for each in clocks_of([case], at=at)[case.pk] if each.is_missed_at(at)]
        for each in late:
            ClockEvent.objects.create(
                case=case, clock=each.clock, kind=ClockEvent.Kind.BREACHED, at=each.due_at or at
            )
            publish(
                "dispute.promise_missed",
                subject=case.public_id,
                payload={"clock": each.clock},
                at=at,
            )
        return len(late)


def _last(case: DisputeCase) -> str:
    events = case.clock_events.filter(clock=ClockEvent.Clock.DECISION).exclude(
        kind=ClockEvent.Kind.BREACHED
    )
    last = events.order_by("-at", "-pk").first()
    return last.kind if last else ""
