"""The forms of meters: what one is for ever, how a version reads events, until when it reads.

Shape only. What a definition may say is the operation's to judge; `show` puts its problems on the
fields they are about.
"""

from __future__ import annotations

from datetime import datetime
from typing import Any

from django import forms

from billing.catalogue.queries.meters import AGGREGATIONS
from console.shell.forms import ReasonField, instant_field
from console.shell.made_from import MadeFrom
from core.errors import DomainError
from usage.aggregate.rules import Aggregation, Bucket
from usage.meter_terms import DEFAULT_MAX_VALUE, MeterTerms
from usage.models import MeterVersion
from usage.operations.meters import NewMeter

_PLAIN = {"autocomplete": "off", "spellcheck": "false"}
_NAMES = ("dimensions", "presentation", "state_key")
_TEXTS = (
    "event_type",
    "value_property",
    "value_expression",
    "filter_expression",
    "member_property",
    "operation_property",
    "group_property",
)


def _text(label: str, help_text: str = "", *, longest: int = 255) -> forms.CharField:
    widget = forms.TextInput(attrs=_PLAIN)
    return forms.CharField(
        label=label, help_text=help_text, required=False, max_length=longest, widget=widget
    )


class TermsForm(forms.Form):
    """How a version reads events."""

    event_type = _text("Type of event", "Such as router.requests.")
    filter_expression = _text(
        "Only where", "Empty for every event. Such as region = 'eu' and quantity > 0", longest=2_000
    )
    value_property = _text("Value", "The property that is counted.", longest=64)
    value_expression = _text(
        "Value worked out", "Instead of one property. Such as ceil(bytes / 1024)", longest=2_000
    )
    dimensions = _text(
        "Properties that decide the price", "With commas between; every event must have them."
    )
    presentation = _text("Properties that only explain", "Shown on lines, never priced.")
    state_key = _text("States told apart by", "Only for a duration, such as process_type.")
    member_property = _text("Members counted", "Only for different members.", longest=64)
    operation_property = _text("Add or remove is said by", "Only for members.", longest=64)
    group_property = _text("Grouped by", "Only for the largest of each hour or day.", longest=64)
    bucket = forms.ChoiceField(
        label="Grain",
        required=False,
        choices=[("", "none"), *((each.value, each.value) for each in Bucket)],
    )
    percentile = forms.IntegerField(label="Percentile", required=False)
    sample_seconds = forms.IntegerField(label="Seconds of a sample", required=False)
    scale = forms.IntegerField(label="Decimals a value may have", min_value=0, initial=10)
    max_value = forms.DecimalField(
        label="Held as absurd beyond",
        required=False,
        max_digits=38,
        decimal_places=18,
        initial=DEFAULT_MAX_VALUE,
    )
    signed = forms.BooleanField(label="Values below 0 are possible", required=False)
    effective_from = instant_field(
        "Reads events from", "UTC. An instant in the past counts again what was accepted since."
    )
    reason = ReasonField()

    @property
    def terms(self) -> MeterTerms:
        """What was said, once the form is valid."""
        said = self.cleaned_data
        return MeterTerms(
            **{name: str(said[name]) for name in _TEXTS},
            dimensions=_listed(said["dimensions"]),
            presentation=_listed(said["presentation"]),
            state_key=_listed(said["state_key"]),
            bucket=Bucket(said["bucket"]) if said["bucket"] else None,
            percentile=said["percentile"],
            sample_seconds=said["sample_seconds"],
            scale=said["scale"],
            signed=said["signed"],
            max_value=said["max_value"],
        )

    def show(self, problem: DomainError) -> None:
        """Put what is wrong where it is; what is about no field goes on top."""
        for error in problem.errors:
            name = error.pointer.strip("/")
            self.add_error(name if name in self.fields else None, error.detail)
        if not problem.errors:
            self.add_error(None, problem.message)

    @staticmethod
    def of(version: MeterVersion, at: datetime) -> dict[str, Any]:
        """A version as the form begins with it."""
        names = (*_TEXTS, "bucket", "percentile", "sample_seconds", "scale", "signed", "max_value")
        said = {name: getattr(version, name) for name in names}
        return (
            said
            | {name: ", ".join(getattr(version, name)) for name in _NAMES}
            | {"effective_from": at}
        )


class VersionForm(MadeFrom, TermsForm):
    """The next version of a meter, made from the one before."""


class NewMeterForm(TermsForm):
    """A meter and its first version."""

    code = forms.SlugField(label="Code", max_length=64, help_text="Such as router-requests.")
    name = forms.CharField(label="What it counts", max_length=200)
    unit = forms.CharField(label="Unit", max_length=40, help_text="Such as GB or requests.")
    aggregation = forms.ChoiceField(
        label="How",
        choices=[(code, text[:1].upper() + text[1:]) for code, text in AGGREGATIONS.items()],
        initial="sum",
    )
    carries_over = forms.BooleanField(
        label="The total continues into the next period", required=False
    )
    field_order = ("code", "name", "unit", "aggregation", "carries_over")

    @property
    def new(self) -> NewMeter:
        """What the meter is for ever."""
        said = self.cleaned_data
        return NewMeter(
            said["code"],
            said["name"],
            said["unit"],
            Aggregation(said["aggregation"]),
            said["carries_over"],
        )


class RetireForm(MadeFrom):
    """Until when a meter reads."""

    effective_until = instant_field(
        "Reads events until", "UTC. Later events are held in quarantine."
    )
    reason = ReasonField()


def _listed(text: str) -> tuple[str, ...]:
    return tuple(name.strip() for name in text.split(",") if name.strip())
