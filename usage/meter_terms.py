"""What a meter version may say: the terms of a definition, and all that is wrong with them."""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, fields
from decimal import Decimal
from typing import Any

from core.errors import FieldError, Invalid, pointer_to_field
from usage.aggregate.rules import Aggregation, Bucket
from usage.envelope.fields import QUANTITY_SCALE, TYPE
from usage.expressions import ExpressionInvalid, compile_expression
from usage.models import Meter, MeterVersion

DEFAULT_MAX_VALUE = Decimal(10) ** 15
"""Beyond any real reading of one event; what exceeds it is held, not billed."""

_NAME = re.compile(r"[A-Za-z_][A-Za-z0-9_]{0,63}", re.ASCII)
_CARRYING = frozenset(
    {
        Aggregation.COUNT,
        Aggregation.SUM,
        Aggregation.LATEST,
        Aggregation.TIME_WEIGHTED_SUM,
    }
)
_DAYS_MAX = 86_400


class TermsInvalid(Invalid):
    """The definition contradicts itself; `errors` names every place."""

    code = "meter_terms_invalid"
    title = "The meter's definition is not valid"


@dataclass(frozen=True, slots=True)
class MeterTerms:
    """How a version reads events; names are properties of an event's data.

    `value_property` is the number counted, unless `value_expression` computes it; an event for
    which `filter_expression` is false is left out. `dimensions` may price and must be present,
    `presentation` only explains. `state_key` tells apart the states a resource has at once.
    `member_property` is what is counted distinctly, `operation_property` says add or remove.
    `scale` is how many decimals a value may have, `max_value` what is held as absurd beyond.
    """

    event_type: str
    value_property: str = "quantity"
    value_expression: str = ""
    filter_expression: str = ""
    dimensions: tuple[str, ...] = ()
    presentation: tuple[str, ...] = ()
    state_key: tuple[str, ...] = ()
    member_property: str = ""
    operation_property: str = ""
    group_property: str = ""
    bucket: Bucket | None = None
    percentile: int | None = None
    sample_seconds: int | None = None
    scale: int = 10
    signed: bool = False
    max_value: Decimal | None = DEFAULT_MAX_VALUE


def check_terms(aggregation: Aggregation, carries_over: bool, terms: MeterTerms) -> None:
    """Raises: TermsInvalid, with everything that is wrong."""
    errors = [
        *_names(terms),
        *_expressions(terms),
        *_numbers(terms),
        *_meaning(aggregation, carries_over, terms),
    ]
    if errors:
        raise TermsInvalid(" ".join(error.detail for error in errors), errors=errors)


def _error(field: str, code: str, detail: str) -> FieldError:
    return FieldError(pointer_to_field(field), code, detail)


def _names(terms: MeterTerms) -> Iterator[FieldError]:
    if TYPE.fullmatch(terms.event_type) is None:
        yield _error("event_type", "event_type_format", "event_type is not a type of event.")
    for field in ("dimensions", "presentation", "state_key"):
        names = getattr(terms, field)
        if len(set(names)) != len(names):
            yield _error(field, f"{field}_repeated", f"{field} names a property twice.")
        if any(_NAME.fullmatch(name) is None for name in names):
            yield _error(field, f"{field}_format", f"{field} holds what is no property name.")
    for field in ("value_property", "member_property", "operation_property", "group_property"):
        name = getattr(terms, field)
        if name and _NAME.fullmatch(name) is None:
            yield _error(field, f"{field}_format", f"{field} is not a property name.")
    if set(terms.dimensions) & set(terms.presentation):
        detail = "A property either prices or only explains."
        yield _error("presentation", "presentation_prices", detail)


def _expressions(terms: MeterTerms) -> Iterator[FieldError]:
    for field in ("value_expression", "filter_expression"):
        text = getattr(terms, field)
        if not text:
            continue
        try:
            compile_expression(text)
        except ExpressionInvalid as invalid:
            yield _error(field, invalid.code, invalid.message)


def _numbers(terms: MeterTerms) -> Iterator[FieldError]:
    if not 0 <= terms.scale <= QUANTITY_SCALE:
        yield _error("scale", "scale_range", f"scale lies between 0 and {QUANTITY_SCALE}.")
    if terms.max_value is not None and not terms.max_value > 0:
        yield _error("max_value", "max_value_range", "max_value must be above 0.")
    if terms.percentile is not None and not 1 <= terms.percentile <= 100:
        yield _error("percentile", "percentile_range", "percentile lies between 1 and 100.")
    seconds = terms.sample_seconds
    if seconds is not None and not (0 < seconds <= _DAYS_MAX and _DAYS_MAX % seconds == 0):
        yield _error("sample_seconds", "sample_seconds", "sample_seconds must divide a day.")


def _meaning(
    aggregation: Aggregation, carries_over: bool, terms: MeterTerms
) -> Iterator[FieldError]:
    if carries_over and aggregation not in _CARRYING:
        yield _error("carries_over", "carries_over", f"A {aggregation} does not carry over.")
    is_unique = aggregation is Aggregation.UNIQUE
    if is_unique != bool(terms.member_property):
        detail = "member_property is needed for distinct members, and only there."
        yield _error("member_property", "member_property", detail)
    if terms.operation_property and not is_unique:
        detail = "operation_property belongs to distinct members only."
        yield _error("operation_property", "operation_property", detail)
    if terms.value_expression and aggregation in (Aggregation.COUNT, Aggregation.UNIQUE):
        yield _error("value_expression", "value_expression", f"A {aggregation} takes no value.")
    if terms.state_key and aggregation is not Aggregation.DURATION:
        yield _error("state_key", "state_key", "state_key belongs to durations only.")
    if aggregation is Aggregation.BUCKETED_MAX and terms.bucket is None:
        yield _error("bucket", "bucket", "A bucketed maximum needs a bucket.")
    has_bucket = aggregation is Aggregation.BUCKETED_MAX or (
        is_unique and terms.bucket is Bucket.DAY
    )
    if terms.bucket is not None and not has_bucket:
        yield _error("bucket", "bucket", f"A {aggregation} has no such bucket.")
    if terms.group_property and aggregation is not Aggregation.BUCKETED_MAX:
        yield _error("group_property", "group_property", "group_property needs a bucketed maximum.")
    if aggregation is Aggregation.DURATION and terms.signed:
        yield _error("signed", "signed", "A state cannot hold a negative number of times.")
    is_percentile = aggregation is Aggregation.PERCENTILE
    if not is_percentile and (terms.percentile or terms.sample_seconds):
        yield _error("percentile", "percentile", f"A {aggregation} has no percentile.")


_LISTS = ("dimensions", "presentation", "state_key")


def latest_terms(meter: Meter) -> MeterTerms:
    """What the latest version says, in force or still to come; one query."""
    return terms_of(meter.versions.latest("number"))


def terms_of(version: MeterVersion) -> MeterTerms:
    """What a version says."""
    return terms_from({field.name: getattr(version, field.name) for field in fields(MeterTerms)})


def terms_from(said: Mapping[str, Any]) -> MeterTerms:
    """Terms from what a row or a JSON document says of every one."""
    values = {**said, **{name: tuple(said[name]) for name in _LISTS}}
    values["bucket"] = Bucket(said["bucket"]) if said["bucket"] else None
    if said["max_value"] is not None:
        values["max_value"] = Decimal(said["max_value"])
    return MeterTerms(**values)


def version_of(meter: Meter, number: int, terms: MeterTerms) -> MeterVersion:
    """The terms as a version of the meter, not saved and not yet in force."""
    said = {field.name: getattr(terms, field.name) for field in fields(terms)}
    said |= {name: list(said[name]) for name in _LISTS}
    return MeterVersion(meter=meter, number=number, **said | {"bucket": terms.bucket or ""})
