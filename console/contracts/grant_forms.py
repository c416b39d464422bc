"""Forms of grants: what is granted, for what and how long; shape only, the kind judges."""

from __future__ import annotations

from datetime import datetime
from typing import Any

from django import forms

from accounts.models import Account
from approvals.kinds import kind_of
from billing.invoicing.models import CreditGrant, Invoice, InvoiceVoid
from console.shell.forms import ReasonField
from core.admin_forms import InstantField

_FORMAT = "%Y-%m-%dT%H:%M"


class _Wish(forms.Form):
    """Why, for which ticket; a subclass says what."""

    def __init__(self, *args: Any, **more: Any) -> None:
        super().__init__(*args, **more)
        self.fields["reason_code"] = forms.ChoiceField(
            label="Reason", choices=[("", "choose"), *kind_of("grant").reason_codes.items()]
        )
        self.fields["ticket"] = forms.CharField(
            label="Ticket",
            required=False,
            max_length=100,
            widget=forms.TextInput(attrs={"autocomplete": "off", "spellcheck": "false"}),
        )
        self.fields["reason"] = ReasonField()


def _instant(label: str, help_text: str = "", *, required: bool = True) -> InstantField:
    return InstantField(
        label=f"{label} (UTC)",
        required=required,
        help_text=help_text,
        widget=forms.DateTimeInput(attrs={"type": "datetime-local"}, format=_FORMAT),
    )


def _whole(label: str, help_text: str, *, most: int) -> forms.IntegerField:
    return forms.IntegerField(
        label=label, required=False, min_value=0, max_value=most, help_text=help_text
    )


class GrantForm(_Wish):
    """A new grant."""

    type = forms.ChoiceField(label="Kind", choices=CreditGrant.Kind.choices)
    name = forms.CharField(
        label="Name", max_length=200, help_text="Printed on the invoices that draw on it."
    )
    amount = forms.CharField(
        label="Amount", max_length=30, widget=forms.TextInput(attrs={"inputmode": "decimal"})
    )
    unit = forms.CharField(
        label="Unit",
        required=False,
        max_length=64,
        help_text="Empty: money. Otherwise what is used, such as request; it covers so many.",
    )
    effective_from = _instant("From")
    expires_at = _instant("Until, not included", "Empty: it never expires.", required=False)
    priority = _whole("Priority", "Low is drawn first; empty is 50.", most=100)
    prices = forms.CharField(
        label="Only these price codes", required=False, max_length=300, help_text="Comma between."
    )
    products = forms.CharField(
        label="Only these product codes", required=False, max_length=300, help_text="Comma between."
    )
    bought_with = forms.ChoiceField(
        label="Bought with", required=False, help_text="Prepaid credit has an invoice of its own."
    )
    recurs_months = _whole("Again every so many months", "Empty: once.", most=120)
    windows_kept = _whole("Rolls over for so many times", "Empty: what is left ends.", most=120)

    def __init__(self, *args: Any, account: Account, **more: Any) -> None:
        super().__init__(*args, **more)
        self.account = account
        self.fields["amount"].help_text = f"In {account.currency}, or in the unit below."
        field = self.fields["bought_with"]
        assert isinstance(field, forms.ChoiceField)
        bought = Invoice.objects.filter(
            account=account, kind=Invoice.Kind.ONE_OFF, state=Invoice.State.ISSUED,
            grant_bought__isnull=True,
        ).exclude(pk__in=InvoiceVoid.objects.values("invoice"))  # fmt: skip
        field.choices = [
            ("", "nothing"),
            *((each.public_id, f"{each} · {each.total}") for each in bought.order_by("-pk")[:50]),
        ]
        self.order_fields([*GrantForm.base_fields, "reason_code", "ticket", "reason"])

    def payload(self) -> dict[str, Any]:
        """What was asked, once the form is valid."""
        said = self.cleaned_data
        size = {"amount": said["amount"].strip()}
        if said["unit"]:
            size = {"units": said["amount"].strip(), "unit": said["unit"]}
        wish = size | {
            "account": self.account.public_id,
            "type": said["type"],
            "name": said["name"],
            "from": _text(said["effective_from"]),
            "until": _text(said["expires_at"]),
            "priority": 50 if said["priority"] is None else said["priority"],
            "prices": _codes(said["prices"]),
            "products": _codes(said["products"]),
            "bought_with": said["bought_with"],
            "recurs_months": said["recurs_months"] or 0,
            "windows_kept": said["windows_kept"] or 0,
        }
        # What is left empty is not said at all.
        return {name: value for name, value in wish.items() if value not in (None, "")}


class RevokeForm(_Wish):
    """Take back what is left."""

    def __init__(self, *args: Any, grant: CreditGrant, **more: Any) -> None:
        super().__init__(*args, **more)
        self.grant = grant

    def payload(self) -> dict[str, Any]:
        """What was asked."""
        return {"revoke": self.grant.public_id}


def _text(at: datetime | None) -> str | None:
    return None if at is None else at.isoformat()


def _codes(text: str) -> list[str]:
    return [code.strip() for code in text.split(",") if code.strip()]
