"""The most and the least a charge costs, worked out again, and what lifted earlier parts."""

from __future__ import annotations

from fractions import Fraction
from typing import Any

from billing.verifier import arithmetic, prices, rounding
from billing.verifier.charges import ChargeContext, VerifiedCharge
from billing.verifier.days import Document
from billing.verifier.prices import NOTHING, number


def limit_of(charge: VerifiedCharge, name: str) -> Document | None:
    """Return a limit as an object, however it is written."""
    given = charge.price.get(name)
    return {"amount": given} if given is not None and not isinstance(given, dict) else given


def sharing(charges: list[VerifiedCharge], name: str) -> list[list[VerifiedCharge]]:
    """Gather the charges that share a limit."""
    groups: dict[Any, list[VerifiedCharge]] = {}
    for place, charge in enumerate(charges):
        limit = limit_of(charge, name)
        if limit is None or charge.is_gone or charge.limits_all:
            continue
        per: Any = ("charge", place)
        if limit.get("per") == "account":
            per = ("account", charge.shared_as)
        elif limit.get("per") == "resource" and charge.resource is not None:
            per = ("resource", charge.shared_as, charge.resource)
        groups.setdefault(per, []).append(charge)
    return list(groups.values())


def bound(group: list[VerifiedCharge], name: str) -> Fraction:
    """Return the amount of a limit, for the longest share any of its charges has."""
    found = []
    for charge in group:
        limit = limit_of(charge, name) or {}
        found.append(number(limit, "amount") * charge.share(limit.get("proration")))
    return max(found)


def billed_before(charge: VerifiedCharge) -> Fraction:
    """Return what earlier splits billed of a charge."""
    if charge.already is None or prices.waits_for_the_end(charge.model):
        return NOTHING
    if charge.already.get("amount") is not None:
        return number(charge.already, "amount")
    amount = worked_out(charge)
    if limit_of(charge, "maximum") is None:
        return amount
    return min(amount, bound([charge], "maximum"))


def worked_out(charge: VerifiedCharge) -> Fraction:
    """Return what this price makes of what was billed before, without limits."""
    lines = arithmetic.charge_lines(arithmetic.earlier(charge))
    return sum((line["amount"] for line in lines), NOTHING)


def cap(group: list[VerifiedCharge]) -> None:
    """Take off what goes beyond a maximum; a credit is capped in size like a charge.

    What the maximum cut of earlier parts is given back before anything else is.
    """
    before = sum((billed_before(charge) for charge in group), NOTHING) - lifted_before(group)
    posted = sum((charge.posted for charge in group), NOTHING)
    most, uncut = bound(group, "maximum"), before
    known = [charge for charge in group if is_known(charge)]
    if abs(before) > most - Fraction(1, group[0].world.scale):
        found = sum((worked_out(charge) for charge in known), NOTHING)
        if abs(found) > abs(before) and found * before >= 0:
            uncut = found
    due = min(max(uncut + posted, -most), most) - before
    # What is due is between nothing and what the lines come to.
    cut = sorted((NOTHING, posted, due))[1] - posted
    if not cut:
        return
    if len(group) == 1:
        group[0].add("cap", "cap", cut)
        return
    total = group[0].world.rounded(cut)
    parts = rounding.spread(total, [abs(charge.posted) for charge in group], group[0].world.scale)
    for charge, part in zip(group, parts, strict=True):
        if part:
            charge.add("cap", "cap", part)


def is_known(charge: VerifiedCharge) -> bool:
    """Say whether what earlier parts were made of is known: by this price, not by events."""
    if charge.already is None or prices.waits_for_the_end(charge.model):
        return False
    by_events = prices.looks_at_events(charge.model)
    is_told = charge.already.get("amount") is not None
    return charge.other_terms is None and not (by_events and is_told)


def lift(group: list[VerifiedCharge]) -> None:
    """Lift charges to a minimum, once no later split follows."""
    lifted = lifted_before(group)
    is_final = all(charge.is_final for charge in group)
    missing = NOTHING
    if is_final:
        before = sum((billed_before(charge) for charge in group), NOTHING) - lifted
        posted = sum((charge.posted for charge in group), NOTHING)
        missing = max(bound(group, "minimum") - before - posted, NOTHING)
    due = lift_due(group[0].world, missing, lifted)
    if due:
        group[0].add("minimum", "true_up", due)


def lift_due(world: ChargeContext, missing: Fraction, lifted: Fraction) -> Fraction:
    """Return what a minimum adds now; no part of a cent of an earlier lift is left over."""
    return world.rounded(missing) - lifted if lifted else missing


def over_all(charges: list[VerifiedCharge]) -> None:
    """Give each limit over all charges of subscriptions its line, after their own."""
    for charge in charges:
        if not charge.limits_all:
            continue
        others = [each for each in charges if not each.limits_all]
        meant = [each for each in others if each.subscription in charge.over]
        now = sum((line["amount"] for each in meant for line in each.lines), NOTHING)
        earlier = number(charge.already, "lines")
        total = now + earlier
        capped = total
        if limit_of(charge, "maximum") is not None:
            most = bound([charge], "maximum")
            capped = max(min(total, most), -most)
        due = capped
        if limit_of(charge, "minimum") is not None and charge.is_final:
            due = max(capped, bound([charge], "minimum"))
        moved_before = number(charge.already, "amount") - earlier
        moved = lift_due(charge.world, due - total, moved_before)
        if moved:
            is_lift = due > capped or moved_before > 0
            charge.add("", "true_up" if is_lift else "cap", moved)


# Parts that follow one that was thought to be the last


def find_ends(charges: list[VerifiedCharge]) -> None:
    """Find the charges whose earlier part was billed as if it were the last.

    Then a true-up or a minimum is in what was billed, which is nearer to that than to a part's.
    """
    groups: dict[Any, list[VerifiedCharge]] = {}
    for place, charge in enumerate(charges):
        least, agreed = limit_of(charge, "minimum"), charge.price.get("commitment") or {}
        has_true_up = bool(agreed) and agreed.get("true_up") is not False
        is_told = charge.already is not None and charge.already.get("amount") is not None
        if charge.limits_all:
            continue
        if is_told and is_known(charge) and (least is not None or has_true_up):
            is_shared = (least or {}).get("per") in ("resource", "account")
            groups.setdefault(("price", charge.shared_as) if is_shared else place, []).append(
                charge
            )
    for group in groups.values():
        billed = sum((number(charge.already, "amount") for charge in group), NOTHING)
        part = comes_to(group)
        for charge in group:
            charge.was_final = True
        if abs(billed - comes_to(group)) >= abs(billed - part):
            for charge in group:
                charge.was_final = False


def before(group: list[VerifiedCharge]) -> list[VerifiedCharge]:
    """Return what was billed before, worked out together."""
    found = [arithmetic.earlier(charge) for charge in group if charge.already is not None]
    arithmetic.work_out(found)
    return found


def comes_to(group: list[VerifiedCharge]) -> Fraction:
    """Return what the price makes of what was billed before."""
    return sum((charge.posted for charge in before(group)), NOTHING)


def lifted_before(group: list[VerifiedCharge]) -> Fraction:
    """Return by how much earlier parts were lifted to a minimum."""
    if not any(charge.was_final for charge in group):
        return NOTHING
    lines = [line for charge in before(group) for line in charge.lines]
    lifts = [line["amount"] for line in lines if line["key"].endswith("/minimum")]
    return sum(lifts, NOTHING)
