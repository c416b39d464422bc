"""The form of a one-off invoice: what is typed, line by line."""

from __future__ import annotations

from typing import Any

from django import forms

from billing.invoicing.drafting.one_offs import TERMS_MAX, TypedLine
from console.shell.forms import ReasonField


class LineForm(forms.Form):
    """One line; an empty one is none."""

    description = forms.CharField(label="Description", max_length=500)
    quantity = forms.DecimalField(label="Quantity", max_digits=30, decimal_places=18)
    unit_price = forms.DecimalField(label="Price before tax", max_digits=24, decimal_places=12)
    tax_class = forms.SlugField(label="Tax class", max_length=64, required=False)

    use_required_attribute = False

    @property
    def typed(self) -> TypedLine:
        """What was typed, once the form is valid."""
        said: dict[str, Any] = self.cleaned_data
        return TypedLine(
            said["description"], said["quantity"], said["unit_price"], tax_class=said["tax_class"]
        )


class OneOffForm(forms.Form):
    """What the whole invoice says."""

    purchase_order = forms.CharField(
        label="Purchase order", max_length=100, required=False, help_text="Empty: as agreed."
    )
    note = forms.CharField(
        label="Note on the invoice",
        max_length=1_000,
        required=False,
        widget=forms.Textarea(attrs={"rows": 2}),
        help_text="Empty: as agreed.",
    )
    terms_days = forms.IntegerField(
        label="Due after days",
        min_value=0,
        max_value=TERMS_MAX,
        required=False,
        help_text="Empty: the terms of the payer.",
    )
    ticket = forms.CharField(label="Ticket", max_length=100, required=False)
    reason = ReasonField("Why is it billed?")


class WhyForm(forms.Form):
    """Why a prepared invoice is issued, or taken back."""

    reason = ReasonField("Why?")
