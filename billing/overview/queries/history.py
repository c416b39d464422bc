"""The history of tracked records, such as an invoice: who changed what, old → new, when and why.

Read from the history rows that every tracked save leaves. Values come out as they are (dates,
numbers, names); a screen words them.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any

from django.db.models import Model, QuerySet

from accounts.models import Account, BillingProfile, PayerAssignment, Resource, ResourceOwnership
from billing.catalogue.models import PlanVersion
from billing.contracts.models import Subscription
from billing.invoicing.models import Invoice, InvoiceTerms
from core.money import Money

LONGEST = 60
"""History rows of one kind that a timeline looks at, newest first."""

_VERBS = {"+": "added", "~": "changed", "-": "removed"}


@dataclass(frozen=True, slots=True)
class ChangedField:
    """One field, before and after; None means there was nothing. `is_personal` asks for masking."""

    field: str
    old: object
    new: object
    is_personal: bool = False


@dataclass(frozen=True, slots=True)
class Opened:
    """What an entry opens: a kind of thing and what its address names it by."""

    kind: str
    ref: str


@dataclass(frozen=True, slots=True)
class Entry:
    """One thing that happened, by whom and why; what it opens and the amount it is about."""

    at: datetime
    who: str
    what: str
    reason: str
    changes: Sequence[ChangedField] = ()
    request_id: str = ""
    opens: Opened | None = None
    amount: Money | None = None


@dataclass(frozen=True, slots=True)
class TrackedKind:
    """A tracked model in words: its rows, its fields, and what its references are called.

    `subject` is the reference that tells one row from another: which resource, which plan. `joins`
    are relations that a value is read from, such as the currency of an amount. `opens` is a kind of
    page and the reference whose public id it takes.
    """

    model: type[Model]
    noun: str
    fields: Mapping[str, str]
    names: Mapping[str, tuple[type[Model], str]] = field(default_factory=dict)
    subject: str = ""
    personal: frozenset[str] = frozenset()
    joins: Sequence[str] = ()
    opens: tuple[str, str, type[Model]] | None = None

    @property
    def history_table(self) -> str:
        """The table of its history rows."""
        return str(self.model.history.model._meta.db_table)  # type: ignore[attr-defined]


ACCOUNT = TrackedKind(
    Account,
    "Account",
    {
        "name": "Name",
        "kind": "Kind",
        "parent_id": "Enterprise",
        "currency": "Currency",
        "closed_at": "Closed",
        "billing_anchor_on": "Billing day",
    },
    {"parent_id": (Account, "name")},
)
PROFILE = TrackedKind(
    BillingProfile,
    "Billing profile",
    {
        "legal_name": "Legal name",
        "address": "Address",
        "country": "Country",
        "region": "Region",
        "tax_id": "Tax id",
        "tax_id_status": "Tax id confirmed",
        "prices_include_tax": "Prices with tax",
        "email": "E-mail",
        "language": "Language",
        "zone": "Billing zone",
        "terms_days": "Days to pay",
        "valid_from": "From",
        "valid_until": "Until",
    },
    personal=frozenset({"legal_name", "address", "tax_id", "email"}),
)
PAYER = TrackedKind(
    PayerAssignment,
    "Payer",
    {"payer_id": "Payer", "paid_from": "From", "paid_until": "Until"},
    {"payer_id": (Account, "name")},
)
SUBSCRIPTION = TrackedKind(
    Subscription,
    "Subscription",
    {"plan_version_id": "Plan", "started_at": "From", "ended_at": "Until"},
    {"plan_version_id": (PlanVersion, "plan__name")},
    subject="plan_version_id",
    opens=("plan", "plan_version_id", PlanVersion),
)
OWNERSHIP = TrackedKind(
    ResourceOwnership,
    "Resource",
    {
        "resource_id": "Resource",
        "account_id": "Owner",
        "owned_from": "From",
        "owned_until": "Until",
    },
    {"resource_id": (Resource, "name"), "account_id": (Account, "name")},
    subject="resource_id",
    opens=("resource", "resource_id", Resource),
)
TERMS = TrackedKind(
    InvoiceTerms,
    "Invoice terms",
    {
        "purchase_order": "Purchase order",
        "note": "Note",
        "grace_days": "Grace in days",
        "consolidates": "One invoice for all it pays for",
        "threshold_minor": "Billed as soon as it comes to",
    },
    joins=("account",),
)
INVOICE = TrackedKind(
    Invoice,
    "Invoice",
    {
        "state": "State",
        "number": "Number",
        "total_minor": "Total",
        "payer_id": "Payer",
        "issued_at": "Issued",
        "due_on": "Due",
    },
    {"payer_id": (Account, "name")},
    opens=("invoice", "id", Invoice),
)


def invoice_timeline(invoice: Invoice, *, limit: int = LONGEST) -> list[Entry]:
    """How an invoice came to be what it is; newest first."""
    return _timeline([_rows(INVOICE, id=invoice.pk)], limit)


def tracked_entries(kind: TrackedKind, history_ids: Sequence[int]) -> dict[int, Entry]:
    """The entries of these history rows by their ids, each compared with the row before it."""
    history = _history(kind)
    objects = history.filter(history_id__in=history_ids).values("id")
    rows = list(history.filter(id__in=objects).order_by("-history_date", "-history_id"))
    entries = _entries(kind, rows, _names([(kind, rows)]))
    wanted = set(history_ids)
    return {
        row.history_id: entry
        for row, entry in zip(reversed(rows), entries, strict=True)
        if row.history_id in wanted
    }


def _rows(kind: TrackedKind, **of: int) -> tuple[TrackedKind, QuerySet[Any]]:
    rows = _history(kind).filter(**of)
    return kind, rows.order_by("-history_date", "-history_id")[: LONGEST + 1]


def _history(kind: TrackedKind) -> QuerySet[Any]:
    rows: QuerySet[Any] = kind.model.history.all()  # type: ignore[attr-defined]
    return rows.select_related(*kind.joins) if kind.joins else rows


def _timeline(sources: Iterable[tuple[TrackedKind, QuerySet[Any]]], limit: int) -> list[Entry]:
    read = [(kind, list(rows)) for kind, rows in sources]
    names = _names(read)
    entries = [entry for kind, rows in read for entry in _entries(kind, rows, names)]
    entries.sort(key=lambda entry: entry.at, reverse=True)
    return entries[:limit]


NamesShown = Mapping[tuple[type[Model], str], Mapping[int, str]]


def _names(read: Sequence[tuple[TrackedKind, Sequence[Any]]]) -> NamesShown:
    wanted: dict[tuple[type[Model], str], set[int]] = defaultdict(set)
    for kind, rows in read:
        for attribute, reference in kind.names.items():
            wanted[reference].update(getattr(row, attribute) for row in rows)
        if kind.opens is not None:
            _, attribute, model = kind.opens
            wanted[model, "public_id"].update(getattr(row, attribute) for row in rows)
    return {
        (model, name): dict(
            model._default_manager.filter(pk__in=ids - {None}).values_list("pk", name)
        )
        for (model, name), ids in wanted.items()
    }


def _entries(kind: TrackedKind, rows: Sequence[Any], names: NamesShown) -> list[Entry]:
    """Rows are newest first; each is compared with the next older row of the same object."""
    older: dict[int, Any] = {}
    entries = []
    for row in reversed(rows):
        before = older.get(row.id)
        older[row.id] = row
        entries.append(
            Entry(
                at=row.history_date,
                who=row.actor_name,
                what=_what(kind, row, names),
                reason=row.history_change_reason,
                changes=_changes(kind, before, row, names),
                request_id=row.request_id,
                opens=_opened(kind, row, names),
            )
        )
    return entries


def _opened(kind: TrackedKind, row: Any, names: NamesShown) -> Opened | None:
    if kind.opens is None:
        return None
    page, attribute, model = kind.opens
    ref = names[model, "public_id"].get(getattr(row, attribute))
    return Opened(page, ref) if ref else None


def _what(kind: TrackedKind, row: Any, names: NamesShown) -> str:
    verb = _VERBS[row.history_type]
    if not kind.subject:
        return f"{kind.noun} {verb}"
    subject = names[kind.names[kind.subject]].get(getattr(row, kind.subject), "")
    return f"{kind.noun} {subject} {verb}"


def _changes(kind: TrackedKind, before: Any, row: Any, names: NamesShown) -> list[ChangedField]:
    if row.history_type == "~" and before is None:
        return []
    changes = []
    for attribute, label in kind.fields.items():
        old = _value(kind, before, attribute) if before is not None else None
        new = _value(kind, row, attribute) if row.history_type != "-" else None
        is_said = attribute == kind.subject and old is None
        if is_said or old == new or (old in ("", None) and new in ("", None)):
            continue
        if attribute in kind.names:
            known = names[kind.names[attribute]]
            old = None if old is None else known.get(old)
            new = None if new is None else known.get(new)
        changes.append(ChangedField(label, old, new, is_personal=attribute in kind.personal))
    return changes


def _value(kind: TrackedKind, row: Any, attribute: str) -> Any:
    """The value as a person would say it: choices by their label, minor units as money."""
    in_words = getattr(row, f"get_{attribute}_display", None)
    if in_words is not None:
        return in_words()
    value = getattr(row, attribute)
    if isinstance(value, bool):
        return "yes" if value else "no"
    if isinstance(value, list):
        return ", ".join(map(str, value))
    if value is not None and attribute.endswith("_minor"):
        return Money.from_minor(value, row.account.currency if kind.joins else row.currency)
    return value
