"""A worked case in a form: what is used, meter by meter, and what it must come to, line by line."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from django import forms

from console.catalogue.document_field import DocumentField
from console.catalogue.form_documents import DocumentInForm, FormWithRows, stand_in
from console.catalogue.form_shapes import FieldGroup, FieldKind, FieldNode, FieldRows, SingleField
from console.shell.forms import ReasonField
from console.shell.stamped_forms import MadeFrom
from core.errors import FieldError

_ENDS = (
    SingleField("from", "From", FieldKind.TEXT),
    SingleField("until", "Until, not included", FieldKind.TEXT),
)
_OF = (
    SingleField("resource", "Resource", FieldKind.TEXT),
    SingleField("dimensions", "Dimensions", FieldKind.PAIRS),
)
GIVEN: tuple[FieldNode, ...] = (
    FieldGroup("period", "Period", (*_ENDS, SingleField("zone", "Time zone", FieldKind.TEXT))),
    FieldGroup("subscribed", "Subscribed for part of it", _ENDS),
    FieldRows(
        "usage",
        "Used",
        "use",
        (SingleField("meter", "Meter", FieldKind.TEXT), SingleField("quantity", "Quantity"), *_OF),
        key="meter",
        stays=True,
    ),
)
EXPECTED: tuple[FieldNode, ...] = (
    SingleField("total", "Total"),
    FieldRows(
        "lines",
        "Lines",
        "line",
        (
            SingleField("price", "Price", FieldKind.TEXT),
            SingleField("amount", "Amount"),
            SingleField("quantity", "Quantity"),
            SingleField("kind", "Kind", FieldKind.TEXT),
            *_OF,
        ),
        key="price",
        help="Every line there must be; none, where only the total counts.",
    ),
)


class CaseForm(MadeFrom, FormWithRows):
    """A worked case of a draft; unbound, `initial` has the documents `given` and `expected`."""

    name = forms.CharField(label="Name", max_length=200)
    given = DocumentField(label="What is given (JSON)", rows=12)
    given_seen = forms.CharField(required=False, max_length=64, widget=forms.HiddenInput())
    expected = DocumentField(label="What it must come to (JSON)", rows=10)
    expected_seen = forms.CharField(required=False, max_length=64, widget=forms.HiddenInput())
    reason = ReasonField()

    def __init__(self, data: Any = None, *args: Any, **more: Any) -> None:
        super().__init__(data, *args, **more)
        self.documents = {
            name: DocumentInForm(nodes, name, data=data, document=self.initial.get(name, {}))
            for name, nodes in (("given", GIVEN), ("expected", EXPECTED))
        }
        for held in self.documents.values():
            stand_in(self, held)

    @property
    def is_edit(self) -> bool:
        """Whether a row was added or taken away, so nothing is to be kept yet."""
        return any(held.is_edit for held in self.documents.values())

    @property
    def sheets(self) -> list[tuple[str, DocumentInForm, forms.BoundField, forms.BoundField]]:
        """Heading, document and its JSON fields."""
        headings = {"given": "What is given", "expected": "What it must come to"}
        return [
            (headings[name], held, self[name], self[f"{name}_seen"])
            for name, held in self.documents.items()
        ]

    def clean(self) -> dict[str, Any]:
        """The documents as they were typed."""
        said = super().clean() or self.cleaned_data
        for name, held in self.documents.items():
            if held.is_by_fields:
                said[name] = held.document
                if held.problems:
                    self.add_error(None, "The case is not complete.")
        return said

    def place(self, errors: Sequence[FieldError]) -> None:
        """Put what is wrong, by its pointer into the case, at its fields."""
        for name, held in self.documents.items():
            held.problems = [
                FieldError(error.pointer.removeprefix(f"/{name}"), error.code, error.detail)
                for error in errors
                if error.pointer.startswith(f"/{name}/")
            ]
