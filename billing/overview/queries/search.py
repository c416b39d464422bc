"""One question, any kind of answer: ids, numbers, names, amounts, lists, a whole e-mail.

A text is read in every way it can be (an id, an invoice number, an amount, a name) and each
reading asks one indexed or bounded question. Exact answers come first, partial matches never claim
to be exact. A word and a colon in front (`inv:`, `acc:`) ask for one kind of answer alone.
"""

from __future__ import annotations

import re
from collections import defaultdict
from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from decimal import Decimal
from typing import Final

from django.contrib.postgres.aggregates import ArrayAgg
from django.db.models import Count, Q

from accounts.models import Account, BillingProfile, Resource
from billing.catalogue.models import Plan
from billing.catalogue.queries.currencies import currencies_sold
from billing.invoicing.models import Invoice, InvoiceLine
from billing.invoicing.queries.numbers import numbered
from billing.overview.queries.quarantine import reason_text
from billing.overview.queries.search_exact import named_by
from billing.overview.queries.search_hits import (
    Hit,
    account_hits,
    invoice_hit,
    line_hit,
    resource_hits,
)
from billing.overview.queries.search_passages import (
    LONGEST_PASSAGE,
    passage_groups,
    read_passage,
)
from core.money import minor_exponent
from usage.models import Meter, QuarantinedEvent, QuarantineState

BEST = 5
LONGEST = 200

_AMOUNT = re.compile(r"[$€£¥]?(-?\d{1,3}(?:,\d{3})+(?:\.\d{1,4})?|-?\d{1,12}(?:\.\d{1,4})?)")
_BETWEEN = re.compile(r"[-_.\s]+")
_MOST_MINOR = 10**18
_HELD = "Events in quarantine"
_SENTENCE = 3
"""Words from which on a text that names nothing as a whole is read piece by piece."""


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
    """Everything the text may mean; about two dozen queries, whatever the text.

    `in_full` finds what invoices print of people by a part of it; otherwise it takes all of it, so
    that nobody spells out what is hidden from them.
    """
    whole = text[:LONGEST_PASSAGE]
    text = " ".join(whole.split())
    if not text:
        return SearchResult("")
    wanted, rest = _prefixed(text)
    if wanted is not None:
        return _of_kind(wanted, rest, in_full=in_full)
    if len(text) > LONGEST or "\n" in whole.strip() or read_passage(text).names_several:
        return _passage(whole)
    exact = named_by(text)
    held = _held(text)
    if exact is not None:
        found = _groups([("Exact match", [exact]), (_HELD, held)])
        return SearchResult(text, None if held else exact, found, ["an id or a number"])
    read_as, groups = ["a name"], [(_HELD, held)]
    amount = amount_of(text)
    if amount is not None:
        read_as.append("an amount")
        groups += _amounts(amount)
    for kind in _NAMED:
        groups += kind.find(text, in_full)
    found = _groups(groups)
    is_sentence = len(text.split()) >= _SENTENCE
    return SearchResult(text, None, found, read_as) if found or not is_sentence else _passage(text)


def _passage(text: str) -> SearchResult:
    """A list or a letter: what each piece of it names."""
    passage = read_passage(text)
    minor_units = _minor_units(*passage.amounts)
    said = [
        (len(passage.ids) + len(passage.numbers), "ids and numbers"),
        (len(passage.emails), "addresses"),
        (len(passage.amounts), "amounts"),
    ]
    read_as = [f"a text with {count} {noun}" for count, noun in said if count]
    groups = _groups(passage_groups(passage, minor_units))
    return SearchResult(text, None, groups, read_as or ["a text that names accounts or apps"])


@dataclass(frozen=True, slots=True)
class SearchedKind:
    """One kind of answer by name: the words that ask for it alone, and how it is found."""

    prefixes: Sequence[str]
    said: str
    find: Callable[[str, bool], list[tuple[str, list[Hit]]]]
    kinds: frozenset[str]


def _of_kind(kind: SearchedKind, text: str, *, in_full: bool) -> SearchResult:
    """Answers of one kind; exact where the text names one of it."""
    if not text:
        return SearchResult("", read_as=[kind.said])
    exact = named_by(text)
    if exact is not None and exact.kind in kind.kinds:
        return SearchResult(text, exact, _groups([("Exact match", [exact])]), [kind.said])
    return SearchResult(text, None, _groups(kind.find(text, in_full)), [kind.said])


def _prefixed(text: str) -> tuple[SearchedKind | None, str]:
    before, colon, rest = text.partition(":")
    known = _BY_PREFIX.get(before.strip().lower()) if colon else None
    return known, rest.strip()


def _groups(found: Iterable[tuple[str, list[Hit]]]) -> list[HitGroup]:
    return [HitGroup(label, hits) for label, hits in found if hits]


def _amounts(amount: Decimal) -> list[tuple[str, list[Hit]]]:
    minor_units = _minor_units(amount)
    return [
        ("Invoices of exactly this total", _by_total(minor_units)),
        ("Lines of exactly this amount", _by_line(minor_units)),
    ]


def _said_amount(text: str, in_full: bool) -> list[tuple[str, list[Hit]]]:
    amount = amount_of(text)
    return _amounts(amount) if amount is not None else []


def amount_of(text: str) -> Decimal | None:
    """The amount the text writes, such as 312.40 or $1,204; None when it is none."""
    match = _AMOUNT.fullmatch(text.replace("\u2212", "-"))
    return Decimal(match[1].replace(",", "")) if match else None


def _held(text: str) -> list[Hit]:
    """The events of one app that are held."""
    rows = QuarantinedEvent.objects.filter(subject=text, state=QuarantineState.HELD)
    found = rows.aggregate(count=Count("pk"), reasons=ArrayAgg("reason", distinct=True, default=[]))
    if not found["count"]:
        return []
    noun = "event is" if found["count"] == 1 else "events are"
    why = "; ".join(reason_text(reason) for reason in found["reasons"])
    return [Hit("held", text, f"{found['count']:,} {noun} held of {text}", why)]


_MinorUnits = Mapping[int, Sequence[str]]


def _minor_units(*amounts: Decimal) -> _MinorUnits:
    """The amounts in minor units, and the currencies in which one of them is that many."""
    found: dict[int, list[str]] = defaultdict(list)
    for code in currencies_sold() if amounts else ():
        for amount in amounts:
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


def _billed(text: str, in_full: bool) -> list[tuple[str, list[Hit]]]:
    return [("Accounts by what their invoices print", _billed_to(text, in_full=in_full))]


def _simple(
    label: str, find: Callable[[str], list[Hit]]
) -> Callable[[str, bool], list[tuple[str, list[Hit]]]]:
    return lambda text, in_full: [(label, find(text))]


_RESOURCES: Final = "Apps, add-ons and other resources"
_NAMED: Final = (
    SearchedKind(
        ("acc", "account"), "an account", _simple("Accounts", _accounts), frozenset({"account"})
    ),
    SearchedKind(("mail", "email", "tax"), "what invoices print", _billed, frozenset()),
    SearchedKind(
        ("app", "res", "resource"),
        "an app or add-on",
        _simple(_RESOURCES, _resources),
        frozenset({"resource"}),
    ),
    SearchedKind(
        ("inv", "invoice"), "an invoice", _simple("Invoices", _invoices), frozenset({"invoice"})
    ),
    SearchedKind(("plan",), "a plan", _simple("Plans", _plans), frozenset({"plan", "plans"})),
    SearchedKind(("meter",), "a meter", _simple("Meters", _meters), frozenset({"meter"})),
)
_EXACT_ONLY: Final = (
    SearchedKind(("amount",), "an amount", _said_amount, frozenset()),
    SearchedKind(("note", "crn"), "a credit note", lambda *_: [], frozenset({"credit-note"})),
    SearchedKind(("dsp", "dispute"), "a dispute", lambda *_: [], frozenset({"dispute"})),
    SearchedKind(("pay", "payment"), "a payment", lambda *_: [], frozenset({"payment"})),
    SearchedKind(("prp", "proposal"), "a proposal", lambda *_: [], frozenset({"proposal"})),
    SearchedKind(("event", "evt"), "an event", lambda *_: [], frozenset({"event"})),
    SearchedKind(
        ("req", "request"), "a request", lambda *_: [], frozenset({"events-of-day", "timeline"})
    ),
)
_BY_PREFIX: Final = {prefix: kind for kind in (*_NAMED, *_EXACT_ONLY) for prefix in kind.prefixes}
