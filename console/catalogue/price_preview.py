"""What a typed price comes to, for the preview beside its form. Saves nothing."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from billing.catalogue.queries.price_preview import Preview, Use, preview
from console.catalogue.draft_forms import UseForm
from core.errors import DomainError, FieldError
from core.periods import Period, billing_period_at


@dataclass(frozen=True, slots=True)
class Tried:
    """A preview, or every problem with its JSON pointer; neither before anything is typed."""

    period: Period
    use: Use | None = None
    preview: Preview | None = None
    errors: Sequence[FieldError] = ()


def try_price(data: Mapping[str, Any], currency: str, *, at: datetime) -> Tried:
    """Price what was typed into a UseForm, for the calendar month of `at`."""
    period = billing_period_at(at.date().replace(day=1), "UTC", at)
    if "document" not in data:
        return Tried(period)
    form = UseForm(data)
    if not form.is_valid():
        problems = [
            FieldError("", "form", f"{form[name].label}: {text}")
            for name, found in form.errors.get_json_data().items()
            for text in (str(each["message"]) for each in found)
        ]
        return Tried(period, errors=problems)
    try:
        found = preview(form.cleaned_data["document"], form.use, currency=currency, period=period)
    except DomainError as problem:
        errors = problem.errors or [FieldError("", problem.code, problem.message)]
        return Tried(period, errors=errors)
    return Tried(period, form.use, found)
