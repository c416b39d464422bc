"""The forms of what can be put forward about an invoice; each says its wish as a payload.

Shape only: what may be credited, refunded or given up is the kind's to judge.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any, ClassVar, Final

from django import forms

from approvals.kinds import kind_of
from billing.invoicing.models import Adjustment, CreditNote, Invoice
from billing.invoicing.queries.adjustments import standing_adjustments
from billing.invoicing.queries.creditable import Creditable, creditable
from billing.receivables.models import Payment, Settlement
from billing.receivables.queries.free_money import FreeMoney, free_money
from console.shell import formats
from console.shell.forms import ReasonField
from core.money import Money

WAYS: Final = (
    ("amount", "amount before tax"),
    ("amount_with_tax", "amount with tax"),
    ("quantity", "quantity"),
    ("percent", "per cent"),
    ("rest", "all that is left"),
    ("as_rated", "it was this much, rate it again"),
    ("tax", "tax alone, this amount"),
)
ROWS_MAX: Final = 50


class ProposalForm(forms.Form):
    """Why, for which ticket; a subclass says what."""

    kind: ClassVar[str]

    def __init__(self, *args: Any, invoice: Invoice, **more: Any) -> None:
        super().__init__(*args, **more)
        self.invoice = invoice
        self.fields["reason_code"] = forms.ChoiceField(
            label="Reason", choices=[("", "choose"), *kind_of(self.kind).reason_codes.items()]
        )
        self.fields["ticket"] = forms.CharField(
            label="Ticket",
            required=False,
            max_length=100,
            widget=forms.TextInput(attrs={"autocomplete": "off", "spellcheck": "false"}),
        )
        self.fields["reason"] = ReasonField()

    def payload(self) -> dict[str, Any]:
        """What was asked, once the form is valid."""
        return {"invoice": self.invoice.public_id}

    def amount_field(self, label: str, help_text: str = "", *, required: bool = True) -> None:
        """Add a field of an amount in the invoice's currency."""
        self.fields["amount"] = forms.CharField(
            label=f"{label}, in {self.invoice.currency}",
            required=required,
            max_length=20,
            help_text=help_text,
            widget=forms.TextInput(attrs={"inputmode": "decimal", "autocomplete": "off"}),
        )


class VoidForm(ProposalForm):
    """Void it."""

    kind = "void"


class VoidAndReissueForm(ProposalForm):
    """Void it and bill the period anew."""

    kind = "void_and_reissue"


class WriteOffForm(ProposalForm):
    """Give up what is open, or some of it."""

    kind = "write_off"

    def __init__(self, *args: Any, **more: Any) -> None:
        super().__init__(*args, **more)
        self.amount_field("Amount", "Empty: all that is open.", required=False)
        self.order_fields(["amount"])

    def payload(self) -> dict[str, Any]:
        """What was asked."""
        return super().payload() | {"amount": self.cleaned_data["amount"]}


class AdjustmentForm(ProposalForm):
    """Charge or give an amount on the next invoice."""

    kind = "adjustment"

    def __init__(self, *args: Any, **more: Any) -> None:
        super().__init__(*args, **more)
        self.fields["way"] = forms.ChoiceField(
            label="On the next invoice", choices=[("charge", "charge"), ("give", "give back")]
        )
        self.amount_field("Amount before tax")
        self.fields["description"] = forms.CharField(
            label="What to print", max_length=200, help_text="The customer reads it on the invoice."
        )
        self.order_fields(["way", "amount", "description"])

    def payload(self) -> dict[str, Any]:
        """What was asked."""
        said = self.cleaned_data
        return super().payload() | {
            said["way"]: said["amount"],
            "description": said["description"],
        }


class AdjustmentUndoForm(ProposalForm):
    """Undo an adjustment by one of the opposite amount."""

    kind = "adjustment"

    def __init__(self, *args: Any, **more: Any) -> None:
        super().__init__(*args, **more)
        del self.fields["reason_code"]
        standing = standing_adjustments(self.invoice)
        self.fields["undo"] = forms.ChoiceField(
            label="Adjustment",
            choices=[("", "choose" if standing else "nothing stands")]
            + [
                (each.public_id, f"{_said(each.amount_minor, self.invoice)}: {each.description}")
                for each in standing
            ],
        )
        self.order_fields(["undo"])

    def clean(self) -> dict[str, Any]:
        """The reason is what the form is for."""
        return (super().clean() or {}) | {"reason_code": Adjustment.Reason.BY_MISTAKE.value}

    def payload(self) -> dict[str, Any]:
        """What was asked."""
        return {"undo": self.cleaned_data["undo"]}


class RefundForm(ProposalForm):
    """Give free money back."""

    kind = "refund"

    def __init__(self, *args: Any, **more: Any) -> None:
        super().__init__(*args, **more)
        payer = self.invoice.payer
        self.free: Sequence[FreeMoney] = [
            each for each in free_money(payer) if each.currency == self.invoice.currency
        ]
        self.fields["source"] = forms.ChoiceField(
            label="Of",
            choices=[("", "choose" if self.free else "nothing is free")]
            + [(each.source.public_id, _free_text(each)) for each in self.free],
        )
        self.amount_field("Amount")
        self.order_fields(["source", "amount"])

    def payload(self) -> dict[str, Any]:
        """What was asked."""
        ref = self.cleaned_data["source"]
        what = "credit_note" if ref.startswith("crn_") else "payment"
        return {what: ref, "amount": self.cleaned_data["amount"]}


class RecoveryForm(ProposalForm):
    """Put a payment on what was written off."""

    kind = "recovery"

    def __init__(self, *args: Any, **more: Any) -> None:
        super().__init__(*args, **more)
        payer = self.invoice.payer
        free = [each for each in free_money(payer) if isinstance(each.source, Payment)]
        self.fields["payment"] = forms.ChoiceField(
            label="Payment",
            choices=[("", "choose" if free else "no payment is free")]
            + [(each.source.public_id, _free_text(each)) for each in free],
        )
        self.amount_field("Amount")
        self.order_fields(["payment", "amount"])

    def payload(self) -> dict[str, Any]:
        """What was asked."""
        said = self.cleaned_data
        return super().payload() | {"payment": said["payment"], "amount": said["amount"]}


class SettlementReversalForm(ProposalForm):
    """Take a write-off back."""

    kind = "settlement_reversal"

    def __init__(self, *args: Any, **more: Any) -> None:
        super().__init__(*args, **more)
        losses = Settlement.objects.filter(
            invoice=self.invoice, kind=Settlement.Kind.WRITE_OFF,
            reverses__isnull=True, reversal__isnull=True,
        )  # fmt: skip
        self.fields["settlement"] = forms.ChoiceField(
            label="Write-off",
            choices=[
                (each.public_id, f"{_said(each.amount_minor, self.invoice)}: {each.reason}")
                for each in losses.order_by("-recorded_at", "-pk")
            ],
        )
        self.order_fields(["settlement"])

    def payload(self) -> dict[str, Any]:
        """What was asked."""
        return {"settlement": self.cleaned_data["settlement"]}


class CreditNoteForm(ProposalForm):
    """Credit charges, one a row; or all that is left."""

    kind = "credit_note"

    def __init__(self, *args: Any, rows: int = 1, charge: str = "", **more: Any) -> None:
        super().__init__(*args, **more)
        self.left: Creditable = creditable(self.invoice)
        self.rows = range(min(max(rows, 1), ROWS_MAX))
        charges = [("", "choose")] + [
            (each.key, f"{each.description}: {_said(each.left_minor, self.invoice)} left")
            for each in self.left.charges
            if each.left_minor
        ]
        for row in self.rows:
            self._add_row(row, charges, charge if row == 0 else "")
        self.fields["refund"] = forms.CharField(
            label=f"Of what is left over, pay back in {self.invoice.currency}",
            required=False,
            max_length=20,
            help_text="First what is due goes to 0. The rest is the customer's balance.",
            widget=forms.TextInput(attrs={"inputmode": "decimal", "autocomplete": "off"}),
        )
        self.order_fields([*(name for row in self.rows for name in self._names(row)), "refund"])

    def _add_row(self, row: int, charges: Sequence[tuple[str, str]], charge: str) -> None:
        name, way, value = self._names(row)
        number = f" {row + 1}" if len(self.rows) > 1 else ""
        self.fields[name] = forms.ChoiceField(
            label=f"Charge{number}", choices=charges, initial=charge, required=row == 0
        )
        self.fields[way] = forms.ChoiceField(label=f"By{number}", choices=WAYS)
        self.fields[value] = forms.CharField(
            label=f"How much{number}",
            required=False,
            max_length=30,
            widget=forms.TextInput(attrs={"inputmode": "decimal", "autocomplete": "off"}),
        )

    def _names(self, row: int) -> tuple[str, str, str]:
        return f"charge_{row}", f"way_{row}", f"value_{row}"

    def payload(self) -> dict[str, Any]:
        """What was asked; rated again and tax alone stand by themselves."""
        said, document = self.cleaned_data, super().payload()
        if said["refund"]:
            document["refund"] = said["refund"]
        named = [[said[name] for name in self._names(row)] for row in self.rows]
        given = [each for each in named if each[0]]
        document["lines"] = [
            {"charge": charge, way: True if way == "rest" else value}
            for charge, way, value in given
            if way not in ("as_rated", "tax")
        ]
        for charge, way, value in given:
            if way == "as_rated":
                document["as_rated"] = {"charge": charge, "quantity": value}
            elif way == "tax":
                document.setdefault("tax", []).append(
                    {"group": self._group(charge), "amount": value}
                )
        return document if document["lines"] else _without(document, "lines")

    def _group(self, key: str) -> str:
        return next((each.tax_group for each in self.left.charges if each.key == key), "")


class AddressForm(ProposalForm):
    """Put the name or tax id on the invoice right; credits nothing."""

    kind = "credit_note"

    def __init__(self, *args: Any, **more: Any) -> None:
        super().__init__(*args, **more)
        del self.fields["reason_code"]
        for name, label in PRINTED.items():
            self.fields[name] = forms.CharField(
                label=label,
                required=False,
                max_length=300,
                initial=self.invoice.billed_to.get(name, ""),
            )
        self.order_fields(PRINTED)

    def clean(self) -> dict[str, Any]:
        """The reason is what the form is for."""
        return (super().clean() or {}) | {"reason_code": CreditNote.Reason.ADDRESS.value}

    def payload(self) -> dict[str, Any]:
        """What was asked."""
        right = {name: self.cleaned_data[name] for name in PRINTED}
        return super().payload() | {"billed_to": {**self.invoice.billed_to, **right}}


PRINTED: Final = {"legal_name": "Legal name", "tax_id": "Tax id"}

FORMS: Final[Mapping[str, type[ProposalForm]]] = {
    "credit-note": CreditNoteForm,
    "name": AddressForm,
    "refund": RefundForm,
    "void": VoidForm,
    "void-and-reissue": VoidAndReissueForm,
    "write-off": WriteOffForm,
    "adjustment": AdjustmentForm,
    "adjustment-undone": AdjustmentUndoForm,
    "recovery": RecoveryForm,
    "write-off-taken-back": SettlementReversalForm,
}
"""What an address calls each form."""


def _free_text(each: FreeMoney) -> str:
    return f"{each.source}: {formats.money_text(Money.from_minor(each.free_minor, each.currency))}"


def _said(minor: int, invoice: Invoice) -> str:
    return formats.money_text(Money.from_minor(minor, invoice.currency))


def _without(document: dict[str, Any], name: str) -> dict[str, Any]:
    return {key: value for key, value in document.items() if key != name}
