"""What a typed price comes to, for the preview beside its form. Saves nothing."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from decimal import Decimal
from functools import partial
from typing import Any

from billing.catalogue.queries.price_curve import price_curve
from billing.catalogue.queries.price_preview import AssumedUse, Preview, preview
from console.catalogue.price_form import UseForm
from console.catalogue.price_pictures import CurvePicture, draw_curve
from core.errors import DomainError, FieldError
from core.money import Money
from core.periods import Period, billing_period_at


@dataclass(frozen=True, slots=True)
class Tried:
    """A preview, or every problem with its JSON pointer; neither before anything is typed."""

    period: Period
    use: AssumedUse | None = None
    preview: Preview | None = None
    errors: Sequence[FieldError] = ()
    before: Preview | None = None
    earlier: str = ""
    definition: Mapping[str, Any] | None = None

    @property
    def difference(self) -> Money | None:
        """What it comes to more than before."""
        if self.preview is None or self.before is None:
            return None
        return self.preview.total - self.before.total


@dataclass(frozen=True, slots=True)
class Earlier:
    """The price as it was: in which version, and its document."""

    name: str
    document: Mapping[str, Any]


def try_price(
    data: Mapping[str, Any], currency: str, *, at: datetime, before: Earlier | None = None
) -> Tried:
    """Price what was typed into a UseForm, for the calendar month of `at`, and as it was before."""
    period = billing_period_at(at.date().replace(day=1), "UTC", at)
    if not data:
        return Tried(period)
    form = UseForm(data)
    if form.is_valid():
        return _tried(form, currency, period, before)
    problems = [FieldError(label, "field", text) for _, label, text in form.terms.wrong]
    if not problems:
        problems = [
            FieldError("", "form", f"{form[name].label}: {text}")
            for name, found in form.errors.get_json_data().items()
            for text in (str(each["message"]) for each in found)
        ]
    return Tried(period, errors=problems)


def draw(
    tried: Tried,
    form: UseForm,
    currency: str,
    *,
    before: Earlier | None = None,
    charges: Sequence[Decimal] = (),
) -> CurvePicture | None:
    """The curve of what was tried, or, before anything is, of the price as it is kept; beside the
    price of before, with a tick for each charge. None where there is nothing to draw."""
    definition, use = tried.definition, tried.use
    if definition is None and not form.is_bound:
        definition = form.terms.document
        use = AssumedUse(form.get_initial_for_field(form.fields["quantity"], "quantity"))
    if definition is None or use is None:
        return None
    was = (before.name, before.document) if before else None
    try:
        curve = price_curve(definition, use, before=was, currency=currency, period=tried.period)
    except DomainError:
        return None  # the preview says what is missing
    return draw_curve(curve, charges) if curve else None


def _tried(form: UseForm, currency: str, period: Period, before: Earlier | None) -> Tried:
    priced = partial(preview, use=form.use, currency=currency, period=period)
    definition = form.cleaned_data["document"]
    try:
        found = priced(definition)
    except DomainError as problem:
        errors = problem.errors or [FieldError("", problem.code, problem.message)]
        return Tried(period, errors=errors)
    try:
        was = priced(before.document) if before else None
    except DomainError:
        was = None  # the price of before may look at dimensions that are not tried
    earlier = before.name if before else ""
    return Tried(period, form.use, found, before=was, earlier=earlier, definition=definition)
