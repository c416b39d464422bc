"""The tier table: where each tier starts and ends, and what its units, or packages of them, cost.

A tier starts where the one before it ended, its upper bound is inclusive, and the last one is open.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from decimal import Decimal
from fractions import Fraction
from functools import cached_property
from itertools import pairwise
from math import ceil, floor

from billing.rating.exact import percentage
from billing.rating.models.base import NOTHING_TOLD, ZERO, Caution
from billing.rating.reading import QUANTITY_SCALE, Fields
from core.decimals import decimal_text


@dataclass(frozen=True)
class Tier:
    """Units up to and including `up_to` (None: without end) at a price, and a fee to enter it.

    With a `size` they are sold in packages of so many, and `unit_price` is that of a package.
    """

    up_to: Decimal | None
    unit_price: Decimal
    fee: Decimal
    size: Decimal | None = None

    @cached_property
    def end(self) -> Fraction | None:
        """The inclusive upper bound as a rational."""
        return None if self.up_to is None else Fraction(self.up_to)

    def filled(self, start: Fraction, quantity: Fraction) -> Fraction:
        """How many units of a cumulative quantity lie in the tier, which begins at `start`."""
        end = quantity if self.end is None else min(self.end, quantity)
        return max(end - start, ZERO)

    def sold(self, units: Fraction) -> Fraction:
        """What units of the tier are sold as: themselves, or the packages begun."""
        return units if self.size is None else Fraction(ceil(units / Fraction(self.size)))

    def cost(self, units: Fraction) -> Fraction:
        """What so many units cost, with the fee."""
        return self.sold(units) * Fraction(self.unit_price) + Fraction(self.fee)

    def cost_just_above(self, units: Fraction) -> Fraction:
        """What they cost with the least bit more, with the fee."""
        if self.size is None:
            return self.cost(units)
        packages = floor(units / Fraction(self.size)) + 1
        return packages * Fraction(self.unit_price) + Fraction(self.fee)

    @property
    def told(self) -> Mapping[str, str]:
        """What a row of the explanation says of the tier beside its figures."""
        return NOTHING_TOLD if self.size is None else {"size": decimal_text(self.size)}


@dataclass(frozen=True)
class Tiers:
    """A table of tiers, and whether the first one's fee is due when nothing was used."""

    rows: tuple[Tier, ...]
    is_due_at_zero: bool = True

    @cached_property
    def starts(self) -> tuple[Fraction, ...]:
        """Where each tier starts, exclusive except for the first."""
        ends = [row.end for row in self.rows[:-1]]
        return (ZERO, *(end for end in ends if end is not None))

    @property
    def has_packages(self) -> bool:
        """Whether some tier sells packages."""
        return any(row.size is not None for row in self.rows)

    def index_of(self, quantity: Fraction) -> int:
        """Return the tier a total quantity falls in; a bound belongs to the lower tier."""
        return next(
            index for index, row in enumerate(self.rows) if row.end is None or quantity <= row.end
        )

    def review_equal_rows(self) -> Iterator[Caution]:
        """Name every tier that costs the same as the one below it."""
        for index, (row, above) in enumerate(pairwise(self.rows), start=1):
            is_same = (row.unit_price, row.size) == (above.unit_price, above.size)
            if is_same and not above.fee:
                detail = "This tier costs the same as the one below it."
                yield Caution(f"/tiers/{index}", "tier_same", detail)


def read_tiers(fields: Fields, price_field: str) -> Tiers:
    """Read {"tiers": [{"up_to", `price_field`, "fee"}], "due_at_zero"}."""
    rows: list[Tier] = []
    entries = list(fields.objects("tiers"))
    if not entries and fields.required("tiers"):
        fields.problem("tiers", "tiers_missing", "There must be at least one tier.")
    for position, entry in enumerate(entries):
        row = _read_tier(entry, price_field)
        is_last = position == len(entries) - 1
        if is_last and row.up_to is not None:
            entry.problem("up_to", "tier_open_missing", "The last tier must be open: no up_to.")
        if not is_last and row.up_to is None:
            entry.problem("up_to", "tier_open_early", "Only the last tier may be open.")
        lowest = rows[-1].up_to if rows else Decimal(0)
        if row.up_to is not None and lowest is not None and row.up_to <= lowest:
            entry.problem("up_to", "tier_order", f"up_to must rise; it must be above {lowest}.")
        rows.append(row)
    return Tiers(tuple(rows), fields.boolean("due_at_zero", default=True))


def _read_tier(entry: Fields, price_field: str) -> Tier:
    up_to = entry.optional_decimal("up_to", scale=QUANTITY_SCALE)
    size = None
    if price_field == "price":
        price, fee = Decimal(0), entry.decimal("price", at_least="0")
    else:
        if price_field == "unit_price":
            size = entry.optional_decimal("size", above="0")
        price_field = _price_field(entry, price_field, has_size=size is not None)
        price = entry.decimal(price_field, default="0", at_least="0")
        fee = entry.decimal("fee", default="0", at_least="0")
        if price_field not in entry and "fee" not in entry:
            entry.problem(price_field, "required", f"A tier has a {price_field}, a fee, or both.")
    entry.close()
    return Tier(up_to, percentage(price) if price_field == "percent" else price, fee, size)


def _price_field(entry: Fields, name: str, *, has_size: bool) -> str:
    """Name the price of a tier: packages have a price, units a unit price."""
    if not has_size:
        return name
    if name in entry:
        entry.raw(name)
        entry.problem(name, "choice", "A tier of packages has the price of a package.")
    return "price"
