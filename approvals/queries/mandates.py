"""Mandates, what is left of each, and what was given under one."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime

from django.db.models import Count, Exists, OuterRef, Q, QuerySet, Sum

from accounts.models import Account
from approvals.models import Mandate, MandateDraw, MandateReview
from core.db.keyset_pages import Page, PageOrder, Position, page_of
from core.errors import NotFound
from core.money import Money

NEWEST_FIRST = PageOrder("drawn_at", descending=True)


class MandateNotFound(NotFound):
    """There is no such mandate."""

    code = "mandate_not_found"
    title = "There is no such mandate"


class DrawNotFound(NotFound):
    """The mandate has no such draw."""

    code = "draw_not_found"
    title = "There is no such draw"


@dataclass(frozen=True, slots=True)
class MandateLeft:
    """What may still be given: in all, for a case, to an account in the month."""

    in_all: Money
    of_case: Money
    of_month: Money
    is_frozen: bool


@dataclass(frozen=True, slots=True)
class MandateRow:
    """One mandate in a list. `waiting` draws wait for a look."""

    mandate: Mandate
    drawn: Money
    draw_count: int
    waiting: int
    is_frozen: bool
    is_over: bool

    @property
    def left(self) -> Money:
        """What may still be given in all."""
        return self.mandate.total - self.drawn

    @property
    def per_case(self) -> Money:
        """What one case gets at most."""
        return Money.from_minor(self.mandate.per_case_minor, self.mandate.currency)

    @property
    def per_account_month(self) -> Money:
        """What one account gets in a month at most."""
        return Money.from_minor(self.mandate.per_account_month_minor, self.mandate.currency)

    @property
    def state(self) -> str:
        """In a word."""
        return "frozen" if self.is_frozen else "over" if self.is_over else "in force"


_FAILED = MandateReview.objects.filter(draw__mandate=OuterRef("pk"), passed=False)


def mandate_stamp(mandate: Mandate) -> str:
    """What stands under a mandate: it changes with every draw and review; one query."""
    found = Mandate.objects.filter(pk=mandate.pk).aggregate(
        drawn=Count("draws", distinct=True), looked_at=Count("draws__review", distinct=True)
    )
    return f"{found['drawn']}.{found['looked_at']}"


def mandates_for(*kinds: str, at: datetime, most: int = 5) -> Sequence[MandateRow]:
    """Mandates under which one of these kinds is given now, the last made first; one query."""
    some = Q()
    for kind in kinds:
        some |= Q(kinds__contains=[kind])
    rows = _rows().filter(some, ~Exists(_FAILED), ends_at__gt=at).order_by("-made_at", "-pk")
    return [_row(each, at) for each in rows[:most]]


def mandate_left(mandate: Mandate, *, account: Account, ticket: str, at: datetime) -> MandateLeft:
    """What is left for an account and a case at an instant; two queries."""
    month = at.date().replace(day=1)
    sums = MandateDraw.objects.filter(mandate=mandate).aggregate(
        every=Sum("amount_minor", default=0),
        case=Sum("amount_minor", filter=Q(ticket=ticket), default=0),
        month=Sum("amount_minor", filter=Q(account=account, month_on=month), default=0),
    )

    def left(bound: int, used: int) -> Money:
        return Money.from_minor(max(bound - used, 0), mandate.currency)

    return MandateLeft(
        left(mandate.total_minor, sums["every"]),
        left(mandate.per_case_minor, sums["case"]),
        left(mandate.per_account_month_minor, sums["month"]),
        MandateReview.objects.filter(draw__mandate=mandate, passed=False).exists(),
    )


def mandate_rows(*, at: datetime, most: int) -> Sequence[MandateRow]:
    """Mandates, the last made first; one query."""
    return [_row(each, at) for each in _rows().order_by("-made_at", "-pk")[:most]]


def find_mandate(public_id: str, *, at: datetime) -> MandateRow:
    """One; one query. Raises: MandateNotFound."""
    found = _rows().filter(public_id=public_id[:64]).first()
    if found is None:
        raise MandateNotFound(f"There is no mandate {public_id[:64]}.")
    return _row(found, at)


def draw_page(mandate: Mandate, *, position: Position) -> Page[MandateDraw]:
    """What was given under it, the newest first; one query. Raises: UnknownCursor."""
    rows = MandateDraw.objects.filter(mandate=mandate).select_related(
        "account", "drawn_by", "review__person", "mandate", "gives_back"
    )
    return page_of(rows, order=NEWEST_FIRST, position=position)


def find_draw(mandate: Mandate, public_id: str) -> MandateDraw:
    """A draw of the mandate. Raises: DrawNotFound."""
    rows = MandateDraw.objects.select_related("mandate")
    found = rows.filter(mandate=mandate, public_id=public_id[:64]).first()
    if found is None:
        raise DrawNotFound(f"{mandate} has no draw {public_id[:64]}.")
    return found


def _rows() -> QuerySet[Mandate]:
    waits = Q(draws__waits_for_review=True, draws__review__isnull=True)
    return Mandate.objects.annotate(
        drawn_minor=Sum("draws__amount_minor", default=0),
        draw_count=Count("draws"),
        waiting=Count("draws", filter=waits),
        is_frozen=Exists(_FAILED),
    )


def _row(row: Mandate, at: datetime) -> MandateRow:
    found = vars(row)
    return MandateRow(
        row,
        Money.from_minor(found["drawn_minor"], row.currency),
        found["draw_count"],
        found["waiting"],
        found["is_frozen"],
        row.ends_at <= at,
    )
