"""What a price document comes to for some use, before anything is stored.

The same pure function as `manage.py quote`; here is only the question a screen asks of it.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from decimal import Decimal
from typing import Any

from billing.rating import DocumentRefused, parse_price, quote
from core.decimals import decimal_text
from core.errors import FieldError
from core.money import Money
from core.periods import Period

_KEY = "price"
_OF_THE_PRICE = "/price"


@dataclass(frozen=True, slots=True)
class AssumedUse:
    """What is used in the period: units, or money where the price is a share of an amount."""

    quantity: Decimal
    dimensions: Mapping[str, str] = field(default_factory=dict)


@dataclass(frozen=True, slots=True)
class PreviewLine:
    """A line the price comes to, with its sentences."""

    kind: str
    quantity: Decimal
    unit: str
    amount: Money
    exact: str
    words: Sequence[str]


@dataclass(frozen=True, slots=True)
class Preview:
    """What a price comes to, and what is legal in it but seldom meant."""

    total: Money
    lines: Sequence[PreviewLine]
    cautions: Sequence[FieldError]


def preview(
    definition: Mapping[str, Any],
    use: AssumedUse,
    *,
    currency: str,
    period: Period,
    zone: str = "UTC",
) -> Preview:
    """Price some use of one charge for a whole period.

    Raises: DocumentRefused, its pointers into the price document, or of the use.
    """
    model = parse_price(definition).model
    document: dict[str, Any] = {
        "currency": currency,
        "period": {
            "from": period.start.isoformat(),
            "until": period.end.isoformat(),
            "zone": zone,
        },
        "key": _KEY,
        "price": definition,
    }
    if model.kind != "fee":
        # Of most models of events, one event with the amount of money it is about.
        is_money = model.takes_events and model.name != "matrix"
        name = "amount" if is_money else "quantity"
        document[name] = decimal_text(use.quantity)
    if use.dimensions:
        document["dimensions"] = dict(use.dimensions)
    try:
        answer = quote(document)
    except DocumentRefused as refused:
        raise DocumentRefused(refused.message, errors=_in_price(refused.errors)) from refused
    words = answer["explanation"]["words"]
    return Preview(
        total=Money(Decimal(answer["total"]), currency),
        lines=[_line(each, words[each["key"]], currency) for each in answer["lines"]],
        cautions=_in_price(
            FieldError(each["pointer"], each["code"], each["detail"]) for each in answer["warnings"]
        ),
    )


def _line(line: Mapping[str, Any], words: Sequence[str], currency: str) -> PreviewLine:
    return PreviewLine(
        kind=line["kind"],
        quantity=Decimal(line["quantity"]),
        unit=line["unit"],
        amount=Money(Decimal(line["amount"]), currency),
        exact=line["exact_amount"],
        words=words,
    )


def _in_price(errors: Any) -> list[FieldError]:
    """Pointers into the price document itself, where they lead there."""
    return [
        FieldError(error.pointer.removeprefix(_OF_THE_PRICE), error.code, error.detail)
        for error in errors
    ]
