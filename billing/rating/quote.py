"""Quote: a pricing document in, the lines and totals it comes to out.

Owns the shape of the answer. Computes nothing itself: the bill run goes through the same functions.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from fractions import Fraction
from typing import Any

from billing.rating.account import Statement, settle
from billing.rating.charges import Charge, RatedLine, Terms
from billing.rating.document import PricingDocument, read_document
from billing.rating.exact import number_text, rounded_decimal
from billing.rating.explanation import expand
from billing.rating.models.base import CannotRate
from billing.rating.price import STEPS, review
from billing.rating.rate import rate
from billing.rating.reading import DocumentRefused, pointer_of
from billing.rating.steps import period_text
from billing.rating.words import words
from core.decimals import decimal_text
from core.errors import FieldError

# Shown beside a line with several prices; for reading only, so it is rounded.
AVERAGE_DECIMALS = 6


def quote(document: object) -> dict[str, Any]:
    """Work out a pricing document (docs/pricing.md); numbers in the answer are texts.

    Raises: DocumentRefused with every problem and its JSON pointer.
    """
    read = read_document(document)
    statement = settle(rated(read), read.terms, read.account)
    return answer(read, statement)


def answer(read: PricingDocument, statement: Statement) -> dict[str, Any]:
    """Write a statement as the answer to its document."""
    terms, charges = read.terms, {charge.key: charge for charge in read.charges}
    found: dict[str, Any] = {
        "currency": terms.currency,
        "subtotal": amount_text(statement.subtotal_minor, terms),
        "tax": amount_text(statement.tax_minor, terms),
        "credits": amount_text(statement.credits_minor, terms),
        "total": amount_text(statement.total_minor, terms),
        "lines": [
            line_answer(line, terms, charges.get(line.charge_key), read.descriptions)
            for line in statement.lines
        ],
        "explanation": {
            "order": list(STEPS),
            "rounding": f"half up, once a line, to {terms.exponent} decimals",
            "words": {
                line.key: words(line, terms, unit=_unit(charges.get(line.charge_key)))
                for line in statement.lines
            },
        },
        "warnings": list(_warnings(read)),
    }
    if terms.period is not None:
        seconds = number_text(Fraction(terms.period.seconds))
        found["period"] = {**period_text(terms.period), "zone": terms.zone, "seconds": seconds}
    return found


def line_answer(
    line: RatedLine, terms: Terms, charge: Charge | None, descriptions: Mapping[str, str]
) -> dict[str, Any]:
    """Write one line."""
    explanation = expand(line.explanation)
    found: dict[str, Any] = {
        "key": line.key,
        "kind": str(line.kind),
        "charge": line.charge_key or None,
        "description": descriptions.get(line.charge_key),
        "resource": line.resource,
        "dimensions": dict(charge.dimensions) if charge else {},
        "metered_quantity": _metered(explanation.inputs),
        "quantity": decimal_text(line.quantity),
        "unit": _unit(charge),
        "unit_price": None if line.unit_price is None else decimal_text(line.unit_price),
        "average_unit_price": _average(line),
        "exact_amount": line.exact_text,
        "amount": amount_text(line.amount_minor, terms),
        "tax_group": line.tax_group,
        "explanation": explanation.steps,
    }
    return found


def amount_text(minor: int, terms: Terms) -> str:
    """Write minor units as an amount with the currency's decimals: 1230 is 12.30."""
    digits = str(abs(minor)).rjust(terms.exponent + 1, "0")
    whole, cents = digits[: len(digits) - terms.exponent], digits[len(digits) - terms.exponent :]
    return f"{'-' if minor < 0 else ''}{whole}{'.' if cents else ''}{cents}"


def rated(read: PricingDocument) -> list[RatedLine]:
    """Rate the charges of a document.

    Raises: DocumentRefused, naming every charge that cannot be rated.
    """
    try:
        return rate(read.charges)
    except CannotRate as refused:
        problems = list(_refused(read)) or [FieldError("", refused.code, refused.message)]
        raise DocumentRefused(
            "; ".join(f"{problem.pointer or '/'}: {problem.detail}" for problem in problems),
            errors=problems,
        ) from refused


def _refused(read: PricingDocument) -> Iterable[FieldError]:
    """Name every charge that cannot be rated, not only the first."""
    for charge in read.charges:
        try:
            rate([charge])
        except CannotRate as refused:
            field = pointer_of(refused.field) if refused.field else ""
            pointer = read.pointers[charge.key] + field
            yield FieldError(pointer, refused.code, refused.message)


def _metered(inputs: Mapping[str, Any]) -> str | None:
    """What was measured; nothing of single events, which are told themselves."""
    if "units" in inputs:
        each = (Fraction(unit["quantity"]) for unit in inputs["units"])
        return number_text(sum(each, Fraction(0)))
    measured: str | None = inputs.get("quantity")
    return measured


def _unit(charge: Charge | None) -> str:
    return charge.price.price.unit if charge else ""


def _average(line: RatedLine) -> str | None:
    if line.unit_price is not None or not line.billed_numerator or line.charge_key != line.key:
        return None
    quantity = Fraction(line.billed_numerator, line.billed_denominator)
    return decimal_text(rounded_decimal(line.exact / quantity, AVERAGE_DECIMALS))


def _warnings(read: PricingDocument) -> Iterable[dict[str, str]]:
    seen = set()
    for charge in read.charges:
        if id(charge.price) in seen:
            continue
        seen.add(id(charge.price))
        for caution in review(charge.price.price):
            pointer = read.price_pointers[charge.key] + caution.pointer
            yield {"pointer": pointer, "code": caution.code, "detail": caution.detail}
