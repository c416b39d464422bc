"""The platform's own count of what each account used: the oracle the engine is held against.

Naive on purpose: it adds up the plain facts of the play, owner by owner, and never looks at an
event, a delivery or a day.
"""

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from decimal import Decimal

from demo.platform.values import PlayedMeasurement, PlayedOwnership, PlayedReport, PlayedState

_SUMMED = frozenset({"router_requests", "egress_gb", "builds"})
_MICROSECOND = timedelta(microseconds=1)


@dataclass(frozen=True, slots=True, order=True)
class TallyKey:
    """What one figure is about; `dimensions` are sorted name and value pairs."""

    account: str
    meter: str
    subject: str
    dimensions: tuple[tuple[str, str], ...] = ()


@dataclass(frozen=True, slots=True)
class TallySpan:
    """A half-open stretch of time, both ends known."""

    since: datetime
    until: datetime


def tally(
    report: PlayedReport,
    owners: Mapping[str, Sequence[PlayedOwnership]],
    spans: Mapping[str, TallySpan],
) -> dict[TallyKey, Decimal]:
    """Quantities by account, meter, resource and dimensions within each account's span.

    `owners` gives the tenures by platform id, `spans` the stretch to count by account key; accounts
    without a span are left out. Durations are in seconds, exact to the microsecond.
    """
    totals: dict[TallyKey, Decimal] = {}
    for held in report.held:
        for account, seconds in _seconds_by_owner(held, owners[held.subject], spans):
            key = TallyKey(
                account, held.meter, held.subject, tuple(sorted(held.dimensions.items()))
            )
            totals[key] = totals.get(key, Decimal(0)) + held.quantity * seconds
    by_key: dict[TallyKey, list[PlayedMeasurement]] = {}
    for counted in report.counted:
        owner = _owner_at(counted.at, owners[counted.subject])
        if owner in spans and spans[owner].since <= counted.at < spans[owner].until:
            key = TallyKey(owner, counted.meter, counted.subject)
            by_key.setdefault(key, []).append(counted)
    totals.update({key: _aggregate(key.meter, found) for key, found in by_key.items()})
    return totals


def _seconds_by_owner(
    held: PlayedState, tenures: Sequence[PlayedOwnership], spans: Mapping[str, TallySpan]
) -> Iterator[tuple[str, Decimal]]:
    for tenure in tenures:
        span = spans.get(tenure.account)
        if span is None:
            continue
        starts = max(held.held_from, tenure.owned_from, span.since)
        ends = min(held.held_until or span.until, tenure.owned_until or span.until, span.until)
        if starts < ends:
            yield tenure.account, Decimal((ends - starts) // _MICROSECOND) / 1_000_000


def _owner_at(at: datetime, tenures: Sequence[PlayedOwnership]) -> str:
    for tenure in tenures:
        if tenure.owned_from <= at and (tenure.owned_until is None or at < tenure.owned_until):
            return tenure.account
    raise LookupError(f"nobody owned the resource at {at}")


def _aggregate(meter: str, found: Sequence[PlayedMeasurement]) -> Decimal:
    if meter in _SUMMED:
        return sum((counted.quantity for counted in found), Decimal(0))
    if meter == "storage_gb":
        return max(counted.quantity for counted in found)
    if meter == "active_users":
        return Decimal(len({counted.member for counted in found}))
    raise LookupError(f"the platform does not count {meter}")
