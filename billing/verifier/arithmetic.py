"""A pricing document worked out again, step by step, in exact fractions.

Written from docs/pricing.md alone. Expects a document that the rater accepted, and does not check
it again. `recompute` is the one entry.
"""

from __future__ import annotations

from copy import copy
from datetime import datetime
from fractions import Fraction
from typing import Any

from billing.verifier import account, days, prices, rounding
from billing.verifier.currencies import minor_decimals
from billing.verifier.prices import NOTHING, Document, number

Line = dict[str, Any]


def recompute(document: Document) -> Document:
    """Return {"lines", "subtotal", "tax", "credits", "total"} of a pricing document.

    A line has key, kind, charge, unit, exact_amount, amount, quantity and unit_price: numbers are
    fractions, amounts in currency units. A unit_price is only there where every unit of the
    model costs the same; `share` is the part of the period the line is for.
    """
    world = World(document)
    for charge in world.charges:
        charge.lines = charge_lines(charge)
    for name, add in (("maximum", cap), ("minimum", lift)):
        for group in sharing(world.charges, name):
            add(group, name)
    return account.settle(world)


class World:
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
        self.charges: list[Charge] = []
        listed = document.get("charges")
        for entry in [document] if listed is None else listed:
            self._add(entry)

    def _add(self, entry: Document) -> None:
        key = entry.get("key") or f"charge-{len(self.charges) + 1}"
        place = len(self.charges)
        for group in entry.get("groups") or [entry]:
            values = ",".join((group.get("dimensions") or {}).values())
            name = key if group is entry else f"{key}[{values}]"
            self.charges.append(Charge(self, entry, group, name, place))

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


class Charge:
    """One charge; `shared_as` is equal for charges that share the limits of one price."""

    def __init__(
        self, world: World, entry: Document, group: Document, key: str, place: int
    ) -> None:
        self.world, self.key = world, key
        given = entry["price"]
        self.price: Document = world.prices[given] if isinstance(given, str) else given
        self.shared_as = given if isinstance(given, str) else place
        self.resource = group.get("resource") or entry.get("resource")
        self.tax_group = entry.get("tax_group") or "standard"
        self.is_final = entry.get("final") is not False
        self.model = prices.model_of(self.price, group.get("dimensions") or {})
        self.active = self._active(entry.get("active"))
        self.prorated = group.get("prorated_quantity")
        self.already = group.get("already_billed")
        self.before = number(self.already, "quantity")
        self.taken_back = number(group.get("taken_back"), "amount")
        self.is_gone = (group.get("taken_back") or {}).get("replaced") is False
        self.events = self._events(group)
        self.quantity = sum((quantity for quantity, _ in self.events), NOTHING)
        self.lines: list[Line] = []

    def _active(self, fields: Document | None) -> tuple[datetime, datetime] | None:
        if fields is None:
            return None
        zone = self.world.zone
        return days.instant(fields["from"], zone), days.instant(fields["until"], zone)

    def _events(self, group: Document) -> list[prices.Event]:
        """Read the events; a bare quantity is one event of that quantity."""
        given = list(group.get("events") or [])
        if not given and (group.get("quantity") or group.get("amount")) is not None:
            given = [group]
        found: list[prices.Event] = []
        for event in given:
            amount = None if event.get("amount") is None else number(event, "amount")
            if "percent" in self.model["model"] and amount is not None:
                found.append((amount, None))
            else:
                found.append((number(event, "quantity", "1"), amount))
        return [] if self.model["model"] == "flat" else found

    def share(self, by: str | None) -> Fraction:
        """Return the share of the period this charge was active for."""
        return days.share(by or "none", self.active, self.world.period, self.world.zone)

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


def charge_lines(original: Charge) -> list[Line]:
    """Return the lines of a charge up to its discounts."""
    charge = copy(original)
    charge.lines = []
    undone = charge.taken_back
    if prices.waits_for_the_end(charge.model):
        if not charge.is_final:
            return []
        undone += NOTHING if charge.is_gone else number(charge.already, "amount")
    if undone:
        charge.add("" if charge.is_gone else "reversal", "reversal", -undone)
    if charge.is_gone:
        return charge.lines
    is_fee, is_later = charge.model["model"] == "flat", charge.already is not None
    if is_fee and is_later and charge.model.get("billed") != "arrears":
        return []
    if charge.price.get("commitment") is None:
        default = "second" if charge.price["model"] == "flat" else "none"
        share = charge.share(charge.price.get("proration") or default)
        kind = "fee" if is_fee else "usage"
        charge.price_units("", kind, due_now(charge), share, **units_now(charge))
    else:
        committed_lines(charge, charge.price["commitment"])
    given = charge.price.get("discounts") or []
    for place, discount in enumerate(sorted(given, key=is_fixed), start=1):
        off = discounted(discount, charge.posted, used_before(charge, place, discount))
        if off:
            charge.add(f"discount-{place}", "discount", -off)
    return charge.lines


def is_fixed(discount: Document) -> bool:
    """Order discounts: percentages first."""
    return discount.get("percent") is None


def discounted(discount: Document, base: Fraction, used: Fraction = NOTHING) -> Fraction:
    """Return what a discount takes off; a fixed one never more than there is."""
    if is_fixed(discount):
        return max(min(number(discount, "amount") - used, base), NOTHING)
    return base * number(discount, "percent") / 100


def used_before(charge: Charge, place: int, discount: Document) -> Fraction:
    """Return how much of a fixed discount earlier splits used up."""
    if charge.already is None or not is_fixed(discount):
        return NOTHING
    key = f"{charge.key}/discount-{place}"
    return -sum((line["amount"] for line in earlier(charge) if line["key"] == key), NOTHING)


def earlier(charge: Charge) -> list[Line]:
    """Return the lines of what was billed before, as if it had been one split."""
    before = copy(charge)
    before.quantity, before.before = charge.before, NOTHING
    before.events = [(charge.before, None)] if charge.before else []
    before.already, before.prorated, before.is_final = None, None, False
    before.taken_back, before.is_gone = NOTHING, False
    return charge_lines(before)


def due_now(charge: Charge) -> Fraction:
    """Return what the units of this split cost, in the currency."""
    if charge.model["model"] in ("percentage", "dynamic", "cost_plus"):
        due = prices.cost_of_events(charge.model, charge.events, charge.already)
        return due * number(charge.price.get("priced_in"), "value", "1")
    before, after = billable(charge, charge.before), billable(charge, all_of(charge))
    return between(charge, before, after, is_first=charge.already is None)


def units_now(charge: Charge) -> Document:
    """Return how many units this split bills, and what each costs where all cost the same."""
    if charge.model["model"] == "flat":
        return {"quantity": Fraction(1), "unit_price": number(charge.model, "amount")}
    if charge.model["model"] in ("percentage", "dynamic", "cost_plus"):
        return {"quantity": charge.quantity}
    return units_between(charge, billable(charge, charge.before), billable(charge, all_of(charge)))


def units_between(
    charge: Charge, before: Fraction, after: Fraction, factor: Fraction = Fraction(1)
) -> Document:
    """Return how many units lie between two billed quantities, and what each costs."""
    model = charge.model
    if prices.waits_for_the_end(model):
        before = NOTHING
    if model["model"] == "package":
        size = number(model, "size")
        before, after = Fraction((before / size).__ceil__()), Fraction((after / size).__ceil__())
    quantity = (after - before) * used_part(charge)
    named = {"per_unit": "unit_price", "package": "price"}.get(model["model"])
    if named is None:
        return {"quantity": quantity}
    value = number(charge.price.get("priced_in"), "value", "1")
    return {"quantity": quantity, "unit_price": number(model, named) * value * factor}


def used_part(charge: Charge) -> Fraction:
    """Return what part of the units was really used, where units are prorated one by one."""
    if charge.prorated is None or not charge.quantity:
        return Fraction(1)
    return prices.exact(charge.prorated) / charge.quantity


def all_of(charge: Charge) -> Fraction:
    """Return the metered quantity of the period so far."""
    return charge.before + charge.quantity


def between(charge: Charge, before: Fraction, after: Fraction, *, is_first: bool) -> Fraction:
    """Return what lies between two billed quantities, in the currency, for the units used."""
    units, fees = prices.cost(charge.model, before, after, is_first=is_first)
    return (units * used_part(charge) + fees) * number(charge.price.get("priced_in"), "value", "1")


def billable(charge: Charge, metered: Fraction) -> Fraction:
    """Convert a metered quantity, and take off what is included."""
    quantity, rule = metered, charge.price.get("convert")
    if rule is not None:
        start, end = charge.world.period
        if rule.get("divide_by") in ("period_seconds", "period_hours"):
            assert start is not None
            assert end is not None
            hours = 3600 if rule["divide_by"] == "period_hours" else 1
            divisor = days.seconds(start, end) / hours
        else:
            divisor = number(rule, "divide_by", "1")
        quantity = quantity * number(rule, "multiply_by", "1") / divisor
        quantity = rounding.rounded_to(quantity, rule.get("round"), rule.get("decimals") or 0)
    included = charge.price.get("included")
    if included is None or quantity < 0:
        return quantity
    if isinstance(included, dict):
        free = number(included, "quantity") * charge.share(included.get("proration"))
    else:
        free = prices.exact(included)
    return max(quantity - free, NOTHING)


def committed_lines(charge: Charge, rule: Document) -> None:
    """Add usage, overage beyond what was agreed, and the true-up to it."""
    before, after = billable(charge, charge.before), billable(charge, all_of(charge))
    is_first = charge.already is None or prices.waits_for_the_end(charge.model)
    share = charge.share(charge.price.get("proration"))
    agreed = number(rule, "quantity" if rule.get("quantity") is not None else "amount")
    agreed *= charge.share(rule.get("proration"))
    factor = number(rule, "overage_factor", "1")
    if rule.get("quantity") is not None:
        low, high = (min(before, agreed), min(after, agreed)), (max(before, agreed), after)
        due = between(charge, *low, is_first=is_first)
        charge.price_units("", "usage", due, share, **units_between(charge, *low))
        if after > agreed and rule.get("overage_unit_price") is not None:
            plain = copy(charge)
            plain.model = {"model": "per_unit", "unit_price": rule["overage_unit_price"]}
            overage, units = between(plain, *high, is_first=False), units_between(plain, *high)
            charge.price_units("overage", "overage", overage, share, **units)
        elif after > agreed:
            overage = between(charge, *high, is_first=False) * factor
            units = units_between(charge, *high, factor=factor)
            charge.price_units("overage", "overage", overage, share, **units)
        target, is_short = whole(charge, agreed), after < agreed
        so_far = NOTHING if is_first else whole(charge, before)
    else:
        so_far, now = NOTHING if is_first else whole(charge, before), due_now(charge)
        charge.price_units("", "usage", now, share, **units_now(charge))
        beyond = max(so_far + now, agreed) - max(so_far, agreed)
        if beyond * (factor - 1) * share:
            charge.add("overage", "overage", beyond * (factor - 1) * share)
        target, is_short = agreed, so_far + now < agreed
    if is_short and charge.is_final and rule.get("true_up") is not False:
        missing = target * share - charge.world.rounded(so_far * share) - charge.posted
        if missing > 0:
            charge.add("commitment", "true_up", missing)


def whole(charge: Charge, quantity: Fraction) -> Fraction:
    """Return what everything up to a billed quantity costs, in the currency."""
    units, fees = prices.cost(charge.model, NOTHING, quantity, is_first=True)
    return (units + fees) * number(charge.price.get("priced_in"), "value", "1")


# Limits


def limit_of(charge: Charge, name: str) -> Document | None:
    """Return a limit as an object, however it is written."""
    given = charge.price.get(name)
    return {"amount": given} if given is not None and not isinstance(given, dict) else given


def sharing(charges: list[Charge], name: str) -> list[list[Charge]]:
    """Gather the charges that share a limit."""
    groups: dict[Any, list[Charge]] = {}
    for place, charge in enumerate(charges):
        limit = limit_of(charge, name)
        if limit is None or charge.is_gone:
            continue
        per: Any = ("charge", place)
        if limit.get("per") == "account":
            per = ("account", charge.shared_as)
        elif limit.get("per") == "resource" and charge.resource is not None:
            per = ("resource", charge.shared_as, charge.resource)
        groups.setdefault(per, []).append(charge)
    return list(groups.values())


def bound(group: list[Charge], name: str) -> Fraction:
    """Return the amount of a limit, for the longest share any of its charges has."""
    found = []
    for charge in group:
        limit = limit_of(charge, name) or {}
        found.append(number(limit, "amount") * charge.share(limit.get("proration")))
    return max(found)


def billed_before(charge: Charge) -> Fraction:
    """Return what earlier splits billed of a charge."""
    if charge.already is None or prices.waits_for_the_end(charge.model):
        return NOTHING
    if charge.already.get("amount") is not None:
        return number(charge.already, "amount")
    amount: Fraction = sum((line["amount"] for line in earlier(charge)), NOTHING)
    if limit_of(charge, "maximum") is None:
        return amount
    return min(amount, bound([charge], "maximum"))


def cap(group: list[Charge], name: str) -> None:
    """Take off what goes beyond a maximum; a credit is capped in size like a charge."""
    before = sum((billed_before(charge) for charge in group), NOTHING)
    posted = sum((charge.posted for charge in group), NOTHING)
    over = min(abs(posted), abs(before + posted) - bound(group, name))
    if over <= 0:
        return
    if len(group) == 1:
        group[0].add("cap", "cap", -over if posted > 0 else over)
        return
    total = group[0].world.rounded(-over if posted > 0 else over)
    parts = rounding.spread(total, [abs(charge.posted) for charge in group], group[0].world.scale)
    for charge, part in zip(group, parts, strict=True):
        if part:
            charge.add("cap", "cap", part)


def lift(group: list[Charge], name: str) -> None:
    """Lift charges to a minimum, once no later split follows."""
    if all(charge.is_final for charge in group):
        before = sum((billed_before(charge) for charge in group), NOTHING)
        posted = sum((charge.posted for charge in group), NOTHING)
        missing = bound(group, name) - before - posted
        if missing > 0:
            group[0].add("minimum", "true_up", missing)
