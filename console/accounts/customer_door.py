"""An account as it is shown outside the house: what the API answers a partner who may read it.

The answer is that of the partner's own door, which settings name (`CUSTOMER_DOOR`); here is only
how it is laid out. Personal data is shown as the role of whoever looks may see it.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any, Final

from django.conf import settings
from django.utils.module_loading import import_string

from accounts.models import Account, Partner
from billing.invoicing.queries import invoices
from console.shell.masking import PersonalSight

PAGES: Final = {
    "account": ("Account", "accounts/{account}", ""),
    "invoices": ("Invoices", "invoices", "account={account}"),
    "credit-notes": ("Credit notes", "credit-notes", "account={account}"),
    "payments": ("Payments", "payments", "account={account}"),
    "delinquency": ("What is late", "accounts/{account}/delinquency", ""),
    "late-usage": ("Late usage", "late-usage", "account={account}"),
    "grants": ("Credit", "grants", "account={account}"),
    "disputes": ("Disputes", "disputes", "account={account}"),
}
"""What may be looked at: its name, and the address and question that a partner would send."""
OF_INVOICE: Final = {"invoice": "invoices/{ref}", "lines": "invoices/{ref}/lines"}
_PERSONAL: Final = frozenset({"legal_name", "address", "tax_id", "email"})
_ROOT: Final = "/api/v1/"


@dataclass(frozen=True, slots=True)
class ToldTable:
    """Rows of one list in an answer; `refs` are the ids of those that open."""

    name: str
    columns: Sequence[str]
    rows: Sequence[tuple[str, Sequence[str]]]


@dataclass(frozen=True, slots=True)
class ToldAnswer:
    """An answer laid out: plain values, and its lists. `asked` is the address that was asked."""

    asked: str
    status: int
    pairs: Sequence[tuple[str, str]]
    tables: Sequence[ToldTable]


def shown_to(
    partner: Partner, account: Account, page: str, ref: str, sight: PersonalSight, *, at: datetime
) -> ToldAnswer:
    """What the partner is answered about the account; `ref` names an invoice of it.

    Raises: InvoiceNotFound, where the invoice is not the account's.
    """
    if page in OF_INVOICE:
        invoice = invoices.find(ref)
        if invoice.account_id != account.pk:
            raise invoices.InvoiceNotFound(f"There is no invoice {ref[:64]} of this account.")
        path, query = _ROOT + OF_INVOICE[page].format(ref=invoice.public_id), ""
    else:
        _, path, query = PAGES[page]
        path = _ROOT + path.format(account=account.public_id)
        query = query.format(account=account.public_id)
    status, data = import_string(settings.CUSTOMER_DOOR)(partner, path, query, at=at)
    return _told(f"GET {path}{'?' + query if query else ''}", status, data, sight)


def _told(asked: str, status: int, data: Any, sight: PersonalSight) -> ToldAnswer:
    pairs: list[tuple[str, str]] = []
    tables: list[ToldTable] = []
    for name, value in _flat(data, ""):
        if isinstance(value, list) and any(isinstance(each, Mapping) for each in value):
            tables.append(_table(name, value, sight))
        else:
            pairs.append((name, _text(name, value, sight)))
    return ToldAnswer(asked, status, pairs, tables)


def _table(name: str, rows: Sequence[Any], sight: PersonalSight) -> ToldTable:
    flat = [dict(_flat(row, "")) for row in rows]
    columns = list(dict.fromkeys(key for row in flat for key in row))
    return ToldTable(
        name,
        columns,
        [
            (str(row.get("id", "")), [_text(key, row.get(key), sight) for key in columns])
            for row in flat
        ],
    )


def _flat(value: Any, name: str) -> list[tuple[str, Any]]:
    """Values by their path, such as account.name; lists as they are."""
    if not isinstance(value, Mapping):
        return [(name, value)]
    return [
        found
        for key, each in value.items()
        for found in _flat(each, f"{name}.{key}" if name else str(key))
    ]


def _text(name: str, value: Any, sight: PersonalSight) -> str:
    if value is None:
        return ""
    if isinstance(value, bool):
        return "true" if value else "false"
    if isinstance(value, list):
        return ", ".join(_text(name, each, sight) for each in value)
    if isinstance(value, Mapping):
        return ", ".join(f"{key}: {_text(str(key), each, sight)}" for key, each in value.items())
    text = str(value)
    return sight.show(text) if name.rpartition(".")[2] in _PERSONAL else text
