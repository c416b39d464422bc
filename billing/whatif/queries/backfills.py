"""Backfills as the screens read them, and what closing or taking one back would do to bills."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta

from django.db.models import Q, Sum

from accounts.models import ResourceOwnership
from billing.invoicing.drafting.calendar import AccountPeriod
from billing.invoicing.queries.due import calendars
from billing.whatif.queries.correction_effects import PriceEffect, price_effects
from core.db.keyset_pages import Order, Page, Position, page_of
from core.errors import NotFound
from core.money import Money
from usage.filters import BackfillFilters
from usage.models import Backfill, Receipt, Source
from usage.queries.backfills import in_range, replaced_count, sent_events, stamp

NEWEST_FIRST = Order("opened_at")

EVENTS_PREVIEWED = 5_000
"""Beyond so many events a preview would take longer than anybody waits."""
PERIODS_PREVIEWED = 200

_NOTHING = timedelta(microseconds=1)
_VERDICTS = ("accepted", "duplicate", "conflict", "quarantined", "rejected")


class NoSuchBackfill(NotFound):
    """There is no backfill with this id."""

    code = "backfill_not_found"
    title = "No such backfill"


@dataclass(frozen=True, slots=True)
class BackfillRow:
    """A backfill in a list. `subject` is the platform id of its only resource, or empty."""

    public_id: str
    source: str
    subject: str
    occurred_from: datetime
    occurred_until: datetime
    replaces: bool
    state: str
    opened_at: datetime
    opened_by: str
    reason: str


@dataclass(frozen=True, slots=True)
class BackfillDetail:
    """A backfill with what was sent under it and what became of that, by verdict.

    `sent_count` are its events that count now, `replaced_count` those that closing it would void or
    has voided.
    """

    row: BackfillRow
    verdicts: Mapping[str, int]
    sent_count: int
    replaced_count: int
    closed_at: datetime | None
    closed_by: str
    reverted_at: datetime | None
    reverted_by: str
    stamp: str


@dataclass(frozen=True, slots=True)
class BackfillEffect:
    """What a step would do: events that change, and the bills that come to something else.

    The largest difference first. `same_count` bills only change in quantities. `effects` is None
    where there are too many to work out while somebody waits.
    """

    event_count: int
    effects: Sequence[PriceEffect] | None
    same_count: int = 0

    @property
    def deltas(self) -> list[Money]:
        """What all bills come to more, or less, by currency."""
        sums: dict[str, Money] = {}
        for each in self.effects or ():
            if not each.problem:
                code = each.delta.currency
                sums[code] = sums.get(code, Money.zero(code)) + each.delta
        return [sums[code] for code in sorted(sums)]


def backfill_page(*, position: Position, filters: BackfillFilters) -> Page[BackfillRow]:
    """Backfills, newest first; at most two queries. Raises: UnknownCursor."""
    rows = filters.narrow(Backfill.objects.select_related("source", "resource"))
    return page_of(rows, order=NEWEST_FIRST, position=position).showing(_row)


def find(public_id: str) -> Backfill:
    """Raises: NoSuchBackfill."""
    backfill = (
        Backfill.objects.select_related("source", "resource")
        .filter(public_id=public_id[:64])
        .first()
    )
    if backfill is None:
        raise NoSuchBackfill(f"There is no backfill {public_id[:64]}.")
    return backfill


def detail(backfill: Backfill) -> BackfillDetail:
    """A backfill, its source and resource loaded, with its counts; three queries."""
    sent, replaced = sent_events(backfill).count(), replaced_count(backfill)
    sums = Receipt.objects.filter(backfill=backfill).aggregate(
        **{name: Sum(f"{name}_count", default=0) for name in _VERDICTS}
    )
    return BackfillDetail(
        row=_row(backfill),
        verdicts=sums,
        sent_count=sent,
        replaced_count=replaced,
        closed_at=backfill.closed_at,
        closed_by=backfill.closed_by,
        reverted_at=backfill.reverted_at,
        reverted_by=backfill.reverted_by,
        stamp=stamp(backfill, sent, replaced),
    )


def sources() -> list[Source]:
    """Every source a backfill may be opened for, by name."""
    return list(Source.objects.order_by("name"))


def effect(
    backfill: Backfill, found: BackfillDetail, step: Callable[[], object], *, at: datetime
) -> BackfillEffect:
    """What `step`, closing the backfill or taking it back, would do. Nothing is kept.

    Raises: what the step raises.
    """
    is_open = backfill.closed_at is None
    count = found.replaced_count if is_open else found.sent_count + found.replaced_count
    scopes = _scopes(backfill, at)
    if count > EVENTS_PREVIEWED or len(scopes) > PERIODS_PREVIEWED:
        return BackfillEffect(count, None)
    touched = [each for each in price_effects(scopes, step) if each.lines or each.problem]
    moved = [each for each in touched if each.delta.minor or each.problem]
    moved.sort(key=lambda each: -abs(each.delta.minor))
    return BackfillEffect(count, moved, len(touched) - len(moved))


def _scopes(backfill: Backfill, at: datetime) -> list[AccountPeriod]:
    """The billing periods of everybody who owned a resource with events in the range then."""
    owners = ResourceOwnership.objects.filter(
        Q(owned_until__isnull=True) | Q(owned_until__gt=backfill.occurred_from),
        owned_from__lt=backfill.occurred_until,
        resource_id__in=in_range(backfill).values("resource_id"),
    )
    found = calendars(set(owners.values_list("account_id", flat=True)))
    scopes = []
    for account_id, calendar in sorted(found.items()):
        first = calendar.number_at(backfill.occurred_from)
        for number in range(first, calendar.number_at(backfill.occurred_until - _NOTHING) + 1):
            period = calendar.period(number)
            until = at if period.contains(at) else None
            scopes.append(AccountPeriod(account_id, period, calendar.zone_of(number), until=until))
    return scopes


def _row(backfill: Backfill) -> BackfillRow:
    if backfill.reverted_at is not None:
        state = "taken_back"
    else:
        state = "open" if backfill.closed_at is None else "closed"
    return BackfillRow(
        public_id=backfill.public_id,
        source=backfill.source.name,
        subject=backfill.resource.platform_id if backfill.resource else "",
        occurred_from=backfill.occurred_from,
        occurred_until=backfill.occurred_until,
        replaces=backfill.replaces,
        state=state,
        opened_at=backfill.opened_at,
        opened_by=backfill.opened_by,
        reason=backfill.reason,
    )
