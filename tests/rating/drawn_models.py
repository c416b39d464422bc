"""Price models drawn from random numbers, as somebody might write them."""

from __future__ import annotations

from decimal import Decimal
from random import Random
from typing import Any

from core.decimals import decimal_text

Document = dict[str, Any]

SHARES = ("none", "second", "day", "thirty_day_month")


class Draw:
    """Draws numbers, most often round ones, and the models they stand in."""

    def __init__(self, random: Random) -> None:
        self.random = random

    def chance(self, likely: float) -> bool:
        """Say yes so often."""
        return self.random.random() < likely

    def number(self, most: int, places: int = 4, least: int = 0) -> str:
        """Draw a number, most often a round one, sometimes at an edge."""
        chance = self.random.random()
        if chance < 0.1:
            return str(least)
        if chance < 0.5:
            return str(self.random.randint(least, most))
        finest = self.random.randint(1, places)
        drawn = self.random.randint(least * 10**finest, most * 10**finest)
        return decimal_text(Decimal(drawn).scaleb(-finest))

    def amount(self) -> str:
        """Draw an amount of money."""
        return self.number(500, 3)

    def quantity(self) -> str:
        """Draw a quantity."""
        return self.number(400, 4)

    def percent(self) -> str:
        """Draw a percentage."""
        return self.number(100, 2)

    def share(self) -> str:
        """Draw a way to count time."""
        return self.random.choice(SHARES)

    def tiers(self, price: str) -> list[Document]:
        """Draw a tier table."""
        places = self.random.choice((1, 10))
        bounds = sorted(self.random.sample(range(1, 3_000), self.random.randint(0, 4)))
        table: list[Document] = []
        for bound in [*bounds, None]:
            tier: Document = {price: self.number(50, 6)}
            if price == "unit_price" and self.chance(0.15):
                tier = {"size": self.number(60, 2, 1), "price": self.amount()}
            if price != "price" and self.chance(0.4):
                tier["fee"] = self.amount()
            if bound is not None:
                tier["up_to"] = decimal_text(Decimal(bound) / places)
            table.append(tier)
        return table

    def tiered(self, model: str) -> Document:
        """Draw a model with a tier table."""
        fields = {"stairstep": "price", "graduated_percentage": "percent"}
        found: Document = {"model": model, "tiers": self.tiers(fields.get(model, "unit_price"))}
        return found | ({"due_at_zero": self.chance(0.5)} if self.chance(0.4) else {})

    def model(self, *, with_matrix: bool = True) -> Document:
        """Draw a model that prices quantities."""
        names = ["per_unit", "graduated", "volume", "stairstep", "package"]
        name = self.random.choice([*names, *(["matrix"] if with_matrix else [])])
        if name == "per_unit":
            return {"model": name, "unit_price": self.number(50, 6, -2)}
        if name == "package":
            size = decimal_text(Decimal(self.number(39, 2)) + 1)
            return {"model": name, "size": size, "price": self.amount()}
        if name != "matrix":
            return self.tiered(name)
        cells: list[Document] = [{"match": {}, "unit_price": self.number(50, 6)}]
        for region in ("eu", "us"):
            if self.chance(0.5):
                cells.append({"match": {"region": region}, "price": self.model(with_matrix=False)})
            if self.chance(0.5):
                cells.append({"match": {"region": region, "size": "s"}, "unit_price": "0.25"})
        return {"model": name, "dimensions": {"region": [], "size": []}, "cells": cells}

    def conversion(self) -> Document:
        """Draw a conversion."""
        by: Any = self.random.choice(("3600", "7", "0.5", "period_seconds", "period_hours"))
        found: Document = {"divide_by": by}
        if self.chance(0.4):
            found["multiply_by"] = decimal_text(Decimal(self.number(20, 2)) + Decimal("0.01"))
        if self.chance(0.5):
            found["round"] = self.random.choice(("none", "up", "down", "half_up"))
            found["decimals"] = self.random.randint(-1, 3)
        return found

    def region(self) -> Document:
        """Draw the dimensions of an event."""
        return {"region": self.random.choice(("eu", "us", "ap"))}

    def over_all(self) -> Document:
        """Draw a matrix that counts its tiers over all values."""
        cells: list[Document] = [{"match": {}, "unit_price": self.number(50, 6)}]
        for region in ("eu", "us"):
            table = self.tiers("unit_price")
            for tier in table:
                for name in ("fee", "size", "price"):
                    tier.pop(name, None)
                tier["unit_price"] = self.number(50, 6)
            inner = {"model": "graduated", "tiers": table}
            cells.append({"match": {"region": region}, "price": inner})
        found = {"model": "matrix", "dimensions": ["region"], "cells": cells}
        return found | {"tiers_count": "all"}

    def capacity(self) -> Document:
        """Draw the tiers of two meters."""
        bounds = sorted(self.random.sample(range(1, 300), self.random.randint(1, 4)))
        tiers: list[Document] = [
            {"up_to": {"foo": str(bound), "bar": str(2 * bound)}, "price": self.amount()}
            for bound in bounds
        ]
        found: Document = {"tiers": [*tiers, {"price": self.amount()}]}
        return found | ({"due_at_zero": self.chance(0.5)} if self.chance(0.4) else {})

    def discounts(self) -> list[Document]:
        """Draw a few discounts."""
        return [
            {"percent": self.percent()} if self.chance(0.5) else {"amount": self.amount()}
            for _ in range(self.random.randint(1, 3))
        ]

    def limit_of_all(self) -> Document:
        """Draw a charge that limits what the others come to, on a first part or a later one."""
        price: Document = {"model": "all_charges"}
        for name in self.random.choice((["minimum"], ["maximum"], ["minimum", "maximum"])):
            by_time = {"amount": self.amount(), "proration": self.share()}
            price[name] = self.amount() if self.chance(0.5) else by_time
        charge: Document = {"price": price}
        if self.chance(0.4):
            charge["already_billed"] = {"amount": self.amount(), "lines": self.amount()}
        if self.chance(0.5):
            charge["over"] = self.random.sample(("a", "b"), self.random.randint(1, 2))
        return charge

    def percentage(self) -> Document:
        """Draw what a percentage of transactions says."""
        price: Document = {"percent": self.percent()}
        if self.chance(0.5):
            price["fee_per_event"] = self.number(3, 2)
        if self.chance(0.5):
            price["free_events"] = self.random.randint(0, 5)
        if self.chance(0.5):
            price["free_amount"] = self.amount()
        least = Decimal(self.number(5, 2))
        if self.chance(0.3):
            price["min_per_event"] = decimal_text(least)
        if self.chance(0.3):
            price["max_per_event"] = decimal_text(least + Decimal(self.number(50, 2)))
        return price
