"""Fees that are due for cycles of their own, such as a year, on the bills of billing periods.

In arrears a fee is on the bill of the period in which its cycle ends, or its subscription before.
In advance it is on the bill of the period in which its cycle begins, for all of the cycle, whatever
may be known of times to come; where the terms, the seats or the subscription change or end within
the cycle, the bill of that period takes it back and charges what it comes to. Both bills follow
from the terms alone: a period is billed what is known at its end, less what was known at its start.
What takes effect at the very end of a period is of the next.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field, replace
from datetime import date, datetime, timedelta
from decimal import Decimal
from functools import partial
from typing import Any

from accounts.queries.profiles import ZoneSpan
from billing.catalogue.queries.price_book import BookPrice, BookVersion
from billing.contracts.queries.seats import SeatsOf
from billing.contracts.queries.tenures import TermsStretch
from billing.contracts.seat_counting import SeatSpan, counted, known_at
from billing.invoicing.drafting.calendar import AccountPeriod
from billing.invoicing.drafting.segments import Subscribed
from billing.rating import FeeCycle
from core.periods import Period
from usage.days import day_at, day_starts

_INSTANT = timedelta(microseconds=1)


@dataclass(frozen=True, slots=True)
class CyclePart:
    """What is due of one run of terms in one cycle: the time, and the seats counted in it."""

    span: Period
    quantity: Decimal = Decimal(0)

    @property
    def told(self) -> list[Any]:
        """As it goes into a digest."""
        return [self.span.start.isoformat(), self.span.end.isoformat(), str(self.quantity)]


@dataclass(frozen=True, slots=True)
class CycleFee:
    """A fee of one cycle as a period has it: what is due now, and what was billed before."""

    price: BookPrice
    version: BookVersion
    subscription_id: int
    cycle: Period
    now: CyclePart
    before: CyclePart | None

    @property
    def told(self) -> list[Any]:
        """What a digest says of it."""
        parts = [each.told if each else None for each in (self.now, self.before)]
        ends = [self.cycle.start.isoformat(), self.cycle.end.isoformat()]
        agreed = self.price.agreed.public_id if self.price.agreed else None
        return [self.subscription_id, self.version.public_id, self.price.code, agreed, ends, parts]

    def subscribed(self, part: CyclePart) -> Subscribed:
        """Its terms, for the time of one part."""
        return Subscribed(self.subscription_id, self.version, part.span)


@dataclass(slots=True)
class _Run:
    """A price with a code while its terms stay the same."""

    price: BookPrice
    stretch: TermsStretch
    version: BookVersion
    span: Period

    @property
    def subscription_id(self) -> int:
        return self.stretch.tenure.subscription_id


@dataclass(slots=True)
class _Chain:
    """Runs of one code and cycle that follow one another, in order of time."""

    rule: FeeCycle
    runs: list[_Run] = field(default_factory=list)


class CycleReader:
    """Finds the fees of one account that are due for cycles of their own."""

    def __init__(
        self,
        scope: AccountPeriod,
        seats: SeatsOf,
        anchor: date,
        zones: Sequence[ZoneSpan],
    ) -> None:
        self._scope, self._seats = scope, seats
        self._anchor, self._zones = anchor, zones

    def fees(self, stretches: Sequence[tuple[TermsStretch, BookVersion]]) -> list[CycleFee]:
        """What the period of the scope is billed; `stretches` are all terms up to its end."""
        return [
            fee
            for chain in self._chains(stretches)
            for cycle in self._cycles(chain)
            for fee in self._of_cycle(chain, cycle)
        ]

    def end_at(
        self,
        stretches: Sequence[tuple[TermsStretch, BookVersion]],
        subscription_id: int,
        at: datetime,
        *,
        price_code: str = "",
    ) -> datetime | None:
        """When the longest cycle ends that a subscription, or one price of it, is in at an instant
        of the scope.
        """
        ends = [
            cycle.end
            for chain in self._chains(stretches)
            if chain.runs[-1].subscription_id == subscription_id
            and price_code in ("", chain.runs[-1].price.code)
            for cycle in self._cycles(chain)
            if cycle.contains(at)
        ]
        return max(ends, default=None)

    def _chains(self, stretches: Sequence[tuple[TermsStretch, BookVersion]]) -> list[_Chain]:
        chains: list[tuple[str, _Chain]] = []
        for stretch, version in sorted(stretches, key=lambda each: each[0].span.start):
            for price in version.prices:
                if price.price.cycle is None:
                    continue
                rule = price.price.cycle
                run = _Run(price, stretch, version, stretch.span)
                chain = next(
                    (
                        each
                        for code, each in chains
                        if (code, each.rule) == (price.code, rule) and _follows(each.runs[-1], run)
                    ),
                    None,
                )
                if chain is None:
                    chain = _Chain(rule)
                    chains.append((price.code, chain))
                elif _is_longer(chain.runs[-1], run):
                    last = chain.runs[-1]
                    chain.runs[-1] = replace(last, span=Period(last.span.start, run.span.end))
                    continue
                chain.runs.append(run)
        return [chain for _, chain in chains]

    def _cycles(self, chain: _Chain) -> Iterator[Period]:
        """The cycles of a chain that may be billed in the period, in order of time."""
        first = chain.runs[0].span.start
        anchor = self._anchor if chain.rule.is_aligned else day_at(self._zones, first)
        period, cycle = self._scope.period, chain.rule.cycle
        n = cycle.number_on(anchor, day_at(self._zones, max(period.start, first) - _INSTANT))
        while True:
            start, end = (
                day_starts(self._zones, cycle.starts_on(anchor, each)) for each in (n, n + 1)
            )
            n += 1
            if start >= period.end:
                return
            if not chain.rule.is_aligned:
                start = max(start, first)
            if start < end:
                yield Period(start, end)

    def _of_cycle(self, chain: _Chain, cycle: Period) -> Iterator[CycleFee]:
        start, end = self._scope.period.start, self._scope.period.end
        is_taken = False
        for run in chain.runs:
            inside = run.span.intersect(cycle)
            if inside is None:
                continue
            if not run.price.is_prorated and run.price.price.seats is None:
                # What is not prorated is due once a cycle, whatever follows.
                if is_taken:
                    continue
                is_taken, inside = True, cycle
            known = partial(self._known, chain, run, inside, cycle)
            before, now = known(start), known(end)
            if now is not None and now != before:
                yield CycleFee(run.price, run.version, run.subscription_id, cycle, now, before)

    def _known(
        self, chain: _Chain, run: _Run, inside: Period, cycle: Period, at: datetime
    ) -> CyclePart | None:
        """What of a run in a cycle is due as far as is known at an instant."""
        if chain.rule.is_advance:
            if max(run.span.start, cycle.start) >= at:
                return None
            span = inside if inside.end < at else Period(inside.start, cycle.end)
        else:
            if cycle.end > at and not _has_ended(chain, at):
                return None
            span = inside
        rule = run.price.price.seats
        if rule is None:
            return CyclePart(span)
        key = run.subscription_id, run.price.code, rule.of_holders
        spans: Sequence[SeatSpan] = self._seats.get(key, ())
        if chain.rule.is_advance:
            spans = known_at(spans, at)
        return CyclePart(span, counted(spans, span, rule.count, zones=self._zones))


def _follows(last: _Run, run: _Run) -> bool:
    is_same = last.subscription_id == run.subscription_id
    return last.span.end == run.span.start or (is_same and last.span.end < run.span.start)


def _is_longer(last: _Run, run: _Run) -> bool:
    return (
        last.subscription_id == run.subscription_id
        and last.span.end == run.span.start
        and last.price.same_terms(run.price)
    )


def _has_ended(chain: _Chain, at: datetime) -> bool:
    """Whether the last subscription of a chain had ended before an instant."""
    last = chain.runs[-1]
    ended = last.stretch.tenure.ended_at
    return ended is not None and last.span.end < at and ended < at
