"""The forms of meters: what one is for ever, how a version reads events, until when it reads.

Shape only. What a definition may say is the operation's to judge; `show` puts its problems on the
fields they are about.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from datetime import datetime
from typing import Any

from django import forms

from billing.catalogue.meter_documents import (
    DefinitionRefused,
    MeterDefinition,
    read_definition,
)
from billing.invoicing.documents.content import digest
from console.approvals.asking import PutsForward
from console.catalogue.document_field import DocumentField
from console.catalogue.form_documents import DocumentInForm, FormWithRows, stand_in
from console.catalogue.form_shapes import FieldNode, plain
from console.catalogue.meter_shapes import NEW_METER, terms_fields
from console.shell.forms import ReasonField, instant_field
from console.shell.stamped_forms import MadeFrom
from core.errors import DomainError
from usage.aggregate.rules import Aggregation
from usage.envelope.received_event import EventRefusal, ReceivedEvent
from usage.envelope.samples import SamplesUnreadable, read_samples
from usage.meter_terms import MeterTerms
from usage.operations.meters import NewMeter

SAMPLES_LENGTH_MAX = 100_000
_SAMPLES_HELP = (
    "One event, a list of them, or one to a line; the data alone will do. "
    "Empty: the latest real events of the type."
)
_NOT_SAVED = ("document_seen", "made_from", "samples", "reason_code", "ticket")


class MeterFields(FormWithRows):
    """How a meter reads events, as fields of its aggregation and as data behind them.

    Unbound, `initial["document"]` is the definition; `before`, of another version, is what its
    fields are compared with.
    """

    document = DocumentField(
        label="Definition (JSON)",
        rows=12,
        help_text="The same definition as data. Changed here, it goes before the fields.",
    )
    document_seen = forms.CharField(required=False, max_length=64, widget=forms.HiddenInput())

    def __init__(
        self,
        data: Any = None,
        *args: Any,
        nodes: Sequence[FieldNode],
        aggregation: Aggregation | None = None,
        before: Mapping[str, Any] | None = None,
        **more: Any,
    ) -> None:
        super().__init__(data, *args, **more)
        document = self.initial.get("document", {})
        self.held = DocumentInForm(nodes, "document", data=data, document=document, before=before)
        stand_in(self, self.held)
        self._aggregation = aggregation
        self.definition: MeterDefinition | None = None

    @property
    def is_edit(self) -> bool:
        """Whether rows were changed, or another aggregation was chosen."""
        return self.held.is_edit

    @property
    def terms(self) -> MeterTerms:
        """What was said, once the form is valid."""
        assert self.definition is not None  # the form is valid
        return self.definition.terms

    def clean(self) -> dict[str, Any]:
        """The definition as it was typed, its problems at its fields."""
        said = super().clean() or self.cleaned_data
        if self.held.is_by_fields:
            said["document"] = self.held.document
        if "document" in said and not self.held.problems:
            self._read(said["document"])
        if self.held.problems:
            self.add_error(None, "The definition is not complete.")
        return said

    def show(self, problem: DomainError) -> None:
        """Put what is wrong where it is; what is about no field goes on top."""
        own = {error.pointer.strip("/") for error in problem.errors} & set(self.fields)
        for error in problem.errors:
            if error.pointer.strip("/") in own:
                self.add_error(error.pointer.strip("/"), error.detail)
            else:
                self.held.problems.append(error)
        if not own:
            self.add_error(None, problem.message if not problem.errors else "It is not complete.")

    def _read(self, document: Any) -> None:
        try:
            self.definition = read_definition(document, aggregation=self._aggregation)
        except DefinitionRefused as refused:
            self.held.problems = refused.errors


class DefinitionForm(PutsForward, MeterFields):
    """A version of a meter, from when on it reads, and events to try it on."""

    kind = "meter_change"
    effective_from = instant_field(
        "Reads events from", "UTC. An instant in the past counts again what was accepted since."
    )
    samples = forms.CharField(
        label="Sample events (JSON)",
        required=False,
        max_length=SAMPLES_LENGTH_MAX,
        help_text=_SAMPLES_HELP,
        widget=forms.Textarea(
            attrs={"rows": 6, "class": "id", "spellcheck": "false", "autocomplete": "off"}
        ),
    )
    reason = ReasonField()

    @property
    def said_digest(self) -> str:
        """The digest of all that would be saved, once the form is valid."""
        said = self.cleaned_data.items()
        return digest({name: plain(each) for name, each in said if name not in _NOT_SAVED})

    def pasted(self, *, at: datetime) -> list[ReceivedEvent | EventRefusal]:
        """The pasted events, once the form is valid. Raises: SamplesUnreadable."""
        text = self.cleaned_data["samples"]
        return read_samples(text, type=self.terms.event_type, at=at) if text else []

    def show(self, problem: DomainError) -> None:
        """Put what is wrong where it is."""
        if isinstance(problem, SamplesUnreadable):
            self.add_error("samples", problem.message)
        else:
            super().show(problem)


class VersionForm(MadeFrom, DefinitionForm):
    """The next version of a meter, made from the one before."""

    def __init__(self, *args: Any, aggregation: Aggregation, **more: Any) -> None:
        nodes = terms_fields(aggregation.value)
        super().__init__(*args, nodes=nodes, aggregation=aggregation, **more)


class NewMeterForm(DefinitionForm):
    """A meter and its first version."""

    code = forms.SlugField(label="Code", max_length=64, help_text="Such as router-requests.")
    name = forms.CharField(label="What it counts", max_length=200, help_text="As support says it.")
    unit = forms.CharField(label="Unit", max_length=40, help_text="Such as GB or requests.")

    def __init__(self, *args: Any, **more: Any) -> None:
        super().__init__(*args, nodes=NEW_METER, **more)

    @property
    def of_the_meter(self) -> list[forms.BoundField]:
        """The fields above the document."""
        return [self[name] for name in ("name", "code", "unit")]

    @property
    def new(self) -> NewMeter:
        """What the meter is for ever."""
        assert self.definition is not None  # the form is valid
        said, how = self.cleaned_data, self.definition
        return NewMeter(said["code"], said["name"], said["unit"], how.aggregation, how.carries_over)


class MeterEnd(MadeFrom):
    """Until when a meter reads."""

    effective_until = instant_field(
        "Reads events until", "UTC. Later events are held in quarantine."
    )
    reason = ReasonField()


class RetireForm(PutsForward, MeterEnd):
    """That a meter ends, put forward."""

    kind = "meter_change"
