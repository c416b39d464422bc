"""A price in a form: the fields of its model, its document behind them, and what is tried."""

from __future__ import annotations

from collections.abc import Mapping
from decimal import Decimal
from typing import Any

from django import forms

from billing.catalogue.queries.price_preview import AssumedUse
from billing.rating import DocumentRefused, parse_price, pays_the_customer
from console.catalogue.document_field import DocumentField
from console.catalogue.form_documents import DocumentInForm, FormWithRows, stand_in
from console.catalogue.form_shapes import FieldUnreadable, read_pairs
from console.catalogue.price_shapes import PRICE, is_same_price

QUANTITY_DIGITS, QUANTITY_DECIMALS = 28, 12
CREDITS = ("flat", "per_unit")
NEW_PRICE: Mapping[str, Any] = {"model": "per_unit"}


class PairsField(forms.CharField):
    """Names and values, one pair to a line or comma: size=standard-1x."""

    def clean(self, value: Any) -> Any:
        """The pairs. Raises: ValidationError for a pair without a name or value."""
        text: str = super().clean(value)
        try:
            return read_pairs(text)
        except FieldUnreadable as problem:
            raise forms.ValidationError(str(problem)) from problem


class UseForm(FormWithRows):
    """A price and what is used, for the preview. Unbound, `initial["document"]` is the document.

    `before` is the document of the version before, which the fields are compared with.
    """

    document = DocumentField(
        label="Price document (JSON)",
        rows=14,
        help_text="The same price as data. Changed here, it goes before the fields.",
    )
    document_seen = forms.CharField(required=False, max_length=64, widget=forms.HiddenInput())
    credit = forms.BooleanField(
        label="It is a credit: it pays the customer",
        required=False,
        help_text="A price below 0 is taken only with this.",
    )
    quantity = forms.DecimalField(
        label="Used in a month",
        initial=Decimal(1000),
        min_value=Decimal(0),
        max_digits=QUANTITY_DIGITS,
        decimal_places=QUANTITY_DECIMALS,
        help_text="Units as measured; an amount of money where the price is a share of it.",
    )
    dimensions = PairsField(
        label="With dimensions",
        required=False,
        help_text="Where the price looks at them: region=eu.",
    )

    def __init__(
        self, data: Any = None, *args: Any, before: Mapping[str, Any] | None = None, **more: Any
    ) -> None:
        super().__init__(data, *args, **more)
        document = self.initial.get("document", NEW_PRICE)
        self.terms = DocumentInForm(
            PRICE, "document", data=data, document=document, before=before, same=is_same_price
        )
        self.initial["credit"] = _is_credit(document)
        stand_in(self, self.terms)

    @property
    def is_edit(self) -> bool:
        """Whether rows were changed, or another model was chosen."""
        return self.terms.is_edit

    @property
    def may_be_credit(self) -> bool:
        """Whether the price can be below 0 at all, or its model is not known from fields."""
        typed = self.terms.typed
        return typed is None or typed.get("model") in CREDITS or bool(self.errors.get("credit"))

    @property
    def use(self) -> AssumedUse:
        """What is tried."""
        return AssumedUse(self.cleaned_data["quantity"], self.cleaned_data["dimensions"])

    def clean(self) -> dict[str, Any]:
        """The document as it was typed, its problems at its fields; a credit only when meant."""
        said = super().clean() or self.cleaned_data
        document = said.get("document")
        if self.terms.is_by_fields:
            document = said["document"] = self.terms.document
            if not self.terms.problems:
                self.terms.problems = _problems(document)
            if self.terms.problems:
                self.add_error(None, "The price is not complete.")
        if _is_credit(document) and not said.get("credit"):
            self.add_error(
                "credit", "A price below 0 pays the customer. Tick this if that is meant."
            )
        return said


def _problems(document: Any) -> list[Any]:
    try:
        parse_price(document)
    except DocumentRefused as refused:
        return list(refused.errors)
    return []


def _is_credit(document: Any) -> bool:
    try:
        return pays_the_customer(parse_price(document))
    except DocumentRefused:
        return False
