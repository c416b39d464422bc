"""The forms that pause a queue and let it go on."""

from __future__ import annotations

from typing import Final

from django import forms

from console.shell.forms import ReasonField

MINUTES: Final = {"15": "15 minutes", "60": "an hour", "240": "4 hours", "1440": "a day"}


class PauseForm(forms.Form):
    """For how long, and why."""

    minutes = forms.ChoiceField(label="For", choices=list(MINUTES.items()), initial="60")
    reason = ReasonField("Why should it stand still?")


class ResumeForm(forms.Form):
    """Why it may go on."""

    reason = ReasonField("Why may it go on?")
