"""One charge being rated: what applies to it, and how much of it there is at each step.

Owns the quantities, cumulative over the period, before and after a split: as measured, converted,
and beyond what is included. Does not price them.
"""

from __future__ import annotations

from dataclasses import dataclass
from fractions import Fraction
from math import ceil, floor

from billing.rating.charges import Charge, Detail, Terms
from billing.rating.compiled import factor_of
from billing.rating.models.base import ZERO, CumulativeUsage, Model, PricedEvent
from billing.rating.models.matrix import Matrix
from billing.rating.price import Conversion, PriceRule, Rounding
from billing.rating.proration import Proration, Share, share_of
from core.money import round_half_up

_NO_DETAIL = Detail()


@dataclass(frozen=True, slots=True)
class Work:
    """One charge being rated: what applies to it, its cumulative quantities before and after."""

    charge: Charge
    detail: Detail
    price: PriceRule
    terms: Terms
    model: Model
    share: Share
    raw: tuple[Fraction, Fraction]
    converted: tuple[Fraction, Fraction]
    included: Fraction
    billed: tuple[Fraction, Fraction]

    def span(self, before: Fraction, after: Fraction, *, is_first: bool) -> CumulativeUsage:
        earlier = self.detail.earlier
        return CumulativeUsage(
            before,
            after,
            is_first=is_first,
            owes_fees=is_first or self.owes_fees,
            events=self.events,
            events_before=earlier.events if earlier else 0,
        )

    @property
    def events(self) -> tuple[PricedEvent, ...]:
        """The single events, as the price looks at them: with the dimensions of the charge too,
        and a bare quantity as one, where it depends on those.
        """
        if not self.price.event_dimensions:
            return self.detail.events
        given, common = self.detail.events, self.charge.dimensions
        if not given and self.charge.quantity:
            given = (PricedEvent(self.charge.quantity, None),)
        return tuple(
            event._replace(dimensions={**common, **(event.dimensions or {})}) for event in given
        )

    @property
    def is_first(self) -> bool:
        """Whether nothing of what is worked out now was billed by an earlier split."""
        earlier = self.detail.earlier
        if earlier is None or self.model.is_final_only:
            return True
        is_untouched = not earlier.quantity and not earlier.events
        return is_untouched and self.owes_fees

    def billable(self, raw: Fraction) -> Fraction:
        """Return what of a cumulative metered quantity is priced, beyond what is included."""
        rule = self.price.conversion
        return _beyond(_convert(raw, factor_of(rule, self.terms), rule), self.included)

    @property
    def owes_fees(self) -> bool:
        """Whether earlier splits, by another price, billed no fee of a tier yet."""
        earlier = self.detail.earlier
        other_terms = earlier.other_terms if earlier else None
        return other_terms is not None and not other_terms.has_fees

    @property
    def value(self) -> Fraction:
        """What one unit the price is written in is worth in the currency."""
        return Fraction(self.price.priced_in.value) if self.price.priced_in else Fraction(1)


def begin(charge: Charge) -> Work:
    """Gather what applies to a charge.

    Raises: CannotRate.
    """
    price, terms, detail = charge.price.price, charge.price.terms, charge.detail or _NO_DETAIL
    before = Fraction(detail.earlier.quantity) if detail.earlier else ZERO
    now = sum((Fraction(event.quantity) for event in detail.events), Fraction(charge.quantity))
    raw = (before, before + now)
    factor, rule = factor_of(price.conversion, terms), price.conversion
    converted = (_convert(raw[0], factor, rule), _convert(raw[1], factor, rule))
    included = ZERO
    if price.included is not None:
        included = Fraction(price.included.quantity)
        included *= share_for(charge, price.included.proration).fraction
    billed = (_beyond(converted[0], included), _beyond(converted[1], included))
    share = share_for(charge, price.proration)
    model = model_of(charge)
    return Work(charge, detail, price, terms, model, share, raw, converted, included, billed)


def model_of(charge: Charge) -> Model:
    """Return the model that prices a charge: of a matrix, the one in its cell.

    Raises: CannotRate.
    """
    model = charge.price.price.model
    return model.cell(charge.dimensions).model if isinstance(model, Matrix) else model


def waits_for_the_end(charge: Charge) -> bool:
    """Say whether a split that is not the last bills nothing: the price needs the whole period.

    Raises: CannotRate.
    """
    return model_of(charge).is_final_only


def share_for(charge: Charge, by: Proration) -> Share:
    """Return the share of the period a charge was active for.

    Raises: CannotRate.
    """
    detail, terms = charge.detail or _NO_DETAIL, charge.price.terms
    return share_of(by, detail.active, terms.period, terms.zone, detail.away)


def _convert(quantity: Fraction, factor: Fraction, rule: Conversion | None) -> Fraction:
    converted = quantity * factor
    if rule is None or rule.rounding is Rounding.NONE:
        return converted
    scale = Fraction(10) ** rule.decimals
    return _whole(converted * scale, rule.rounding) / scale


def _whole(value: Fraction, rounding: Rounding) -> int:
    if rounding is Rounding.UP:
        return ceil(value)
    return floor(value) if rounding is Rounding.DOWN else round_half_up(value)


def _beyond(quantity: Fraction, included: Fraction) -> Fraction:
    """Return what is left after the included units; a negative quantity stays as it is."""
    return quantity if quantity < 0 else max(quantity - included, ZERO)
