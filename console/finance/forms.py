"""The forms of finance: shape only; what may be is the operations' to say."""

from __future__ import annotations

from collections.abc import Sequence
from decimal import Decimal
from typing import Any

from django import forms

from accounts.models import Account
from billing.invoicing.models import Invoice
from billing.receivables.models import ExcessCleared, Payment, PaymentReversal
from console.shell.forms import ReasonField, instant_field
from core.admin_forms import DayField
from core.decimals import DecimalRefused, decimal_text
from core.filtering import amount_read
from core.money import Money, MoneyError, is_currency_code

_PLAIN = {"autocomplete": "off", "spellcheck": "false"}


class AmountField(forms.CharField):
    """An amount above 0 in units of its currency, such as 12.50."""

    def __init__(self, label: str, **kwargs: Any) -> None:
        widget = forms.TextInput(attrs={**_PLAIN, "inputmode": "decimal"})
        super().__init__(label=label, max_length=24, widget=widget, **kwargs)

    def clean(self, value: Any) -> Decimal | None:
        """The amount. Raises: ValidationError."""
        text: str = super().clean(value)
        if not text:
            return None
        try:
            amount = amount_read(text)
        except DecimalRefused:
            raise forms.ValidationError("Write an amount such as 12.50.") from None
        if amount <= 0:
            raise forms.ValidationError("Write an amount above 0.")
        return amount


class SaysAmounts(forms.Form):
    """A form whose amounts are read once their currency is known."""

    def minor_said(self, name: str, currency: str) -> int | None:
        """The amount of a field in minor units; None where there is none, or it is refused."""
        amount = self.cleaned_data.get(name)
        if amount is None:
            return None
        try:
            return Money(amount, currency).minor
        except MoneyError as refused:
            self.add_error(name, refused.message)
            return None


class OfOneCurrency(SaysAmounts):
    """A form whose amounts are all of a currency that is known before."""

    def __init__(self, *args: Any, currency: str, **more: Any) -> None:
        super().__init__(*args, **more)
        self.currency = currency


def units_said(minor: int | None, currency: str) -> str:
    """An amount as an `AmountField` begins with it; empty where there is none."""
    return decimal_text(Money.from_minor(minor, currency).amount) if minor else ""


class PayerField(forms.CharField):
    """An account by its id, or by its name where no other has it."""

    def __init__(self, label: str = "Payer", **kwargs: Any) -> None:
        kwargs.setdefault("help_text", "The name of the account in full, or its id.")
        super().__init__(
            label=label, max_length=200, widget=forms.TextInput(attrs=_PLAIN), **kwargs
        )

    def clean(self, value: Any) -> Account | None:
        """The account. Raises: ValidationError."""
        text: str = super().clean(value)
        if not text:
            return None
        found = list(Account.objects.filter(public_id=text)) or list(
            Account.objects.filter(name__iexact=text)[:2]
        )
        if not found:
            raise forms.ValidationError("There is no account of this name or id.")
        if len(found) > 1:
            raise forms.ValidationError("Several accounts have this name; say the id.")
        return found[0]


class RecordsPayment(SaysAmounts):
    """Money that came in and is in no bank's file."""

    payer = PayerField()
    amount = AmountField("Amount")
    currency = forms.CharField(
        label="Currency",
        max_length=3,
        required=False,
        widget=forms.TextInput(attrs=_PLAIN),
        help_text="Empty: the currency of the account.",
    )
    received_on = DayField(
        label="Received on", widget=forms.DateInput(attrs={"type": "date"}, format="%Y-%m-%d")
    )
    method = forms.ChoiceField(label="How", choices=Payment.Method.choices)
    external_key = forms.CharField(
        label="Its number at the bank",
        max_length=200,
        widget=forms.TextInput(attrs=_PLAIN),
        help_text="The same number again is the same payment.",
    )
    reference = forms.CharField(
        label="What the payer wrote",
        max_length=500,
        required=False,
        widget=forms.TextInput(attrs=_PLAIN),
    )
    reason = ReasonField()

    def clean(self) -> dict[str, Any]:
        """Raises: ValidationError."""
        said: dict[str, Any] = super().clean() or self.cleaned_data
        payer = said.get("payer")
        code = (said.get("currency") or (payer.currency if payer else "")).upper()
        if code and not is_currency_code(code):
            self.add_error("currency", "This is no currency.")
        elif code:
            said["amount_minor"] = self.minor_said("amount", code)
        said["currency"] = code
        return said


class Allocates(SaysAmounts):
    """Amounts by invoice; nothing typed is the oldest first."""

    def __init__(self, *args: Any, invoices: Sequence[Invoice], **more: Any) -> None:
        super().__init__(*args, **more)
        self.invoices = invoices
        for invoice in invoices:
            minor: int = invoice.left_minor  # type: ignore[attr-defined]  # annotated
            left = Money.from_minor(minor, invoice.currency)
            self.fields[f"on_{invoice.pk}"] = AmountField(
                f"{invoice}: {left} open, due {invoice.due_on}", required=False
            )
        self.fields["reason"] = ReasonField()

    def clean(self) -> dict[str, Any]:
        """Raises: ValidationError."""
        said: dict[str, Any] = super().clean() or self.cleaned_data
        amounts: dict[Invoice, int] = {}
        for invoice in self.invoices:
            minor = self.minor_said(f"on_{invoice.pk}", invoice.currency)
            if minor is not None:
                amounts[invoice] = minor
        said["amounts"] = amounts or None
        return said


class SaysReason(forms.Form):
    """Why, and nothing else."""

    reason = ReasonField()


class OfPayment(OfOneCurrency):
    """An amount of a payment's currency."""

    amount = AmountField("Amount")
    reason = ReasonField()

    def clean_amount(self) -> int | None:
        """In minor units; None where it is refused."""
        return self.minor_said("amount", self.currency)


class TakesBack(OfPayment):
    """What a bank or card network took."""

    kind = forms.ChoiceField(
        label="Who took it",
        choices=[
            (each.value, each.label)
            for each in PaymentReversal.Kind
            if each is not PaymentReversal.Kind.EXCHANGED
        ],
    )
    external_key = forms.CharField(
        label="Its number there",
        max_length=200,
        widget=forms.TextInput(attrs=_PLAIN),
        help_text="The same number again changes nothing.",
    )


class Clears(OfPayment):
    """What becomes of money taken beyond a payment."""

    kind = forms.ChoiceField(label="What becomes of it", choices=ExcessCleared.Kind.choices)


class Exchanges(SaysAmounts):
    """What the bank made of a payment in another currency."""

    currency = forms.CharField(
        label="Into", max_length=3, widget=forms.TextInput(attrs=_PLAIN), help_text="Such as EUR."
    )
    amount = AmountField("What came of it")
    reason = ReasonField("At which rate, and says who?")

    def clean_currency(self) -> str:
        """Raises: ValidationError."""
        code: str = self.cleaned_data["currency"].upper()
        if not is_currency_code(code):
            raise forms.ValidationError("This is no currency.")
        return code

    def clean(self) -> dict[str, Any]:
        """Raises: ValidationError."""
        said: dict[str, Any] = super().clean() or self.cleaned_data
        if said.get("currency"):
            said["amount_minor"] = self.minor_said("amount", said["currency"])
        return said


class BearsCharge(SaysAmounts):
    """What a bank kept of a payment, on which invoice."""

    def __init__(self, *args: Any, invoices: Sequence[Invoice], **more: Any) -> None:
        super().__init__(*args, **more)
        self.invoices = {str(invoice.pk): invoice for invoice in invoices}
        self.fields["invoice"] = forms.ChoiceField(
            label="Of which invoice",
            choices=[(pk, str(each)) for pk, each in self.invoices.items()],
        )
        self.fields["amount"] = AmountField("What the bank kept")
        self.fields["reason"] = ReasonField()

    def clean(self) -> dict[str, Any]:
        """Raises: ValidationError."""
        said: dict[str, Any] = super().clean() or self.cleaned_data
        if said.get("invoice"):
            said["invoice"] = self.invoices[said["invoice"]]
            said["amount_minor"] = self.minor_said("amount", said["invoice"].currency)
        return said


class Promises(OfPayment):
    """What a payer says it will pay, and by when."""

    promised_on = DayField(
        label="By the end of",
        widget=forms.DateInput(attrs={"type": "date"}, format="%Y-%m-%d"),
        help_text="A day of the account’s calendar. Nothing is sent until it has ended.",
    )
    field_order = ("amount", "promised_on", "reason")


class SetsRule(forms.Form):
    """When a version of a rule begins, and why it is made."""

    effective_from = instant_field("From", "UTC. Empty: from now on.")
    reason = ReasonField()

    def __init__(self, *args: Any, **more: Any) -> None:
        super().__init__(*args, **more)
        self.fields["effective_from"].required = False
