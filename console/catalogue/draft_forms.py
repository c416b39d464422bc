"""Forms of the catalogue: what is typed into dates, prices and cases, read into plain values.

Shape only: what a price document may say is the rating package's to judge.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from decimal import Decimal
from typing import Any

from django import forms

from billing.catalogue.operations.drafts import VersionDates
from billing.catalogue.queries.price_preview import Use
from console.shell.forms import ReasonField
from console.shell.made_from import MadeFrom
from core.admin_forms import DayField, InstantField, with_exact_numbers
from core.errors import DomainError
from core.json_reader import read_json

DOCUMENT_BYTES_MAX = 200_000
QUANTITY_DIGITS, QUANTITY_DECIMALS = 28, 12


class DocumentField(forms.CharField):
    """A JSON object; its numbers are kept exactly as they are written."""

    def __init__(self, *, label: str, rows: int, help_text: str = "") -> None:
        attributes = {"rows": rows, "class": "id", "spellcheck": "false", "autocomplete": "off"}
        widget = forms.Textarea(attrs=attributes)
        super().__init__(label=label, help_text=help_text, widget=widget, strip=False)

    def clean(self, value: Any) -> Any:
        """The document. Raises: ValidationError with the place that cannot be read."""
        text: str = super().clean(value)
        try:
            read = read_json(text.encode(), max_bytes=DOCUMENT_BYTES_MAX, root=(dict,))
        except (DomainError, UnicodeEncodeError) as problem:
            raise forms.ValidationError(f"This is not a JSON object: {problem}") from problem
        return with_exact_numbers(read)


class PairsField(forms.CharField):
    """Names and values, one pair to a line or comma: size=standard-1x."""

    def clean(self, value: Any) -> Any:
        """The pairs. Raises: ValidationError for a pair without a name or value."""
        text: str = super().clean(value)
        pairs: dict[str, str] = {}
        for part in text.replace("\n", ",").split(","):
            if not part.strip():
                continue
            name, _, said = (each.strip() for each in part.partition("="))
            if not name or not said or name in pairs:
                raise forms.ValidationError(
                    f"{part.strip()!r} is not one name and its value; write size=standard-1x."
                )
            pairs[name] = said
        return pairs


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


class UseForm(forms.Form):
    """A price document and what is used, for the preview."""

    document = DocumentField(label="Price document (JSON)", rows=14)
    quantity = forms.DecimalField(
        label="Used in a month",
        initial=Decimal(1000),
        min_value=Decimal(0),
        max_digits=QUANTITY_DIGITS,
        decimal_places=QUANTITY_DECIMALS,
        help_text="Units as measured; an amount of money where the price is a share of it.",
    )
    dimensions = PairsField(
        label="With dimensions",
        required=False,
        help_text="Where the price looks at them: region=eu.",
    )

    @property
    def use(self) -> Use:
        """What is tried."""
        return Use(self.cleaned_data["quantity"], self.cleaned_data["dimensions"])


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
    reason = ReasonField()

    field_order = ("code", "name", "meter", "match", "group_by", "document")

    def __init__(self, *args: Any, meters: Iterable[str], **more: Any) -> None:
        super().__init__(*args, **more)
        field = self.fields["meter"]
        assert isinstance(field, forms.ChoiceField)
        field.choices = [("", "none: a fee"), *((code, code) for code in sorted(meters))]

    @property
    def of_the_price(self) -> list[forms.BoundField]:
        """The fields above the document."""
        return [self[name] for name in ("code", "name", "meter", "match", "group_by")]


class CaseForm(MadeFrom):
    """A worked case of a draft."""

    name = forms.CharField(label="Name", max_length=200)
    given = DocumentField(
        label="What is given (JSON)", rows=12, help_text="A period, and what meters measured in it."
    )
    expected = DocumentField(
        label="What it must come to (JSON)", rows=10, help_text="A total, the lines, or both."
    )
    reason = ReasonField()


class RemoveForm(MadeFrom):
    """Which price or case goes, and why."""

    name = forms.CharField(max_length=200, widget=forms.HiddenInput())
    reason = ReasonField()


class PublishForm(MadeFrom):
    """Why a version is published."""

    reason = ReasonField()


def pairs_text(pairs: Mapping[str, str]) -> str:
    """Pairs as PairsField reads them."""
    return ", ".join(f"{name}={value}" for name, value in pairs.items())
