"""The form of a decision on usage: nothing but why."""

from __future__ import annotations

from django import forms

from console.forms import ReasonField


class SaysWhy(forms.Form):
    """Why it is decided; kept with the decision, shown wherever it is seen."""

    reason = ReasonField()
