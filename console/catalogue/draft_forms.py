"""Forms of the catalogue: what is typed into dates, prices and cases, read into plain values.

Shape only: what a price document may say is the rating package's to judge.
"""

from __future__ import annotations

from collections.abc import Iterable
from typing import Any

from django import forms

from billing.catalogue.operations.drafts import VersionDates
from console.approvals.asking import PutsForward
from console.catalogue.price_form import PairsField, UseForm
from console.shell.forms import ReasonField
from console.shell.stamped_forms import MadeFrom
from core.admin_forms import DayField, InstantField


class NamesField(forms.CharField):
    """Names with commas between them."""

    def clean(self, value: Any) -> Any:
        """The names, each once."""
        text: str = super().clean(value)
        return list(dict.fromkeys(part.strip() for part in text.split(",") if part.strip()))


class DatesForm(forms.Form):
    """From when a version holds, and why."""

    effective_from = InstantField(
        label="For new subscriptions from (UTC)",
        widget=forms.DateTimeInput(attrs={"type": "datetime-local"}, format="%Y-%m-%dT%H:%M"),
        help_text="Whoever subscribes from this instant on gets this version.",
    )
    existing_from = DayField(
        label="Existing subscribers move on",
        required=False,
        widget=forms.DateInput(attrs={"type": "date"}, format="%Y-%m-%d"),
        help_text="Each at midnight of its own billing zone. Empty: they keep what they have.",
    )
    reason = ReasonField()

    @property
    def dates(self) -> VersionDates:
        """What was typed, as the operations take it."""
        data = self.cleaned_data
        return VersionDates(data["effective_from"], data["existing_from"])


class DraftDatesForm(MadeFrom, DatesForm):
    """Other dates for a draft."""


class PriceForm(MadeFrom, UseForm):
    """One price of a draft."""

    code = forms.SlugField(
        label="Code",
        max_length=64,
        help_text="Stays the same from version to version; agreed prices hold on to it.",
    )
    name = forms.CharField(label="Name on the invoice", max_length=200)
    meter = forms.ChoiceField(label="Meter", required=False)
    match = PairsField(
        label="Only usage with",
        required=False,
        help_text="Dimensions and their values: size=standard-1x. Empty: all usage of the meter.",
    )
    group_by = NamesField(
        label="A line for each",
        required=False,
        help_text="resource, or names of dimensions, with commas. Empty: one for the account.",
    )
    tax_class = forms.SlugField(
        label="Tax class",
        max_length=64,
        required=False,
        help_text="Class of products its tax rate is for. Empty: the usual rate.",
    )
    reason = ReasonField()

    def __init__(self, *args: Any, meters: Iterable[str], **more: Any) -> None:
        super().__init__(*args, **more)
        field = self.fields["meter"]
        assert isinstance(field, forms.ChoiceField)
        field.choices = [("", "none: a fee"), *((code, code) for code in sorted(meters))]

    @property
    def of_the_price(self) -> list[forms.BoundField]:
        """The fields above the document."""
        return [self[name] for name in ("code", "name", "meter", "match", "group_by", "tax_class")]


class RemoveForm(MadeFrom):
    """Which price or case goes, and why."""

    name = forms.CharField(max_length=200, widget=forms.HiddenInput())
    reason = ReasonField()


class SaysWhyOfDraft(MadeFrom):
    """Why, and what it was made from."""

    reason = ReasonField()


class PublishForm(PutsForward, SaysWhyOfDraft):
    """Why a version should be published."""

    kind = "plan_publication"
