"""A described document in a form: its fields, and the same document as JSON behind them.

Owns which of the two was changed. A document that its description cannot hold has no fields here
and is edited as JSON alone, so nothing of it is lost.
"""

from __future__ import annotations

import json
from collections.abc import Callable, Mapping, Sequence
from hashlib import sha256
from typing import Any

from django import forms
from django.forms.utils import ErrorDict

from console.catalogue.form_shapes import FieldNode, Typed, document_of, holds, typed_of
from console.catalogue.form_sheets import FormSheet, errors_in, typed_after
from core.admin_forms import with_exact_numbers
from core.errors import DomainError, FieldError
from core.json_reader import read_json

DOCUMENT_BYTES_MAX = 200_000
_CHANGED_TWICE = "changed_twice"
_BOTH = (
    "The fields and the document below them were both changed, each otherwise. "
    "Put one of them back as it was."
)

Same = Callable[[Any, Any], bool]


def read_document(text: str) -> dict[str, Any]:
    """A JSON object with its numbers as they are written. Raises: ValueError with what is wrong."""
    try:
        read = read_json(text.encode(), max_bytes=DOCUMENT_BYTES_MAX, root=(dict,))
    except (DomainError, UnicodeEncodeError) as problem:
        raise ValueError(f"This is not a JSON object: {problem}") from problem
    document: dict[str, Any] = with_exact_numbers(read)
    return document


def stand_in(form: forms.Form, held: DocumentInForm) -> None:
    """Have the JSON fields of a form show what its other fields say."""
    form.initial[held.name], form.initial[f"{held.name}_seen"] = held.text, held.seen
    if form.is_bound:
        said: Any = form.data
        form.data = said = said.copy()
        said[held.name] = held.text
        if not held.is_changed_twice:
            said[f"{held.name}_seen"] = held.seen


class FormWithRows(forms.Form):
    """A form over documents. Where a row was only added or taken away, or another choice was made,
    nothing is to be kept, and nothing is wrong yet."""

    @property
    def is_edit(self) -> bool:
        """Whether rows were changed, or what a choice shows, and nothing was submitted."""
        raise NotImplementedError

    def full_clean(self) -> None:
        """Judge what was typed, once it is submitted."""
        if self.is_bound and self.is_edit:
            self._errors, self.cleaned_data = ErrorDict(), {}
        else:
            super().full_clean()

    def is_valid(self) -> bool:
        """Whether all of it can be kept."""
        return super().is_valid() and not self.is_edit


class DocumentInForm:
    """One document of a form: `name` is its JSON field, the others begin with it.

    `before` is what it is compared with, `same` what else than equality keeps a document whole.
    """

    def __init__(
        self,
        nodes: Sequence[FieldNode],
        name: str,
        *,
        data: Mapping[str, Any] | None,
        document: Any,
        before: Any = None,
        same: Same | None = None,
    ) -> None:
        self._nodes, self.name, self._same = nodes, name, same
        self._before = typed_of(nodes, before) if before is not None else None
        self.is_edit = self.is_by_fields = False
        self.problems: list[FieldError] = []
        self.typed: Typed | None = None
        if data is None:
            self.document = document
            self._show(document)
        else:
            self._take(data)

    @property
    def sheet(self) -> FormSheet | None:
        """The fields with what is wrong in them; None where there is only the document."""
        if self.typed is None:
            return None
        return FormSheet(self._nodes, self.name, self.typed, self._before).said(self.problems)

    @property
    def wrong(self) -> list[tuple[str, str, str]]:
        """(id, field, what is wrong) of every problem, the fields' own first."""
        shown = errors_in(self.sheet.shown) if self.sheet else []
        said = {text for _, _, text in shown}
        elsewhere = [error for error in self.problems if error.detail not in said]
        return shown + [(self.name, error.pointer, error.detail) for error in elsewhere]

    @property
    def is_changed_twice(self) -> bool:
        """Whether fields and JSON say two things, so that neither is taken."""
        return any(error.code == _CHANGED_TWICE for error in self.problems)

    @property
    def seen(self) -> str:
        """What the JSON was when the page was made."""
        return _digest(self.text)

    def _show(self, document: Any) -> None:
        """Fields of a document, where they can hold it; its JSON as the fields would write it."""
        self.text = _json(document)
        if holds(self._nodes, document, self._same):
            self.typed = typed_of(self._nodes, document)
            self.text = _json(document_of(self._nodes, self.typed, []))

    def _take(self, data: Mapping[str, Any]) -> None:
        """What was sent: by the fields, unless only the JSON was changed."""
        text, seen = str(data.get(self.name, "")), str(data.get(f"{self.name}_seen", ""))
        if not any(key.startswith(f"{self.name}-") for key in data):
            self._take_text(text)
            return
        typed, self.is_edit = typed_after(self._nodes, data, self.name)
        self.document = document_of(self._nodes, typed, self.problems)
        is_other_text = bool(text) and bool(seen) and _digest(text) != seen
        if is_other_text and _digest(_json(self.document)) == seen:
            self.problems = []
            self._take_text(text)
            return
        self.typed, self.is_by_fields = typed, True
        if is_other_text and _digest(_json(self.document)) != _digest(text):
            self.text = text
            self.problems.append(FieldError("", _CHANGED_TWICE, _BOTH))
            return
        self.text = _json(self.document)

    def _take_text(self, text: str) -> None:
        """The JSON as it was typed; shown in fields too where they can hold it."""
        self.text, self.document = text, None
        try:
            document = read_document(text)
        except ValueError:
            return
        self._show(document)
        self.document = document
        if self.typed is None:
            self.text = text


def _json(document: Any) -> str:
    return json.dumps(document, indent=2, ensure_ascii=False)


def _digest(text: str) -> str:
    """Of a text as a browser sends it: line ends are not a change."""
    plain = "\n".join(text.split())
    return sha256(plain.encode(errors="replace")).hexdigest()[:16]
