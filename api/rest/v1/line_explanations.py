"""How a line of an invoice came to its amount, as the answer says it."""

from __future__ import annotations

from typing import Any, Final

from api.rest.v1.shapes import Shape
from api.rest.values import MONEY, money_answer
from billing.invoicing.models import Invoice
from billing.invoicing.queries.explain import explain_invoice_line
from core.decimals import decimal_text

_TEXT: Final[Shape] = {"type": "string"}
_OBJECT: Final[Shape] = {"type": "object", "additionalProperties": True}
EXPLANATION: Final[Shape] = {
    "type": "object",
    "required": ["position", "amount", "plan", "version", "price", "inputs", "steps", "beside"],
    "properties": {
        "position": {"type": "integer"},
        "description": _TEXT,
        "quantity": {"type": ["string", "null"]},
        "unit": _TEXT,
        "amount": MONEY,
        "plan": _TEXT,
        "version": {"type": "integer"},
        "price": _TEXT,
        "dimensions": {"type": "object", "additionalProperties": _TEXT},
        "agreed": {"type": "boolean", "description": "At a price of this account alone."},
        "corrects": {"type": ["string", "null"], "description": "The invoice it is late for."},
        "inputs": {**_OBJECT, "description": "What was charged, as in a pricing document."},
        "steps": {"type": "array", "items": _OBJECT, "description": "From there to the amount."},
        "beside": {
            "type": "array",
            "description": "Its discounts, limits and commitments, which are lines of their own.",
            "items": {
                "type": "object",
                "properties": {"position": {"type": "integer"}, "amount": MONEY},
            },
        },
    },
}


def explanation_answer(invoice: Invoice, position: int) -> dict[str, Any]:
    """The explanation of a line. Raises: LineNotFound, LineUnpriced."""
    told = explain_invoice_line(invoice, position)
    line = told.line
    return {
        "position": line.position,
        "description": line.description,
        "quantity": None if line.quantity is None else decimal_text(line.quantity),
        "unit": line.unit,
        "amount": money_answer(line.amount),
        "plan": told.plan,
        "version": told.version_number,
        "price": told.price.code,
        "dimensions": dict(told.dimensions),
        "agreed": told.agreement is not None,
        "corrects": told.corrects or None,
        "inputs": told.explanation.inputs,
        "steps": told.explanation.steps,
        "beside": [
            {"position": each.position, "amount": money_answer(each.amount)} for each in told.beside
        ],
    }
