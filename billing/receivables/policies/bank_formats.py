"""What a bank's or gateway's CSV looks like: which column says what, and how it is written."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any, Final

from billing.receivables.policies.documents import RuleDocument
from core.money import is_currency_code

ROLES: Final = (
    "date", "amount", "credit", "debit", "currency", "text", "payer_reference", "payer_name",
    "bank_reference", "kind",
)  # fmt: skip
KINDS: Final = ("credit", "debit", "reversal", "chargeback", "opening", "closing", "ignored")
DAYS: Final = {
    "YYYY-MM-DD": "%Y-%m-%d",
    "DD.MM.YYYY": "%d.%m.%Y",
    "DD/MM/YYYY": "%d/%m/%Y",
    "MM/DD/YYYY": "%m/%d/%Y",
    "DD.MM.YY": "%d.%m.%y",
    "YYYYMMDD": "%Y%m%d",
}
SEPARATORS: Final = (",", ";", "\t", "|")
ENCODINGS: Final = ("utf-8", "cp1252", "iso-8859-15", "utf-16")
_DOCUMENT: Final = (
    "encoding", "separator", "columns", "day", "decimal", "thousands", "currency", "sign", "kinds",
)  # fmt: skip


@dataclass(frozen=True, slots=True)
class BankFormat:
    """How a file is read.

    `columns` names the column of each role; where there is no `amount`, `credit` and `debit` are
    two columns of amounts without a sign. `kinds` says what a value of the column `kind` means; a
    row of the kind `opening` or `closing` states a balance. `sign` is "inverted" where the report
    is seen from the other side. Its days are taken as days of UTC.
    """

    columns: Mapping[str, str]
    encoding: str = "utf-8"
    separator: str = ","
    day: str = "YYYY-MM-DD"
    decimal: str = "."
    thousands: str = ""
    currency: str = ""
    sign: str = "plain"
    kinds: Mapping[str, str] = field(default_factory=dict)

    @property
    def day_pattern(self) -> str:
        """As strptime reads it."""
        return DAYS[self.day]


def read_bank_format(document: Any) -> BankFormat:
    """A format as its document describes it. Raises: RuleInvalid, naming every problem."""
    read = RuleDocument(document, _DOCUMENT)
    columns = read.texts("columns")
    for role in sorted(set(columns) - set(ROLES)):
        read.refuse(f"is no role; there are {', '.join(ROLES)}", "columns", role)
    if "date" not in columns:
        read.refuse("must name the column of the date", "columns", "date")
    if ("amount" in columns) == ("credit" in columns and "debit" in columns):
        read.refuse("must name the column of the amount, or those of credit and debit", "columns")
    kinds = read.texts("kinds")
    for value in sorted(value for value in kinds if kinds[value] not in KINDS):
        read.refuse(f"must mean one of {', '.join(KINDS)}", "kinds", value)
    currency = read.text("currency")
    if currency and not is_currency_code(currency):
        read.refuse("must be a code of ISO 4217", "currency")
    if not currency and "currency" not in columns:
        read.refuse("must be said, or its column", "currency")
    found = BankFormat(
        columns=columns,
        encoding=read.one_of("encoding", ENCODINGS, "utf-8"),
        separator=read.one_of("separator", SEPARATORS, ","),
        day=read.one_of("day", tuple(DAYS), "YYYY-MM-DD"),
        decimal=read.one_of("decimal", (".", ","), "."),
        thousands=read.one_of("thousands", ("", ".", ",", " ", "'"), ""),
        currency=currency,
        sign=read.one_of("sign", ("plain", "inverted"), "plain"),
        kinds=kinds,
    )
    if found.thousands == found.decimal:
        read.refuse("must not be written like the decimal point", "thousands")
    read.require_sound()
    return found


STANDARD_CODE: Final = "standard"
STANDARD: Final[Mapping[str, Any]] = {
    "columns": {
        "date": "date",
        "amount": "amount",
        "currency": "currency",
        "text": "text",
        "payer_reference": "payer_reference",
        "payer_name": "payer_name",
        "bank_reference": "bank_reference",
        "kind": "kind",
    },
    "kinds": {
        "C": "credit",
        "D": "debit",
        "RC": "reversal",
        "CB": "chargeback",
        "opening": "opening",
        "closing": "closing",
    },
}
"""The form that is always there: plain names, ISO days, a point."""
