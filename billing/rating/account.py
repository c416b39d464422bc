"""What concerns a whole account: discounts, limits, grants, tax, credits, and the totals.

Owns everything after the charges' own lines. Each step starts from what the lines before it come
to as rounded, in minor units, so every line can be checked on the printed invoice. Where an account
has several tax groups, what is taken off (or lifted) is spread over them in proportion, without
losing a cent, so that tax is due on what is really paid for.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field
from datetime import date
from decimal import Decimal
from fractions import Fraction

from billing.rating.charges import STEPPED, LineKind, RatedLine, Terms
from billing.rating.exact import number_text, percent_off
from billing.rating.least_and_most import cut_by, lift_by
from billing.rating.price import Discount, PriceLimit
from billing.rating.proration import Share, share_of
from billing.rating.steps import Step, rounded, share_steps
from core.decimals import decimal_text
from core.money import allocate, round_half_up
from core.periods import Period

STANDARD_TAX_GROUP = "standard"


@dataclass(frozen=True, slots=True)
class Grant:
    """Promotional credit: drawn before tax, so it lowers what is taxed.

    Drawn in order of priority (low first), then expiry (soonest first), then as listed.
    """

    name: str
    amount: Decimal
    priority: int = 0
    expires_on: date | None = None
    charges: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class Tax:
    """A percentage of what is left after grants, on some tax groups; empty means all."""

    name: str
    percent: Decimal
    groups: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class Credit:
    """Money already paid or owed back, such as prepaid balance or a credit note; after tax."""

    name: str
    amount: Decimal


@dataclass(frozen=True, slots=True)
class AccountTerms:
    """What an account pays on top of, or less than, its charges. Amounts in currency units.

    `already_billed` is what earlier splits of the period came to before tax, `lines_before` what
    their lines did before the limits; None: the limits changed nothing. `is_final` says no later
    split follows, so a minimum is due. `active` is the part of the period the account was there,
    but for the parts in which it was `away`, for limits that are prorated.
    """

    discounts: tuple[Discount, ...] = ()
    maximum: PriceLimit | None = None
    minimum: PriceLimit | None = None
    grants: tuple[Grant, ...] = ()
    taxes: tuple[Tax, ...] = ()
    credits: tuple[Credit, ...] = ()
    already_billed: Decimal = Decimal(0)
    lines_before: Decimal | None = None
    is_final: bool = True
    active: Period | None = None
    away: tuple[Period, ...] = ()

    @property
    def is_nothing(self) -> bool:
        """Whether no line is added for the account."""
        limits = (self.maximum, self.minimum)
        given = (self.discounts, self.grants, self.taxes, self.credits)
        return not any(given) and all(limit is None for limit in limits)


@dataclass(frozen=True, slots=True)
class Statement:
    """All lines and their totals in minor units; the total is the sum of the lines."""

    lines: tuple[RatedLine, ...]
    subtotal_minor: int
    tax_minor: int
    credits_minor: int

    @property
    def total_minor(self) -> int:
        """What is left to pay."""
        return self.subtotal_minor + self.tax_minor - self.credits_minor


def settle(lines: Iterable[RatedLine], terms: Terms, account: AccountTerms) -> Statement:
    """Add the account's own lines to its charges' lines, and total them."""
    if account.is_nothing:
        found = tuple(lines)
        return Statement(found, sum(line.amount_minor for line in found), 0, 0)
    books = _Books(terms, list(lines))
    for number, discount in enumerate(account.discounts, start=1):
        _discount(books, f"discount-{number}", discount)
    _limit(books, account)
    for number, grant in enumerate(sorted(account.grants, key=_drawn_in_order), start=1):
        _grant(books, f"grant-{number}", grant)
    subtotal = books.total
    for number, tax in enumerate(account.taxes, start=1):
        _tax(books, f"tax-{number}", tax)
    taxes = books.total - subtotal
    for number, credit in enumerate(account.credits, start=1):
        _credit(books, f"credit-{number}", credit)
    return Statement(tuple(books.lines), subtotal, taxes, subtotal + taxes - books.total)


@dataclass(slots=True)
class _Books:
    """The lines so far, and what is left of each charge in each tax group."""

    terms: Terms
    lines: list[RatedLine]
    nets: dict[tuple[str, str], int] = field(default_factory=dict)

    def __post_init__(self) -> None:
        for line in self.lines:
            entry = (line.charge_key, line.tax_group)
            self.nets[entry] = self.nets.get(entry, 0) + line.amount_minor

    @property
    def total(self) -> int:
        return sum(line.amount_minor for line in self.lines)

    def net(self, charges: Sequence[str] = ()) -> int:
        return sum(net for entry, net in self.nets.items() if not charges or entry[0] in charges)

    def by_group(self, charges: Sequence[str]) -> dict[str, int]:
        nets: dict[str, int] = {}
        for (charge, group), net in self.nets.items():
            if not charges or charge in charges:
                nets[group] = nets.get(group, 0) + net
        return nets

    def add(self, key: str, kind: LineKind, group: str, exact: Fraction, *steps: Step) -> int:
        """Round an amount into a line; it leaves the nets alone."""
        amount, rounding = rounded(exact, self.terms.exponent)
        self.lines.append(
            RatedLine(
                key=key,
                kind=kind,
                charge_key="",
                resource=None,
                tax_group=group,
                amount_minor=amount,
                numerator=exact.numerator,
                denominator=exact.denominator,
                billed_numerator=1,
                billed_denominator=1,
                unit_price=None,
                explanation=(STEPPED, {}, [*steps, rounding]),
            )
        )
        return amount

    def spread(
        self, key: str, kind: LineKind, exact: Fraction, *steps: Step, charges: Sequence[str] = ()
    ) -> None:
        """Add a line per tax group, in proportion to what each has, and take it off the nets."""
        groups = self.by_group(charges) or {STANDARD_TAX_GROUP: 0}
        weights = [max(net, 0) for net in groups.values()]
        if sum(weights) == 0:
            weights = [1] + [0] * (len(weights) - 1)
        if len(groups) == 1:
            parts = [exact]
        else:
            total = round_half_up(exact * self.terms.scale)
            parts = [Fraction(part, self.terms.scale) for part in allocate(total, weights)]
        for group, part in zip(groups, parts, strict=True):
            if part:
                name = key if len(groups) == 1 else f"{key}/{group}"
                self._book(group, self.add(name, kind, group, part, *steps), charges)

    def limit(self, key: str, kind: LineKind, exact: Fraction, step: Step, share: Share) -> None:
        """Add what a limit of the account changes, if anything."""
        if exact:
            self.spread(key, kind, exact, step, *share_steps(share))

    def _book(self, group: str, amount: int, charges: Sequence[str]) -> None:
        entries = [
            entry
            for entry in self.nets
            if entry[1] == group and (not charges or entry[0] in charges)
        ] or [("", group)]
        weights = [max(self.nets.get(entry, 0), 0) for entry in entries]
        if sum(weights) == 0:
            weights = [1] + [0] * (len(weights) - 1)
        for entry, part in zip(entries, allocate(amount, weights), strict=True):
            self.nets[entry] = self.nets.get(entry, 0) + part


def _discount(books: _Books, key: str, discount: Discount) -> None:
    base = Fraction(books.net(discount.charges), books.terms.scale)
    step: Step = {"base": number_text(base), "name": discount.name}
    if discount.percent is not None:
        off = percent_off(base, Fraction(discount.percent), books.terms.scale)
        step |= {"step": "percentage_discount", "percent": decimal_text(discount.percent)}
    else:
        assert discount.amount is not None
        off = max(min(Fraction(discount.amount), base), Fraction(0))
        step |= {"step": "fixed_discount", "discount": decimal_text(discount.amount)}
    if off:
        books.spread(key, LineKind.DISCOUNT, -off, step, charges=discount.charges)


def _limit(books: _Books, account: AccountTerms) -> None:
    """Cap what the lines come to, then lift it; in minor units, as earlier parts were rounded."""
    scale = books.terms.scale
    billed = Fraction(account.already_billed) * scale
    uncut = billed if account.lines_before is None else Fraction(account.lines_before) * scale
    lifted = max(billed - uncut, Fraction(0))
    before = billed - lifted
    if account.maximum is not None:
        now, share = books.total, _share(account.maximum, books, account)
        most = Fraction(account.maximum.amount) * share.fraction * scale
        cut = cut_by(most, uncut, before, Fraction(now))
        step = _limit_step("maximum", account.maximum, billed / scale, Fraction(now, scale))
        books.limit("cap", LineKind.CAP, cut / scale, step, share)
    if account.minimum is not None:
        now, share = books.total, _share(account.minimum, books, account)
        least = Fraction(account.minimum.amount) * share.fraction * scale
        lift = lift_by(least if account.is_final else None, before, Fraction(now), lifted)
        step = _limit_step("minimum", account.minimum, billed / scale, Fraction(now, scale))
        books.limit("minimum", LineKind.TRUE_UP, lift / scale, step, share)


def _share(limit: PriceLimit, books: _Books, account: AccountTerms) -> Share:
    terms = books.terms
    return share_of(limit.proration, account.active, terms.period, terms.zone, account.away)


def _limit_step(name: str, limit: PriceLimit, billed: Fraction, now: Fraction) -> Step:
    return {
        "step": name,
        "limit": decimal_text(limit.amount),
        "per": "account",
        "billed_before": number_text(billed),
        "lines": number_text(now),
    }


def _drawn_in_order(grant: Grant) -> tuple[int, date]:
    return grant.priority, grant.expires_on or date.max


def _grant(books: _Books, key: str, grant: Grant) -> None:
    base = Fraction(books.net(grant.charges), books.terms.scale)
    drawn = min(Fraction(grant.amount), base)
    if drawn > 0:
        step: Step = {"step": "grants", "name": grant.name, "base": number_text(base)}
        step |= {"granted": decimal_text(grant.amount)}
        step |= {"left": number_text(Fraction(grant.amount) - drawn)}
        books.spread(key, LineKind.GRANT, -drawn, step, charges=grant.charges)


def _tax(books: _Books, key: str, tax: Tax) -> None:
    nets = books.by_group(())
    base = sum(net for group, net in nets.items() if not tax.groups or group in tax.groups)
    exact = Fraction(base, books.terms.scale) * Fraction(tax.percent) / 100
    if base:
        step: Step = {"step": "tax", "name": tax.name, "percent": decimal_text(tax.percent)}
        step |= {"base": number_text(Fraction(base, books.terms.scale))}
        if tax.groups:
            step |= {"groups": list(tax.groups)}
        books.add(key, LineKind.TAX, "", exact, step)


def _credit(books: _Books, key: str, credit: Credit) -> None:
    due = Fraction(books.total, books.terms.scale)
    used = min(Fraction(credit.amount), due)
    if used > 0:
        step: Step = {"step": "credits", "name": credit.name, "due": number_text(due)}
        step |= {"credit": decimal_text(credit.amount)}
        step |= {"left": number_text(Fraction(credit.amount) - used)}
        books.add(key, LineKind.CREDIT, "", -used, step)
