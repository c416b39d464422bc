"""A pricing document worked out again, step by step, in exact fractions.

Written from docs/pricing.md alone. Expects a document that the rater accepted, and does not check
it again. `recompute` is the one entry.
"""

from __future__ import annotations

from copy import copy
from fractions import Fraction

from billing.verifier import account, days, limits, prices, rounding
from billing.verifier.charges import ChargeContext, Line, VerifiedCharge
from billing.verifier.days import Document
from billing.verifier.prices import NOTHING, number


def recompute(document: Document) -> Document:
    """Return {"lines", "subtotal", "tax", "credits", "total"} of a pricing document.

    A line has key, kind, charge, unit, exact_amount, amount, quantity and unit_price: numbers are
    fractions, amounts in currency units. A unit_price is only there where every unit of the
    model costs the same; `share` is the part of the period the line is for.
    """
    world = ChargeContext(document)
    limits.find_ends(world.charges)
    work_out(world.charges)
    return account.settle(world)


def work_out(charges: list[VerifiedCharge]) -> None:
    """Give charges that are billed together their lines."""
    for charge in charges:
        charge.lines = [] if charge.limits_all else charge_lines(charge)
    for group in limits.sharing(charges, "maximum"):
        limits.cap(group)
    for group in limits.sharing(charges, "minimum"):
        limits.lift(group)
    limits.over_all(charges)


def charge_lines(original: VerifiedCharge) -> list[Line]:
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
    is_fee = charge.model["model"] == "flat"
    if is_fee and not charge.is_first and charge.model.get("billed") != "arrears":
        return []
    if charge.price.get("commitment") is None:
        default = "second" if charge.price["model"] == "flat" else "none"
        share = charge.share(charge.price.get("proration") or default)
        kind = "fee" if is_fee else "usage"
        charge.price_units("", kind, due_now(charge), share, **units_now(charge))
    else:
        committed_lines(charge, charge.price["commitment"])
    given = sorted(charge.price.get("discounts") or [], key=is_fixed)
    for place in range(1, len(given) + 1):
        off = off_now(charge, given, place)
        if off:
            charge.add(f"discount-{place}", "discount", -off)
    return charge.lines


def is_fixed(discount: Document) -> bool:
    """Order discounts: percentages first."""
    return discount.get("percent") is None


def discounted(
    discount: Document, base: Fraction, world: ChargeContext, left: Fraction | None = None
) -> Fraction:
    """Return what a discount takes off; a fixed one never more than there is.

    A percentage that takes half a minor unit leaves that half to the net, which is rounded.
    """
    if is_fixed(discount):
        return max(min(number(discount, "amount") if left is None else left, base), NOTHING)
    off = base * number(discount, "percent") / 100
    is_half = (2 * off * world.scale) % 2 == 1
    return base - world.rounded(base - off) if is_half else off


def off_now(charge: VerifiedCharge, given: list[Document], place: int) -> Fraction:
    """Return what a discount takes off a split: off all so far, less what it took off before."""
    discount, base = given[place - 1], charge.posted
    if charge.already is None or not is_fixed(discount) or prices.waits_for_the_end(charge.model):
        return discounted(discount, base, charge.world)
    if charge.other_terms is not None:
        sizes = [charge.world.rounded(number(each, "amount")) for each in given[:place]]
        used = charge.world.rounded(number(charge.other_terms, "discounts")) - sum(sizes[:-1])
        left = number(discount, "amount") - max(min(used, sizes[-1]), NOTHING)
        return discounted(discount, base, charge.world, left)
    before = earlier(charge)
    work = before.lines = charge_lines(before)
    later = [f"{charge.key}/discount-{number}" for number in range(place, len(given) + 1)]
    used = -sum((line["amount"] for line in work if line["key"] == later[0]), NOTHING)
    base += sum((line["amount"] for line in work if line["key"] not in later), NOTHING)
    whole = discounted(discount, base, charge.world)
    return NOTHING if used and charge.world.rounded(whole) == used else whole - used


def earlier(charge: VerifiedCharge) -> VerifiedCharge:
    """Return what was billed before, as if it had been one split."""
    before = copy(charge)
    before.quantity, before.before = charge.before, NOTHING
    before.events = [(charge.before, None)] if charge.before else []
    before.events_by_dimensions = []
    before.already, before.prorated, before.units = None, None, []
    before.other_terms, before.is_final = None, charge.was_final
    before.taken_back, before.is_gone = NOTHING, False
    before.owes_fees, before.is_first = True, True
    return before


def due_now(charge: VerifiedCharge) -> Fraction:
    """Return what the units of this split cost, in the currency."""
    if charge.model["model"] == "capacity":
        count, price = prices.highest_tier(charge.model, charge.events_by_dimensions)
        return count * price * number(charge.price.get("priced_in"), "value", "1")
    if charge.model["model"] == "matrix":
        due = prices.cost_over_all(charge.model, charge.events_by_dimensions, charge.before)
        return due * number(charge.price.get("priced_in"), "value", "1")
    if prices.looks_at_events(charge.model):
        due = prices.cost_of_events(charge.model, charge.events, charge.already)
        return due * number(charge.price.get("priced_in"), "value", "1")
    if charge.units and not prices.waits_for_the_end(charge.model):
        return one_by_one(charge)
    before, after = billable(charge, charge.before), billable(charge, all_of(charge))
    return between(charge, before, after, is_first=charge.is_first)


def one_by_one(charge: VerifiedCharge) -> Fraction:
    """Return what units cost that came and went, each for what of it counts, in the currency."""
    level, due, fees = charge.before, NOTHING, NOTHING
    for quantity, used in charge.units:
        before, after = billable(charge, level), billable(charge, level + quantity)
        due += (prices.up_to(charge.model, after)[0] - prices.up_to(charge.model, before)[0]) * (
            used / quantity
        )
        level += quantity
    start, end = billable(charge, charge.before), billable(charge, level)
    fees = prices.up_to(charge.model, end)[1]
    if not charge.owes_fees:
        fees -= prices.up_to(charge.model, start)[1]
    return (due + fees) * number(charge.price.get("priced_in"), "value", "1")


def units_now(charge: VerifiedCharge) -> Document:
    """Return how many units this split bills, and what each costs where all cost the same."""
    if charge.model["model"] == "flat":
        return {"quantity": Fraction(1), "unit_price": number(charge.model, "amount")}
    if charge.model["model"] == "capacity":
        count, price = prices.highest_tier(charge.model, charge.events_by_dimensions)
        value = number(charge.price.get("priced_in"), "value", "1")
        return {"quantity": count, "unit_price": price * value}
    if prices.looks_at_events(charge.model):
        return {"quantity": charge.quantity}
    return units_between(charge, billable(charge, charge.before), billable(charge, all_of(charge)))


def units_between(
    charge: VerifiedCharge, before: Fraction, after: Fraction, factor: Fraction = Fraction(1)
) -> Document:
    """Return how many units lie between two billed quantities, and what each costs."""
    model = charge.model
    if prices.waits_for_the_end(model):
        before = NOTHING
    if model["model"] == "package":
        size = number(model, "size")
        before, after = Fraction((before / size).__ceil__()), Fraction((after / size).__ceil__())
    quantity = (after - before) * used_part(charge)
    if charge.units and not prices.waits_for_the_end(model):
        quantity = units_counted(charge)
    named = {"per_unit": "unit_price", "package": "price"}.get(model["model"])
    if named is None:
        return {"quantity": quantity}
    value = number(charge.price.get("priced_in"), "value", "1")
    return {"quantity": quantity, "unit_price": number(model, named) * value * factor}


def units_counted(charge: VerifiedCharge) -> Fraction:
    """Return how many units, or packages, count of those that came and went one by one."""
    level, counted = charge.before, NOTHING
    for quantity, used in charge.units:
        ends = billable(charge, level), billable(charge, level + quantity)
        if charge.model["model"] == "package":
            size = number(charge.model, "size")
            ends = Fraction((ends[0] / size).__ceil__()), Fraction((ends[1] / size).__ceil__())
        counted += (ends[1] - ends[0]) * used / quantity
        level += quantity
    return counted


def used_part(charge: VerifiedCharge) -> Fraction:
    """Return what part of the units was really used, where units are prorated one by one."""
    if charge.units and charge.quantity:
        return sum((used for _, used in charge.units), NOTHING) / charge.quantity
    if charge.prorated is None or not charge.quantity:
        return Fraction(1)
    return prices.exact(charge.prorated) / charge.quantity


def all_of(charge: VerifiedCharge) -> Fraction:
    """Return the metered quantity of the period so far."""
    return charge.before + charge.quantity


def between(
    charge: VerifiedCharge, before: Fraction, after: Fraction, *, is_first: bool
) -> Fraction:
    """Return what lies between two billed quantities, in the currency, for the units used."""
    owes_fees = is_first or charge.owes_fees
    units, fees = prices.cost(charge.model, before, after, owes_fees=owes_fees)
    return (units * used_part(charge) + fees) * number(charge.price.get("priced_in"), "value", "1")


def billable(charge: VerifiedCharge, metered: Fraction) -> Fraction:
    """Convert a metered quantity, and take off what is included."""
    quantity, rule = metered, charge.price.get("convert")
    seats = charge.price.get("seats")
    if (seats.get("count") if isinstance(seats, dict) else seats) in ("average", "day"):
        rule = {"divide_by": "period_seconds"}
    if rule is not None:
        start, end = charge.period
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


def committed_lines(charge: VerifiedCharge, rule: Document) -> None:
    """Add usage, overage beyond what was agreed, and the true-up to it."""
    before, after = billable(charge, charge.before), billable(charge, all_of(charge))
    is_first = charge.is_first or prices.waits_for_the_end(charge.model)
    share = charge.share(charge.price.get("proration"))
    agreed = number(rule, "quantity" if rule.get("quantity") is not None else "amount")
    agreed *= charge.share(rule.get("proration"))
    factor = number(rule, "overage_factor", "1")
    rounded = charge.world.rounded
    if rule.get("quantity") is not None:
        low = (min(before, agreed), min(after, agreed))
        high = (max(before, agreed), max(after, agreed))
        due = between(charge, *low, is_first=is_first)
        charge.price_units("", "usage", due, share, **units_between(charge, *low))
        if max(high) > agreed:
            overage, units = beyond(charge, rule, *high)
            charge.price_units("overage", "overage", overage, share, **units)
        target, was_short, is_short = whole(charge, agreed), before < agreed, after < agreed
        posted = NOTHING
        if not is_first:
            posted = rounded(whole(charge, low[0]) * share)
            posted += rounded(whole_beyond(charge, rule, agreed, before) * share)
    else:
        so_far, now = NOTHING if is_first else money_before(charge, before, share), due_now(charge)
        charge.price_units("", "usage", now, share, **units_now(charge))
        excess = max(so_far + now, agreed) - max(so_far, agreed)
        if excess * (factor - 1) * share:
            charge.add("overage", "overage", excess * (factor - 1) * share)
        target, was_short, is_short = agreed, so_far < agreed, so_far + now < agreed
        posted = rounded(so_far * share)
        posted += rounded(max(so_far - agreed, NOTHING) * (factor - 1) * share)
    if rule.get("true_up") is False:
        return
    lifted, missing = NOTHING, NOTHING
    if charge.was_final and was_short and not is_first:
        lifted = max(target * share - posted, NOTHING)
    if charge.is_final and is_short:
        missing = max(target * share - posted - charge.posted, NOTHING)
    if missing != lifted and missing != rounded(lifted):
        charge.add("commitment", "true_up", missing - rounded(lifted))


def beyond(
    charge: VerifiedCharge, rule: Document, start: Fraction, end: Fraction
) -> tuple[Fraction, Document]:
    """Return what lies beyond what was agreed, in the currency, and its units."""
    plain, factor = copy(charge), number(rule, "overage_factor", "1")
    plain.owes_fees = False
    if rule.get("overage_unit_price") is not None:
        plain.model = {"model": "per_unit", "unit_price": rule["overage_unit_price"]}
        factor = Fraction(1)
    due = between(plain, start, end, is_first=False) * factor
    return due, units_between(plain, start, end, factor=factor)


def whole_beyond(
    charge: VerifiedCharge, rule: Document, agreed: Fraction, reached: Fraction
) -> Fraction:
    """Return what everything beyond what was agreed cost, in the currency."""
    if reached <= agreed:
        return NOTHING
    all_used = copy(charge)
    all_used.prorated = None
    return beyond(all_used, rule, agreed, reached)[0]


def money_before(charge: VerifiedCharge, before: Fraction, share: Fraction) -> Fraction:
    """Return what earlier parts came to before any share: by this price, or as other terms did."""
    if charge.other_terms is None:
        return whole(charge, before)
    return number(charge.already, "amount") / share if share else NOTHING


def whole(charge: VerifiedCharge, quantity: Fraction) -> Fraction:
    """Return what everything up to a billed quantity costs, in the currency."""
    units, fees = prices.up_to(charge.model, quantity)
    if prices.waits_for_the_end(charge.model):
        units, fees = prices.cost(charge.model, NOTHING, quantity, owes_fees=True)
    return (units + fees) * number(charge.price.get("priced_in"), "value", "1")
