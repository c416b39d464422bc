"""Forms of agreed prices: what is agreed instead of which price, from when until when, and why."""

from __future__ import annotations

from collections.abc import Iterable
from typing import Any

from django import forms

from billing.contracts.queries.agreed_prices import PriceOption
from console.approvals.asking import PutsForward
from console.catalogue.price_form import UseForm
from console.shell.forms import ReasonField
from console.shell.stamped_forms import MadeFrom
from core.admin_forms import InstantField

_FORMAT = "%Y-%m-%dT%H:%M"


class AgreeForm(PutsForward, MadeFrom, UseForm):
    """A price to agree with one subscription alone."""

    kind = "agreed_price"
    price = forms.ChoiceField(label="Price", widget=forms.HiddenInput())
    valid_from = InstantField(
        label="From (UTC)",
        widget=forms.DateTimeInput(attrs={"type": "datetime-local"}, format=_FORMAT),
        help_text="Time that is on an issued invoice is refused.",
    )
    valid_until = InstantField(
        label="Until, not included (UTC)",
        required=False,
        widget=forms.DateTimeInput(attrs={"type": "datetime-local"}, format=_FORMAT),
        help_text="Empty: until somebody clears it.",
    )
    reason = ReasonField("Why? It is printed on the bill")

    def __init__(self, *args: Any, prices: Iterable[PriceOption], **more: Any) -> None:
        super().__init__(*args, **more)
        field = self.fields["price"]
        assert isinstance(field, forms.ChoiceField)
        field.choices = [(price.code, f"{price.name} ({price.code})") for price in prices]


class AgreedEnd(MadeFrom):
    """From when an agreed price no longer holds."""

    valid_until = InstantField(
        label="Until, not included (UTC)",
        widget=forms.DateTimeInput(attrs={"type": "datetime-local"}, format=_FORMAT),
        help_text="From here on the plan’s own price counts, to the second.",
    )
    reason = ReasonField()


class ClearForm(PutsForward, AgreedEnd):
    """That an agreed price ends, put forward."""

    kind = "agreed_price"
