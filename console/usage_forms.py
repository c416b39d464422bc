"""The forms of usage work: shape only; the rules are in the operations they lead to."""

from __future__ import annotations

from django import forms

from core.actor import is_said


class SaysWhy(forms.Form):
    """A form with a reason; spaces and invisible characters are none."""

    reason = forms.CharField(
        label="Why",
        max_length=500,
        widget=forms.TextInput(attrs={"autocomplete": "off"}),
        help_text="Kept with the decision, shown wherever it is seen.",
    )

    def clean_reason(self) -> str:
        """The reason as it was said."""
        reason: str = self.cleaned_data["reason"]
        if not is_said(reason):
            raise forms.ValidationError("Say why.")
        return reason
