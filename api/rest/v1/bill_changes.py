"""GET /api/v1/invoices/{id}/change: an invoice beside the one before it, part by part."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any, Final

from api.rest.v1.shapes import Shape
from api.rest.values import MONEY, money_answer
from billing.invoicing.bill_change.charges import ChangeKind
from billing.invoicing.bill_change.grouping import ToldBy
from billing.invoicing.models import Invoice
from billing.invoicing.queries.bill_change import NothingBefore, earlier_of
from billing.invoicing.queries.kept_changes import comparison_of, kept_parts, parts_at_once
from core.errors import Invalid
from core.leases import WorkItem
from core.money import Money

_POSITIONS: Final[Shape] = {"type": "array", "items": {"type": "integer"}}
_INVOICE: Final[Shape] = {
    "type": "object",
    "required": ["id", "number", "total"],
    "properties": {
        "id": {"type": "string"},
        "number": {"type": ["string", "null"]},
        "total": MONEY,
    },
}
CHANGE: Final[Shape] = {
    "type": "object",
    "required": ["before", "after", "difference", "parts"],
    "properties": {
        "before": _INVOICE,
        "after": _INVOICE,
        "difference": MONEY,
        "parts": {
            "type": "array",
            "description": "Their amounts sum to the difference.",
            "items": {
                "type": "object",
                "required": ["kind", "name", "amount", "lines_before", "lines_after"],
                "properties": {
                    "kind": {"enum": [kind.value for kind in ChangeKind]},
                    "name": {
                        "type": "string",
                        "description": "The price or the app; empty where a kind is one part.",
                    },
                    "amount": MONEY,
                    "lines_before": _POSITIONS,
                    "lines_after": _POSITIONS,
                },
            },
        },
    },
}


class ToldByUnknown(Invalid):
    """Parts are told apart by price or by app, and by nothing else."""

    code = "told_by_unknown"
    title = "Not a way to tell parts apart"


def told_by(text: str | None) -> ToldBy:
    """What parts are told apart by; by price where nothing is said. Raises: ToldByUnknown."""
    try:
        return ToldBy(text or ToldBy.PRICE)
    except ValueError:
        raise ToldByUnknown("`by` is price or app.", field="by") from None


def change_answer(invoice: Invoice, *, by: ToldBy) -> Mapping[str, Any]:
    """The change as the API answers it: what a worker found, else worked out now.

    Raises: NothingBefore.
    """
    earlier = earlier_of(invoice)
    if earlier is None:
        raise NothingBefore("The account has no earlier invoice in this currency.")
    kept = comparison_of(invoice, earlier)
    is_found = kept is not None and kept.state == WorkItem.State.DONE
    parts = kept_parts(kept, by=by) if kept and is_found else parts_at_once(invoice, earlier, by=by)
    return {
        "before": _invoice(earlier),
        "after": _invoice(invoice),
        "difference": money_answer(invoice.total - earlier.total),
        "parts": [
            {
                "kind": part.kind,
                "name": part.name,
                "amount": money_answer(Money.from_minor(part.minor, invoice.currency)),
                "lines_before": part.lines_before,
                "lines_after": part.lines_after,
            }
            for part in parts
        ],
    }


def _invoice(invoice: Invoice) -> Mapping[str, Any]:
    return {"id": invoice.public_id, "number": invoice.number, "total": money_answer(invoice.total)}
