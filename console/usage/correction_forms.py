"""The form that amends an event: its quantity and its properties, one field each."""

from __future__ import annotations

from collections.abc import Mapping
from decimal import Decimal
from typing import Any

import msgspec
from django import forms

from console.usage.forms import CorrectsForm
from core.decimals import decimal_text, read_decimal
from core.errors import DomainError
from core.json_reader import read_json
from usage.envelope.fields import QUANTITY_DIGITS, QUANTITY_SCALE, ItemRefused
from usage.envelope.item import data_text_of

_LONGEST = 2_000
_encode = msgspec.json.Encoder(decimal_format="number").encode


class AmendForm(CorrectsForm):
    """What the event should have said. A text stays text; another value is written as JSON."""

    def __init__(
        self,
        data: Mapping[str, Any] | None = None,
        *,
        quantity: Decimal | None,
        content: Mapping[str, Any],
        made_from: str,
    ) -> None:
        super().__init__(data, made_from=made_from)
        self._names = sorted(content)
        self._texts = {name for name in content if isinstance(content[name], str)}
        self.fields["quantity"] = forms.CharField(
            label="Quantity",
            required=False,
            max_length=64,
            initial="" if quantity is None else decimal_text(quantity),
            help_text="Empty when the event has none.",
            widget=forms.TextInput(attrs={"inputmode": "decimal", "autocomplete": "off"}),
        )
        for position, name in enumerate(self._names):
            self.fields[f"property_{position}"] = forms.CharField(
                label=name,
                required=False,
                max_length=_LONGEST,
                initial=self._shown(name, content[name]),
                widget=forms.TextInput(attrs={"autocomplete": "off"}),
            )
        self.order_fields(
            ["quantity", *(f"property_{position}" for position in range(len(self._names)))]
        )
        self.fields["reason"] = self.fields.pop("reason")

    @property
    def quantity(self) -> Decimal | None:
        """The quantity as read."""
        said: Decimal | None = self.cleaned_data["quantity"]
        return said

    @property
    def content(self) -> dict[str, Any]:
        """The whole data without the quantity; a property left empty is taken out."""
        said = {
            name: self.cleaned_data[f"property_{position}"]
            for position, name in enumerate(self._names)
        }
        return {name: value for name, value in said.items() if value != ""}

    def clean_quantity(self) -> Decimal | None:
        """A plain decimal number."""
        text: str = self.cleaned_data["quantity"].strip()
        if not text:
            return None
        try:
            return read_decimal(
                text, max_digits=QUANTITY_DIGITS, scale=QUANTITY_SCALE, field="quantity"
            )
        except DomainError as problem:
            raise forms.ValidationError(problem.message) from problem

    def clean(self) -> None:
        """Values that were no text are read as JSON, exactly."""
        super().clean()
        for position, name in enumerate(self._names):
            field = f"property_{position}"
            text = self.cleaned_data.get(field)
            if not text or name in self._texts:
                continue
            try:
                (self.cleaned_data[field],) = read_json(
                    f"[{text}]".encode(), max_bytes=_LONGEST * 4, root=(list,)
                )
            except (DomainError, ValueError) as problem:
                self.add_error(field, f"This is no JSON value: {problem}")
        if not self.errors:
            try:
                data_text_of(self.content)
            except ItemRefused as refused:
                self.add_error(None, refused.detail)

    def _shown(self, name: str, value: Any) -> str:
        if name in self._texts:
            return str(value)
        return _encode(value).decode()
