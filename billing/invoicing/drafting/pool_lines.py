"""The lines that tell what a draft draws from pools: a line for each pool and tax class.

Owns their words and figures, and what a charge of a draft is in units; who draws what is decided in
`billing.invoicing.drafting.pool_draws`.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime
from decimal import Decimal
from fractions import Fraction
from typing import Any

from billing.invoicing.drafting.drafts import DraftLine
from billing.invoicing.models.invoice_lines import POOL_DRAW
from billing.licences.queries.pools import AccountPools, PoolTerms
from billing.licences.windows import ZERO, rounded_units
from billing.rating import LineKind, expand
from billing.rating.charges import STEPPED
from core.decimals import decimal_text
from core.money import minor_exponent, round_half_up
from core.periods import Period

BEYOND_KEY = "pool-overage"
"""How the key of a line begins that tells the units beyond a pool."""


@dataclass(slots=True)
class AskedCharge:
    """One charge of a draft: its lines, what they come to, and the units they are."""

    key: str
    lines: list[DraftLine] = field(default_factory=list)

    @property
    def line(self) -> DraftLine:
        return self.lines[0]

    @property
    def amount_minor(self) -> int:
        return sum(line.amount_minor for line in self.lines)

    @property
    def replaces(self) -> bool:
        """Whether an earlier bill of it is taken back as a whole."""
        return any(line.kind == LineKind.REVERSAL for line in self.lines)

    def units_in(self, unit: str, places: int, exponent: int) -> Decimal | None:
        """How many of a pool's units it is; None where it is none of them."""
        if not unit:
            return Decimal(self.amount_minor).scaleb(-exponent)
        found = [each for line in self.lines if (each := units_of(line.explanation, unit))]
        return rounded_units(sum(found, Fraction(0)), places) if found else None


def units_of(explanation: Sequence[Any], unit: str) -> Fraction | None:
    """The units that a line of use was priced in, before they became money."""
    if explanation[0] != STEPPED:
        return None
    told = expand(explanation)
    price, rounding = told.step("price"), told.step("rounding")
    if price is None or rounding is None or price.get("priced_in") != unit:
        return None
    return Fraction(rounding["exact"]) / Fraction(price["value"])


@dataclass(frozen=True, slots=True)
class ChargeDraw:
    """Units a charge draws from a bucket (below 0: gives back), and the money they cover."""

    asked: AskedCharge
    bucket_id: int
    units: Decimal
    amount_minor: int
    reverses: int | None = None


@dataclass(frozen=True, slots=True)
class BeyondPool:
    """Units beyond the pools, at what the licence says instead of what they were priced at."""

    asked: AskedCharge
    terms: PoolTerms
    units: Decimal
    priced_minor: int

    @classmethod
    def of(
        cls, asked: AskedCharge, terms: PoolTerms, units: Decimal, priced: int
    ) -> BeyondPool | None:
        """None where nothing is beyond them, or the pool is of money."""
        return cls(asked, terms, units, priced) if units and terms.unit else None

    def agreed_minor(self, exponent: int) -> int:
        """What the units cost: as the licence says, or as they are priced where it says nothing."""
        if self.terms.overage_price is None:
            return self.priced_minor
        price = Fraction(self.terms.overage_price) * 10**exponent
        return round_half_up(Fraction(self.units) * price)


def draw_lines(pools: AccountPools, drawn: Sequence[ChargeDraw]) -> Iterator[DraftLine]:
    """A line for each pool and tax class; what only counts takes no money off."""
    groups: dict[tuple[int, str], list[ChargeDraw]] = defaultdict(list)
    for each in drawn:
        terms = pools.terms.get(each.bucket_id)
        if terms is not None:
            groups[terms.commitment_id, each.asked.line.tax_class].append(each)
    keys = {bucket.bucket_id: bucket.key.text for bucket in pools.buckets}
    for (commitment_id, tax_class), group in groups.items():
        terms = pools.terms[group[0].bucket_id]
        units = sum((each.units for each in group), ZERO)
        minor = 0 if terms.is_counted else -sum(each.amount_minor for each in group)
        step = _told(terms, "pool") | {
            "units": decimal_text(units),
            "counted": terms.is_counted,
            "draws": [_draw_text(each, keys) for each in group],
        }
        yield _line(
            f"pool:{commitment_id}:{tax_class}",
            group[0].asked.line,
            f"{terms.license_number} · {terms.name}",
            (units, terms.unit, minor),
            step,
        )


def _told(terms: PoolTerms, name: str) -> dict[str, Any]:
    return {
        "step": name,
        "licence": terms.license_id,
        "number": terms.license_number,
        "pool": terms.name,
        "unit": terms.unit,
    }


def _draw_text(each: ChargeDraw, keys: Mapping[int, str]) -> dict[str, Any]:
    line = each.asked.line
    return {
        "charge": each.asked.key,
        "name": line.description,
        "bucket": each.bucket_id,
        "units": decimal_text(each.units),
        "minor": each.amount_minor,
        "used_from": used_at(line.period).isoformat(),
        "resource": line.resource_id,
        "draw_key": keys.get(each.bucket_id, ""),
        "reverses": each.reverses,
    }


def beyond_lines(beyond: Sequence[BeyondPool], currency: str) -> Iterator[DraftLine]:
    """A line for each pool and tax class: by how much what is beyond costs more or less.

    One of 0.00 still says how many units it is.
    """
    groups: dict[tuple[int, str], list[BeyondPool]] = defaultdict(list)
    for each in beyond:
        groups[each.terms.commitment_id, each.asked.line.tax_class].append(each)
    for (commitment_id, tax_class), group in groups.items():
        terms, exponent = group[0].terms, minor_exponent(currency)
        units = sum((each.units for each in group), ZERO)
        agreed = sum(each.agreed_minor(exponent) for each in group)
        priced = sum(each.priced_minor for each in group)
        step = _told(terms, "pool_overage") | {
            "units": decimal_text(units),
            "overage_price": decimal_text(terms.overage_price or ZERO),
            "agreed": decimal_text(Decimal(agreed).scaleb(-exponent)),
            "priced": decimal_text(Decimal(priced).scaleb(-exponent)),
            "beyond": [
                {
                    "charge": each.asked.key,
                    "resource": each.asked.line.resource_id,
                    "units": decimal_text(each.units),
                    "used_from": used_at(each.asked.line.period).isoformat(),
                }
                for each in group
            ],
        }
        yield _line(
            f"{BEYOND_KEY}:{commitment_id}:{tax_class}",
            group[0].asked.line,
            f"{terms.license_number} · {terms.name}, beyond the pool",
            (units, terms.unit, agreed - priced),
            step,
        )


def _line(
    key: str,
    of: DraftLine,
    description: str,
    figures: tuple[Decimal, str, int],
    step: dict[str, Any],
) -> DraftLine:
    units, unit, minor = figures
    return DraftLine(
        key=key,
        kind=POOL_DRAW,
        subscription_id=None,
        price_id=None,
        resource_id=None,
        group_label="",
        description=description,
        quantity=units,
        unit=unit,
        unit_price=None,
        amount_minor=minor,
        dimensions={},
        explanation=(STEPPED, {}, [step]),
        period=of.period,
        tax_class=of.tax_class,
    )


def used_at(period: Period) -> datetime:
    """The instant that says to which window use of a period belongs: its middle, as clocks of
    teams differ from that of their licence."""
    return period.start + (period.end - period.start) / 2


def used_from_of(text: str) -> datetime:
    """The instant a draw's use began at, as its line tells it."""
    return datetime.fromisoformat(text)
