"""Which terms a subscription has when: its plan version over time, and the prices agreed with it.

A subscription keeps the version it started with until the day a later version names for existing
subscribers, and moves at its account's own midnight. Nothing has to run for that: the moves follow
from the rows, so none is ever forgotten. Owns the reading; prices nothing.
"""

from collections import defaultdict
from collections.abc import Collection, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import date, datetime

from django.contrib.postgres.expressions import ArraySubquery
from django.db.models import F, OuterRef
from django.db.models.functions import JSONArray

from accounts.queries.profiles import ZoneSpan, zones_of
from billing.catalogue.models import PlanVersion
from billing.catalogue.queries.price_book import Agreed
from billing.contracts.models import PriceOverride, Subscription, SubscriptionPause
from core.periods import Period
from usage.days import day_starts

_PAUSES = ArraySubquery(
    SubscriptionPause.objects.filter(subscription=OuterRef("pk"))
    .order_by("paused_from", "pk")
    .values_list(JSONArray(F("paused_from"), F("paused_until")))
)
"""The pauses of a subscription, as [from, until] in ISO 8601."""


@dataclass(frozen=True, slots=True)
class Tenure:
    """A subscription with the version it started under; half-open, an open end is None."""

    account_id: int
    subscription_id: int
    plan_id: int
    version_id: int
    version_number: int
    started_at: datetime
    ended_at: datetime | None
    paused: Sequence[tuple[datetime, datetime | None]] = ()
    """When it is paused, for whatever causes, in order of time; an open end is None."""


@dataclass(frozen=True, slots=True)
class Move:
    """A published version that takes over existing subscriptions on a local day."""

    existing_from: date
    number: int
    version_id: int


@dataclass(frozen=True, slots=True)
class VersionSpan:
    """A version a subscription has during [start, end); an open end is None."""

    version_id: int
    start: datetime
    end: datetime | None


@dataclass(frozen=True, slots=True)
class TermsStretch:
    """A part of a period in which the terms of a subscription stay the same."""

    tenure: Tenure
    version_id: int
    span: Period
    agreed: Sequence[Agreed]


@dataclass(frozen=True, slots=True)
class Tenures:
    """The subscriptions of some accounts, oldest first, and all that changes their terms."""

    by_account: Mapping[int, Sequence[Tenure]]
    moves: Mapping[int, Sequence[Move]]
    zones: Mapping[int, Sequence[ZoneSpan]]
    agreed: Mapping[int, Sequence[Agreed]] = field(default_factory=dict)

    @property
    def version_ids(self) -> set[int]:
        """Every version any of the subscriptions has at some time."""
        started = {each.version_id for some in self.by_account.values() for each in some}
        return started | {move.version_id for moves in self.moves.values() for move in moves}

    def versions_of(self, tenure: Tenure) -> list[VersionSpan]:
        """The versions a subscription has, in order of time; days are those of its account."""
        spans = [VersionSpan(tenure.version_id, tenure.started_at, tenure.ended_at)]
        number = tenure.version_number
        for move in self.moves.get(tenure.plan_id, ()):
            if move.number <= number:
                continue
            start = max(
                day_starts(self.zones[tenure.account_id], move.existing_from), tenure.started_at
            )
            if tenure.ended_at is not None and start >= tenure.ended_at:
                break
            last = spans.pop()
            if last.start < start:
                spans.append(VersionSpan(last.version_id, last.start, start))
            spans.append(VersionSpan(move.version_id, start, tenure.ended_at))
            number = move.number
        return spans

    def stretches(self, account_id: int, period: Period) -> list[TermsStretch]:
        """What an account's subscriptions had in a period, by subscription, then time."""
        return [
            stretch
            for tenure in self.by_account.get(account_id, ())
            for stretch in self._stretches(tenure, period)
        ]

    def _stretches(self, tenure: Tenure, period: Period) -> Iterator[TermsStretch]:
        agreed = self.agreed.get(tenure.subscription_id, ())
        for version in self.versions_of(tenure):
            start = max(version.start, period.start)
            end = period.end if version.end is None else min(version.end, period.end)
            if start >= end:
                continue
            bounds = {
                bound
                for each in agreed
                for bound in (each.valid_from, each.valid_until)
                if bound is not None and start < bound < end
            }
            for pause in tenure.paused:
                bounds |= {at for at in pause if at is not None and start < at < end}
            for span in Period(start, end).split(*bounds):
                if _is_paused(tenure, span.start):
                    continue
                held = [each for each in agreed if _holds(each, span.start)]
                yield TermsStretch(tenure, version.version_id, span, held)


def tenures(account_ids: Collection[int]) -> Tenures:
    """The subscriptions of accounts with everything that changes their terms; four queries."""
    found = versions_held(account_ids)
    ids = [each.subscription_id for some in found.by_account.values() for each in some]
    agreed: dict[int, list[Agreed]] = defaultdict(list)
    rows = PriceOverride.objects.filter(subscription_id__one_of=ids).order_by("valid_from", "pk")
    for row in rows:
        agreed[row.subscription_id].append(
            Agreed(
                id=row.pk,
                public_id=row.public_id,
                price_code=row.price_code,
                definition=row.definition,
                valid_from=row.valid_from,
                valid_until=row.valid_until,
                agreed_by=row.agreed_by,
                reason=row.reason,
            )
        )
    return Tenures(found.by_account, found.moves, found.zones, agreed)


def versions_held(account_ids: Collection[int]) -> Tenures:
    """The subscriptions of accounts and what moves them, without agreed prices; three queries."""
    by_account: dict[int, list[Tenure]] = defaultdict(list)
    plan_ids = set()
    rows = (
        Subscription.objects.filter(account_id__one_of=set(account_ids))
        .annotate(paused=_PAUSES)
        .order_by("started_at", "pk")
        .values_list(
            "account_id",
            "pk",
            "plan_id",
            "plan_version_id",
            "plan_version__number",
            "started_at",
            "ended_at",
            "paused",
        )
    )
    for row in rows:
        tenure = Tenure(*row[:7], paused=_read_pauses(row[7]))
        by_account[tenure.account_id].append(tenure)
        plan_ids.add(tenure.plan_id)
    return Tenures(by_account, moves_of(plan_ids), zones_of(account_ids))


def moves_of(plan_ids: Collection[int]) -> dict[int, list[Move]]:
    """The published versions that take over existing subscriptions, by plan and day; one query."""
    moves: dict[int, list[Move]] = defaultdict(list)
    rows = (
        PlanVersion.objects.filter(
            plan_id__in=set(plan_ids),
            state=PlanVersion.State.PUBLISHED,
            existing_from__isnull=False,
        )
        .order_by("existing_from", "number")
        .values_list("plan_id", "existing_from", "number", "pk")
    )
    for plan_id, existing_from, number, pk in rows:
        assert existing_from is not None
        moves[plan_id].append(Move(existing_from, number, pk))
    return moves


def _read_pauses(
    paused: Sequence[Sequence[str | None]],
) -> Sequence[tuple[datetime, datetime | None]]:
    return [
        (datetime.fromisoformat(start), datetime.fromisoformat(end) if end else None)
        for start, end in paused
        if start is not None
    ]


def running_in(
    tenure: Tenure, start: datetime, end: datetime | None
) -> Iterator[tuple[datetime, datetime | None]]:
    """The parts of [start, end) in which a subscription is not paused; an open end is None."""
    for paused_from, paused_until in tenure.paused:
        if end is not None and paused_from >= end:
            break
        if start < paused_from:
            yield start, paused_from
        if paused_until is None:
            return
        start = max(start, paused_until)
    if end is None or start < end:
        yield start, end


def _is_paused(tenure: Tenure, at: datetime) -> bool:
    return any(start <= at and (end is None or at < end) for start, end in tenure.paused)


def _holds(agreed: Agreed, at: datetime) -> bool:
    return agreed.valid_from <= at and (agreed.valid_until is None or at < agreed.valid_until)
