"""The charges of a pricing document, as the second rater reads them.

Expects a document that the rater accepted, and does not check it again.
"""

from __future__ import annotations

from datetime import datetime
from fractions import Fraction
from typing import Any

from billing.verifier import days, prices
from billing.verifier.currencies import minor_decimals
from billing.verifier.days import Document
from billing.verifier.prices import NOTHING, number

Line = dict[str, Any]


class ChargeContext:
    """What all charges of a document share."""

    def __init__(self, document: Document) -> None:
        currency = document["currency"]
        is_custom = isinstance(currency, dict)
        decimals = currency.get("decimals") if is_custom else minor_decimals(currency)
        self.scale = int(10 ** (2 if decimals is None else decimals))
        self.zone, start, end = days.period_of(document.get("period"))
        self.period = (start, end)
        self.prices = document.get("prices") or {}
        self.account = document.get("account") or {}
        self.charges: list[VerifiedCharge] = []
        listed = document.get("charges")
        for entry in [document] if listed is None else listed:
            self._add(entry)

    def _add(self, entry: Document) -> None:
        key = entry.get("key") or f"charge-{len(self.charges) + 1}"
        place = len(self.charges)
        for group in entry.get("groups") or [entry]:
            values = ",".join((group.get("dimensions") or {}).values())
            name = key if group is entry else f"{key}[{values}]"
            self.charges.append(VerifiedCharge(self, entry, group, name, place))

    def rounded(self, exact: Fraction) -> Fraction:
        """Round to the currency's decimals, halves away from zero."""
        size = Fraction((abs(exact) * self.scale + Fraction(1, 2)).__floor__(), self.scale)
        return size if exact >= 0 else -size

    def line(self, key: str, kind: str, charge: str, group: str, exact: Fraction) -> Line:
        """Write a line, rounding its amount once; what a customer can count is one."""
        amount = self.rounded(exact)
        return {"key": key, "kind": kind, "exact_amount": exact, "amount": amount} | {
            "charge": charge,
            "group": group,
            "unit": "",
            "quantity": Fraction(1),
            "unit_price": None,
            "share": Fraction(1),
            "is_priced": False,
        }


class VerifiedCharge:
    """One charge; `shared_as` is equal for charges that share the limits of one price."""

    def __init__(
        self, world: ChargeContext, entry: Document, group: Document, key: str, place: int
    ) -> None:
        self.world, self.key = world, key
        given = entry["price"]
        self.price: Document = world.prices[given] if isinstance(given, str) else given
        self.shared_as = given if isinstance(given, str) else place
        self.resource = group.get("resource") or entry.get("resource")
        self.tax_group = entry.get("tax_group") or "standard"
        self.is_final = entry.get("final") is not False
        self.model = prices.model_of(self.price, group.get("dimensions") or {})
        self.limits_all = self.model["model"] == "all_charges"
        self.subscription = entry.get("subscription") or ""
        self.over = group.get("over") or [self.subscription]
        self.period = self._active(entry.get("cycle")) or world.period
        self.active = self._active(entry.get("active"))
        self.away = [self._active(gap) for gap in entry.get("away") or []]
        self.prorated = group.get("prorated_quantity")
        self.already = self._already(group.get("already_billed"))
        self.other_terms = (self.already or {}).get("other_terms")
        self.owes_fees = self.already is None or (
            self.other_terms is not None and self.other_terms.get("fees") is not True
        )
        is_untouched = not number(self.already, "quantity") and not number(self.already, "events")
        self.is_first = self.already is None or (self.owes_fees and is_untouched)
        self.was_final = False
        self.before = number(self.already, "quantity")
        self.taken_back = number(group.get("taken_back"), "amount")
        self.is_gone = (group.get("taken_back") or {}).get("replaced") is False
        self.units = [self._unit_change(change) for change in group.get("units") or []]
        self.events = self._events(group)
        self.events_by_dimensions = self._events_by_dimensions(group)
        self.quantity = sum((quantity for quantity, _ in self.events), NOTHING)
        self.lines: list[Line] = []

    def _already(self, fields: Document | None) -> Document | None:
        """Return what earlier parts billed; None where that is said to be nothing."""
        if fields is None or fields.get("other_terms") is not None or "lines" in fields:
            return fields
        told = [fields.get("quantity") or "0", fields.get("events") or "0", fields.get("amount")]
        is_nothing = all(each is not None and not prices.exact(each) for each in told)
        return None if is_nothing else fields

    def _unit_change(self, fields: Document) -> tuple[Fraction, Fraction]:
        """Read units that came or went: how many, and how many of them count."""
        quantity, by = number(fields, "quantity"), self.price.get("proration") or "none"
        if fields.get("prorated_quantity") is not None:
            return quantity, number(fields, "prorated_quantity")
        active, world = self._active(fields["active"]), self.world
        by = "second" if by == "none" else by
        return quantity, quantity * days.share(by, active, self.period, world.zone)

    def _active(self, fields: Document | None) -> tuple[datetime, datetime] | None:
        if fields is None:
            return None
        zone = self.world.zone
        return days.instant(fields["from"], zone), days.instant(fields["until"], zone)

    def _events(self, group: Document) -> list[prices.VerifiedEvent]:
        """Read the events; a bare quantity is one event of that quantity."""
        given = list(group.get("events") or [])
        if group.get("quantities") is not None and not given:
            return [(prices.exact(quantity), None) for quantity in group["quantities"].values()]
        if self.units:
            return [(sum((quantity for quantity, _ in self.units), NOTHING), None)]
        if not given and (group.get("quantity") or group.get("amount")) is not None:
            given = [group]
        found: list[prices.VerifiedEvent] = []
        for event in given:
            amount = None if event.get("amount") is None else number(event, "amount")
            if "percent" in self.model["model"] and amount is not None:
                found.append((amount, None))
            else:
                found.append((number(event, "quantity", "1"), amount))
        return [] if self.model["model"] in ("flat", "all_charges") else found

    def _events_by_dimensions(self, group: Document) -> list[tuple[Fraction, dict[str, str]]]:
        """Read how much each event is, and its dimensions beside those of the charge."""
        common = group.get("dimensions") or {}
        if group.get("quantities") is not None and not group.get("events"):
            told = [{"meter": name} for name in group["quantities"]]
            return [(size, of) for (size, _), of in zip(self.events, told, strict=True)]
        told = [event.get("dimensions") or {} for event in group.get("events") or [{}]]
        sizes = [quantity for quantity, _ in self.events]
        return [(size, common | dimensions) for size, dimensions in zip(sizes, told, strict=False)]

    def share(self, by: str | None) -> Fraction:
        """Return the share of the period this charge was active for."""
        return days.share(by or "none", self.active, self.period, self.world.zone, self.away)

    def add(self, suffix: str, kind: str, exact: Fraction, **more: Any) -> None:
        """Add a line to the charge."""
        key = f"{self.key}/{suffix}" if suffix else self.key
        line = self.world.line(key, kind, self.key, self.tax_group, exact)
        self.lines.append(line | {"unit": self.price.get("unit") or ""} | more)

    def price_units(self, suffix: str, kind: str, due: Fraction, by: Fraction, **more: Any) -> None:
        """Add the line that prices the charge's units, for a share of the period."""
        self.add(suffix, kind, due * by, share=by, is_priced=True, **more)

    @property
    def posted(self) -> Fraction:
        """What the lines so far come to, apart from taking back an earlier bill."""
        lines = [line for line in self.lines if line["kind"] != "reversal"]
        return sum((line["amount"] for line in lines), NOTHING)
