"""What whoever is on call looks at: what is late, stuck or growing, queues, and the last day."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Final

from django.db.models import Count, F, Min

from billing.invoicing.models import BillRun, BillRunItem
from billing.overview.queries.health import billing_checks
from billing.overview.queries.measures import due_by_queue
from core.health import Check, Health
from duty.models import QueuePause, ServedRelease
from duty.queries.looks import BooksSeen, books_seen, releases_since
from duty.queries.pauses import open_pauses, pauses_since
from usage.models import QuarantinedEvent, QuarantineReason, QuarantineState
from usage.queries.health import usage_checks

DAY: Final = timedelta(hours=24)
RUNS_SHOWN: Final = 5
HELD_COUNTED: Final = 10_000


@dataclass(frozen=True, slots=True)
class Trouble:
    """One thing that needs somebody: `kind` is stuck, late or growing; `section` its runbook's.

    `subject` is what its page is opened by: a run's id, a reason, nothing.
    """

    kind: str
    what: str
    detail: str
    since: datetime | None
    touches: str
    section: str
    page: str = ""
    subject: str = ""


@dataclass(frozen=True, slots=True)
class QueueNow:
    """A queue: how much is due and since when, and by whom it is paused."""

    name: str
    due: int
    oldest: datetime | None
    pause: QueuePause | None


@dataclass(frozen=True, slots=True)
class OnCall:
    """All of it at an instant, what is stuck first, then what is late, then what grows."""

    troubles: Sequence[Trouble]
    queues: Sequence[QueueNow]
    books: BooksSeen
    pauses: Sequence[QueuePause]
    releases: Sequence[ServedRelease]
    runs: Sequence[BillRun]


def on_call(queues: Sequence[str], *, at: datetime) -> OnCall:
    """What these queues and the books are like now; about twenty short queries."""
    books, paused = books_seen(), open_pauses(at=at)
    due = due_by_queue(at=at)
    troubles = [
        *_broken_rules(books),
        *_parked(),
        *_late([*usage_checks(at=at), *billing_checks(at=at)], paused),
        *_held(),
    ]
    since = at - DAY
    return OnCall(
        troubles=sorted(troubles, key=lambda each: ("stuck", "late", "growing").index(each.kind)),
        queues=[QueueNow(name, *due.get(name, (0, None)), paused.get(name)) for name in queues],
        books=books,
        pauses=pauses_since(since),
        releases=releases_since(since),
        runs=list(BillRun.objects.filter(started_at__gt=since).order_by("started_at")[:100]),
    )


def _broken_rules(books: BooksSeen) -> Iterator[Trouble]:
    for look in books.broken:
        yield Trouble(
            "stuck",
            f"Rule {look.rule} does not hold",
            f"{look.text} For example {', '.join(look.samples)}.",
            look.looked_at,
            f"{look.violations:,} rows of {look.examined:,}",
            "the-books-do-not-hold-together",
        )


def _parked() -> Iterator[Trouble]:
    """The runs with most that is parked."""
    counted = (
        BillRunItem.objects.filter(state=BillRunItem.State.PARKED)
        .values(run_public_id=F("run__public_id"), started=F("run__started_at"))
        .annotate(
            count=Count("id"), oldest=Min("settled_at"), codes=Count("parked_code", distinct=True)
        )
        .order_by("-count", "run_public_id")[:RUNS_SHOWN]
    )
    for row in counted:
        noun = "account is" if row["count"] == 1 else "accounts are"
        began = f"{row['started'].day} {row['started']:%b, %H:%M}"
        yield Trouble(
            "stuck",
            f"{row['count']:,} {noun} parked in the run of {began}",
            "for one reason" if row["codes"] == 1 else f"for {row['codes']} reasons",
            row["oldest"],
            f"{row['count']:,} {'bill is' if row['count'] == 1 else 'bills are'} not made",
            "a-parked-account",
            page="console:run",
            subject=row["run_public_id"],
        )


_SECTIONS: Final = {
    "partitions": "partitions-run-out",
    "stale_usage": "figures-are-built-late",
}
_QUEUE_OF: Final = {
    "bill_runs": "billing",
    "papers": "papers",
    "simulations": "whatif",
    "stale_usage": "usage",
}


def _late(checks: Sequence[Check], paused: dict[str, QueuePause]) -> Iterator[Trouble]:
    for check in checks:
        if check.health is Health.OK:
            continue
        pause = paused.get(_QUEUE_OF.get(check.name, ""))
        yield Trouble(
            "late",
            check.name.replace("_", " ").capitalize(),
            check.detail + (f" {pause.paused_by} paused it: {pause.reason}" if pause else ""),
            check.since,
            "nothing is lost, only late",
            _SECTIONS.get(check.name, "a-queue-does-not-move"),
        )


def _held() -> Iterator[Trouble]:
    held = QuarantinedEvent.objects.filter(state=QuarantineState.HELD)
    counted = (
        held.filter(pk__in=held.order_by("received_at").values("pk")[:HELD_COUNTED])
        .values("reason")
        .annotate(count=Count("id"), oldest=Min("received_at"))
        .order_by("-count", "reason")
    )
    for row in counted:
        yield Trouble(
            "growing",
            f"Events held: {QuarantineReason(row['reason']).label}",
            "kept whole, and billed by nobody until somebody decides",
            row["oldest"],
            f"{row['count']:,} events",
            "events-are-held",
            page="console:quarantine",
            subject=row["reason"],
        )
