"""What made the tax of a bill come to more, or to less: its base at the old rate, then its rate.

A tax that is on both bills moved with its base alone. What is left of each jurisdiction, because a
rate ended, a certificate began or a customer moved, is looked at together: the new base at the rate
that was paid before, then what the new rates make of it. So no cent is without a cause.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterator, Sequence
from fractions import Fraction
from typing import NamedTuple

from billing.invoicing.bill_change.charges import Cause, ChangeKind
from core.money import round_half_up


class TaxOnBill(NamedTuple):
    """One tax of a bill: what it is called there, and its amounts in minor units."""

    group: str
    jurisdiction: str
    name: str
    rate: Fraction
    base_minor: int
    tax_minor: int


class TaxCause(NamedTuple):
    """A cause, and the taxes it is about."""

    cause: Cause
    before: Sequence[TaxOnBill]
    after: Sequence[TaxOnBill]


def tax_causes(before: Sequence[TaxOnBill], after: Sequence[TaxOnBill]) -> Iterator[TaxCause]:
    """The causes of two bills' taxes; they sum to the difference of the taxes."""
    left: dict[str, TaxOnBill] = {each.group: each for each in before}
    came: dict[str, list[TaxOnBill]] = defaultdict(list)
    for tax in after:
        known = left.pop(tax.group, None)
        if known is None:
            came[tax.jurisdiction].append(tax)
            continue
        yield from _told(ChangeKind.TAX_BASE, tax.tax_minor - known.tax_minor, [known], [tax])
    went: dict[str, list[TaxOnBill]] = defaultdict(list)
    for tax in left.values():
        went[tax.jurisdiction].append(tax)
    for place in sorted(went.keys() | came.keys()):
        yield from _moved(went.get(place, []), came.get(place, []))


def _moved(went: Sequence[TaxOnBill], came: Sequence[TaxOnBill]) -> Iterator[TaxCause]:
    old_base, new_base = (sum(each.base_minor for each in side) for side in (went, came))
    old_tax, new_tax = (sum(each.tax_minor for each in side) for side in (went, came))
    if old_base and new_base:
        at_old_rate = round_half_up(Fraction(old_tax, old_base) * new_base)
        if len({each.rate for each in went}) == 1:
            at_old_rate = round_half_up(went[0].rate * new_base)
    else:
        at_old_rate = new_tax
    yield from _told(ChangeKind.TAX_BASE, at_old_rate - old_tax, went, came)
    yield from _told(ChangeKind.TAX_RATE, new_tax - at_old_rate, went, came)


def _told(
    kind: ChangeKind, minor: int, before: Sequence[TaxOnBill], after: Sequence[TaxOnBill]
) -> Iterator[TaxCause]:
    if minor:
        yield TaxCause(Cause(kind, minor), before, after)
