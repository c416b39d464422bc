"""What the products of a licence cost, and when: in advance, for periods counted from its term.

Pure but for the rows it is given; amounts in currency units as exact fractions.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from fractions import Fraction

from billing.licences.models import License, LicenseProduct
from billing.licences.windows import Pace, WindowLength, windows
from core.periods import Period

_LENGTHS = {
    LicenseProduct.Billed.ONCE: WindowLength.TERM,
    LicenseProduct.Billed.MONTHLY: WindowLength.MONTH,
    LicenseProduct.Billed.QUARTERLY: WindowLength.QUARTER,
    LicenseProduct.Billed.YEARLY: WindowLength.YEAR,
}


@dataclass(frozen=True, slots=True)
class LicenseFee:
    """What a product costs for a period; of one that the term cuts, its part."""

    product: LicenseProduct
    number: int
    span: Period
    share: Fraction

    @property
    def amount(self) -> Fraction:
        """In currency units, before rounding."""
        return Fraction(self.product.quantity) * Fraction(self.product.unit_price) * self.share


def fees_within(
    product: LicenseProduct, license: License, within: Period, zone: str
) -> Iterator[LicenseFee]:
    """The fees of a product whose periods begin within a billing period."""
    if not product.quantity * product.unit_price:
        return
    pace = Pace(_LENGTHS[LicenseProduct.Billed(product.billed)], product.quantity)
    for each in windows(pace, license.term, zone):
        if within.contains(each.span.start):
            is_whole = each.span.end >= each.whole.end
            share = Fraction(each.span.microseconds, each.whole.microseconds)
            yield LicenseFee(product, each.number, each.span, Fraction(1) if is_whole else share)
