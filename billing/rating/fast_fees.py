"""Flat fees in integers: for a whole period a line known beforehand, for a part one division.

Owns the quick way only; `pipeline` has the general one, and the two agree to the last digit:
tests/rating/test_compiled.py holds them together.
"""

from __future__ import annotations

from fractions import Fraction
from typing import Any

from billing.rating.charges import INTEGERS, STEPPED, Charge, Detail, LineKind, RatedLine, Terms
from billing.rating.exact import decimals_of, number_text, ratio_text, scaled
from billing.rating.fast_pipeline import Rater
from billing.rating.models.base import ZERO, PricedPart
from billing.rating.models.simple import Flat
from billing.rating.price import PriceRule
from billing.rating.proration import Proration
from billing.rating.steps import Step, period_text, rows_of
from core.periods import Period

_SECOND = 1_000_000


def fee_rater(price: PriceRule, model: Flat, terms: Terms) -> Rater | None:
    """Return the rater of a fee; of credits there are few, so they go step by step."""
    price_scale = 10 ** decimals_of(model.amount)
    exact = scaled(model.amount, price_scale)
    if exact < 0:
        return None
    amount = (exact * 2 * terms.scale + price_scale) // (2 * price_scale)
    header = (0, 1, 1, 0, price_scale, terms.exponent)
    explanation = (INTEGERS, model.name, 0, header, ((0, 1, exact, 0),))
    partly = _Partly(model, terms, exact, price_scale)

    def rate(charge: Charge) -> RatedLine | None:
        if charge.detail is not None:
            is_seconds = price.proration is Proration.SECOND
            return partly.rate(charge, charge.detail) if is_seconds else None
        return RatedLine(
            charge.key,
            LineKind.FEE,
            charge.key,
            charge.resource,
            charge.tax_group,
            amount,
            exact,
            price_scale,
            1,
            1,
            model.amount,
            explanation,
        )

    return rate


class _Partly:
    """A fee for some seconds of a period."""

    def __init__(self, model: Flat, terms: Terms, exact: int, price_scale: int) -> None:
        part = PricedPart(0, ZERO, Fraction(1), Fraction(exact, price_scale), ZERO)
        self._price: Step = {"step": "price", "model": model.name, "rows": rows_of([part])}
        self._price |= {"amount": number_text(part.amount)}
        self._shown, self._exact, self._price_scale = model.amount, exact, price_scale
        self._period, self._scale, self._exponent = terms.period, terms.scale, terms.exponent
        self._whole = terms.period.microseconds // _SECOND if terms.period else 0

    def rate(self, charge: Charge, detail: Detail) -> RatedLine | None:
        """Return the line, or None for whatever is not a plain share in whole seconds."""
        part = self._seconds(detail)
        if part is None:
            return None
        exact, parts = self._exact * part, self._price_scale * self._whole
        amount = (exact * 2 * self._scale + parts) // (2 * parts)
        return RatedLine(
            charge.key,
            LineKind.FEE,
            charge.key,
            charge.resource,
            charge.tax_group,
            amount,
            exact,
            parts,
            1,
            1,
            self._shown,
            (STEPPED, self._inputs(charge, detail), self._steps(part, exact, parts, amount)),
        )

    def _seconds(self, detail: Detail) -> int | None:
        active, period = detail.active, self._period
        if active is None or period is None or detail != Detail(active=active):
            return None
        if active.start < period.start or active.end > period.end:
            return None
        seconds, rest = divmod(active.microseconds, _SECOND)
        return None if rest or period.microseconds % _SECOND else seconds

    @staticmethod
    def _inputs(charge: Charge, detail: Detail) -> dict[str, Any]:
        active: Period | None = detail.active
        assert active is not None
        inputs: dict[str, Any] = {"active": period_text(active)}
        return inputs | ({"dimensions": dict(charge.dimensions)} if charge.dimensions else {})

    def _steps(self, part: int, exact: int, parts: int, amount: int) -> list[Step]:
        proration = {"step": "proration", "by": "second", "part": str(part)}
        return [
            self._price,
            proration | {"whole": str(self._whole)},
            {
                "step": "rounding",
                "exact": ratio_text(exact, parts),
                "mode": "half_up",
                "decimals": self._exponent,
                "amount": ratio_text(amount, self._scale),
            },
        ]
