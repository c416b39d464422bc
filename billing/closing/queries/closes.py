"""How a month stands: its last check, who waived and signed what, its locks, what is missing."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from django.db.models import Max

from billing.closing.checklist import closing_counts
from billing.closing.models import (
    CloseCheck,
    CloseSignature,
    CloseWaiver,
    JournalBatch,
    MonthClose,
)
from billing.closing.months import BooksMonth
from billing.ledger.models import PeriodLock
from billing.ledger.period_locks import OpenPeriods
from billing.ledger.templates import DocumentKind
from core.money import Money

SIGNATURES_NEEDED = 2


@dataclass(frozen=True, slots=True)
class ClosePair:
    """One link of the chain: two totals that must be one. Both are counts, or money."""

    code: str
    left: int | Money
    right: int | Money

    @property
    def difference(self) -> int | Money:
        """Left less right."""
        return self.left - self.right  # type: ignore[operator]  # both are of one kind

    @property
    def agrees(self) -> bool:
        """Whether they are one."""
        return self.left == self.right


@dataclass(frozen=True, slots=True)
class CheckedCount:
    """One count as it was checked, and the waiver that covers it."""

    code: str
    title: str
    note: str
    screen: str
    count: int
    waiver: CloseWaiver | None

    @property
    def is_settled(self) -> bool:
        """Whether it is zero, or waived as it stands."""
        return self.count == 0 or self.waiver is not None


@dataclass(frozen=True, slots=True)
class MoneyFacts:
    """What is told of a month in one currency above the chain."""

    invoiced: Money
    tax: Money
    paid: Money
    open: Money
    invoice_count: int


@dataclass(frozen=True, slots=True)
class LockState:
    """A kind of document in a month; `lock` is None while it is open."""

    document: DocumentKind
    lock: PeriodLock | None


@dataclass(frozen=True, slots=True)
class CloseStanding:
    """How a month stands at an instant. `check` is None before the first."""

    month: BooksMonth
    is_over: bool
    check: CloseCheck | None
    facts: Sequence[MoneyFacts]
    counted: Sequence[ClosePair]
    money: Mapping[str, Sequence[ClosePair]]
    counts: Sequence[CheckedCount]
    signatures: Sequence[CloseSignature]
    locks: Sequence[LockState]
    closed: MonthClose | None
    batches: Sequence[JournalBatch]

    @property
    def pairs(self) -> Sequence[ClosePair]:
        """Every pair of the chain."""
        return [*self.counted, *(pair for pairs in self.money.values() for pair in pairs)]

    @property
    def is_locked(self) -> bool:
        """Whether the journal of the month is."""
        return self.closed is not None

    @property
    def missing(self) -> Sequence[str]:
        """What a lock waits for, in sentences; empty where it can be made."""
        if self.check is None:
            return ["The month was never checked."]
        found = []
        if not self.is_over:
            found.append("The month is not over.")
        differ = sum(not pair.agrees for pair in self.pairs)
        if differ:
            found.append(f"{differ} of the totals differ.")
        left = sum(not count.is_settled for count in self.counts)
        if left:
            found.append(f"{left} count{'s are' if left > 1 else ' is'} not zero.")
        unsigned = SIGNATURES_NEEDED - len(self.signatures)
        if unsigned > 0:
            found.append(f"{unsigned} signature{'s are' if unsigned > 1 else ' is'} missing.")
        return found


def standing(month: BooksMonth, *, at: datetime) -> CloseStanding:
    """How a month stands; nothing is worked out anew, the last check is read."""
    closed = (
        MonthClose.objects.filter(month_on=month.first_on, lock__void__isnull=True)
        .select_related("lock", "check_made", "first", "second")
        .order_by("-pk")
        .first()
    )
    check = closed.check_made if closed else last_check(month)
    figures = check.figures if check else {"counted": [], "money": {}, "counts": {}, "facts": {}}
    return CloseStanding(
        month=month,
        is_over=month.ends_at <= at,
        check=check,
        facts=[_facts(currency, each) for currency, each in figures["facts"].items()],
        counted=[ClosePair(*each) for each in figures["counted"]],
        money={
            currency: [_money_pair(currency, *each) for each in pairs]
            for currency, pairs in figures["money"].items()
        },
        counts=_counts(month, figures["counts"]),
        signatures=signatures_of(month, check.digest) if check else [],
        locks=_locks(month),
        closed=closed,
        batches=list(JournalBatch.objects.filter(month_on=month.first_on).order_by("number")),
    )


def last_check(month: BooksMonth) -> CloseCheck | None:
    """The latest check of a month."""
    return CloseCheck.objects.filter(month_on=month.first_on).order_by("-pk").first()


def signatures_of(month: BooksMonth, digest: str) -> list[CloseSignature]:
    """Who signed these figures, in order; one a person."""
    return list(
        CloseSignature.objects.filter(month_on=month.first_on, digest=digest).order_by("pk")
    )


def waivers_of(month: BooksMonth) -> dict[str, CloseWaiver]:
    """The waiver of each count that lets most go."""
    rows = CloseWaiver.objects.filter(month_on=month.first_on).order_by("count", "pk")
    return {each.code: each for each in rows}


def known_months(*, at: datetime) -> Sequence[tuple[BooksMonth, MonthClose | None]]:
    """Months that were checked or closed, and the last one that is over; latest first."""
    checked = CloseCheck.objects.values_list("month_on", flat=True).distinct()
    months = {BooksMonth(each) for each in checked} | {BooksMonth.at(at).before}
    closes = {
        BooksMonth(each.month_on): each
        for each in MonthClose.objects.filter(lock__void__isnull=True).select_related("lock")
    }
    months |= closes.keys()
    return [(month, closes.get(month)) for month in sorted(months, reverse=True)]


def open_from() -> datetime | None:
    """From when journals can be dated; None where all of time is open."""
    return OpenPeriods().open_from(DocumentKind.JOURNAL)


def _facts(currency: str, said: Mapping[str, Any]) -> MoneyFacts:
    def money(name: str) -> Money:
        return Money.from_minor(said[name], currency)

    return MoneyFacts(
        money("invoiced"), money("tax"), money("paid"), money("open"), said["invoices"]
    )


def _money_pair(currency: str, code: str, left: int, right: int) -> ClosePair:
    return ClosePair(code, Money.from_minor(left, currency), Money.from_minor(right, currency))


def _counts(month: BooksMonth, found: Mapping[str, int]) -> list[CheckedCount]:
    waivers = waivers_of(month)
    return [
        CheckedCount(
            each.code, each.title, each.note, each.screen, found[each.code],
            _covering(waivers.get(each.code), found[each.code]),
        )
        for each in closing_counts()
        if each.code in found
    ]  # fmt: skip


def _covering(waiver: CloseWaiver | None, count: int) -> CloseWaiver | None:
    return waiver if waiver is not None and 0 < count <= waiver.count else None


def _locks(month: BooksMonth) -> list[LockState]:
    held = PeriodLock.objects.filter(void__isnull=True, locked_until__gte=month.ends_at)
    latest = {each.document: each for each in held.order_by("-locked_until", "-pk")}
    whole = latest.get(DocumentKind.JOURNAL)
    return [LockState(document, latest.get(document) or whole) for document in DocumentKind]


def latest_locked_month() -> BooksMonth | None:
    """The last month whose journal is locked."""
    latest = PeriodLock.objects.filter(void__isnull=True, document=DocumentKind.JOURNAL).aggregate(
        until=Max("locked_until")
    )["until"]
    return None if latest is None else BooksMonth.at(latest).before
