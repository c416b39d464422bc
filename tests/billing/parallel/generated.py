"""Bills made at random, with what must become of every row known beside it.

Every kind of row a provider writes is in here, and every way of writing it: numbers with many
decimals or exponents, instants in four styles, texts with quotes and line breaks.
"""

from __future__ import annotations

import random
from collections import defaultdict
from collections.abc import Callable
from dataclasses import dataclass
from decimal import ROUND_HALF_UP, Decimal
from typing import Any

from billing.parallel_run.reasons import DifferenceReason
from core.money import minor_exponent
from tests.billing.parallel.bill import COLUMNS, row

PROVIDERS = ("AWS", "Microsoft", "Google Cloud", "Oracle")
CURRENCIES = ("USD", "EUR", "JPY")
MONTHS = ((2024, 8), (2024, 9), (2024, 12))
EXTRA = ("x_Discounts", "x_SkuMeterName")
COMMITTED = {
    "PricingCategory": "Committed",
    "CommitmentDiscountId": "arn:aws:savingsplans::1:savingsplan/2",
    "CommitmentDiscountStatus": "Used",
}


@dataclass(frozen=True)
class Made:
    """A row, and what must become of it: its reason, and whether it is billed."""

    texts: dict[str, str]
    reason: DifferenceReason | None
    is_billed: bool
    price: Decimal
    quantity: Decimal

    @property
    def expected(self) -> Decimal:
        return Decimal(self.texts["BilledCost"])

    @property
    def line(self) -> tuple[str, ...]:
        """What is one line on an invoice."""
        named = ("ProviderName", "BillingAccountId", "BillingCurrency", "SkuPriceId", "PricingUnit")
        month = self.texts["BillingPeriodStart"][:7]
        return (*(self.texts[name] for name in named), month, str(self.price.normalize()))


class Bill:
    """Rows of one bill, drawn from a seed."""

    def __init__(self, seed: int) -> None:
        self._random = random.Random(seed)
        self._number = 0

    def rows(self, count: int) -> list[Made]:
        """Some of every kind, shuffled; now and then two that are alike to the letter."""
        kinds = [*KINDS, *self._random.choices(list(KINDS), k=max(count - len(KINDS), 0))]
        made = [self.make(kind) for kind in kinds]
        made += [each for each in made if self._random.random() < 0.05]
        self._random.shuffle(made)
        return made

    def make(self, kind: str) -> Made:
        """A row of a kind."""
        change, reason, is_billed = KINDS[kind]
        texts, price, quantity = self._usual()
        # Of a few cents, a cost that is not billed could as well have been rounded away.
        while reason is not None and price * quantity < 10:
            texts, price, quantity = self._usual()
        texts |= change(Numbers(price, quantity, self._random))
        if kind in ("rounded", "zero quantity", "returned"):
            price, quantity = Decimal(texts["ListUnitPrice"]), Decimal(texts["PricingQuantity"])
        return Made(texts, reason, is_billed, price, quantity)

    def _usual(self) -> tuple[dict[str, str], Decimal, Decimal]:
        draw = self._random
        self._number += 1
        price = Decimal(draw.randrange(1, 10**6)).scaleb(-draw.choice((2, 4, 7, 10)))
        quantity = Decimal(draw.randrange(1, 10**6)).scaleb(-draw.choice((0, 1, 3, 5)))
        cost = price * quantity
        year, month = draw.choice(MONTHS)
        day, hour = draw.randrange(1, 28), draw.randrange(23)
        texts = row(
            ProviderName=draw.choice(PROVIDERS),
            BillingAccountId=f"acct-{draw.randrange(3)}",
            BillingAccountName=draw.choice(["SunBird", "NULL", "Ünï ☂"]),
            BillingCurrency=draw.choice(CURRENCIES),
            BillingPeriodStart=self._instant(year, month, 1, 0),
            BillingPeriodEnd=self._instant(*divmod(year * 12 + month, 12), 1, 0, is_next=True),
            ChargePeriodStart=self._instant(year, month, day, hour),
            ChargePeriodEnd=self._instant(year, month, day, hour + 1),
            SkuPriceId=f"SKU{draw.randrange(6)}.{draw.choice('AB')}",
            PricingUnit=draw.choice(["GB", "Hours", "1M requests"]),
            ResourceId=draw.choice(["NULL", f"vol-{self._number}", f"/Sub/ü {self._number}"]),
            SubAccountId=draw.choice(["NULL", "51738928782"]),
            ChargeDescription=draw.choice(["per GB", 'said "so",\r\nin two lines', "a,b;c", ""]),
            Tags=draw.choice(["NULL", '{"team": "a, b"}', f'{{"note": "line\n{self._number}"}}']),
            ListUnitPrice=self._number_text(price),
            PricingQuantity=self._number_text(quantity),
            ConsumedQuantity="7.5",
            ConsumedUnit="Bytes",
            BilledCost=self._number_text(cost),
            ListCost=self._number_text(cost),
        )
        return texts, price, quantity

    def _instant(self, year: int, month: int, day: int, hour: int, *, is_next: bool = False) -> str:
        month += is_next
        day_text, time_text = f"{year:04}-{month:02}-{day:02}", f"{hour:02}:00:00"
        styles = (
            f"{day_text} {time_text}",
            f"{day_text}T{time_text}Z",
            f"{day_text}T{time_text}.0000000+00:00",
            f"{day_text} {time_text}.000 UTC",
        )
        return self._random.choice(styles)

    def _number_text(self, number: Decimal) -> str:
        plain = f"{number:f}"
        digits = f"{number.normalize():E}".replace("E+", "E")
        padded = plain if "." not in plain else plain + "0" * self._random.randrange(3)
        return self._random.choice((plain, digits, padded))


@dataclass(frozen=True)
class Numbers:
    """What a kind of row may change its columns by."""

    price: Decimal
    quantity: Decimal
    random: random.Random

    @property
    def cost(self) -> Decimal:
        return self.price * self.quantity


Change = Callable[[Numbers], dict[str, str]]


def _always(**columns: str) -> Change:
    return lambda numbers: columns


def _rounded(numbers: Numbers) -> dict[str, str]:
    """A cost the source rounded to its tenth decimal, of a quantity that needs more."""
    price, quantity = Decimal("0.085"), Decimal("0.00515029861") + numbers.random.randrange(9)
    cost = (price * quantity).quantize(Decimal("1E-10"), ROUND_HALF_UP)
    texts = {"ListUnitPrice": f"{price}", "PricingQuantity": f"{quantity}"}
    return texts | {"BilledCost": f"{cost}0", "ListCost": f"{cost}0"}


def _consumed(numbers: Numbers) -> dict[str, str]:
    cost = f"{numbers.price * 4_000_000:f}"
    return {"ConsumedQuantity": "4000000", "BilledCost": cost, "ListCost": cost}


def _at(share: str, **columns: str) -> Change:
    """Billed at a share of the list cost, as a contract column says."""

    def change(numbers: Numbers) -> dict[str, str]:
        cost = f"{numbers.cost * Decimal(share):f}"
        return {"BilledCost": cost, "ContractedCost": cost, **columns}

    return change


def _returned(numbers: Numbers) -> dict[str, str]:
    """Use that is taken back, in part or by more than there was."""
    cost = f"{numbers.price * -3:f}"
    return {"PricingQuantity": "-3", "BilledCost": cost, "ListCost": cost}


def _tiered(numbers: Numbers) -> dict[str, str]:
    cost = f"{numbers.cost * 3 + 9:f}"
    return {"BilledCost": cost, "ListCost": cost}


KINDS: dict[str, tuple[Change, DifferenceReason | None, bool]] = {
    "usage": (_always(), None, True),
    "rounded": (_rounded, DifferenceReason.ROUNDING_IN_SOURCE, True),
    "committed": (_always(BilledCost="0", **COMMITTED), DifferenceReason.COMMITMENT_DISCOUNT, True),
    "negotiated": (_at("0.5"), DifferenceReason.NEGOTIATED_PRICE, True),
    "dynamic": (_at("0.25", PricingCategory="Dynamic"), DifferenceReason.DYNAMIC_PRICE, True),
    "free": (_always(BilledCost="0", ContractedCost="0.00"), DifferenceReason.FREE_USAGE, True),
    "consumed": (_consumed, DifferenceReason.CONSUMED_QUANTITY, True),
    "tiered": (_tiered, DifferenceReason.LIST_COST_DIFFERS, True),
    "zero quantity": (
        _always(PricingQuantity="0.000", BilledCost="5", ListCost="5"),
        DifferenceReason.LIST_COST_DIFFERS,
        True,
    ),
    "credit": (
        _always(ChargeCategory="Credit", BilledCost="-2.61"),
        DifferenceReason.CREDIT,
        False,
    ),
    "adjustment": (_always(ChargeCategory="Adjustment"), DifferenceReason.ADJUSTMENT, False),
    "tax": (_always(ChargeCategory="Tax", ListUnitPrice=""), DifferenceReason.TAX, False),
    "correction": (_always(ChargeClass="Correction"), DifferenceReason.CORRECTION, False),
    "purchase": (
        _always(ChargeCategory="Purchase", ListUnitPrice="NULL", BilledCost="100"),
        DifferenceReason.PURCHASE,
        False,
    ),
    "returned": (_returned, None, True),
    "unpriced": (_always(ListUnitPrice="", ListCost=""), DifferenceReason.NO_LIST_PRICE, False),
    "uncounted": (_always(PricingQuantity="NULL"), DifferenceReason.NO_QUANTITY, False),
    "nameless": (_always(SkuPriceId="NULL", SkuId=""), DifferenceReason.NO_SKU, False),
    "spoilt": (_always(ConsumedQuantity="1,5"), DifferenceReason.UNREADABLE_ROW, False),
    "half a month": (
        _always(BillingPeriodStart="2024-09-01", BillingPeriodEnd="2024-09-16"),
        DifferenceReason.NOT_A_BILLING_MONTH,
        False,
    ),
}
"""What each kind of row changes, how its difference is named, and whether it is billed."""


def our_total(rows: list[Made]) -> Decimal:
    """What must be billed: each line exact, and rounded once, half up."""
    exact: dict[tuple[str, ...], Decimal] = defaultdict(Decimal)
    for each in rows:
        if each.is_billed:
            exact[each.line] += each.price * each.quantity
    return sum(
        (
            amount.quantize(Decimal(1).scaleb(-minor_exponent(line[2])), ROUND_HALF_UP)
            for line, amount in exact.items()
        ),
        Decimal(0),
    )


def written(rows: list[Made], seed: int) -> dict[str, Any]:
    """How the file of a seed is written: order of columns, others besides, line ends, BOM."""
    draw = random.Random(seed)
    columns = [*COLUMNS, *draw.sample(EXTRA, draw.randrange(3))]
    draw.shuffle(columns)
    texts = [each.texts | dict.fromkeys(EXTRA, "none") for each in rows]
    return {
        "rows": texts,
        "columns": tuple(columns),
        "line_end": draw.choice(["\r\n", "\n"]),
        "mark": draw.choice([b"", b"\xef\xbb\xbf"]),
    }
