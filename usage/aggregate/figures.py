"""Many facts become a day's figure, and many days' figures one quantity.

Owns the meaning of every aggregation but states (usage.aggregate.timelines). A figure holds just
enough to be merged with others in any order; merging days gives what folding all facts would.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from decimal import Decimal
from fractions import Fraction
from typing import Any
from zoneinfo import ZoneInfo

from core.periods import Period
from usage.aggregate.exact import exactly, rounded
from usage.aggregate.facts import MeterFact
from usage.aggregate.order import Arrival, in_order
from usage.aggregate.rules import Aggregation, Bucket, Rule

ZERO = Decimal(0)
_EPOCH = datetime(1970, 1, 1, tzinfo=UTC)


@dataclass(frozen=True, slots=True)
class DayFigure:
    """What a day holds of a meter; the columns of a roll-up row."""

    quantity: Decimal
    event_count: int
    moment: Decimal | None = None
    state: dict[str, Any] | None = None


def microseconds(at: datetime) -> int:
    """Microseconds since 1970, exactly."""
    since = at - _EPOCH
    return (since.days * 86_400 + since.seconds) * 1_000_000 + since.microseconds


def figure_of(rule: Rule, facts: Sequence[MeterFact], *, zone: str) -> DayFigure:
    """The figure of the facts of one local day and dimension set; at least one fact."""
    with exactly():
        return _FOLDS[rule.aggregation](rule, facts, zone)


def quantity_of(
    rule: Rule, figures: Sequence[DayFigure], *, window: Period, until: datetime, opening: Decimal
) -> Decimal:
    """The quantity of a billing window from the figures of its days.

    `until` cuts a window that still runs; only time-weighted sums depend on it. `opening` is the
    balance carried into the window, 0 where the meter does not carry over. Means and time-weighted
    sums are rounded half-up to the scale of the meter; everything else is exact.
    """
    with exactly():
        if rule.aggregation is Aggregation.TIME_WEIGHTED_SUM:
            return _time_weighted(rule, figures, window, min(until, window.end), opening)
        merged = _MERGES[rule.aggregation](rule, figures)
        if rule.carries_over and rule.aggregation in (Aggregation.SUM, Aggregation.COUNT):
            return merged + opening
        return merged


def _fold_sum(rule: Rule, facts: Sequence[MeterFact], zone: str) -> DayFigure:
    return DayFigure(sum((fact.value for fact in facts), ZERO), len(facts))


def _fold_time_weighted(rule: Rule, facts: Sequence[MeterFact], zone: str) -> DayFigure:
    moment = sum((fact.value * microseconds(fact.at) for fact in facts), ZERO)
    return DayFigure(sum((fact.value for fact in facts), ZERO), len(facts), moment)


def _fold_extreme(choose: Callable[[Iterable[Decimal]], Decimal]) -> _Fold:
    return lambda rule, facts, zone: DayFigure(choose(fact.value for fact in facts), len(facts))


def _fold_unique(rule: Rule, facts: Sequence[MeterFact], zone: str) -> DayFigure:
    members = sorted({fact.member for fact in facts})
    return DayFigure(Decimal(len(members)), len(facts), state={"members": members})


def _fold_latest(rule: Rule, facts: Sequence[MeterFact], zone: str) -> DayFigure:
    last = in_order(facts)[-1]
    # It may hold by its sequence: then it stands where the last of its instant was received.
    received = max(fact.report[:2] for fact in facts if fact.at == last.at)
    state = {
        "at": microseconds(last.at),
        "receipt": received[0],
        "position": received[1],
        "source": last.report.source_id,
        "sequence": last.report.sequence,
        "key": last.key,
        "value": format(last.value, "f"),
    }
    return DayFigure(last.value, len(facts), state=state)


def _fold_percentile(rule: Rule, facts: Sequence[MeterFact], zone: str) -> DayFigure:
    slots: dict[int, Decimal] = {}
    for fact in facts:
        slot = microseconds(fact.at) // 1_000_000 // rule.sample_seconds
        slots[slot] = slots.get(slot, ZERO) + fact.value
    samples = sorted(slots.values())
    state = {"samples": [format(sample, "f") for sample in samples]}
    return DayFigure(_nearest_rank(samples, rule.percentile), len(facts), state=state)


def _fold_bucketed_max(rule: Rule, facts: Sequence[MeterFact], zone: str) -> DayFigure:
    tops: dict[tuple[int, str], Decimal] = {}
    tz = ZoneInfo(zone)
    for fact in facts:
        place = (_hour_of(fact.at, tz) if rule.bucket is Bucket.HOUR else 0, fact.group)
        tops[place] = max(tops.get(place, fact.value), fact.value)
    return DayFigure(sum(tops.values(), ZERO), len(facts))


def _hour_of(at: datetime, tz: ZoneInfo) -> int:
    """The UTC second at which the wall clock's hour began: an hour that is repeated is two."""
    offset = int((at.astimezone(tz).utcoffset() or at - at).total_seconds())
    second = microseconds(at) // 1_000_000
    return second - (second + offset) % 3_600


def _merge_sum(rule: Rule, figures: Sequence[DayFigure]) -> Decimal:
    return sum((figure.quantity for figure in figures), ZERO)


def _merge_mean(rule: Rule, figures: Sequence[DayFigure]) -> Decimal:
    count = sum(figure.event_count for figure in figures)
    total = sum((figure.quantity for figure in figures), ZERO)
    return rounded(Fraction(total) / count, rule.scale) if count else ZERO


def _merge_extreme(choose: Callable[[Iterable[Decimal]], Decimal]) -> _Merge:
    return lambda rule, figures: choose(figure.quantity for figure in figures)


def _merge_unique(rule: Rule, figures: Sequence[DayFigure]) -> Decimal:
    if rule.bucket is Bucket.DAY:
        return _merge_sum(rule, figures)
    members: set[str] = set()
    for figure in figures:
        members.update(figure.state["members"] if figure.state else ())
    return Decimal(len(members))


def _merge_latest(rule: Rule, figures: Sequence[DayFigure]) -> Decimal:
    return last_value([figure.state for figure in figures if figure.state])


def last_value(states: Iterable[Mapping[str, Any]]) -> Decimal:
    """The value of the last word among states of `latest`; at least one."""
    return in_order(map(_last_word, states))[-1].value


@dataclass(frozen=True, slots=True)
class _LastWord:
    at: datetime
    report: Arrival
    value: Decimal


def _last_word(state: Mapping[str, Any]) -> _LastWord:
    report = Arrival(state["receipt"], state["position"], state["source"], state["sequence"])
    at = _EPOCH + timedelta(microseconds=int(state["at"]))
    return _LastWord(at, report, Decimal(state["value"]))


def _merge_percentile(rule: Rule, figures: Sequence[DayFigure]) -> Decimal:
    samples: list[Decimal] = []
    for figure in figures:
        samples.extend(map(Decimal, figure.state["samples"] if figure.state else ()))
    return _nearest_rank(sorted(samples), rule.percentile)


def _nearest_rank(samples: Sequence[Decimal], percentile: int) -> Decimal:
    """The smallest sample that at least `percentile` per cent of the samples do not exceed."""
    return samples[-(-percentile * len(samples) // 100) - 1]


def _time_weighted(
    rule: Rule, figures: Sequence[DayFigure], window: Period, until: datetime, opening: Decimal
) -> Decimal:
    """Σ value × (until − its instant), plus the opening balance held all along, over the window."""
    total = sum((figure.quantity for figure in figures), ZERO)
    moment = sum((figure.moment or ZERO for figure in figures), ZERO)
    held = opening * (microseconds(until) - microseconds(window.start))
    weighted = total * microseconds(until) - moment + held
    return rounded(Fraction(weighted) / window.microseconds, rule.scale)


_Fold = Callable[[Rule, Sequence[MeterFact], str], DayFigure]
_Merge = Callable[[Rule, Sequence[DayFigure]], Decimal]

_FOLDS: dict[Aggregation, _Fold] = {
    Aggregation.COUNT: _fold_sum,
    Aggregation.SUM: _fold_sum,
    Aggregation.MEAN: _fold_sum,
    Aggregation.MIN: _fold_extreme(min),
    Aggregation.MAX: _fold_extreme(max),
    Aggregation.UNIQUE: _fold_unique,
    Aggregation.LATEST: _fold_latest,
    Aggregation.PERCENTILE: _fold_percentile,
    Aggregation.BUCKETED_MAX: _fold_bucketed_max,
    Aggregation.TIME_WEIGHTED_SUM: _fold_time_weighted,
}
_MERGES: dict[Aggregation, _Merge] = {
    Aggregation.COUNT: _merge_sum,
    Aggregation.SUM: _merge_sum,
    Aggregation.BUCKETED_MAX: _merge_sum,
    Aggregation.MEAN: _merge_mean,
    Aggregation.MIN: _merge_extreme(min),
    Aggregation.MAX: _merge_extreme(max),
    Aggregation.UNIQUE: _merge_unique,
    Aggregation.LATEST: _merge_latest,
    Aggregation.PERCENTILE: _merge_percentile,
}
