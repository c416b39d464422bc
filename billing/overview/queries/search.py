"""One question, any kind of answer: ids, numbers, names, amounts. Exact answers first.

A text is read in every way it can be (an id, an invoice number, an amount, a name) and each
reading asks one indexed or bounded question. Partial matches never claim to be exact.
"""

from __future__ import annotations

import re
from collections.abc import Sequence
from dataclasses import dataclass, field
from decimal import Decimal
from typing import Final

from django.db.models import Q
from iso4217 import Currency

from accounts.models import Account, Resource
from billing.catalogue.models import Plan, PlanVersion
from billing.invoicing.models import BillRun, Invoice
from billing.invoicing.queries.invoices import InvoiceRow, row_of
from billing.overview.queries.events import keys_of_id
from billing.parallel_run.models import ParallelRun
from core.ids import PREFIXES, UnknownId, parse_id
from usage.models import Meter

BEST = 5
LONGEST = 200

_AMOUNT = re.compile(r"[$€£¥]?(-?\d{1,3}(?:,\d{3})+(?:\.\d{1,4})?|-?\d{1,12}(?:\.\d{1,4})?)")
_EXPONENT_OF: Final = {
    currency.code: currency.exponent for currency in Currency if currency.exponent is not None
}


@dataclass(frozen=True, slots=True)
class Hit:
    """One answer. `kind` and `ref` say what page it has; `note` tells it from its neighbours."""

    kind: str
    ref: str
    title: str
    note: str = ""
    invoice: InvoiceRow | None = None


@dataclass(frozen=True, slots=True)
class HitGroup:
    """Answers of one kind, the best few."""

    label: str
    hits: Sequence[Hit]


@dataclass(frozen=True, slots=True)
class Found:
    """All answers; `exact` is the one page the text names, if it names one."""

    text: str
    exact: Hit | None = None
    groups: Sequence[HitGroup] = ()
    read_as: Sequence[str] = field(default_factory=list)


def search(text: str) -> Found:
    """Everything the text may mean; at most ten queries."""
    text = " ".join(text.split())[:LONGEST]
    if not text:
        return Found("")
    exact = _by_public_id(text) or _by_number(text) or _by_platform_id(text) or _by_event_id(text)
    if exact is not None:
        return Found(text, exact, [HitGroup("Exact match", [exact])], ["an id or a number"])
    read_as, groups = ["a name"], []
    amount = amount_of(text)
    if amount is not None:
        read_as.append("an amount")
        groups.append(HitGroup("Invoices of exactly this total", _by_total(amount)))
    groups += [
        HitGroup("Accounts", _accounts(text)),
        HitGroup("Apps, add-ons and other resources", _resources(text)),
        HitGroup("Invoices", _invoices(text)),
        HitGroup("Plans", _plans(text)),
        HitGroup("Meters", _meters(text)),
    ]
    return Found(text, None, [group for group in groups if group.hits], read_as)


def amount_of(text: str) -> Decimal | None:
    """The amount the text writes, such as 312.40 or $1,204; None when it is none."""
    match = _AMOUNT.fullmatch(text.replace("\u2212", "-"))
    return Decimal(match[1].replace(",", "")) if match else None


def _by_public_id(text: str) -> Hit | None:
    prefix, _, _ = text.partition("_")
    if prefix not in PREFIXES:
        return None
    try:
        parse_id(text, prefix)
    except UnknownId:
        return None
    match prefix:
        case "acc":
            account = Account.objects.filter(public_id=text).first()
            return _account(account) if account else None
        case "inv":
            invoice = Invoice.objects.select_related("account").filter(public_id=text).first()
            return _invoice(invoice) if invoice else None
        case "res":
            return _resource(Q(public_id=text))
        case "run":
            return _existing(BillRun, text, "run", "Bill run")
        case "prl":
            return _existing(ParallelRun, text, "parallel", "Parallel run")
        case "plv":
            return _existing(PlanVersion, text, "plan", "Plan version")
        case "mtr":
            meter = Meter.objects.filter(public_id=text).first()
            return Hit("meter", meter.code, meter.name) if meter else None
        case _:
            return None


def _existing(
    model: type[BillRun | ParallelRun | PlanVersion], text: str, kind: str, title: str
) -> Hit | None:
    return Hit(kind, text, title) if model.objects.filter(public_id=text).exists() else None


def _by_number(text: str) -> Hit | None:
    if not any(letter.isdigit() for letter in text):
        return None
    invoice = Invoice.objects.select_related("account").filter(number=text.upper()).first()
    return _invoice(invoice) if invoice else None


def _by_platform_id(text: str) -> Hit | None:
    return _resource(Q(platform_id=text))


def _by_event_id(text: str) -> Hit | None:
    """Only where one source used the id; two sources may both have an event 1."""
    found = keys_of_id(text)
    if len(found) != 1:
        return None
    ((source, key),) = found
    return Hit("event", str(key), f"Event {text}", source)


def _resource(wanted: Q) -> Hit | None:
    resource = Resource.objects.filter(wanted).first()
    if resource is None:
        return None
    return Hit("resource", resource.public_id, resource.name, resource.get_kind_display())


def _by_total(amount: Decimal) -> list[Hit]:
    codes = Invoice.objects.order_by().values_list("currency", flat=True).distinct()
    wanted = Q(pk__in=[])
    for code in codes:
        minor = amount.scaleb(_EXPONENT_OF[code])
        if minor == minor.to_integral_value():
            wanted |= Q(currency=code, total_minor=int(minor))
    rows = Invoice.objects.select_related("account").filter(wanted)
    return [_invoice(invoice) for invoice in rows.order_by("-period_from", "-pk")[:BEST]]


def _accounts(text: str) -> list[Hit]:
    rows = Account.objects.filter(name__icontains=text).order_by("name", "pk")[:BEST]
    return [_account(account) for account in rows]


def _resources(text: str) -> list[Hit]:
    wanted = Q(name__icontains=text) | Q(platform_id__istartswith=text)
    rows = Resource.objects.filter(wanted).order_by("name", "pk")[:BEST]
    return [Hit("resource", row.public_id, row.name, row.get_kind_display()) for row in rows]


def _invoices(text: str) -> list[Hit]:
    if not any(letter.isdigit() for letter in text):
        return []
    rows = Invoice.objects.select_related("account").filter(number__istartswith=text)
    return [_invoice(invoice) for invoice in rows.order_by("number")[:BEST]]


def _plans(text: str) -> list[Hit]:
    rows = Plan.objects.filter(Q(name__icontains=text) | Q(code__iexact=text)).order_by("name")
    return [Hit("plans", plan.code, plan.name, "Plan") for plan in rows[:BEST]]


def _meters(text: str) -> list[Hit]:
    rows = Meter.objects.filter(Q(name__icontains=text) | Q(code__icontains=text)).order_by("code")
    return [Hit("meter", meter.code, meter.name, f"Meter, {meter.unit}") for meter in rows[:BEST]]


def _account(account: Account) -> Hit:
    return Hit("account", account.public_id, account.name, account.get_kind_display())


def _invoice(invoice: Invoice) -> Hit:
    row = row_of(invoice)
    title = row.ref if invoice.number else "Draft invoice"
    return Hit("invoice", row.ref, title, row.account.name, row)
