"""The console's forms: shape only; the rules are in the operations they lead to."""

from __future__ import annotations

from django import forms

from core.actor import is_said


class RetryForm(forms.Form):
    """Why parked work should be tried again."""

    reason = forms.CharField(
        label="Why should it work now?",
        max_length=500,
        widget=forms.TextInput(attrs={"autocomplete": "off"}),
    )

    def clean_reason(self) -> str:
        """Spaces and invisible characters are not a reason."""
        reason: str = self.cleaned_data["reason"]
        if not is_said(reason):
            raise forms.ValidationError("Say why.")
        return reason
