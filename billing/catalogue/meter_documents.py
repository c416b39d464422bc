"""A meter's definition as a document, and the terms it says.

Owns the shape of the document: names and types. What the terms may be is judged by
`usage.meter_terms`, whose problems point at the same fields.
"""

from __future__ import annotations

from dataclasses import dataclass
from decimal import Decimal
from typing import Any

from billing.rating import DocumentRefused
from billing.rating.reading import DocumentProblems, Fields
from core.decimals import decimal_text
from core.errors import FieldError
from usage.aggregate.rules import Aggregation, Bucket
from usage.expressions import ExpressionInvalid
from usage.expressions.conditions import (
    VALUELESS,
    Comparison,
    Condition,
    condition_text,
    conditions_of,
)
from usage.meter_terms import DEFAULT_MAX_VALUE, MeterTerms

UNBOUNDED = "none"
DEFAULT_SCALE, DEFAULT_VALUE = 10, "quantity"
_NAMES_MAX = 50
_ALSO = (
    "dimensions", "presentation", "state_key", "member_property", "operation_property",
    "group_property", "percentile", "sample_seconds",
)  # fmt: skip


class DefinitionRefused(Exception):
    """A document is no definition of a meter; `errors` names every place at once."""

    def __init__(self, errors: list[FieldError]) -> None:
        super().__init__("; ".join(error.detail for error in errors))
        self.errors = errors


@dataclass(frozen=True, slots=True)
class MeterDefinition:
    """What a meter's document says: how it aggregates, for ever, and the terms of a version."""

    aggregation: Aggregation
    carries_over: bool
    terms: MeterTerms


def read_definition(document: Any, *, aggregation: Aggregation | None = None) -> MeterDefinition:
    """Read a document; of a version, whose meter has its `aggregation`, it may not name one.

    Raises: DefinitionRefused.
    """
    problems = DocumentProblems()
    fields = Fields(document, "", problems)
    carries_over = False
    if aggregation is None:
        named = fields.choice("aggregation", [each.value for each in Aggregation])
        aggregation = Aggregation(named)
        carries_over = fields.boolean("carries_over", default=False)
    terms = _terms(fields)
    fields.close()
    try:
        problems.raise_if_any()
    except DocumentRefused as refused:
        raise DefinitionRefused(list(refused.errors)) from refused
    return MeterDefinition(aggregation, carries_over, terms)


def document_of_terms(terms: MeterTerms) -> dict[str, Any]:
    """The terms as a document; what is as usual is left out, and conditions are rows."""
    conditions = conditions_of(terms.filter_expression) if terms.filter_expression else []
    document: dict[str, Any] = {"event_type": terms.event_type}
    if terms.value_property != DEFAULT_VALUE:
        document["value_property"] = terms.value_property
    if terms.value_expression:
        document["value_expression"] = terms.value_expression
    if conditions:
        document["filter"] = [_row(each) for each in conditions]
    elif terms.filter_expression:
        document["filter_expression"] = terms.filter_expression
    for name in _ALSO:
        if said := getattr(terms, name):
            document[name] = list(said) if isinstance(said, tuple) else said
    if terms.bucket:
        document["bucket"] = terms.bucket.value
    if terms.scale != DEFAULT_SCALE:
        document["scale"] = terms.scale
    if terms.signed:
        document["signed"] = True
    if terms.max_value is None:
        document["max_value"] = UNBOUNDED
    elif terms.max_value != DEFAULT_MAX_VALUE:
        document["max_value"] = decimal_text(terms.max_value)
    return document


def _row(condition: Condition) -> dict[str, str]:
    row = {"property": condition.property}
    if condition.comparison is not Comparison.IS:
        row["comparison"] = condition.comparison.value
    return row | ({"value": condition.value} if condition.value else {})


def _terms(fields: Fields) -> MeterTerms:
    bucket = fields.choice("bucket", ["", *(each.value for each in Bucket)], default="")
    return MeterTerms(
        event_type=fields.text("event_type", longest=255),
        value_property=fields.text("value_property", default=DEFAULT_VALUE, longest=64),
        value_expression=fields.text("value_expression", default="", longest=2_000),
        filter_expression=_filter(fields),
        dimensions=_names(fields, "dimensions"),
        presentation=_names(fields, "presentation"),
        state_key=_names(fields, "state_key"),
        bucket=Bucket(bucket) if bucket else None,
        scale=fields.integer("scale", default=DEFAULT_SCALE, at_least=0, at_most=18),
        signed=fields.boolean("signed", default=False),
        max_value=_max_value(fields),
        member_property=fields.text("member_property", default="", longest=64),
        operation_property=fields.text("operation_property", default="", longest=64),
        group_property=fields.text("group_property", default="", longest=64),
        percentile=_whole(fields, "percentile"),
        sample_seconds=_whole(fields, "sample_seconds"),
    )


def _names(fields: Fields, name: str) -> tuple[str, ...]:
    found: list[str] = []
    for pointer, item in fields.items(name, longest=_NAMES_MAX):
        if not isinstance(item, str) or not item:
            fields.problems.add(pointer, "type", "Must be the name of a property.")
        elif item in found:
            fields.problems.add(pointer, f"{name}_repeated", f"{item} is named twice.")
        else:
            found.append(item)
    return tuple(found)


def _filter(fields: Fields) -> str:
    """The rows and the expression as one; whatever both say must hold."""
    parts = []
    for row in fields.objects("filter", longest=_NAMES_MAX):
        comparison = Comparison(row.choice("comparison", list(Comparison), default="is"))
        name = row.text("property", longest=255)
        needs_value = comparison not in VALUELESS
        value = row.text("value", default=None if needs_value else "", longest=500)
        row.close()
        if name and (value or not needs_value):
            parts += _condition(row, Condition(name, comparison, value))
    expression = fields.text("filter_expression", default="", longest=2_000)
    if parts and expression:
        return " and ".join([*parts, f"({expression})"])
    return " and ".join(parts) or expression


def _condition(row: Fields, condition: Condition) -> list[str]:
    try:
        return [condition_text(condition)]
    except ExpressionInvalid as invalid:
        row.problem("property", invalid.code, invalid.message)
        return []


def _whole(fields: Fields, name: str) -> int | None:
    if fields.raw(name) is None:
        return None
    return fields.integer(name, default=0, at_least=1, at_most=86_400)


def _max_value(fields: Fields) -> Decimal | None:
    if fields.raw("max_value") == UNBOUNDED:
        return None
    return fields.decimal("max_value", default=str(DEFAULT_MAX_VALUE), scale=18)
