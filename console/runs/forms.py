"""The form that starts a bill run."""

from __future__ import annotations

from datetime import datetime
from typing import Any, Final

from django import forms

from console.shell.forms import ReasonField
from console.shell.stamped_forms import MadeFrom

OUTCOMES: Final = {"issue": "are issued, for good", "draft": "stay drafts, to look at"}


class StartForm(MadeFrom):
    """Why the run is started, of what was shown at an instant."""

    as_of = forms.CharField(widget=forms.HiddenInput())
    reason = ReasonField("Why is it started now?")

    def __init__(self, *args: Any, as_of: datetime, **more: Any) -> None:
        super().__init__(*args, **more)
        self.fields["as_of"].initial = as_of.isoformat()
