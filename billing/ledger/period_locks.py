"""Until when the books are locked, and where what comes late is dated instead.

One rule: what is new says its own day and is refused where that day is locked; what arrives late
by nature (a bank's report) and what takes back an earlier entry is dated at the first open
instant. PostgreSQL refuses the rest, whatever door is used (`journal_in_open_period`).
"""

from collections.abc import Iterable
from datetime import datetime

from django.db.models import Max

from billing.ledger.models import PeriodLock
from billing.ledger.templates import DocumentKind
from core.errors import Conflict


class PeriodLocked(Conflict):
    """The books of that day are locked."""

    code = "period_locked"
    title = "The period is locked"

    def __init__(self, open_from: datetime, *, field: str = "effective_at") -> None:
        super().__init__(
            f"The books are locked before {open_from:%-d %B %Y}; that is the first date that is "
            "open.",
            field=field,
            open_from=open_from.isoformat(),
        )


class OpenPeriods:
    """From when each kind of document can be dated, as the locks are now."""

    def __init__(self) -> None:
        held = PeriodLock.objects.filter(void__isnull=True).values_list("document")
        self._until: dict[str, datetime] = dict(held.annotate(Max("locked_until")).order_by())

    def open_from(self, document: str) -> datetime | None:
        """The first instant that is open to a kind of document; None where all of time is."""
        held = [
            self._until[kind] for kind in {document, DocumentKind.JOURNAL} if kind in self._until
        ]
        return max(held, default=None)

    def dated(self, document: str, effective_at: datetime) -> datetime:
        """The instant, or the first open one where it is locked."""
        open_from = self.open_from(document)
        return effective_at if open_from is None else max(effective_at, open_from)

    def require(self, document: str, effective_at: datetime, *, field: str) -> None:
        """Raises: PeriodLocked."""
        open_from = self.open_from(document)
        if open_from is not None and effective_at < open_from:
            raise PeriodLocked(open_from, field=field)


def open_from(document: str) -> datetime | None:
    """The first instant that is open to a kind of document; None where all of time is."""
    return OpenPeriods().open_from(document)


def dated_open(document: str, effective_at: datetime) -> datetime:
    """The instant, or the first open one where it is locked."""
    return OpenPeriods().dated(document, effective_at)


def locked_through(documents: Iterable[str]) -> datetime | None:
    """Until when all of these kinds are locked; None where one of them is not at all."""
    periods = OpenPeriods()
    until = [periods.open_from(document) for document in documents]
    known = [each for each in until if each is not None]
    return min(known) if known and len(known) == len(until) else None
