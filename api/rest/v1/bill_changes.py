"""GET /api/v1/invoices/{id}/change: an invoice beside the one before it, part by part."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from typing import Any, Final

from django.core.cache import cache

from api.rest.v1.shapes import Shape
from api.rest.values import MONEY, money_answer
from billing.invoicing.bill_change.charges import ChangeKind
from billing.invoicing.bill_change.grouping import BillPart, ToldBy
from billing.invoicing.models import Invoice
from billing.invoicing.queries.bill_change import NothingBefore, bill_change, earlier_of
from core.canonical_json import digest_of_plain
from core.errors import Invalid
from core.money import Money

_TOLD_AT_ONCE: Final = 300
"""Lines up to which it is worked out whenever it is asked for."""
_KEPT_FOR: Final = 86_400
_FORM: Final = 1
"""Raised where the shape of the answer changes."""

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
    """The change as the API answers it. Raises: NothingBefore."""
    earlier = earlier_of(invoice)
    if earlier is None:
        raise NothingBefore("The account has no earlier invoice in this currency.")
    said = [_FORM, by.value]
    said += [part for each in (earlier, invoice) for part in (each.public_id, each.content_sha256)]
    # Issued invoices never change, so what was said of two long ones stays true.
    key = f"change:{digest_of_plain(said)}"
    kept: Mapping[str, Any] | None = cache.get(key)
    if kept is not None:
        return kept
    answer = _answer(invoice, earlier, by)
    if invoice.lines.count() > _TOLD_AT_ONCE:
        cache.set(key, answer, _KEPT_FOR)
    return answer


def _answer(invoice: Invoice, earlier: Invoice, by: ToldBy) -> Mapping[str, Any]:
    change = bill_change(invoice, earlier, by=by)
    return {
        "before": _invoice(earlier),
        "after": _invoice(invoice),
        "difference": money_answer(change.delta),
        "parts": [_part(part, invoice.currency) for part in change.parts],
    }


def _invoice(invoice: Invoice) -> Mapping[str, Any]:
    return {"id": invoice.public_id, "number": invoice.number, "total": money_answer(invoice.total)}


def _part(part: BillPart, currency: str) -> Mapping[str, Any]:
    return {
        "kind": part.kind.value,
        "name": part.name,
        "amount": money_answer(Money.from_minor(part.minor, currency)),
        "lines_before": _positions(
            line.position for effect in part.effects for line in effect.before
        ),
        "lines_after": _positions(
            line.position for effect in part.effects for line in effect.after
        ),
    }


def _positions(found: Iterable[int]) -> list[int]:
    return sorted(set(found))
