"""A paper as JSON, and the same as the data that its proof signs."""

from __future__ import annotations

import json
from typing import Any, Final

from billing.papers.content import PaperContent, PaperParty
from core.decimals import decimal_text

FORMAT: Final = "counterfoil-paper/1"


def as_json(content: PaperContent) -> bytes:
    """The bytes of the file: sorted keys, amounts and decimals as texts."""
    written = json.dumps(as_data(content), indent=2, sort_keys=True, ensure_ascii=False)
    return f"{written}\n".encode()


def as_data(content: PaperContent) -> dict[str, Any]:
    """The whole content in plain JSON values."""

    def amount(minor: int) -> str:
        return str(content.money(minor).amount)

    refers_to = content.refers_to
    return {
        "format": FORMAT,
        "kind": content.kind,
        "code": content.code,
        "language": content.language,
        "id": content.public_id,
        "number": content.number,
        "issued_at": content.issued_at.isoformat(),
        "issued_on": content.issued_on.isoformat(),
        "due_on": _day(content.due_on),
        "voided_on": _day(content.voided_on),
        "period": {"first_on": _day(content.first_on), "last_on": _day(content.last_on)},
        "currency": content.currency,
        "seller": _party(content.seller),
        "customer": _party(content.customer),
        "pay_to": {
            "bank_name": content.pay_to.bank_name,
            "iban": content.pay_to.iban,
            "bic": content.pay_to.bic,
        },
        "purchase_order": content.purchase_order,
        "note": content.note,
        "reason": content.reason,
        "refers_to": refers_to
        and {"number": refers_to.number, "issued_on": refers_to.issued_on.isoformat()},
        "lines": [
            {
                "position": line.position,
                "group": line.group,
                "description": line.description,
                "quantity": None if line.quantity is None else decimal_text(line.quantity),
                "unit": line.unit,
                "unit_price": None if line.unit_price is None else decimal_text(line.unit_price),
                "amount": amount(line.amount_minor),
                "tax_group": line.tax_group,
                "first_on": _day(line.first_on),
                "last_on": _day(line.last_on),
            }
            for line in content.lines
        ],
        "taxes": [
            {
                "group": tax.group,
                "jurisdiction": tax.jurisdiction,
                "treatment": tax.treatment,
                "name": tax.name,
                "rate": decimal_text(tax.rate),
                "base": amount(tax.base_minor),
                "tax": amount(tax.tax_minor),
                "evidence": tax.evidence,
                "included": tax.is_included,
            }
            for tax in content.taxes
        ],
        "subtotal": amount(content.subtotal_minor),
        "tax": amount(content.tax_minor),
        "carried": amount(content.carried_minor),
        "total": amount(content.total_minor),
        "paid": amount(content.paid_minor),
        "due": amount(content.due_minor),
        "content_sha256": content.content_sha256,
    }


def _party(party: PaperParty) -> dict[str, str]:
    return {
        "legal_name": party.legal_name,
        "address": party.address,
        "country": party.country,
        "tax_id": party.tax_id,
        "registration": party.registration,
        "reference": party.reference,
    }


def _day(day: Any) -> str | None:
    return day.isoformat() if day is not None else None
