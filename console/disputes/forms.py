"""The forms of disputes: shape only; what a fact is worth is worked out by the operations."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime, timedelta
from typing import Any
from zoneinfo import ZoneInfo

from django import forms

from accounts.models import User
from accounts.permissions import Permission, roles_with
from accounts.queries.staff import holders_of
from billing.disputes.contested import ContestedTarget
from billing.disputes.models import DisputeCase, MoneyPromise
from billing.disputes.operations.evidence_files import SentFile
from billing.disputes.queries.resources_named import resource_named
from billing.disputes.reason_codes import FactField, FactKind, ReasonCode
from billing.disputes.targets import some_days, whole
from billing.invoicing.models import InvoiceLine
from console.shell.forms import ReasonField
from core.actor import ReasonMissing

_PREFIX = "fact_"


class FactForm(forms.Form):
    """The fact of one reason; instants are typed on the account's own clock."""

    def __init__(
        self, *args: Any, reason_code: ReasonCode, zone: str, currency: str, **more: Any
    ) -> None:
        super().__init__(*args, **more)
        self.reason_code, self.zone = reason_code, zone
        for each in reason_code.fields:
            self.fields[f"{_PREFIX}{each.name}"] = forms.CharField(
                label=_label(each, currency),
                max_length=255,
                help_text=_help(each, zone),
                widget=forms.TextInput(attrs=_attributes(each)),
            )

    def facts(self) -> dict[str, str]:
        """The values as the operation reads them, once the form is valid."""
        return {
            each.name: self._value(each, self.cleaned_data[f"{_PREFIX}{each.name}"].strip())
            for each in self.reason_code.fields
        }

    def _value(self, each: FactField, text: str) -> str:
        if each.kind is not FactKind.INSTANT:
            return text
        try:
            at = datetime.fromisoformat(text)
            return (at if at.tzinfo else at.replace(tzinfo=ZoneInfo(self.zone))).isoformat()
        except (ValueError, OverflowError):
            # The operation says what is wrong with it, and names the field.
            return text


class OpensDispute(FactForm):
    """A customer contests a charge, some days of it, or what came late of it."""

    field_order = ["said", "customer", "channel", "priority", "ticket"]

    def __init__(self, *args: Any, line: InvoiceLine, is_late: bool, **more: Any) -> None:
        super().__init__(*args, **more)
        is_metered = line.price is not None and line.price.meter is not None
        if not is_metered or is_late or self.reason_code.code == "price_differs":
            del self.fields["days_from"], self.fields["days_until"]
        if "days_from" not in self.fields or line.resource_id:
            del self.fields["resource"]

    def target(self, line: InvoiceLine) -> ContestedTarget:
        """What is contested, once the form is valid. Raises: FactNotOfLine, NotFound."""
        first, last = (self.cleaned_data.get(name) for name in ("days_from", "days_until"))
        if first is None and last is None:
            return whole(line)
        days = [each for each in (first, last) if each is not None]
        named = self.cleaned_data.get("resource", "").strip()
        resource = resource_named(line.invoice.account, named) if named else None
        return some_days(line, (days[0], days[-1] + timedelta(days=1)), resource)

    said = forms.CharField(
        label="What the customer says",
        max_length=20_000,
        widget=forms.Textarea(attrs={"rows": 4}),
    )
    customer = forms.CharField(label="Who says so", max_length=200, required=False)
    channel = forms.ChoiceField(label="Came by", choices=DisputeCase.Channel.choices)
    priority = forms.ChoiceField(
        label="Priority",
        choices=DisputeCase.Priority.choices,
        initial=DisputeCase.Priority.NORMAL,
    )
    ticket = forms.CharField(
        label="Ticket",
        required=False,
        max_length=100,
        widget=forms.TextInput(attrs={"autocomplete": "off", "spellcheck": "false"}),
    )
    days_from = forms.DateField(
        label="Only from this day",
        required=False,
        help_text="Empty is all of the charge. Days are the account’s own.",
        widget=forms.DateInput(attrs={"type": "date"}),
    )
    days_until = forms.DateField(
        label="to this day", required=False, widget=forms.DateInput(attrs={"type": "date"})
    )
    resource = forms.CharField(
        label="Of which app or add-on",
        required=False,
        max_length=255,
        help_text="Of days only: by its name or id.",
        widget=forms.TextInput(attrs={"autocomplete": "off", "spellcheck": "false"}),
    )


class StatesFact(FactForm):
    """Support knows the fact better by now."""

    reason = ReasonField("How do you know?")


class GrantsLine(forms.Form):
    """How much of a claim is put forward, and why."""

    amount = forms.CharField(
        label="Amount before tax",
        required=False,
        max_length=20,
        help_text="Empty is all of it.",
        widget=forms.TextInput(attrs={"inputmode": "decimal", "autocomplete": "off"}),
    )
    way = forms.ChoiceField(
        label="How",
        choices=[("credit_note", "Credit note"), ("adjustment", "On the next invoice")],
    )
    reason = ReasonField()
    seen = forms.CharField(required=False, max_length=64, widget=forms.HiddenInput())


class SaysWords(forms.Form):
    """Words to the customer, or among staff."""

    words = forms.CharField(
        label="Words", max_length=20_000, widget=forms.Textarea(attrs={"rows": 4})
    )


class SaysInCase(SaysWords):
    """Words of a case, and a file that comes with them."""

    file = forms.FileField(
        label="File",
        required=False,
        max_length=1000,
        allow_empty_file=True,
        help_text="Up to 10 MB. It is kept as it is and only ever downloaded.",
    )

    def sent_file(self) -> SentFile | None:
        """The file that came, once the form is valid."""
        file = self.cleaned_data.get("file")
        return None if file is None else SentFile(file.name or "file", file.read())


class SaysMoney(forms.Form):
    """What was said to the customer about money."""

    kind = forms.ChoiceField(label="What was said", choices=MoneyPromise.Kind.choices)
    amount = forms.CharField(
        label="Amount",
        max_length=20,
        help_text="A credit with tax; an estimate before tax.",
        widget=forms.TextInput(attrs={"inputmode": "decimal", "autocomplete": "off"}),
    )
    currency = forms.ChoiceField(label="Currency")
    words = forms.CharField(label="The sentence", max_length=1000)
    said_to = forms.CharField(label="Said to", max_length=200)

    def __init__(self, *args: Any, currencies: Sequence[str], **more: Any) -> None:
        super().__init__(*args, **more)
        self.fields["currency"].choices = [(each, each) for each in currencies]  # type: ignore[attr-defined]  # a ChoiceField


class HandsOver(forms.Form):
    """Who cares for a case from now on: somebody who may handle it, or nobody."""

    owner = forms.ModelChoiceField(
        label="Who cares for it",
        queryset=User.objects.none(),
        to_field_name="public_id",
        empty_label="nobody",
        required=False,
    )

    def __init__(self, *args: Any, **more: Any) -> None:
        super().__init__(*args, **more)
        able = holders_of(roles_with(Permission.DISPUTE_HANDLE))
        people = User.objects.filter(pk__in=able).order_by("first_name", "last_name", "pk")
        self.fields["owner"].queryset = people  # type: ignore[attr-defined]  # a ModelChoiceField


class SetsPriority(forms.Form):
    """How urgent a case is, and why."""

    priority = forms.ChoiceField(label="Priority", choices=DisputeCase.Priority.choices)
    reason = ReasonField()


class SendsReply(forms.Form):
    """The words of a reply pack, and what of it was looked at."""

    words = forms.CharField(
        label="Your answer", max_length=20_000, widget=forms.Textarea(attrs={"rows": 5})
    )
    seen = forms.CharField(required=False, max_length=64, widget=forms.HiddenInput())


class ReasonedStep(forms.Form):
    """A step that needs nothing but a reason."""

    reason = ReasonField()

    def said(self) -> str:
        """The reason. Raises: ReasonMissing."""
        if not self.is_valid():
            raise ReasonMissing("Say why, in up to 500 characters.")
        reason: str = self.cleaned_data["reason"]
        return reason


class WithdrawsLine(forms.Form):
    """Why the customer contests a line no more."""

    reason = ReasonField()


def _label(each: FactField, currency: str) -> str:
    return f"{each.label}, in {currency}" if each.kind is FactKind.PRICE else each.label


def _help(each: FactField, zone: str) -> str:
    return {
        FactKind.INSTANT: f"Such as 2026-10-21 16:38, by the clock of {zone}.",
        FactKind.QUANTITY: "In the unit of the meter.",
        FactKind.PRICE: "Of one unit of the line; tiers as 100 at 0.50, rest at 0.40.",
        FactKind.EVENT: "The sender’s id of the event.",
    }[each.kind]


def _attributes(each: FactField) -> dict[str, str]:
    mode = {"inputmode": "decimal"} if each.kind is FactKind.QUANTITY else {}
    return {"autocomplete": "off", "spellcheck": "false"} | mode
