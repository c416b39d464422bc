"""Fields of forms whose shape holds in the admin and the console: days, instants and JSON.

A day is written one way and lies in the years that are billed; JSON is read by the one strict
reader. What a value means is for the operation the form leads to.
"""

from __future__ import annotations

from datetime import datetime, timedelta
from decimal import Decimal
from typing import Any

from django import forms
from django.core.exceptions import ValidationError
from django.core.validators import MaxValueValidator, MinValueValidator
from django.db import models

from core.decimals import decimal_text
from core.errors import DomainError
from core.instants import EARLIEST, LATEST, RANGE_SAID, is_in_range
from core.json_reader import read_json

JSON_BYTES_MAX = 200_000
DAY_FORMATS = ["%Y-%m-%d"]


class DayField(forms.DateField):
    """A calendar day as 2026-10-31; the month before the day is what another country reads."""

    default_validators = [
        MinValueValidator(EARLIEST.date(), RANGE_SAID),
        MaxValueValidator(LATEST.date() - timedelta(days=1), RANGE_SAID),
    ]

    def __init__(self, **kwargs: Any) -> None:
        super().__init__(input_formats=DAY_FORMATS, **kwargs)


class InstantField(forms.DateTimeField):
    """An instant in UTC."""

    def clean(self, value: Any) -> Any:
        """The instant. Raises: ValidationError."""
        return _in_range(super().clean(value))


class SplitInstantField(forms.SplitDateTimeField):
    """An instant in UTC, typed as a day and a time."""

    def __init__(self, **kwargs: Any) -> None:
        super().__init__(input_date_formats=DAY_FORMATS, **kwargs)

    def compress(self, data_list: Any) -> Any:
        """The instant. Raises: ValidationError."""
        return _in_range(super().compress(data_list))


class StrictJSONField(forms.JSONField):
    """JSON as the strict reader takes it; numbers with a point are kept exactly, as texts."""

    def to_python(self, value: Any) -> Any:
        """The document. Raises: ValidationError."""
        if self.disabled or value in self.empty_values or not isinstance(value, str):
            return super().to_python(value)
        try:
            read = read_json(
                value.encode(), max_bytes=JSON_BYTES_MAX, root=(dict, list, str, int, bool)
            )
        except (DomainError, UnicodeEncodeError) as problem:
            raise ValidationError(f"This is not JSON: {problem}", code="invalid") from problem
        return with_exact_numbers(read)

    def bound_data(self, data: Any, initial: Any) -> Any:
        """What was typed, as it was typed."""
        return initial if self.disabled else forms.fields.InvalidJSONInput(data or "")


FIELDS_OF_RECORDS: dict[type[models.Field[Any, Any]], dict[str, Any]] = {
    models.DateField: {"form_class": DayField},
    models.DateTimeField: {"form_class": SplitInstantField},
    models.JSONField: {"form_class": StrictJSONField},
}
"""What the admin reads these columns with; the widgets are its own."""


def with_exact_numbers(value: Any) -> Any:
    """Numbers with a point as texts: they are stored as JSON, which has no exact decimals."""
    if isinstance(value, dict):
        return {name: with_exact_numbers(each) for name, each in value.items()}
    if isinstance(value, list):
        return [with_exact_numbers(each) for each in value]
    return decimal_text(value) if isinstance(value, Decimal) else value


def _in_range(at: datetime | None) -> datetime | None:
    if at is not None and not is_in_range(at):
        raise ValidationError(RANGE_SAID, code="out_of_range")
    return at
