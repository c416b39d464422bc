"""Papers as a finance person names them: lines with amounts, a tax, a day. No rows."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import replace
from datetime import date
from decimal import Decimal
from fractions import Fraction
from typing import Any

from billing.papers.content import (
    PaperContent,
    PaperLine,
    PaperParty,
    PaperTax,
    PayTo,
    RefersTo,
)
from core.money import to_minor
from tests.story import instant

SELLER = PaperParty(
    legal_name="Counterfoil Cloud GmbH",
    address="Torstraße 1\n10119 Berlin",
    country="DE",
    tax_id="DE123456788",
    registration="HRB 12345 B",
    email="billing@counterfoil.example",
)
CUSTOMER = PaperParty(
    legal_name="Blaue Werke AG",
    address="Hafenweg 7\n20457 Hamburg",
    country="DE",
    tax_id="DE987654321",
    reference="acc_01",
)
PAY_TO = PayTo("Musterbank", "DE89370400440532013000", "COBADEFFXXX")
VAT = "DE:standard:0.19"


def minor(amount: str, currency: str = "EUR") -> int:
    """An amount in minor units."""
    return to_minor(Fraction(Decimal(amount)), currency)


def line(
    description: str,
    amount: str,
    *,
    quantity: str | None = None,
    price: str | None = None,
    currency: str = "EUR",
    **more: Any,
) -> PaperLine:
    """One line; `quantity` and `price` where it has them."""
    return PaperLine(
        position=more.pop("position", 1),
        group=more.pop("group", ""),
        description=description,
        quantity=None if quantity is None else Decimal(quantity),
        unit=more.pop("unit", ""),
        unit_price=None if price is None else Decimal(price),
        amount_minor=minor(amount, currency),
        tax_group=more.pop("tax_group", VAT),
        **more,
    )


def tax(
    base: str, amount: str, *, percent: str = "19", currency: str = "EUR", **more: Any
) -> PaperTax:
    """One tax group."""
    return PaperTax(
        group=more.pop("group", VAT),
        jurisdiction=more.pop("jurisdiction", "DE"),
        treatment=more.pop("treatment", "standard"),
        name=more.pop("name", "VAT"),
        rate=Decimal(percent) / 100,
        base_minor=minor(base, currency),
        tax_minor=minor(amount, currency),
        **more,
    )


def paper(
    lines: Sequence[PaperLine] | Mapping[str, str],
    taxes: Sequence[PaperTax] = (),
    *,
    currency: str = "EUR",
    **more: Any,
) -> PaperContent:
    """An invoice of Berlin for October 2026, issued on 1 November."""
    if isinstance(lines, Mapping):
        lines = [line(name, amount, currency=currency) for name, amount in lines.items()]
    numbered = [replace(each, position=at) for at, each in enumerate(lines, start=1)]
    subtotal = sum(each.amount_minor for each in numbered)
    taxed = sum(each.tax_minor for each in taxes)
    carried = more.get("carried_minor", 0)
    given: dict[str, Any] = {
        "kind": "invoice",
        "code": "7H3K9QXM2ABC",
        "language": "en",
        "public_id": "inv_01",
        "number": "CF-00000012",
        "issued_at": instant("2026-11-01T08:00"),
        "issued_on": date(2026, 11, 1),
        "due_on": date(2026, 12, 1),
        "first_on": date(2026, 10, 1),
        "last_on": date(2026, 10, 31),
        "seller": SELLER,
        "customer": CUSTOMER,
        "pay_to": PAY_TO,
        "content_sha256": "0" * 64,
    }
    return PaperContent(
        lines=numbered,
        taxes=taxes,
        currency=currency,
        subtotal_minor=subtotal,
        tax_minor=taxed,
        total_minor=subtotal + taxed + carried,
        **given | more,
    )


def credit_note(
    lines: Sequence[PaperLine] | Mapping[str, str], taxes: Sequence[PaperTax] = (), **more: Any
) -> PaperContent:
    """A note of invoice CF-00000012."""
    given: dict[str, Any] = {
        "kind": "credit_note",
        "number": "CN-00000003",
        "public_id": "crn_01",
        "due_on": None,
        "reason": "billing_error",
        "refers_to": RefersTo("CF-00000012", date(2026, 11, 1)),
    }
    return paper(lines, taxes, **given | more)
