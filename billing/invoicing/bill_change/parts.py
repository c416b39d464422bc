"""Two bills told apart: every line of both has a cause, and the causes sum to the difference.

A charge is the same on both bills by its price's code, its resource and its dimensions: under the
same subscription, else under another that took its place. What is on one of the bills only is new
or has ended; where a resource has something new in the place of something that ended, it was
swapped.
"""

from __future__ import annotations

import json
from collections import defaultdict
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from decimal import Decimal
from typing import Final, NamedTuple

from billing.invoicing.bill_change.charges import (
    Cause,
    ChangeKind,
    ChargedRun,
    ChargeOnBill,
    ReadyPrices,
    causes_of,
    shares_limits,
)
from billing.invoicing.bill_change.taxes import TaxCause, TaxOnBill, tax_causes
from billing.rating import LineKind, PriceRule, Terms, measured_of
from core.periods import Period

_SHARED: Final = ("cap", "minimum")
"""The lines that are no part of their own charge where a limit is shared, by the end of the key."""

_STATEMENT: Final = "statement"
"""What one account comes to on an invoice of several: its own invoice tells it apart."""

_GIVEN: Final = frozenset({LineKind.GRANT, LineKind.CREDIT, "coupon", "deduction", "adjustment"})


class ChargeName(NamedTuple):
    """What makes a charge the same on two bills; without a subscription, under any."""

    code: str
    resource_id: int | None
    dimensions: tuple[tuple[str, str], ...]
    subscription_id: int | None = None


@dataclass(frozen=True, slots=True)
class LinePricing:
    """The price of a line; `is_time` where its meter measures time spent in states."""

    code: str
    name: str
    rule: PriceRule
    is_time: bool = False


@dataclass(frozen=True, slots=True)
class LineOnBill:
    """A line as far as telling apart goes; `explanation` is its JSON text.

    `priced` is None for a line of the whole account. `is_late`: it is of an earlier period.
    """

    position: int
    key: str
    kind: str
    text: str
    group: str
    minor: int
    quantity: Decimal
    unit: str
    unit_price: Decimal | None
    explanation: str
    span: Period
    priced: LinePricing | None = None
    resource_id: int | None = None
    subscription_id: int | None = None
    dimensions: Mapping[str, str] = field(default_factory=dict)
    is_late: bool = False


@dataclass(frozen=True, slots=True)
class BillToCompare:
    """A bill: its lines in order, its taxes, and credit it left over or took, in minor units."""

    lines: Sequence[LineOnBill]
    taxes: Sequence[TaxOnBill]
    carried_minor: int
    terms: Terms

    @property
    def total_minor(self) -> int:
        """What it comes to, tax included."""
        taxed = sum(tax.tax_minor for tax in self.taxes)
        return sum(line.minor for line in self.lines) + taxed + self.carried_minor


@dataclass(frozen=True, slots=True)
class ChangeEffect:
    """One cause, what it is about, and its lines on both bills.

    `group` is the app it is printed under, empty for what is of the whole account.
    """

    cause: Cause
    name: str
    group: str = ""
    before: Sequence[LineOnBill] = ()
    after: Sequence[LineOnBill] = ()
    taxes: TaxCause | None = None


Lines = list[LineOnBill]
Charges = Mapping[ChargeName, Lines]
LinesBeside = Mapping[ChangeKind, Lines]


@dataclass(slots=True)
class _Sorted:
    """The lines of a bill: by charge, and those beside charges by what they are."""

    charges: dict[ChargeName, Lines] = field(default_factory=lambda: defaultdict(list))
    beside: dict[ChangeKind, Lines] = field(default_factory=lambda: defaultdict(list))


def effects_of(before: BillToCompare, after: BillToCompare) -> list[ChangeEffect]:
    """Everything that made `after` differ from `before`; the causes sum to the difference."""
    old, new = _sorted(before), _sorted(after)
    found = [*_charge_effects(before, after, old.charges, new.charges)]
    found += _beside_charges(old.beside, new.beside)
    if carried := after.carried_minor - before.carried_minor:
        found.append(ChangeEffect(Cause(ChangeKind.CREDIT, carried), ""))
    for told in tax_causes(before.taxes, after.taxes):
        name = next((each.name for each in (*told.after, *told.before) if each.name), "Tax")
        found.append(ChangeEffect(told.cause, name, taxes=told))
    return found


def _charge_effects(
    before: BillToCompare, after: BillToCompare, old: Charges, new: Charges
) -> Iterator[ChangeEffect]:
    ready = ReadyPrices()
    for name in old:
        if name in new:
            yield from _of_both(old[name], new[name], before.terms, after.terms, ready)
    went, came = _others(old, new), _others(new, old)
    for name in went:
        if name in came:
            yield from _of_both(went[name], came[name], before.terms, after.terms, ready)
    yield from _unlike(before, after, _without(went, came), _without(came, went))


def _others(own: Charges, others: Charges) -> Charges:
    """The charges the other bill does not have under the same subscription, under any."""
    found: dict[ChargeName, Lines] = defaultdict(list)
    for name, lines in own.items():
        if name not in others:
            found[name._replace(subscription_id=None)].extend(lines)
    return found


def _without(own: Charges, others: Charges) -> Charges:
    return {name: lines for name, lines in own.items() if name not in others}


def _unlike(
    before: BillToCompare, after: BillToCompare, went: Charges, came: Charges
) -> Iterator[ChangeEffect]:
    """The effects of charges that only one of the bills has."""
    swapped = _resources(went) & _resources(came)
    then, now = (_OtherBill.of(bill, swapped) for bill in (before, after))
    for name, lines in went.items():
        yield from _alone(now.kind_of(name, lines, ChangeKind.ENDED), lines, ())
    for name, lines in came.items():
        yield from _alone(then.kind_of(name, lines, ChangeKind.NEW), (), lines)


def _resources(charges: Charges) -> set[int]:
    return {name.resource_id for name in charges if name.resource_id is not None}


@dataclass(frozen=True, slots=True)
class _OtherBill:
    """What the other bill knows of: resources, subscriptions, and resources that were swapped."""

    resources: frozenset[int]
    subscriptions: frozenset[int]
    swapped: frozenset[int]

    @classmethod
    def of(cls, bill: BillToCompare, swapped: set[int]) -> _OtherBill:
        resources = {line.resource_id for line in bill.lines if line.resource_id is not None}
        under = {line.subscription_id for line in bill.lines if line.subscription_id is not None}
        return cls(frozenset(resources), frozenset(under), frozenset(swapped))

    def kind_of(self, name: ChargeName, lines: Lines, alone: ChangeKind) -> ChangeKind:
        """Whether a charge without its like is of a thing that came or went, or used or not."""
        if name.resource_id in self.swapped:
            return ChangeKind.SWAPPED
        is_usage = any(line.kind != LineKind.FEE for line in lines)
        is_known = (
            any(line.subscription_id in self.subscriptions for line in lines)
            if name.resource_id is None
            else name.resource_id in self.resources
        )
        return ChangeKind.USE if is_usage and is_known else alone


def _alone(
    kind: ChangeKind, before: Sequence[LineOnBill], after: Sequence[LineOnBill]
) -> Iterator[ChangeEffect]:
    minor = sum(line.minor for line in after) - sum(line.minor for line in before)
    if minor:
        yield _effect(Cause(_given(kind, [*before, *after]), minor), before, after)


def _given(kind: ChangeKind, lines: Sequence[LineOnBill]) -> ChangeKind:
    """A fee below nothing is a credit."""
    is_given = all(line.kind == LineKind.FEE and line.minor <= 0 for line in lines)
    return ChangeKind.CREDIT if is_given else kind


def _effect(
    cause: Cause, before: Sequence[LineOnBill], after: Sequence[LineOnBill]
) -> ChangeEffect:
    one = [*after, *before][0]
    return ChangeEffect(
        cause, one.priced.name if one.priced else one.text, one.group, before, after
    )


def _of_both(
    before: Lines, after: Lines, then: Terms, now: Terms, ready: ReadyPrices
) -> Iterator[ChangeEffect]:
    if _is_same(before, after):
        return
    for cause in causes_of(_charge(before, then), _charge(after, now), ready):
        kind = _given(cause.kind, [*before, *after])
        yield _effect(Cause(kind, cause.minor), before, after)


def _is_same(before: Lines, after: Lines) -> bool:
    """Whether both bills say the same of a charge to the letter, so that nothing moved it."""
    return [_said(line) for line in before] == [_said(line) for line in after]


def _said(line: LineOnBill) -> tuple[object, ...]:
    rule = line.priced.rule if line.priced else None
    is_timed = line.priced is not None and (line.priced.is_time or line.priced.rule.is_prorated)
    return line.minor, line.explanation, rule, line.span.seconds if is_timed else None


def _charge(lines: Lines, terms: Terms) -> ChargeOnBill:
    """The lines of a charge as runs, by the key that each begins with."""
    runs: dict[str, Lines] = defaultdict(list)
    for line in lines:
        runs[line.key.partition("/")[0]].append(line)
    return ChargeOnBill([_run(own) for own in runs.values()], terms)


def _run(lines: Lines) -> ChargedRun:
    one = lines[0]
    assert one.priced is not None
    return ChargedRun(
        rule=one.priced.rule,
        quantity=measured_of(json.loads(one.explanation)),
        minor=sum(line.minor for line in lines),
        span=one.span,
        is_time=one.priced.is_time,
        dimensions=one.dimensions,
    )


def _beside_charges(old: LinesBeside, new: LinesBeside) -> Iterator[ChangeEffect]:
    for kind in ChangeKind:
        went, came = old.get(kind, []), new.get(kind, [])
        by_name: dict[str, tuple[Lines, Lines]] = defaultdict(lambda: ([], []))
        for side, lines in enumerate((went, came)):
            for line in lines:
                by_name[_name_beside(kind, line)][side].append(line)
        for name, (lost, gained) in by_name.items():
            minor = sum(line.minor for line in gained) - sum(line.minor for line in lost)
            if minor:
                yield ChangeEffect(Cause(kind, minor), name, before=lost, after=gained)


def _name_beside(kind: ChangeKind, line: LineOnBill) -> str:
    """What lines of one kind are told apart by; nothing where they are one part."""
    if kind is ChangeKind.CREDIT:
        return line.text
    return line.group if kind is ChangeKind.STATEMENT else ""


def _sorted(bill: BillToCompare) -> _Sorted:
    found = _Sorted()
    for line in bill.lines:
        kind = _kind_beside(line)
        if kind is None:
            assert line.priced is not None
            dimensions = tuple(sorted(line.dimensions.items()))
            name = ChargeName(line.priced.code, line.resource_id, dimensions, line.subscription_id)
            found.charges[name].append(line)
        else:
            found.beside[kind].append(line)
    return found


def _kind_beside(line: LineOnBill) -> ChangeKind | None:
    """What a line is that no charge is made of; None for a line of a charge."""
    if line.is_late:
        return ChangeKind.LATE
    if line.kind == LineKind.DISCOUNT:
        return ChangeKind.DISCOUNT
    if line.kind == _STATEMENT:
        return ChangeKind.STATEMENT
    if line.priced is None:
        return ChangeKind.CREDIT if line.kind in _GIVEN else ChangeKind.LIMITS
    rule, _, end = line.priced.rule, *line.key.partition("/")[1:]
    if rule.limits_all or (end in _SHARED and shares_limits(rule)):
        return ChangeKind.LIMITS
    return None
