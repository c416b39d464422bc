"""The forms of what finance sets: bounds of bills, numbers, and the rules of payments."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from decimal import Decimal
from functools import partial
from typing import Any, Final

from django import forms

from accounts.models import Account
from billing.invoicing.models import SanityPolicy
from billing.invoicing.models.number_series import YEAR_MAX
from billing.invoicing.operations.gates import SanityBounds
from billing.receivables.policies.bank_formats import DAYS, ENCODINGS, ROLES, SEPARATORS
from billing.receivables.policies.matching import BY, NEVER_ALONE
from console.finance.forms import AmountField, OfOneCurrency, SetsRule, units_said
from console.shell.forms import ReasonField
from console.shell.stamped_forms import MadeFrom
from core.decimals import decimal_text

_PLAIN: Final = {"autocomplete": "off", "spellcheck": "false"}
FILE_BYTES_MAX: Final = 1_500_000
KINDS_OF_ACCOUNT: Final = [("", "All other accounts"), *Account.Kind.choices]
_SEPARATORS: Final = dict(
    zip(SEPARATORS, ("comma", "semicolon", "tab", "upright line"), strict=True)
)
_ROLES: Final = dict(
    zip(
        ROLES,
        (
            "Date", "Amount", "Amount in", "Amount out", "Currency", "Text",
            "Reference of the payer", "Name of the payer", "Reference of the bank", "Kind of row",
        ),
        strict=True,
    )
)  # fmt: skip


def _times(label: str, help_text: str) -> forms.DecimalField:
    return forms.DecimalField(
        label=label,
        required=False,
        max_digits=4,
        decimal_places=2,
        help_text=help_text,
        widget=forms.TextInput(attrs={**_PLAIN, "inputmode": "decimal"}),
    )


class SetsBounds(MadeFrom, OfOneCurrency):
    """What a bill of a currency may come to without anybody looking."""

    line = AmountField("A line, at most", required=False, help_text="Before tax. Empty: no bound.")
    invoice = AmountField("An invoice, at most", required=False, help_text="Before tax.")
    run = AmountField("A whole run, at most", required=False, help_text="Before tax.")
    times_usual = _times(
        "Times the usual, at most", "The usual is the median of the account’s last six bills."
    )
    times_forecast = _times(
        "Times the forecast, at most",
        "The forecast is the last bill and the median step between the last six; from the third "
        "bill on.",
    )
    usual_from = AmountField(
        "Both only from",
        required=False,
        help_text="A bill below this may grow as it likes.",
    )
    reason = ReasonField()

    def clean(self) -> dict[str, Any]:
        """The bounds, in minor units. Raises: ValidationError."""
        said: dict[str, Any] = super().clean() or self.cleaned_data
        said["bounds"] = SanityBounds(
            line_max_minor=self.minor_said("line", self.currency),
            invoice_max_minor=self.minor_said("invoice", self.currency),
            run_max_minor=self.minor_said("run", self.currency),
            times_usual=said.get("times_usual"),
            times_forecast=said.get("times_forecast"),
            usual_from_minor=self.minor_said("usual_from", self.currency) or 0,
        )
        return said


def bounds_initial(policy: SanityPolicy | None) -> dict[str, str]:
    """The bounds in force as their form says them."""
    if policy is None:
        return {}
    units = partial(units_said, currency=policy.currency)
    return {
        "line": units(policy.line_max_minor),
        "invoice": units(policy.invoice_max_minor),
        "run": units(policy.run_max_minor),
        "times_usual": _text(policy.times_usual),
        "times_forecast": _text(policy.times_forecast),
        "usual_from": units(policy.usual_from_minor),
    }


def _text(value: Decimal | None) -> str:
    return "" if value is None else decimal_text(value)


class SetsNumbering(MadeFrom):
    """From which year on a series begins anew each year."""

    yearly_from = forms.IntegerField(
        label="Anew each year, from",
        required=False,
        min_value=2000,
        max_value=YEAR_MAX,
        help_text="A year, such as 2027. Empty: one series for all years.",
        widget=forms.TextInput(attrs={**_PLAIN, "inputmode": "numeric"}),
    )
    reason = ReasonField()


class SetsPaymentRule(MadeFrom, SetsRule):
    """A version of a rule of payments, and a bank's file to try it on."""

    file = forms.FileField(
        label="Try it on a bank’s file",
        required=False,
        help_text="A CSV. It is read as if it came now for the first time; nothing is kept.",
    )

    def clean_file(self) -> Any:
        """Raises: ValidationError."""
        file = self.cleaned_data.get("file")
        if file and file.size > FILE_BYTES_MAX:
            raise forms.ValidationError("It is too large for a form. Try a part of it.")
        return file

    def document(self) -> dict[str, Any]:
        """The rule as its reader takes it, once the form is valid."""
        raise NotImplementedError

    @staticmethod
    def said_in(document: Mapping[str, Any]) -> dict[str, Any]:
        """The values of the form that say a document."""
        raise NotImplementedError


class SetsFormat(SetsPaymentRule):
    """How a bank's file is read: which column says what, and how it is written."""

    encoding = forms.ChoiceField(label="Encoding", choices=[(each, each) for each in ENCODINGS])
    separator = forms.ChoiceField(label="Columns are told apart by", choices=_SEPARATORS.items())
    day = forms.ChoiceField(label="A day is written", choices=[(each, each) for each in DAYS])
    decimal = forms.ChoiceField(
        label="Decimals come after", choices=[(".", "a point"), (",", "a comma")]
    )
    thousands = forms.ChoiceField(
        label="Thousands are told apart by",
        required=False,
        choices=[
            ("", "nothing"), (".", "a point"), (",", "a comma"), (" ", "a space"),
            ("'", "an apostrophe"),
        ],
    )  # fmt: skip
    currency = forms.CharField(
        label="Currency of all rows",
        required=False,
        max_length=3,
        help_text="Such as EUR; empty where a column says it.",
        widget=forms.TextInput(attrs=_PLAIN),
    )
    sign = forms.ChoiceField(
        label="Money in is",
        choices=[("plain", "above 0"), ("inverted", "below 0: seen from the other side")],
    )
    kinds = forms.CharField(
        label="What the kind of a row means",
        required=False,
        max_length=2_000,
        widget=forms.Textarea(attrs={"rows": 4, "spellcheck": "false"}),
        help_text="One a line, as C = credit. Meanings: credit, debit, reversal, chargeback, "
        "opening, closing, ignored.",
    )

    def __init__(self, *args: Any, **more: Any) -> None:
        super().__init__(*args, **more)
        for role in ROLES:
            self.fields[f"column_{role}"] = forms.CharField(
                label=f"Column: {_ROLES[role]}",
                required=False,
                max_length=100,
                strip=False,
                widget=forms.TextInput(attrs=_PLAIN),
            )
        columns = [f"column_{role}" for role in ROLES]
        self.order_fields(
            ["encoding", "separator", *columns, "day", "decimal", "thousands", "currency", "sign"]
        )

    def clean_kinds(self) -> dict[str, str]:
        """Raises: ValidationError."""
        kinds: dict[str, str] = {}
        for line in filter(str.strip, self.cleaned_data["kinds"].splitlines()):
            value, equals, meaning = line.rpartition("=")
            if not equals or not value.strip():
                raise forms.ValidationError(f"{line.strip()[:40]!r} is not written as C = credit.")
            kinds[value.strip()] = meaning.strip()
        return kinds

    def document(self) -> dict[str, Any]:
        """As `read_bank_format` takes it."""
        said = self.cleaned_data
        names = ("encoding", "separator", "day", "decimal", "thousands", "sign", "kinds")
        columns = {role: said[f"column_{role}"] for role in ROLES if said[f"column_{role}"]}
        found = {"columns": columns, **{name: said[name] for name in names}}
        return found | ({"currency": said["currency"].upper()} if said["currency"] else {})

    @staticmethod
    def said_in(document: Mapping[str, Any]) -> dict[str, Any]:
        """The values of the form that say a document."""
        said = {name: value for name, value in document.items() if name not in ("columns", "kinds")}
        columns = document.get("columns", {})
        kinds = document.get("kinds", {})
        return {
            **said,
            **{f"column_{role}": column for role, column in columns.items()},
            "kinds": "\n".join(f"{value} = {kinds[value]}" for value in kinds),
        }


class SetsMatching(SetsPaymentRule):
    """What makes a row of a bank's file belong to an invoice, in which order."""

    def __init__(self, *args: Any, formats: Iterable[str], **more: Any) -> None:
        super().__init__(*args, **more)
        for by, words in BY.items():
            self.fields[f"place_{by}"] = forms.IntegerField(
                label=f"{words[0].upper()}{words[1:]}",
                required=False,
                min_value=1,
                max_value=len(BY),
                help_text="Its place in the order; empty: not looked at.",
                widget=forms.TextInput(attrs={**_PLAIN, "inputmode": "numeric"}),
            )
            if by not in NEVER_ALONE:
                self.fields[f"automatic_{by}"] = forms.BooleanField(
                    label="Exactly one find is booked without being asked", required=False
                )
        self.fields["format"] = forms.ChoiceField(
            label="The file is in the format", choices=[(each, each) for each in formats]
        )
        rules = [f"{name}_{by}" for by in BY for name in ("place", "automatic")]
        self.order_fields([*rules, "effective_from", "reason", "format", "file"])

    def clean(self) -> dict[str, Any]:
        """Raises: ValidationError."""
        said: dict[str, Any] = super().clean() or self.cleaned_data
        places: dict[int, str] = {}
        for by in BY:
            place = said.get(f"place_{by}")
            if place in places:
                self.add_error(f"place_{by}", "Another one has this place.")
            elif place is not None:
                places[place] = by
        said["rules"] = [
            {"by": places[place], "automatic": bool(said.get(f"automatic_{places[place]}"))}
            for place in sorted(places)
        ]
        return said

    def document(self) -> dict[str, Any]:
        """As `read_matching` takes it."""
        return {"rules": self.cleaned_data["rules"]}

    @staticmethod
    def said_in(document: Mapping[str, Any]) -> dict[str, Any]:
        """The values of the form that say a document."""
        found: dict[str, Any] = {}
        for place, rule in enumerate(document["rules"], start=1):
            found[f"place_{rule['by']}"] = place
            found[f"automatic_{rule['by']}"] = rule.get("automatic", False)
        return found


class SetsApplying(SetsPaymentRule):
    """What settles new invoices of a kind of account unasked."""

    credit = forms.BooleanField(label="Credit settles new invoices by itself", required=False)
    cash = forms.BooleanField(label="Money that is free settles them by itself", required=False)
    charge_limit = forms.CharField(
        label="A bank may keep, at most",
        max_length=16,
        help_text="In units of the invoice’s currency. More than this is asked about.",
        widget=forms.TextInput(attrs={**_PLAIN, "inputmode": "decimal"}),
    )
    file = None  # type: ignore[assignment]  # there is nothing to try it on
    field_order = ("credit", "cash", "charge_limit", "effective_from", "reason")

    def document(self) -> dict[str, Any]:
        """As `read_applying` takes it."""
        return {name: self.cleaned_data[name] for name in ("credit", "cash", "charge_limit")}

    @staticmethod
    def said_in(document: Mapping[str, Any]) -> dict[str, Any]:
        """The values of the form that say a document."""
        return dict(document)
