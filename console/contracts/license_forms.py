"""The forms of licences: a quote, its acceptance, an amendment. Shape only."""

from __future__ import annotations

from decimal import Decimal
from typing import Any

from django import forms

from billing.licences.models import License, LicenseAmendment, LicenseProduct
from billing.licences.windows import Rollover, WindowLength
from console.approvals.asking import PutsForward
from console.shell.forms import ReasonField

_DAY = {"type": "date"}
_ROLLS = (
    (Rollover.NONE.value, "expires"),
    (Rollover.ONE_WINDOW.value, "rolls on for one window"),
    (Rollover.TO_THE_END.value, "rolls on to the end of the term"),
)
_WINDOWS = (
    (WindowLength.MONTH.value, "month"),
    (WindowLength.QUARTER.value, "quarter"),
    (WindowLength.HALF_YEAR.value, "half year"),
    (WindowLength.YEAR.value, "year"),
    (WindowLength.TERM.value, "the whole term"),
)


def _number(label: str, help_text: str = "", *, required: bool = True) -> forms.CharField:
    return forms.CharField(
        label=label,
        help_text=help_text,
        required=required,
        max_length=30,
        widget=forms.TextInput(attrs={"inputmode": "decimal", "autocomplete": "off"}),
    )


def _day(label: str, help_text: str = "", *, required: bool = True) -> forms.DateField:
    return forms.DateField(
        label=label, help_text=help_text, required=required, widget=forms.DateInput(attrs=_DAY)
    )


class QuoteForm(forms.Form):
    """A licence of one product with one pool of its units."""

    number = forms.CharField(label="Number of the quote", max_length=64)
    name = forms.CharField(label="What it is called", max_length=200)
    starts_on = _day("Begins on")
    until = _day("Until", "The first day after the term.")
    renewal_notice_on = _day("Notice by", required=False)
    purchase_order = forms.CharField(label="Purchase order", max_length=100, required=False)
    product = forms.SlugField(label="Code of the product", max_length=64)
    unit = forms.CharField(
        label="Unit", max_length=64, help_text="As prices are in it, such as dyno unit."
    )
    quantity = _number("Units of a whole window")
    window = forms.ChoiceField(label="Window", choices=_WINDOWS)
    rollover = forms.ChoiceField(label="What is left of a window", choices=_ROLLS)
    fee_quantity = _number("Units that are paid for", "Each time it is billed.")
    unit_price = _number("Price of a unit")
    overage_price = _number("Price of a unit beyond", "Empty: as the plan says.", required=False)
    billed = forms.ChoiceField(label="Billed", choices=LicenseProduct.Billed.choices)
    holds_until = _day("The quote holds until", "The first day on which nobody can accept it.")
    reason = ReasonField()

    def document(self) -> dict[str, Any]:
        """The terms as a document."""
        said = self.cleaned_data
        notice = said["renewal_notice_on"]
        return {
            "name": said["name"],
            "starts_on": said["starts_on"].isoformat(),
            "until": said["until"].isoformat(),
            "purchase_order": said["purchase_order"],
            "renewal_notice_on": notice.isoformat() if notice else "",
            "products": [
                {
                    "code": said["product"],
                    "name": said["name"],
                    "quantity": said["fee_quantity"],
                    "unit": said["unit"],
                    "unit_price": said["unit_price"],
                    "overage_price": said["overage_price"],
                    "billed": said["billed"],
                }
            ],
            "commitments": [
                {
                    "product": said["product"],
                    "name": said["name"],
                    "unit": said["unit"],
                    "window": said["window"],
                    "quantity": said["quantity"],
                    "rollover": said["rollover"],
                }
            ],
        }


class AcceptForm(forms.Form):
    """Who of the customer accepted, and when."""

    accepted_by = forms.CharField(label="Accepted by, at the customer", max_length=200)
    accepted_on = _day("Accepted on")
    reason = ReasonField()


class AmendLicenseForm(PutsForward):
    """What is to be otherwise: a quantity, units, or the end."""

    kind = "license_amendment"
    change = forms.ChoiceField(
        label="What",
        choices=(
            ("quantity", "another quantity of each window"),
            ("units", "units given back, or taken away"),
            ("end", "another end"),
        ),
    )
    pool = forms.ChoiceField(label="Pool", required=False)
    number = forms.CharField(
        label="Quantity or units",
        required=False,
        max_length=30,
        help_text="Below 0 takes units of the present window away.",
        widget=forms.TextInput(attrs={"inputmode": "decimal", "autocomplete": "off"}),
    )
    day = _day("From, or the first day without it", required=False)
    reason = ReasonField()

    def __init__(self, *args: Any, license: License, windows: dict[str, str], **more: Any) -> None:
        super().__init__(*args, **more)
        self.license, self.windows = license, windows
        pools = license.commitments.order_by("priority", "pk")
        field = self.fields["pool"]
        assert isinstance(field, forms.ChoiceField)
        field.choices = [(each.public_id, each.name) for each in pools]

    def payload(self) -> dict[str, Any]:
        """What was asked, once the form is valid."""
        said = self.cleaned_data
        day = said["day"].isoformat() if said["day"] else ""
        if said["change"] == LicenseAmendment.Kind.END:
            return {"license": self.license.public_id, "ends_on": day}
        if said["change"] == "units":
            return {"bucket": self.windows.get(said["pool"], ""), "units": said["number"]}
        return {
            "commitment": said["pool"],
            "quantity": said["number"],
            "effective_on": day,
        }


def typed_number(text: str) -> Decimal | None:
    """What somebody typed as a number above 0 with up to two decimals, else None."""
    plain = text.strip().replace(",", "")
    if not plain.replace(".", "", 1).isdigit() or len(plain) > 15 or not plain.isascii():
        return None
    return Decimal(plain)
