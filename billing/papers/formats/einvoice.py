"""A paper in the terms of EN 16931, which UBL and CII both write; BT and BG are its numbers.

Owns which tax category a group is, which price a line states, and why a paper cannot be stated at
all. Amounts are the posted ones: nothing is rounded again. A reader multiplies quantity and price
of a line and must come to its amount, so a line whose price does not do that (tiers, minimums,
discounts) is stated as one unit at its amount.
"""

from __future__ import annotations

import re
from collections.abc import Sequence
from dataclasses import dataclass, replace
from datetime import date
from fractions import Fraction
from typing import Final

from billing.invoicing.tax import Treatment
from billing.invoicing.tax_amounts import before_tax
from billing.papers.content import PaperContent, PaperLine, PaperTax
from core.decimals import decimal_text
from core.errors import Invalid
from core.money import minor_exponent, round_half_up

SPECIFICATION: Final = "urn:cen.eu:en16931:2017"
INVOICE_TYPE: Final = "380"
CREDIT_NOTE_TYPE: Final = "381"
TRANSFER: Final = "58"
_DECIMALS_MAX: Final = 2
_VAT_ID = re.compile(r"[A-Z]{2}[0-9A-Z+*]{2,13}", re.ASCII)
_UNITS: Final = {
    "hour": "HUR", "hours": "HUR", "h": "HUR", "day": "DAY", "days": "DAY", "month": "MON",
    "months": "MON", "second": "SEC", "seconds": "SEC", "minute": "MIN", "minutes": "MIN",
    "GB": "E34", "MB": "4L", "TB": "E35", "kB": "2P",
}  # fmt: skip
_ONE: Final = "C62"
_CATEGORIES: Final = {
    Treatment.REVERSE_CHARGE: "AE",
    Treatment.EXEMPT: "E",
    Treatment.OUTSIDE: "O",
}
_REASON_CODES: Final = {"AE": "VATEX-EU-AE", "O": "VATEX-EU-O"}


class NotAnEInvoice(Invalid):
    """EN 16931 cannot state this paper; it is given in the other formats."""

    code = "paper_not_an_einvoice"
    title = "There is no e-invoice of this paper"


@dataclass(frozen=True, slots=True)
class TaxBreakdown:
    """BG-23: the groups of one category and rate; `percent` is None where none may be said."""

    category: str
    percent: str | None
    base_minor: int
    tax_minor: int
    exemption: str = ""

    @property
    def exemption_code(self) -> str:
        """BT-121, where the list has one."""
        return _REASON_CODES.get(self.category, "")


@dataclass(frozen=True, slots=True)
class EInvoiceLine:
    """BG-25: quantity times price is the amount, exactly or after one rounding."""

    position: int
    name: str
    note: str
    quantity: str
    unit_code: str
    price: str
    amount_minor: int
    category: str
    percent: str | None
    first_on: date | None
    last_on: date | None


@dataclass(frozen=True, slots=True)
class EInvoice:
    """What both syntaxes write. Tax ids are empty where EN 16931 forbids to say them."""

    content: PaperContent
    lines: Sequence[EInvoiceLine]
    breakdowns: Sequence[TaxBreakdown]
    seller_vat: str
    buyer_vat: str
    buyer_registration: str
    prepaid_minor: int

    @property
    def type_code(self) -> str:
        """BT-3."""
        return CREDIT_NOTE_TYPE if self.content.is_credit_note else INVOICE_TYPE

    @property
    def due_minor(self) -> int:
        """BT-115: what is left of the gross amount."""
        return self.content.gross_minor - self.prepaid_minor

    @property
    def terms(self) -> str:
        """BT-20, where there is no due day to say."""
        if self.content.is_credit_note:
            return "Nothing is to be paid: the amount is credited."
        return ""

    def amount(self, minor: int) -> str:
        """An amount as the syntaxes write it."""
        return str(self.content.money(minor).amount)


def e_invoice(content: PaperContent) -> EInvoice:
    """The paper in terms of EN 16931. Raises: NotAnEInvoice, saying what stands against it."""
    _require_statable(content)
    by_group = {tax.group: tax for tax in content.taxes}
    breakdowns = _breakdowns(content.taxes)
    outside = any(each.category == "O" for each in breakdowns)
    _require_categories(content, breakdowns)
    shifted = next((tax.evidence for tax in content.taxes if _category(tax) == "AE"), "")
    buyer_id = shifted or content.customer.tax_id
    is_vat = bool(_VAT_ID.fullmatch(buyer_id)) and not outside
    return EInvoice(
        content=content,
        lines=[_line(line, by_group[line.tax_group], content) for line in _net(content.lines)],
        breakdowns=breakdowns,
        seller_vat="" if outside else content.seller.tax_id,
        buyer_vat=buyer_id if is_vat else "",
        buyer_registration="" if is_vat else buyer_id,
        prepaid_minor=content.paid_minor - content.carried_minor,
    )


def _net(lines: Sequence[PaperLine]) -> list[PaperLine]:
    """The lines before tax: EN 16931 knows no price with tax in it, so what the prices of a group
    have in them is taken out of each of its lines.
    """
    nets = before_tax([(each.tax_group, each.amount_minor, each.takes_tax_out) for each in lines])
    return [
        each if each.amount_minor == net else replace(each, amount_minor=net)
        for each, net in zip(lines, nets, strict=True)
        if not each.takes_tax_out
    ]


def _require_statable(content: PaperContent) -> None:
    decimals = minor_exponent(content.currency)
    seller, customer = content.seller, content.customer
    lines_taxed = all(
        line.tax_group in {tax.group for tax in content.taxes} for line in content.lines
    )
    obstacles = (
        (content.is_void, "EN 16931 has no form for a void; the invoice stays as it was."),
        (
            decimals > _DECIMALS_MAX,
            f"Amounts in {content.currency} have {decimals} decimals, EN 16931 states two.",
        ),
        (not content.lines, "EN 16931 needs a line, and this paper changes tax or name alone."),
        (not customer.country, "EN 16931 needs the customer's country, and none was known."),
        (not lines_taxed, "EN 16931 needs the tax of each line, and none was decided."),
        (
            not (seller.registration or seller.tax_id),
            "The seller has no registration or tax id.",
        ),
        (content.gross_minor < 0, "It comes to less than nothing, which is a credit note there."),
        (content.carried_minor > 0, "Credit is carried to the next invoice, which it cannot say."),
    )
    for stands_against, sentence in obstacles:
        if stands_against:
            raise NotAnEInvoice(sentence)


def _require_categories(content: PaperContent, breakdowns: Sequence[TaxBreakdown]) -> None:
    categories = {each.category for each in breakdowns}
    seller, customer = content.seller, content.customer
    vanishing = any(
        each.percent and not round_half_up(Fraction(each.percent)) and each.tax_minor
        for each in breakdowns
    )
    obstacles = (
        ("O" in categories and len(breakdowns) > 1, "Some of it is not taxable here, some is."),
        ("O" in categories and not seller.registration, "The seller has no registration to name."),
        (
            bool(categories - {"O"}) and not _VAT_ID.fullmatch(seller.tax_id),
            "EN 16931 needs the seller's tax id with its country before it.",
        ),
        (
            "AE" in categories
            and not customer.tax_id
            and not any(tax.evidence for tax in content.taxes),
            "A reverse charge names the customer's tax id, and there is none.",
        ),
        (vanishing, "Its tax rate is under half a per cent, which the rules read as none."),
    )
    for stands_against, sentence in obstacles:
        if stands_against:
            raise NotAnEInvoice(sentence)


def _breakdowns(taxes: Sequence[PaperTax]) -> list[TaxBreakdown]:
    """One a category and rate, as BR-S-08 and its like ask; local rates alike are one."""
    merged: dict[tuple[str, str | None], TaxBreakdown] = {}
    for tax in taxes:
        key = (_category(tax), _percent(tax))
        before = merged.get(key)
        merged[key] = TaxBreakdown(
            *key,
            tax.base_minor + (before.base_minor if before else 0),
            tax.tax_minor + (before.tax_minor if before else 0),
            exemption=_exemption(tax),
        )
    return list(merged.values())


def _category(tax: PaperTax) -> str:
    """BT-118."""
    treatment = Treatment(tax.treatment)
    return _CATEGORIES.get(treatment, "S" if tax.rate else "Z")


def _percent(tax: PaperTax) -> str | None:
    """BT-119; what is outside of the tax has none."""
    return None if _category(tax) == "O" else decimal_text((tax.rate * 100).normalize())


def _exemption(tax: PaperTax) -> str:
    """BT-120."""
    match _category(tax):
        case "AE":
            return "Reverse charge"
        case "E":
            return f"Exempt: {tax.evidence}"
        case "O":
            return "Not subject to VAT"
    return ""


def _line(line: PaperLine, tax: PaperTax, content: PaperContent) -> EInvoiceLine:
    quantity, unit_code, price = _priced(line, content)
    said = [line.group] if line.group else []
    if unit_code == _ONE and line.quantity is not None and quantity != decimal_text(line.quantity):
        said.append(f"{decimal_text(line.quantity)} {line.unit}".strip())
    return EInvoiceLine(
        position=line.position,
        name=line.description,
        note=", ".join(said),
        quantity=quantity,
        unit_code=unit_code,
        price=price,
        amount_minor=line.amount_minor,
        category=_category(tax),
        percent=_percent(tax),
        first_on=line.first_on,
        last_on=line.last_on,
    )


def _priced(line: PaperLine, content: PaperContent) -> tuple[str, str, str]:
    """BT-129, BT-130 and BT-146. A price is never below zero, so a discount is minus one of it."""
    quantity, price = line.quantity, line.unit_price
    if (
        quantity is not None
        and price is not None
        and price >= 0
        and line.multiplies(content.currency)
    ):
        return decimal_text(quantity), _UNITS.get(line.unit, _ONE), decimal_text(price)
    amount = content.money(abs(line.amount_minor)).amount
    return "-1" if line.amount_minor < 0 else "1", _ONE, str(amount)
