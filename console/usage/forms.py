"""The forms of decisions on usage: why, and which past is reported again."""

from __future__ import annotations

from django import forms

from accounts.models import Resource
from console.approvals.asking import PutsForward
from console.shell.forms import ReasonField, instant_field
from console.shell.stamped_forms import MadeFrom
from usage.models import Source
from usage.operations.backfills import Range


class SaysWhy(forms.Form):
    """Why it is decided; kept with the decision, shown wherever it is seen."""

    reason = ReasonField()


class Decides(MadeFrom, SaysWhy):
    """A decision on what exists: why, and what it was made from."""


class CorrectsForm(PutsForward, Decides):
    """A correction of an event that says nothing of its content."""

    kind = "usage_correction"


class SettlesForm(PutsForward, Decides):
    """Releasing or dropping held events."""

    kind = "held_settlement"


class BackfillStepForm(PutsForward, Decides):
    """Closing a back-fill, or taking it back."""

    kind = "backfill_step"


class WaivesForm(PutsForward, Decides):
    """Letting go of late usage."""

    kind = "late_waiver"


class Withholds(WaivesForm):
    """A decision not to give back what is owed: said twice, because it costs the customer."""

    is_owed = forms.BooleanField(
        label="I know that the customer is owed this, and that it will not be given back",
    )


class BackfillForm(forms.Form):
    """Which past a source reports again. Whether that can be is the operation's to judge."""

    source = forms.ModelChoiceField(
        queryset=Source.objects.order_by("name"), to_field_name="name", empty_label="choose"
    )
    subject = forms.CharField(
        label="Only this resource",
        required=False,
        max_length=200,
        help_text="Its platform id, such as app-1001. Empty: every resource.",
        widget=forms.TextInput(attrs={"autocomplete": "off", "spellcheck": "false"}),
    )
    occurred_from = instant_field("Events from", "UTC.")
    occurred_until = instant_field("Until before", "UTC. At the latest now.")
    replaces = forms.BooleanField(
        label="It replaces what was reported before",
        required=False,
        help_text="Closing it then voids the other events of that time.",
    )
    reason = ReasonField()

    def clean_subject(self) -> Resource | None:
        """The resource. Raises: ValidationError."""
        platform_id = self.cleaned_data["subject"]
        if not platform_id:
            return None
        resource = Resource.objects.filter(platform_id=platform_id).first()
        if resource is None:
            raise forms.ValidationError("There is no resource with this platform id.")
        return resource

    @property
    def range(self) -> Range:
        """What was said, once the form is valid."""
        said = self.cleaned_data
        return Range(
            source=said["source"],
            occurred_from=said["occurred_from"],
            occurred_until=said["occurred_until"],
            resource=said["subject"],
            replaces=said["replaces"],
        )
