"""What a credit note comes to: amounts of charges, and their tax, before anything is written.

Capacity is money, whatever the way of asking: an amount, a quantity, a share, all that is left. The
tax of a note is, group by group, the rounded tax on all that is credited so far with this note less
the tax credited before; so the last note gives back exactly what was charged, and no order of notes
can exceed it.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from decimal import Decimal
from fractions import Fraction

from billing.invoicing.queries.creditable import Creditable, CreditableCharge, CreditableTax
from billing.invoicing.tax_amounts import tax_on
from core.decimals import decimal_text
from core.errors import Conflict, Invalid
from core.money import Money, round_half_up


class NothingToCredit(Conflict):
    """Nothing is left of what is to be credited, or it was never charged."""

    code = "nothing_to_credit"
    title = "There is nothing to credit"


class CreditExceeds(Invalid):
    """More is to be credited than is left of the charge."""

    code = "credit_exceeds_what_is_left"
    title = "That is more than is left to credit"


class NoSuchCharge(Invalid):
    """The invoice has no such charge."""

    code = "charge_unknown"
    title = "The invoice has no such charge"


class CreditUnclear(Invalid):
    """A charge is to be credited in no way, or in several."""

    code = "credit_unclear"
    title = "It is not clear how much to credit"


@dataclass(frozen=True, slots=True)
class CreditRequest:
    """How much of a charge is to be credited, said in exactly one way.

    `amount_minor` is before tax, `gross_minor` with tax; `quantity` is in the line's unit;
    `percent` is of what was billed; `rest` is all that is left.
    """

    charge_key: str
    amount_minor: int | None = None
    gross_minor: int | None = None
    quantity: Decimal | None = None
    percent: Decimal | None = None
    rest: bool = False


@dataclass(frozen=True, slots=True)
class CreditedCharge:
    """What a note takes off a charge, before tax, in minor units; its tax where that was asked."""

    charge: CreditableCharge
    amount_minor: int
    quantity: Decimal | None = None
    tax_minor: int | None = None

    @property
    def gross_minor(self) -> int | None:
        """With its tax, where the charge's price has it in it: what was rated is less by that."""
        whole = self.charge.billed_gross_minor
        if whole is None:
            return None
        if self.tax_minor is not None:
            return self.amount_minor + self.tax_minor
        left = whole - self.charge.credited_gross_minor
        if self.amount_minor == self.charge.left_minor:
            return max(left, self.amount_minor)
        exact = Fraction(self.amount_minor * whole, self.charge.billed_minor)
        return max(min(round_half_up(exact), left), self.amount_minor)


@dataclass(frozen=True, slots=True)
class CreditedTax:
    """What a note takes off a tax group, in minor units."""

    group: str
    base_minor: int
    tax_minor: int


def credited_charges(requests: Sequence[CreditRequest], left: Creditable) -> list[CreditedCharge]:
    """What each request comes to.

    Raises: NoSuchCharge, CreditUnclear, CreditExceeds, NothingToCredit.
    """
    charges = {charge.key: charge for charge in left.charges}
    taxes = {tax.group: tax for tax in left.taxes}
    if len({request.charge_key for request in requests}) < len(requests):
        raise CreditUnclear("A charge is named twice.", field="lines")
    if len({request.gross_minor is None for request in requests}) > 1:
        raise CreditUnclear("Name all amounts with tax, or none.", field="lines")
    found: list[CreditedCharge] = []
    for request in requests:
        charge = charges.get(request.charge_key)
        if charge is None:
            raise NoSuchCharge(
                f"Nothing was charged for {request.charge_key!r} on this invoice.", field="lines"
            )
        of_tax = _tax_within(request, charge, taxes, found)
        found.append(_credited(request, charge, of_tax, left.currency))
    if not found:
        raise NothingToCredit("Say which charges are to be credited.", field="lines")
    return found


def _tax_within(
    request: CreditRequest,
    charge: CreditableCharge,
    taxes: Mapping[str, CreditableTax],
    before: Sequence[CreditedCharge],
) -> int | None:
    """The tax in an amount with tax: that of all credited so far with it, less that before."""
    if request.gross_minor is None:
        return None
    tax = taxes.get(charge.tax_group)
    if tax is None or not tax.base_minor:
        return 0
    same = [each for each in before if each.charge.tax_group == tax.group]
    base = tax.credited_base_minor + sum(each.amount_minor for each in same)
    credited = tax.credited_tax_minor + sum(each.tax_minor or 0 for each in same)
    gross = base + credited + request.gross_minor
    so_far = round_half_up(Fraction(gross * tax.tax_minor, tax.base_minor + tax.tax_minor))
    return max(min(so_far, tax.tax_minor) - credited, 0)


def _credited(
    request: CreditRequest, charge: CreditableCharge, of_tax: int | None, currency: str
) -> CreditedCharge:
    amount = _asked(request, charge) - (of_tax or 0)
    if charge.left_minor == 0:
        raise NothingToCredit(f"All of “{charge.description}” is credited.", field="lines")
    if amount <= 0:
        raise CreditUnclear(f"Credit more than nothing of “{charge.description}”.", field="lines")
    if amount > charge.left_minor:
        asked, left = (Money.from_minor(each, currency) for each in (amount, charge.left_minor))
        raise CreditExceeds(
            f"{asked} of “{charge.description}” is more than the {left} that is left"
            f"{_in_units(charge)}.",
            field="lines",
            left=str(left),
        )
    return CreditedCharge(charge, amount, request.quantity, of_tax)


def _asked(request: CreditRequest, charge: CreditableCharge) -> int:
    said = [
        each is not None and each is not False
        for each in (
            request.amount_minor,
            request.gross_minor,
            request.quantity,
            request.percent,
            request.rest,
        )
    ]
    if sum(said) != 1:
        raise CreditUnclear(
            "Say an amount, a quantity, a percentage or the rest: one of them.", field="lines"
        )
    if request.amount_minor is not None:
        return request.amount_minor
    if request.gross_minor is not None:
        return request.gross_minor
    if request.rest:
        return charge.left_minor
    if request.percent is not None:
        return round_half_up(Fraction(request.percent) * charge.billed_minor / 100)
    if not charge.quantity:
        raise CreditUnclear(f"“{charge.description}” has no quantity to credit by.", field="lines")
    assert request.quantity is not None  # one of the four was said
    return round_half_up(
        Fraction(request.quantity) * charge.billed_minor / Fraction(charge.quantity)
    )


def _in_units(charge: CreditableCharge) -> str:
    if not charge.quantity:
        return ""
    units = Fraction(charge.left_minor) * Fraction(charge.quantity) / charge.billed_minor
    whole = Decimal(units.numerator) / Decimal(units.denominator)
    return f", which is {decimal_text(round(whole, 3).normalize())} {charge.unit}".rstrip()


def credited_taxes(
    charges: Sequence[CreditedCharge], taxes: Sequence[CreditableTax]
) -> list[CreditedTax]:
    """The tax of what is credited, group by group."""
    found = []
    for tax in taxes:
        same = [each for each in charges if each.charge.tax_group == tax.group]
        base = sum(each.amount_minor for each in same)
        said = [each.tax_minor for each in same if each.tax_minor is not None]
        if same:
            found.append(CreditedTax(tax.group, base, sum(said) if said else _tax_on(tax, base)))
    return found


def _tax_on(tax: CreditableTax, base_minor: int) -> int:
    so_far = tax.credited_base_minor + base_minor
    if so_far >= tax.base_minor:
        return tax.left_minor
    due = min(tax_on(so_far, tax.rate, tax.rounding), tax.tax_minor)
    return max(due - tax.credited_tax_minor, 0)
