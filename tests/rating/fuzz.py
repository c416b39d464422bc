"""Random pricing documents by the million: the rater against the second rater, to the last digit.

Run with `make fuzz CASES=1000000 SEED=1`. `tests/rating/test_fuzz.py` runs a few hundred. Plain
random numbers instead of hypothesis: no shrinking, but twenty times as many cases a minute. A
document is made from its seed and number alone, so a difference names both and can be had again.
"""

from __future__ import annotations

import argparse
import json
import sys
import time
from collections import Counter
from collections.abc import Callable
from dataclasses import dataclass, field
from decimal import Decimal
from fractions import Fraction
from random import Random
from typing import Any

from billing.rating import DocumentRefused, quote
from billing.verifier.arithmetic import recompute
from billing.verifier.proofs import fits
from billing.verifier.rounding import shown
from core.decimals import decimal_text

Document = dict[str, Any]

STEP = 10_000
DIFFERENCES_MAX = 10
TOTALS = ("subtotal", "tax", "credits", "total")
SHARES = ("none", "second", "day", "thirty_day_month")
PERIODS: tuple[tuple[Document, tuple[str, ...]], ...] = (
    (
        {"from": "2026-10-01", "until": "2026-11-01", "zone": "Europe/Amsterdam"},
        (
            "2026-10-01",
            "2026-10-02T00:30:00Z",
            "2026-10-25T00:59:59.5Z",
            "2026-10-26",
            "2026-11-01",
        ),
    ),
    (
        {"anchor": "2024-01-31", "number": 1, "zone": "America/New_York"},
        ("2024-02-29", "2024-03-01", "2024-03-10T06:59:59Z", "2024-03-11", "2024-03-31"),
    ),
    (
        {"from": "2026-02-01", "until": "2026-03-01"},
        ("2026-02-01", "2026-02-11T12:00:00+05:45", "2026-02-27", "2026-03-01"),
    ),
    (
        {"anchor": "2024-02-29", "months": 12, "zone": "Pacific/Apia"},
        ("2024-02-29", "2024-07-01", "2024-12-31T23:59:59Z", "2025-02-28"),
    ),
)
CURRENCIES: tuple[Any, ...] = ("USD", "EUR", "JPY", "KWD", {"code": "unit", "decimals": 0})


@dataclass
class Tally:
    """What became of the documents, and which models they had."""

    compared: int = 0
    refused: int = 0
    models: Counter[str] = field(default_factory=Counter)
    differences: list[str] = field(default_factory=list)

    def add(self, other: Tally) -> None:
        """Count what another run found too."""
        self.compared += other.compared
        self.refused += other.refused
        self.models += other.models
        self.differences += other.differences

    def __str__(self) -> str:
        """Say how many there were."""
        return (
            f"{self.compared + self.refused:,} documents, {self.refused:,} that cannot be rated, "
            f"{len(self.differences):,} differ"
        )


def compare(document: Document) -> str | None:
    """Return where the two raters differ, or None.

    Raises: DocumentRefused where the rater cannot rate the document.
    """
    answer, shadow = quote(document), recompute(document)
    ours = [_line(line) for line in answer["lines"]]
    theirs = [_line(line) for line in shadow["lines"]]
    if ours != theirs:
        return f"lines {ours} against {theirs}"
    for line, other in zip(answer["lines"], shadow["lines"], strict=True):
        if Fraction(line["quantity"]) != shown(other["quantity"]):
            return f"{line['key']}: quantity {line['quantity']} against {other['quantity']}"
        if not fits(line["unit_price"], other):
            return f"{line['key']}: unit price {line['unit_price']} against {other}"
    for name in TOTALS:
        if Fraction(answer[name]) != shadow[name]:
            return f"{name} {answer[name]} against {shadow[name]}"
    lines = sum((Fraction(line["amount"]) for line in answer["lines"]), Fraction(0))
    if lines != Fraction(answer["total"]):
        return f"the lines come to {lines}, the total is {answer['total']}"
    return None


def _line(line: Document) -> tuple[str, str, Fraction, Fraction]:
    return line["key"], line["kind"], Fraction(line["exact_amount"]), Fraction(line["amount"])


def run(seed: int, cases: range) -> Tally:
    """Compare documents, until so many differ."""
    tally = Tally()
    for case in cases:
        document = document_of(seed, case)
        tally.models.update(_models(document))
        try:
            difference = compare(document)
        except DocumentRefused as refused:
            if {error.code for error in refused.errors} != {"cannot_rate"}:
                tally.differences.append(f"case {case}: {refused} {json.dumps(document)}")
            tally.refused += 1
            continue
        tally.compared += 1
        if difference is not None:
            tally.differences.append(f"case {case}: {difference} {json.dumps(document)}")
        if len(tally.differences) >= DIFFERENCES_MAX:
            break
    return tally


def document_of(seed: int, case: int) -> Document:
    """Return one document: the same for the same seed and number, on every machine."""
    return Maker(Random(f"{seed}-{case}")).document()


def _models(document: Document) -> list[str]:
    given = [charge["price"] for charge in document["charges"]]
    return [price["model"] for price in given if isinstance(price, dict)]


class Maker:
    """Makes one document, as somebody might write it, from random numbers."""

    def __init__(self, random: Random) -> None:
        self._random = random
        self._period, self._instants = random.choice(PERIODS)

    def document(self) -> Document:
        """Return a document of up to four charges, some sharing a named price."""
        charges = [self._charge() for _ in range(self._random.choice((1, 1, 1, 2, 3, 4)))]
        for number, charge in enumerate(charges):
            charge["key"] = f"c{number}"
        found: Document = {"currency": self._random.choice(CURRENCIES), "charges": charges}
        found |= {"period": self._period, "prices": {"shared": self._metered()}}
        if self._is(0.5):
            found["account"] = self._account([charge["key"] for charge in charges])
        return found

    def _is(self, likely: float) -> bool:
        return self._random.random() < likely

    def _number(self, most: int, places: int = 4, least: int = 0) -> str:
        """Draw a number, most often a round one, sometimes at an edge."""
        chance = self._random.random()
        if chance < 0.1:
            return str(least)
        if chance < 0.5:
            return str(self._random.randint(least, most))
        finest = self._random.randint(1, places)
        drawn = self._random.randint(least * 10**finest, most * 10**finest)
        return decimal_text(Decimal(drawn).scaleb(-finest))

    def _amount(self) -> str:
        return self._number(500, 3)

    def _quantity(self) -> str:
        return self._number(400, 4)

    def _percent(self) -> str:
        return self._number(100, 2)

    def _share(self) -> str:
        return self._random.choice(SHARES)

    def _tiers(self, price: str) -> list[Document]:
        places = self._random.choice((1, 10))
        bounds = sorted(self._random.sample(range(1, 3_000), self._random.randint(0, 4)))
        table: list[Document] = []
        for bound in [*bounds, None]:
            tier: Document = {price: self._number(50, 6)}
            if price == "unit_price" and self._is(0.15):
                tier = {"size": self._number(60, 2, 1), "price": self._amount()}
            if price != "price" and self._is(0.4):
                tier["fee"] = self._amount()
            if bound is not None:
                tier["up_to"] = decimal_text(Decimal(bound) / places)
            table.append(tier)
        return table

    def _tiered(self, model: str) -> Document:
        fields = {"stairstep": "price", "graduated_percentage": "percent"}
        found: Document = {"model": model, "tiers": self._tiers(fields.get(model, "unit_price"))}
        return found | ({"due_at_zero": self._is(0.5)} if self._is(0.4) else {})

    def _model(self, *, with_matrix: bool = True) -> Document:
        """Draw a model that prices quantities."""
        names = ["per_unit", "graduated", "volume", "stairstep", "package"]
        name = self._random.choice([*names, *(["matrix"] if with_matrix else [])])
        if name == "per_unit":
            return {"model": name, "unit_price": self._number(50, 6, -2)}
        if name == "package":
            size = decimal_text(Decimal(self._number(39, 2)) + 1)
            return {"model": name, "size": size, "price": self._amount()}
        if name != "matrix":
            return self._tiered(name)
        cells: list[Document] = [{"match": {}, "unit_price": self._number(50, 6)}]
        for region in ("eu", "us"):
            if self._is(0.5):
                cells.append({"match": {"region": region}, "price": self._model(with_matrix=False)})
            if self._is(0.5):
                cells.append({"match": {"region": region, "size": "s"}, "unit_price": "0.25"})
        return {"model": name, "dimensions": {"region": [], "size": []}, "cells": cells}

    def _metered(self) -> Document:
        """Draw a price of quantities with any modifiers that go with it."""
        price = self._model()
        waits = price["model"] in ("volume", "stairstep", "matrix")
        for name in self._random.sample(
            ("convert", "included", "proration", "commitment", "discounts", "maximum", "minimum"),
            self._random.choice((0, 1, 1, 2, 3)),
        ):
            price[name] = self._modifier(name, in_money=waits)
        if self._is(0.1):
            worth = decimal_text(Decimal(self._number(3, 4)) + Decimal("0.0001"))
            price["priced_in"] = {"unit": "credit", "value": worth}
        return price

    def _modifier(self, name: str, *, in_money: bool) -> Any:
        if name == "convert":
            return self._conversion()
        if name == "included":
            included = self._quantity()
            longer = {"quantity": included, "proration": self._share()}
            return included if self._is(0.5) else longer
        if name == "proration":
            return self._share()
        if name == "commitment":
            return self._commitment(in_money=in_money or self._is(0.5))
        return self._discounts() if name == "discounts" else self._limit()

    def _conversion(self) -> Document:
        by: Any = self._random.choice(("3600", "7", "0.5", "period_seconds", "period_hours"))
        found: Document = {"divide_by": by}
        if self._is(0.4):
            found["multiply_by"] = decimal_text(Decimal(self._number(20, 2)) + Decimal("0.01"))
        if self._is(0.5):
            found["round"] = self._random.choice(("none", "up", "down", "half_up"))
            found["decimals"] = self._random.randint(-1, 3)
        return found

    def _commitment(self, *, in_money: bool) -> Document:
        if in_money:
            found: Document = {"amount": self._amount()}
        else:
            found = {"quantity": self._quantity()}
        if not in_money and self._is(0.3):
            found["overage_unit_price"] = self._number(50, 6)
        elif self._is(0.6):
            found["overage_factor"] = self._number(3, 2)
        if self._is(0.3):
            found["true_up"] = self._is(0.5)
        return found | ({"proration": self._share()} if self._is(0.3) else {})

    def _discounts(self) -> list[Document]:
        return [
            {"percent": self._percent()} if self._is(0.5) else {"amount": self._amount()}
            for _ in range(self._random.randint(1, 3))
        ]

    def _limit(self) -> Any:
        if self._is(0.4):
            return self._amount()
        scope = self._random.choice(("charge", "resource", "account"))
        found = {"amount": self._amount(), "per": scope}
        return found | ({"proration": self._share()} if self._is(0.4) else {})

    def _charge(self) -> Document:
        kind = self._random.choice(("metered", "metered", "shared", "events", "flat"))
        if kind == "flat":
            charge = self._flat()
        elif kind == "events":
            charge = self._events()
        else:
            charge = self._usage("shared" if kind == "shared" else self._metered())
        if self._is(0.3):
            charge["tax_group"] = "reduced"
        if self._is(0.4):
            charge["resource"] = self._random.choice(("app-1", "app-2"))
        if self._is(0.3):
            charge["final"] = self._is(0.3)
        return charge

    def _active(self) -> Document:
        start, until = sorted(self._random.sample(range(len(self._instants)), 2))
        return {"from": self._instants[start], "until": self._instants[until]}

    def _usage(self, price: Any) -> Document:
        charge: Document = {"price": price, "quantity": self._quantity()}
        region, size = self._random.choice(("eu", "us", "ap")), self._random.choice(("s", "l"))
        charge["dimensions"] = {"region": region, "size": size}
        if self._is(0.4):
            charge["already_billed"] = {"quantity": self._quantity()}
            if self._is(0.6):
                charge["already_billed"]["amount"] = self._amount()
            elif self._is(0.3):
                charge["already_billed"] = {"quantity": "0", "amount": "0.00"}
            if "amount" in charge["already_billed"] and self._is(0.3):
                other_terms = {"fees": self._is(0.5), "discounts": self._amount()}
                charge["already_billed"]["other_terms"] = other_terms
        if self._is(0.15):
            charge["quantity"] = f"-{self._quantity()}"
        if self._is(0.4):
            charge["active"] = self._active()
        if self._is(0.1):
            charge["prorated_quantity"] = self._quantity()
        elif self._is(0.15):
            self._one_by_one(charge)
        return self._shrinking(charge) if self._is(0.2) else charge

    def _one_by_one(self, charge: Document) -> None:
        """Tell the units of a charge singly: they came, and some went again."""
        charge["units"] = []
        for _ in range(self._random.randint(1, 5)):
            sign = "-" if charge["units"] and self._is(0.3) else ""
            change: Document = {"quantity": f"{sign}{self._number(100, 3, 1)}"}
            if self._is(0.5):
                change["active"] = self._active()
            else:
                change["prorated_quantity"] = f"{sign}{self._number(100, 3, 1)}"
            charge["units"].append(change)
        for name in ("quantity", "prorated_quantity", "active"):
            charge.pop(name, None)

    def _shrinking(self, charge: Document) -> Document:
        """Make it a part that follows what this price itself billed before, most often of more."""
        if "units" in charge or isinstance(charge["price"], str):
            return charge
        reached = Decimal(self._random.randint(0, 400)) / self._random.choice((1, 10))
        earlier = charge | {"key": "before", "quantity": str(reached), "final": self._is(0.5)}
        for name in ("already_billed", "prorated_quantity"):
            earlier.pop(name, None)
            charge.pop(name, None)
        try:
            answer = quote({"currency": "USD", "period": self._period, "charges": [earlier]})
        except DocumentRefused:
            return charge
        charge["already_billed"] = {"quantity": str(reached), "amount": answer["subtotal"]}
        fewer = self._random.choice((reached, reached / 2, reached / 4, Decimal(0)))
        charge["quantity"] = decimal_text(-fewer if self._is(0.7) else fewer)
        return charge

    def _flat(self) -> Document:
        price: Document = {"model": "flat", "amount": self._number(500, 3, -50)}
        if self._is(0.3):
            price["billed"] = self._random.choice(("advance", "arrears"))
        if self._is(0.5):
            price["proration"] = self._share()
        for name in ("maximum", "minimum"):
            if self._is(0.2):
                price[name] = self._limit()
        if self._is(0.2):
            price["discounts"] = self._discounts()
        charge: Document = {"price": price}
        if self._is(0.2):
            charge["already_billed"] = {"amount": self._amount()}
        return charge | ({"active": self._active()} if self._is(0.6) else {})

    def _events(self) -> Document:
        """Draw a price that looks at events singly, and events for it."""
        name = self._random.choice(
            ("percentage", "graduated_percentage", "dynamic", "cost_plus", "matrix")
        )
        price: Document = {"model": name}
        if name == "percentage":
            price |= self._percentage()
        elif name == "graduated_percentage":
            price = self._tiered(name)
        elif name == "cost_plus":
            price["markup_percent"] = self._number(80, 2, -100)
        elif name == "matrix":
            price = self._over_all()
        entry: dict[str, Callable[[], Any]] = {"amount": self._amount}
        if name in ("dynamic", "cost_plus"):
            entry["quantity"] = self._quantity
        if name == "matrix":
            entry = {"quantity": lambda: self._number(900, 3, -90), "dimensions": self._region}
        events = [
            {field: draw() for field, draw in entry.items()}
            for _ in range(self._random.randint(0, 6))
        ]
        charge: Document = {"price": price, "events": events}
        if self._is(0.4):
            before = {"quantity": self._quantity(), "amount": self._amount()}
            charge["already_billed"] = before | {"events": self._random.randint(0, 5)}
        for modifier in ("discounts", "maximum", "minimum"):
            if self._is(0.2):
                price[modifier] = self._modifier(modifier, in_money=True)
        if self._is(0.2) and "already_billed" not in charge:
            price["commitment"] = self._commitment(in_money=True)
        return charge

    def _region(self) -> Document:
        return {"region": self._random.choice(("eu", "us", "ap"))}

    def _over_all(self) -> Document:
        """Draw a matrix that counts its tiers over all values."""
        cells: list[Document] = [{"match": {}, "unit_price": self._number(50, 6)}]
        for region in ("eu", "us"):
            table = self._tiers("unit_price")
            for tier in table:
                for name in ("fee", "size", "price"):
                    tier.pop(name, None)
                tier["unit_price"] = self._number(50, 6)
            inner = {"model": "graduated", "tiers": table}
            cells.append({"match": {"region": region}, "price": inner})
        found = {"model": "matrix", "dimensions": ["region"], "cells": cells}
        return found | {"tiers_count": "all"}

    def _percentage(self) -> Document:
        price: Document = {"percent": self._percent()}
        if self._is(0.5):
            price["fee_per_event"] = self._number(3, 2)
        if self._is(0.5):
            price["free_events"] = self._random.randint(0, 5)
        if self._is(0.5):
            price["free_amount"] = self._amount()
        least = Decimal(self._number(5, 2))
        if self._is(0.3):
            price["min_per_event"] = decimal_text(least)
        if self._is(0.3):
            price["max_per_event"] = decimal_text(least + Decimal(self._number(50, 2)))
        return price

    def _account(self, keys: list[str]) -> Document:
        found: Document = {}
        for name in ("maximum", "minimum", "already_billed"):
            if self._is(0.3):
                found[name] = self._amount()
            if name in found and name != "already_billed" and self._is(0.4):
                found[name] = {"amount": found[name], "proration": self._share()}
        if self._is(0.4):
            found["active"] = self._active()
        if self._is(0.3):
            found["final"] = self._is(0.5)
        if self._is(0.5):
            found["discounts"] = self._discounts()
        for name in ("grants", "credits"):
            if self._is(0.4):
                found[name] = [{"amount": self._amount()} for _ in range(2)]
        for entry in [*found.get("discounts", []), *found.get("grants", [])]:
            if self._is(0.3):
                entry["charges"] = self._random.sample(keys, self._random.randint(1, len(keys)))
        if self._is(0.6):
            groups = self._random.choice((["standard"], ["reduced"], []))
            taxes = [{"percent": self._number(30, 2), "groups": groups}, {"percent": "6"}]
            found["taxes"] = taxes[: self._random.randint(1, 2)]
        return found


def main(arguments: list[str] | None = None) -> int:
    """Compare so many documents, saying how far it is; 1 where the raters differ."""
    parser = argparse.ArgumentParser(description="The rater against the second rater.")
    parser.add_argument("--cases", type=int, default=100_000)
    parser.add_argument("--seed", type=int, default=1)
    given = parser.parse_args(arguments)
    whole, began = Tally(), time.monotonic()
    for start in range(0, given.cases, STEP):
        tally = run(given.seed, range(start, min(start + STEP, given.cases)))
        whole.add(tally)
        for difference in tally.differences:
            sys.stdout.write(f"seed {given.seed} {difference}\n")
        sys.stdout.write(f"{whole}, {time.monotonic() - began:.0f} s\n")
        sys.stdout.flush()
        if len(whole.differences) >= DIFFERENCES_MAX:
            break
    sys.stdout.write(
        ", ".join(f"{name} {count:,}" for name, count in whole.models.most_common()) + "\n"
    )
    return 1 if whole.differences else 0


if __name__ == "__main__":
    sys.exit(main())
