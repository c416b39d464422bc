"""What an account pays beside its charges, worked out again: discounts to total."""

from __future__ import annotations

from fractions import Fraction
from typing import Any

from billing.verifier import arithmetic, days, limits, rounding
from billing.verifier.charges import ChargeContext
from billing.verifier.days import Document
from billing.verifier.prices import NOTHING, number


def settle(world: ChargeContext) -> Document:
    """Add the account's lines to those of the charges, and total them."""
    books, terms = Books(world), world.account
    given = sorted(terms.get("discounts") or [], key=arithmetic.is_fixed)
    for place, discount in enumerate(given, start=1):
        chosen = discount.get("charges") or []
        off = arithmetic.discounted(discount, books.net(chosen), books.world)
        books.take(f"discount-{place}", "discount", -off, chosen)
    limit(books)
    grants = sorted(terms.get("grants") or [], key=drawn_in_order)
    for place, grant in enumerate(grants, start=1):
        chosen = grant.get("charges") or []
        drawn = max(min(number(grant, "amount"), books.net(chosen)), NOTHING)
        books.take(f"grant-{place}", "grant", -drawn, chosen)
    subtotal = books.total
    for place, tax in enumerate(terms.get("taxes") or [], start=1):
        base = books.taxable(tax.get("groups") or [])
        if base:
            books.add(f"tax-{place}", "tax", "", base * number(tax, "percent") / 100)
    taxed = books.total
    for place, credit in enumerate(terms.get("credits") or [], start=1):
        used = max(min(number(credit, "amount"), books.total), NOTHING)
        if used:
            books.add(f"credit-{place}", "credit", "", -used)
    return {
        "lines": books.lines,
        "subtotal": subtotal,
        "tax": taxed - subtotal,
        "credits": taxed - books.total,
        "total": books.total,
    }


def limit(books: Books) -> None:
    """Cap what the lines come to, and lift it: all so far, less what was billed."""
    world, terms = books.world, books.world.account
    given = terms.get("already_billed")
    is_told = isinstance(given, dict)
    billed = number(given, "amount") if is_told else number(terms, "already_billed")
    uncut = number(given, "lines") if is_told else billed
    lifted = max(billed - uncut, NOTHING)
    before = billed - lifted
    if terms.get("maximum") is not None:
        most, now = bound(world, "maximum"), books.total
        due = max(min(uncut + now, most), -most) - before
        # What is due is between nothing and what the lines come to.
        books.take("cap", "cap", sorted((NOTHING, now, due))[1] - now)
    if terms.get("minimum") is not None:
        missing = NOTHING
        if terms.get("final") is not False:
            missing = max(bound(world, "minimum") - before - books.total, NOTHING)
        books.take("minimum", "true_up", limits.lift_due(world, missing, lifted))


def bound(world: ChargeContext, name: str) -> Fraction:
    """Return a limit of the whole account, for the part of the period the account was there."""
    given, there = world.account[name], world.account.get("active")
    if not isinstance(given, dict):
        return number(world.account, name)
    active = None if there is None else span(world, there)
    away = [span(world, gap) for gap in world.account.get("away") or []]
    by = given.get("proration") or "none"
    return number(given, "amount") * days.share(by, active, world.period, world.zone, away)


def span(world: ChargeContext, fields: Document) -> days.Span:
    """Read a part of the period."""
    start, end = (days.instant(fields[at], world.zone) for at in ("from", "until"))
    return start, end


def drawn_in_order(grant: Document) -> tuple[int, str]:
    """Order grants: by priority, then by expiry, those without one last."""
    return grant.get("priority") or 0, grant.get("expires_on") or "9999-12-31"


class Books:
    """All lines, and what is left of each charge in its tax group."""

    def __init__(self, world: ChargeContext) -> None:
        self.world = world
        self.lines = [line for charge in world.charges for line in charge.lines]
        self.nets: dict[tuple[str, str], Fraction] = {}
        for line in self.lines:
            self._change((line["charge"], line["group"]), line["amount"])

    @property
    def total(self) -> Fraction:
        """What all lines come to."""
        return sum((line["amount"] for line in self.lines), NOTHING)

    def net(self, chosen: list[str]) -> Fraction:
        """Return what is left of the chosen charges, or of all."""
        return sum((self.nets[entry] for entry in self.entries(chosen)), NOTHING)

    def entries(self, chosen: list[str], group: str | None = None) -> list[tuple[str, str]]:
        """Return the charges, each with its tax group, that something applies to."""
        return [
            entry
            for entry in self.nets
            if (not chosen or entry[0] in chosen) and group in (None, entry[1])
        ]

    def taxable(self, groups: list[str]) -> Fraction:
        """Return what is left in some tax groups, or in all."""
        nets = self.nets.items()
        return sum((net for entry, net in nets if not groups or entry[1] in groups), NOTHING)

    def add(self, key: str, kind: str, group: str, exact: Fraction) -> Any:
        """Add a line and return its amount."""
        line = self.world.line(key, kind, "", group, exact)
        self.lines.append(line)
        return line["amount"]

    def take(self, key: str, kind: str, exact: Fraction, chosen: list[str] | None = None) -> None:
        """Add a line for each tax group, in proportion, and change what is left of the charges."""
        chosen = chosen or []
        if not exact:
            return
        groups = list(dict.fromkeys(entry[1] for entry in self.entries(chosen))) or ["standard"]
        if len(groups) == 1:
            self._book(groups[0], self.add(key, kind, groups[0], exact), chosen)
            return
        nets = [sum((self.nets[e] for e in self.entries(chosen, g)), NOTHING) for g in groups]
        parts = self._spread(self.world.rounded(exact), nets)
        for group, part in zip(groups, parts, strict=True):
            if part:
                self._book(group, self.add(f"{key}/{group}", kind, group, part), chosen)

    def _book(self, group: str, amount: Fraction, chosen: list[str]) -> None:
        entries = self.entries(chosen, group) or [("", group)]
        nets = [self.nets.get(entry, NOTHING) for entry in entries]
        for entry, part in zip(entries, self._spread(amount, nets), strict=True):
            self._change(entry, part)

    def _spread(self, amount: Fraction, nets: list[Fraction]) -> list[Fraction]:
        weights = [max(net, NOTHING) for net in nets]
        if not any(weights):
            weights[0] = Fraction(1)
        return rounding.spread(amount, weights, self.world.scale)

    def _change(self, entry: tuple[str, str], amount: Fraction) -> None:
        self.nets[entry] = self.nets.get(entry, NOTHING) + amount
