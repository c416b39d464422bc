"""One question, any kind of answer: ids, numbers, names, amounts. Exact answers first.

A text is read in every way it can be (an id, an invoice number, an amount, a name) and each
reading asks one indexed or bounded question. Partial matches never claim to be exact.
"""

from __future__ import annotations

import re
from collections import defaultdict
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from decimal import Decimal

from django.contrib.postgres.aggregates import ArrayAgg
from django.db.models import Count, Q

from accounts.models import Account, BillingProfile, Resource
from billing.catalogue.models import Plan, PlanVersion
from billing.catalogue.queries.currencies import currencies_sold
from billing.invoicing.models import Adjustment, BillRun, CreditNote, Invoice, InvoiceLine
from billing.invoicing.queries.numbers import numbered
from billing.overview.queries.events import find_key, keys_of_id, source_names
from billing.overview.queries.quarantine import reason_text
from billing.overview.queries.search_hits import (
    Hit,
    account_hits,
    invoice_hit,
    line_hit,
    note_hit,
    resource_hits,
)
from billing.parallel_run.models import ParallelRun
from core.ids import PREFIXES, UnknownId, parse_id
from core.money import minor_exponent
from usage.models import Meter, QuarantinedEvent, QuarantineState

BEST = 5
LONGEST = 200

_AMOUNT = re.compile(r"[$€£¥]?(-?\d{1,3}(?:,\d{3})+(?:\.\d{1,4})?|-?\d{1,12}(?:\.\d{1,4})?)")
_BETWEEN = re.compile(r"[-_.\s]+")
_MOST_MINOR = 10**18
_HELD = "Events in quarantine"


@dataclass(frozen=True, slots=True)
class HitGroup:
    """Answers of one kind, the best few."""

    label: str
    hits: Sequence[Hit]


@dataclass(frozen=True, slots=True)
class SearchResult:
    """All answers; `exact` is the one page the text names, if it names one."""

    text: str
    exact: Hit | None = None
    groups: Sequence[HitGroup] = ()
    read_as: Sequence[str] = field(default_factory=list)


def search(text: str, *, in_full: bool) -> SearchResult:
    """Everything the text may mean; about two dozen queries.

    `in_full` finds what invoices print of people by a part of it; otherwise it takes all of it, so
    that nobody spells out what is hidden from them.
    """
    text = " ".join(text.split())[:LONGEST]
    if not text:
        return SearchResult("")
    exact = _by_public_id(text) or _by_number(text) or _by_platform_id(text) or _by_event_id(text)
    held = _held(text)
    if exact is not None:
        groups = [HitGroup("Exact match", [exact]), HitGroup(_HELD, held)]
        found = [group for group in groups if group.hits]
        return SearchResult(text, None if held else exact, found, ["an id or a number"])
    read_as, groups = ["a name"], [HitGroup(_HELD, held)]
    amount = amount_of(text)
    if amount is not None:
        read_as.append("an amount")
        minor_units = _minor_units(amount)
        groups.append(HitGroup("Invoices of exactly this total", _by_total(minor_units)))
        groups.append(HitGroup("Lines of exactly this amount", _by_line(minor_units)))
    groups += [
        HitGroup("Accounts", _accounts(text)),
        HitGroup("Accounts by what their invoices print", _billed_to(text, in_full=in_full)),
        HitGroup("Apps, add-ons and other resources", _resources(text)),
        HitGroup("Invoices", _invoices(text)),
        HitGroup("Plans", _plans(text)),
        HitGroup("Meters", _meters(text)),
    ]
    return SearchResult(text, None, [group for group in groups if group.hits], read_as)


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
            found = account_hits(Account.objects.filter(public_id=text))
            return found[0] if found else None
        case "inv":
            invoice = Invoice.objects.select_related("account").filter(public_id=text).first()
            return invoice_hit(invoice) if invoice else None
        case "crn":
            return _note(Q(public_id=text))
        case "adj":
            adjusted = Adjustment.objects.filter(public_id=text).first()
            return Hit("adjustment", text, adjusted.description) if adjusted else None
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
    return invoice_hit(invoice) if invoice else _note(Q(number=text.upper()))


def _note(wanted: Q) -> Hit | None:
    note = CreditNote.objects.select_related("invoice__account").filter(wanted).first()
    return note_hit(note) if note else None


def _by_platform_id(text: str) -> Hit | None:
    return _resource(Q(platform_id=text))


def _by_event_id(text: str) -> Hit | None:
    """Only where one source used the id; two sources may both have an event 1."""
    accepted = keys_of_id(text)
    held = QuarantinedEvent.objects.filter(
        key__in=[find_key(source, text) for source in source_names()], state=QuarantineState.HELD
    ).values_list("source__name", "key")
    found = dict.fromkeys([*accepted, *held])
    if len(found) != 1:
        return None
    ((source, key),) = found
    return Hit("event", str(key), f"Event {text}", source)


def _held(text: str) -> list[Hit]:
    """The events of one app that are held."""
    rows = QuarantinedEvent.objects.filter(subject=text, state=QuarantineState.HELD)
    found = rows.aggregate(count=Count("pk"), reasons=ArrayAgg("reason", distinct=True, default=[]))
    if not found["count"]:
        return []
    noun = "event is" if found["count"] == 1 else "events are"
    why = "; ".join(reason_text(reason) for reason in found["reasons"])
    return [Hit("held", text, f"{found['count']:,} {noun} held of {text}", why)]


def _resource(wanted: Q) -> Hit | None:
    found = resource_hits(Resource.objects.filter(wanted)[:1])
    return found[0] if found else None


_MinorUnits = Mapping[int, Sequence[str]]


def _minor_units(amount: Decimal) -> _MinorUnits:
    """The amount in minor units, and the currencies in which it is that many."""
    found: dict[int, list[str]] = defaultdict(list)
    for code in currencies_sold():
        minor = amount.scaleb(minor_exponent(code))
        if minor == minor.to_integral_value() and abs(minor) < _MOST_MINOR:
            found[int(minor)].append(code)
    return found


def _by_total(minor_units: _MinorUnits) -> list[Hit]:
    wanted = Q(pk__in=[])
    for minor, codes in minor_units.items():
        wanted |= Q(currency__in=codes, total_minor=minor)
    rows = Invoice.objects.select_related("account").filter(wanted)
    return [invoice_hit(invoice) for invoice in rows.order_by("-period_from", "-pk")[:BEST]]


def _by_line(minor_units: _MinorUnits) -> list[Hit]:
    """The latest lines of the amount, by the index of amounts; lines of nothing tell nothing."""
    found: list[InvoiceLine] = []
    for minor, codes in minor_units.items():
        rows = InvoiceLine.objects.filter(amount_minor=minor, invoice__currency__in=codes)
        if minor:
            found += (
                rows.select_related("invoice__account").defer("explanation").order_by("-pk")[:BEST]
            )
    return [line_hit(line) for line in sorted(found, key=lambda line: -line.pk)[:BEST]]


def _named(name: str, text: str) -> Q:
    """Rows whose name has the words of the text, whatever stands between two of them."""
    parts = [part for part in _BETWEEN.split(text) if part]
    if len(parts) < 2:
        return Q(**{f"{name}__icontains": text})
    return Q(**{f"{name}__iregex": r"[-_.\s]+".join(map(re.escape, parts))})


def _accounts(text: str) -> list[Hit]:
    return account_hits(Account.objects.filter(_named("name", text)).order_by("name", "pk")[:BEST])


def _billed_to(text: str, *, in_full: bool) -> list[Hit]:
    """Accounts by legal name, e-mail address or tax id."""
    way = "icontains" if in_full else "iexact"
    wanted = Q(**{f"legal_name__{way}": text}) | Q(**{f"email__{way}": text})
    wanted |= Q(**{f"tax_id__{way}": text}) | Q(tax_id__iexact=text.replace(" ", ""))
    profiles = BillingProfile.objects.filter(wanted)
    found = Account.objects.filter(pk__in=profiles.values("account_id")).order_by("name", "pk")
    return account_hits(found[:BEST], because="legal name, e-mail or tax id")


def _resources(text: str) -> list[Hit]:
    wanted = _named("name", text) | _named("platform_id", text)
    return resource_hits(Resource.objects.filter(wanted).order_by("name", "pk")[:BEST])


def _invoices(text: str) -> list[Hit]:
    """By the beginning of a number, or by the number without its zeros: CF-12, or 12."""
    if not any(letter.isdigit() for letter in text):
        return []
    rows = Invoice.objects.select_related("account")
    same = rows.filter(numbered(text)).order_by("number")
    found = {invoice.pk: invoice for invoice in same[:BEST]}
    # Numbers have capitals only, and an index of how they begin.
    begins = rows.filter(number__startswith=text.upper()).order_by("number")
    found |= {invoice.pk: invoice for invoice in begins[:BEST]}
    return [invoice_hit(invoice) for invoice in list(found.values())[:BEST]]


def _plans(text: str) -> list[Hit]:
    rows = Plan.objects.filter(Q(name__icontains=text) | Q(code__iexact=text)).order_by("name")
    return [Hit("plans", plan.code, plan.name, "Plan") for plan in rows[:BEST]]


def _meters(text: str) -> list[Hit]:
    rows = Meter.objects.filter(Q(name__icontains=text) | Q(code__icontains=text)).order_by("code")
    return [Hit("meter", meter.code, meter.name, f"Meter, {meter.unit}") for meter in rows[:BEST]]
