"""The console's forms: shape only; the rules are in the operations they lead to."""

from __future__ import annotations

from datetime import UTC, datetime, time
from typing import Any

from django import forms

from core.actor import is_said
from core.admin_forms import InstantField


class ReasonField(forms.CharField):
    """Why something is done; spaces and invisible characters are no reason."""

    def __init__(self, label: str = "Why?") -> None:
        super().__init__(
            label=label,
            max_length=500,
            widget=forms.TextInput(attrs={"autocomplete": "off"}),
        )

    def clean(self, value: Any) -> str:
        """The reason. Raises: ValidationError."""
        reason: str = super().clean(value)
        if not is_said(reason):
            raise forms.ValidationError("Say why.")
        return reason


def instant_field(label: str, help_text: str) -> InstantField:
    """An instant in UTC, to the minute."""
    widget = forms.DateTimeInput(attrs={"type": "datetime-local"}, format="%Y-%m-%dT%H:%M")
    return InstantField(label=label, help_text=help_text, widget=widget)


class RetryForm(forms.Form):
    """Why parked work should be tried again."""

    reason = ReasonField("Why should it work now?")


class PutsOffForm(forms.Form):
    """Until when a row of one's inbox can wait, and why; it is back as that day begins, in UTC."""

    day = forms.DateField(label="Until", widget=forms.DateInput(attrs={"type": "date"}))
    reason = ReasonField("Why can it wait?")

    @property
    def until(self) -> datetime:
        """The instant it comes back."""
        return datetime.combine(self.cleaned_data["day"], time(), UTC)

    @property
    def said(self) -> str:
        """What is wrong with it, in a sentence."""
        return " ".join(str(each) for errors in self.errors.values() for each in errors)
