"""Questions with filters: `status:overdue amount:>100 USD account:acme since:2026-10-01`.

A text is read so where it has one of the words below with a colon; a lone `account:` or an amount
to the cent asks for that thing itself (`search`). What cannot be read is said, with what is
allowed; nothing is narrowed by half of a question.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from decimal import Decimal
from typing import Any, Final

from django.db.models import Q, QuerySet

from approvals.models import Proposal
from approvals.queries.proposals import row_of as proposal_row
from billing.catalogue.queries.currencies import currencies_sold
from billing.disputes.queries.cases import CaseState, case_rows
from billing.invoicing.models import Invoice
from billing.overview.queries.search import HitGroup, SearchResult
from billing.overview.queries.search_hits import Hit, case_hit, invoice_hit, payment_hit
from billing.receivables.models import Payment
from billing.receivables.queries.open_items import overdue_from, still_open
from core.errors import Invalid
from core.instants import read_day
from core.money import minor_exponent
from core.periods import local_midnight

MOST: Final = 20
"""Of each kind."""
LOOKED_AT: Final = 200
KINDS: Final = ("invoice", "payment", "dispute", "proposal")
_WORDS: Final = ("account", "amount", "kind", "since", "status", "until")
_TOKEN: Final = re.compile(r"(?:^|\s)([a-z]+):\s*", re.IGNORECASE)
_AMOUNT: Final = re.compile(
    r"(?P<sign>>=|<=|>|<|=)?\s*(?P<low>-?\d{1,14}(?:\.\d{1,4})?)"
    r"(?:\.\.(?P<high>-?\d{1,14}(?:\.\d{1,4})?))?(?:\s*(?P<code>[A-Za-z]{3}))?"
)
_INVOICES: Final = ("draft", "issued", "open", "overdue")
_LOOKUPS: Final = {">": "gt", ">=": "gte", "<": "lt", "<=": "lte", "=": "exact", None: "exact"}
STATES: Final[Mapping[str, Sequence[str]]] = {
    "invoice": _INVOICES,
    "payment": (),
    "dispute": tuple(CaseState),
    "proposal": tuple(Proposal.State.values),
}


class SearchFilterInvalid(Invalid):
    """A filter of a search is not one, or has a value it cannot have."""

    code = "search_filter_invalid"
    title = "The filter cannot be read"


@dataclass(frozen=True, slots=True)
class AskedAmount:
    """On which side of which amounts, in one currency or in all."""

    bounds: Sequence[tuple[str, Decimal]]
    currency: str = ""

    def within(self, column: str) -> Q:
        """Rows whose minor units in `column` fit, each currency by its own unit."""
        codes = [self.currency] if self.currency else currencies_sold()
        found = Q(pk__in=())
        for code in codes:
            fits = Q(currency=code)
            for lookup, amount in self.bounds:
                minor = amount.scaleb(minor_exponent(code))
                if lookup == "exact" and minor != minor.to_integral_value():
                    fits = Q(pk__in=())
                else:
                    fits &= Q(**{f"{column}__{lookup}": minor})
            found |= fits
        return found


@dataclass(frozen=True, slots=True)
class Asked:
    """A question taken apart."""

    kinds: Sequence[str] = KINDS
    states: Sequence[str] = ()
    account: str = ""
    amount: AskedAmount | None = None
    since: datetime | None = None
    until: datetime | None = None


def filtered_search(text: str, *, at: datetime) -> SearchResult | None:
    """Answers to a question with filters, `MOST` of each kind, the latest first; None where the
    text is no such question. A known number of queries. Raises: SearchFilterInvalid.
    """
    asked = read_question(text)
    if asked is None:
        return None
    groups = [
        HitGroup(label, hits)
        for kind in asked.kinds
        for label, find in (_FINDS[kind],)
        if (hits := find(asked, at))
    ]
    return SearchResult(text, None, groups, ["a question with filters"])


def read_question(text: str) -> Asked | None:
    """The filters of a text, or None where it is to be searched for as it stands.

    Raises: SearchFilterInvalid.
    """
    parts = _TOKEN.split(" ".join(text.split()))
    pairs = [
        (name.lower(), value.strip()) for name, value in zip(parts[1::2], parts[2::2], strict=True)
    ]
    names = [name for name, _ in pairs]
    if not pairs or not any(name in _WORDS for name in names) or _is_plain(pairs, parts[0]):
        return None
    unknown = [name for name in names if name not in _WORDS]
    if unknown or parts[0].strip():
        what = f"{unknown[0]}:" if unknown else f"{parts[0].strip()[:40]!r} without a filter"
        raise SearchFilterInvalid(f"{what} is not read here. Filters are {_listed(_WORDS)}")
    twice = [name for name in names if names.count(name) > 1]
    if twice:
        raise SearchFilterInvalid(f"{twice[0]}: stands twice; say it once.")
    return _asked(dict(pairs))


def _is_plain(pairs: Sequence[tuple[str, str]], before: str) -> bool:
    """A lone account:, or an amount alone, is asked for as ever."""
    if len(pairs) > 1 or before.strip():
        return len(pairs) == 1 and pairs[0][0] in ("account", "amount")
    name, value = pairs[0]
    is_bare = re.fullmatch(r"[$€£¥]?-?[\d,]+(\.\d{1,4})?", value) is not None
    return name == "account" or (name == "amount" and is_bare)


def _asked(said: Mapping[str, str]) -> Asked:
    kinds: tuple[str, ...] = tuple(KINDS)
    states: tuple[str, ...] = ()
    if "kind" in said:
        kinds = (_one_of("kind", said["kind"], KINDS),)
    if "status" in said:
        allowed = sorted({state for kind in kinds for state in STATES[kind]})
        states = (_one_of("status", said["status"].replace(" ", "_"), allowed),)
        kinds = tuple(kind for kind in kinds if states[0] in STATES[kind])
    if "amount" in said:
        kinds = tuple(kind for kind in kinds if kind != "dispute")
        if not kinds:
            raise SearchFilterInvalid("amount: narrows invoices, payments and proposals.")
    return Asked(
        kinds,
        states,
        said.get("account", ""),
        _amount(said["amount"]) if "amount" in said else None,
        _day("since", said["since"]) if "since" in said else None,
        _day("until", said["until"]) if "until" in said else None,
    )


def _one_of(name: str, value: str, allowed: Sequence[str]) -> str:
    if value.lower() in allowed:
        return value.lower()
    one = value.lower().removesuffix("s")
    if one in allowed:
        return one
    raise SearchFilterInvalid(f"{name}: cannot be {value[:40]!r}. Allowed: {', '.join(allowed)}.")


def _amount(text: str) -> AskedAmount:
    match = _AMOUNT.fullmatch(text.replace(",", "").replace("\u2212", "-"))
    if match is None or (match["high"] and match["sign"]):
        raise SearchFilterInvalid(
            f"amount: cannot be {text[:40]!r}. Allowed: 42.50, >100, <=20 EUR, 10..20, each with a"
            " currency or without."
        )
    code = (match["code"] or "").upper()
    if code and code not in currencies_sold():
        raise SearchFilterInvalid(
            f"amount: nothing is sold in {code}. Allowed: {', '.join(currencies_sold())}."
        )
    low = Decimal(match["low"])
    if match["high"]:
        return AskedAmount([("gte", low), ("lte", Decimal(match["high"]))], code)
    return AskedAmount([(_LOOKUPS[match["sign"]], low)], code)


def _day(name: str, text: str) -> datetime:
    try:
        return local_midnight(read_day(text, field=name), "UTC")
    except Invalid as problem:
        raise SearchFilterInvalid(
            f"{name}: cannot be {text[:40]!r}. Allowed: a day, such as 2026-10-31, in UTC."
        ) from problem


def _listed(words: Sequence[str]) -> str:
    return ", ".join(f"{word}:" for word in words) + "."


def _narrowed(rows: QuerySet[Any], asked: Asked, instant: str) -> QuerySet[Any]:
    if asked.account:
        wanted = Q(account__public_id=asked.account) | Q(account__name__icontains=asked.account)
        rows = rows.filter(wanted)
    if asked.since is not None:
        rows = rows.filter(**{f"{instant}__gte": asked.since})
    if asked.until is not None:
        rows = rows.filter(**{f"{instant}__lt": asked.until})
    return rows


def _invoices(asked: Asked, at: datetime) -> list[Hit]:
    """By the day they were issued; drafts by the end of their period."""
    state = next(iter(asked.states), "")
    rows = still_open() if state in ("open", "overdue") else Invoice.objects.all()
    if state in Invoice.State.values:
        rows = rows.filter(state=state)
    if state == "overdue":
        rows = rows.filter(due_on__lte=at.date())
    if asked.amount is not None:
        rows = rows.filter(asked.amount.within("total_minor"))
    instant = "period_until" if state == "draft" else "issued_at"
    rows = _narrowed(rows, asked, instant).select_related("account")
    found = rows.order_by("-period_from", "-pk")[: LOOKED_AT if state == "overdue" else MOST]
    late = (each for each in found if state != "overdue" or overdue_from(each) <= at)
    return [invoice_hit(each) for _, each in zip(range(MOST), late, strict=False)]


def _payments(asked: Asked, at: datetime) -> list[Hit]:
    rows = Payment.objects.select_related("account")
    if asked.amount is not None:
        rows = rows.filter(asked.amount.within("amount_minor"))
    rows = _narrowed(rows, asked, "received_at")
    return [payment_hit(each) for each in rows.order_by("-received_at", "-pk")[:MOST]]


def _disputes(asked: Asked, at: datetime) -> list[Hit]:
    rows = case_rows().select_related("account")
    if asked.states:
        rows = rows.filter(Q(_computed=asked.states[0]))
    rows = _narrowed(rows, asked, "opened_at")
    return [case_hit(each) for each in rows.order_by("-opened_at", "-pk")[:MOST]]


def _proposals(asked: Asked, at: datetime) -> list[Hit]:
    rows = Proposal.objects.select_related("account", "maker")
    if asked.states:
        rows = rows.filter(state=asked.states[0])
    if asked.amount is not None:
        rows = rows.filter(asked.amount.within("amount_minor"))
    rows = _narrowed(rows, asked, "put_forward_at")
    return [
        Hit(
            "proposal",
            each.public_id,
            proposal_row(each, at).title,
            f"{each.get_state_display()}, by {each.maker}",
            amount=each.amount,
        )
        for each in rows.order_by("-put_forward_at", "-pk")[:MOST]
    ]


_FINDS: Final[Mapping[str, tuple[str, Callable[[Asked, datetime], list[Hit]]]]] = {
    "invoice": ("Invoices", _invoices),
    "payment": ("Payments", _payments),
    "dispute": ("Disputes", _disputes),
    "proposal": ("Proposals", _proposals),
}
