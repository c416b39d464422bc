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
from tests.rating.drawn_models import Document, Draw

STEP = 10_000
DIFFERENCES_MAX = 10
TOTALS = ("subtotal", "tax", "credits", "total")
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


class Maker(Draw):
    """Makes one document, as somebody might write it, from random numbers."""

    def __init__(self, random: Random) -> None:
        super().__init__(random)
        self._period, self._instants = random.choice(PERIODS)

    def document(self) -> Document:
        """Return a document of up to four charges, some sharing a named price."""
        charges = [self._charge() for _ in range(self.random.choice((1, 1, 1, 2, 3, 4)))]
        if self.chance(0.15):
            charges.append(self._common(self.limit_of_all()))
        for number, charge in enumerate(charges):
            charge["key"] = f"c{number}"
        found: Document = {"currency": self.random.choice(CURRENCIES), "charges": charges}
        found |= {"period": self._period, "prices": {"shared": self._metered()}}
        if self.chance(0.5):
            found["account"] = self._account([charge["key"] for charge in charges])
        return found

    def _metered(self) -> Document:
        """Draw a price of quantities with any modifiers that go with it."""
        price = self.model()
        waits = price["model"] in ("volume", "stairstep", "matrix")
        for name in self.random.sample(
            ("convert", "included", "proration", "commitment", "discounts", "maximum", "minimum"),
            self.random.choice((0, 1, 1, 2, 3)),
        ):
            price[name] = self._modifier(name, in_money=waits)
        if self.chance(0.1):
            worth = decimal_text(Decimal(self.number(3, 4)) + Decimal("0.0001"))
            price["priced_in"] = {"unit": "credit", "value": worth}
        return price

    def _modifier(self, name: str, *, in_money: bool) -> Any:
        if name == "convert":
            return self.conversion()
        if name == "included":
            included = self.quantity()
            longer = {"quantity": included, "proration": self.share()}
            return included if self.chance(0.5) else longer
        if name == "proration":
            return self.share()
        if name == "commitment":
            return self._commitment(in_money=in_money or self.chance(0.5))
        return self.discounts() if name == "discounts" else self._limit()

    def _commitment(self, *, in_money: bool) -> Document:
        if in_money:
            found: Document = {"amount": self.amount()}
        else:
            found = {"quantity": self.quantity()}
        if not in_money and self.chance(0.3):
            found["overage_unit_price"] = self.number(50, 6)
        elif self.chance(0.6):
            found["overage_factor"] = self.number(3, 2)
        if self.chance(0.3):
            found["true_up"] = self.chance(0.5)
        return found | ({"proration": self.share()} if self.chance(0.3) else {})

    def _limit(self) -> Any:
        if self.chance(0.4):
            return self.amount()
        scope = self.random.choice(("charge", "resource", "account"))
        found = {"amount": self.amount(), "per": scope}
        return found | ({"proration": self.share()} if self.chance(0.4) else {})

    def _charge(self) -> Document:
        kind = self.random.choice(("metered", "metered", "shared", "events", "flat"))
        if kind == "flat":
            charge = self._flat()
        elif kind == "events":
            charge = self._events()
        else:
            charge = self._usage("shared" if kind == "shared" else self._metered())
        return self._common(charge)

    def _common(self, charge: Document) -> Document:
        """Add what any charge may have."""
        if self.chance(0.3):
            charge["subscription"] = self.random.choice("ab")
        if self.chance(0.3) and "active" in charge:
            charge["away"] = [charge["active"]]
        if self.chance(0.3):
            charge["tax_group"] = "reduced"
        if self.chance(0.4):
            charge["resource"] = self.random.choice(("app-1", "app-2"))
        if self.chance(0.3):
            charge["final"] = self.chance(0.3)
        return charge

    def _active(self) -> Document:
        start, until = sorted(self.random.sample(range(len(self._instants)), 2))
        return {"from": self._instants[start], "until": self._instants[until]}

    def _usage(self, price: Any) -> Document:
        charge: Document = {"price": price, "quantity": self.quantity()}
        region, size = self.random.choice(("eu", "us", "ap")), self.random.choice(("s", "l"))
        charge["dimensions"] = {"region": region, "size": size}
        if self.chance(0.4):
            charge["already_billed"] = {"quantity": self.quantity()}
            if self.chance(0.6):
                charge["already_billed"]["amount"] = self.amount()
            elif self.chance(0.3):
                charge["already_billed"] = {"quantity": "0", "amount": "0.00"}
            if "amount" in charge["already_billed"] and self.chance(0.3):
                other_terms = {"fees": self.chance(0.5), "discounts": self.amount()}
                charge["already_billed"]["other_terms"] = other_terms
        if self.chance(0.15):
            charge["quantity"] = f"-{self.quantity()}"
        if self.chance(0.4):
            charge["active"] = self._active()
        if self.chance(0.1):
            charge["prorated_quantity"] = self.quantity()
        elif self.chance(0.15):
            self._one_by_one(charge)
        return self._shrinking(charge) if self.chance(0.2) else charge

    def _one_by_one(self, charge: Document) -> None:
        """Tell the units of a charge singly: they came, and some went again."""
        charge["units"] = []
        for _ in range(self.random.randint(1, 5)):
            sign = "-" if charge["units"] and self.chance(0.3) else ""
            change: Document = {"quantity": f"{sign}{self.number(100, 3, 1)}"}
            if self.chance(0.5):
                change["active"] = self._active()
            else:
                change["prorated_quantity"] = f"{sign}{self.number(100, 3, 1)}"
            charge["units"].append(change)
        for name in ("quantity", "prorated_quantity", "active"):
            charge.pop(name, None)

    def _shrinking(self, charge: Document) -> Document:
        """Make it a part that follows what this price itself billed before, most often of more."""
        if "units" in charge or isinstance(charge["price"], str):
            return charge
        reached = Decimal(self.random.randint(0, 400)) / self.random.choice((1, 10))
        earlier = charge | {"key": "before", "quantity": str(reached), "final": self.chance(0.5)}
        for name in ("already_billed", "prorated_quantity"):
            earlier.pop(name, None)
            charge.pop(name, None)
        try:
            answer = quote({"currency": "USD", "period": self._period, "charges": [earlier]})
        except DocumentRefused:
            return charge
        charge["already_billed"] = {"quantity": str(reached), "amount": answer["subtotal"]}
        fewer = self.random.choice((reached, reached / 2, reached / 4, Decimal(0)))
        charge["quantity"] = decimal_text(-fewer if self.chance(0.7) else fewer)
        return charge

    def _flat(self) -> Document:
        price: Document = {"model": "flat", "amount": self.number(500, 3, -50)}
        if self.chance(0.3):
            price["billed"] = self.random.choice(("advance", "arrears"))
        if self.chance(0.5):
            price["proration"] = self.share()
        for name in ("maximum", "minimum"):
            if self.chance(0.2):
                price[name] = self._limit()
        if self.chance(0.2):
            price["discounts"] = self.discounts()
        charge: Document = {"price": price}
        if self.chance(0.2):
            charge["already_billed"] = {"amount": self.amount()}
        return charge | ({"active": self._active()} if self.chance(0.6) else {})

    def _events(self) -> Document:
        """Draw a price that looks at events singly, and events for it."""
        name = self.random.choice(
            ("percentage", "graduated_percentage", "dynamic", "cost_plus", "matrix", "capacity")
        )
        price: Document = {"model": name}
        if name == "percentage":
            price |= self.percentage()
        elif name == "graduated_percentage":
            price = self.tiered(name)
        elif name == "cost_plus":
            price["markup_percent"] = self.number(80, 2, -100)
        elif name == "matrix":
            price = self.over_all()
        entry: dict[str, Callable[[], Any]] = {"amount": self.amount}
        if name in ("dynamic", "cost_plus"):
            entry["quantity"] = self.quantity
        if name == "matrix":
            entry = {"quantity": lambda: self.number(900, 3, -90), "dimensions": self.region}
        events = [
            {field: draw() for field, draw in entry.items()}
            for _ in range(self.random.randint(0, 6))
        ]
        charge: Document = {"price": price, "events": events}
        if name == "capacity":
            quantities = {"foo": self.quantity(), "bar": self.quantity()}
            charge = {"price": self.capacity() | price, "quantities": quantities}
            price = charge["price"]
        if self.chance(0.4):
            before = {"quantity": self.quantity(), "amount": self.amount()}
            charge["already_billed"] = before | {"events": self.random.randint(0, 5)}
        for modifier in ("discounts", "maximum", "minimum"):
            if self.chance(0.2):
                price[modifier] = self._modifier(modifier, in_money=True)
        if self.chance(0.2) and "already_billed" not in charge:
            price["commitment"] = self._commitment(in_money=True)
        return charge

    def _account(self, keys: list[str]) -> Document:
        found: Document = {}
        for name in ("maximum", "minimum", "already_billed"):
            if self.chance(0.3):
                found[name] = self.amount()
            if name in found and name != "already_billed" and self.chance(0.4):
                found[name] = {"amount": found[name], "proration": self.share()}
        for name, draw in (
            ("already_billed", lambda: {"amount": self.amount(), "lines": self.amount()}),
            ("active", self._active),
            ("final", lambda: self.chance(0.5)),
        ):
            if self.chance(0.3):
                found[name] = draw()
        if self.chance(0.5):
            found["discounts"] = self.discounts()
        for name in ("grants", "credits"):
            if self.chance(0.4):
                found[name] = [{"amount": self.amount()} for _ in range(2)]
        for entry in [*found.get("discounts", []), *found.get("grants", [])]:
            if self.chance(0.3):
                entry["charges"] = self.random.sample(keys, self.random.randint(1, len(keys)))
        if self.chance(0.6):
            groups = self.random.choice((["standard"], ["reduced"], []))
            taxes = [{"percent": self.number(30, 2), "groups": groups}, {"percent": "6"}]
            found["taxes"] = taxes[: self.random.randint(1, 2)]
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
