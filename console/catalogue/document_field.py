"""A document as it is: JSON, typed into one field."""

from __future__ import annotations

from typing import Any

from django import forms

from console.catalogue.form_documents import read_document


class DocumentField(forms.CharField):
    """A JSON object; its numbers are kept exactly as they are written."""

    def __init__(self, *, label: str, rows: int, help_text: str = "") -> None:
        attributes = {"rows": rows, "class": "id", "spellcheck": "false", "autocomplete": "off"}
        widget = forms.Textarea(attrs=attributes)
        super().__init__(label=label, help_text=help_text, widget=widget, strip=False)

    def clean(self, value: Any) -> Any:
        """The document. Raises: ValidationError with the place that cannot be read."""
        text: str = super().clean(value)
        try:
            return read_document(text)
        except ValueError as problem:
            raise forms.ValidationError(str(problem)) from problem
