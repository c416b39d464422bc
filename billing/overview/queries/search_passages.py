"""What a longer text names, such as a customer's e-mail or a pasted list: ids, numbers, amounts,
addresses, apps and accounts.

The text is read once, a bounded number of pieces of each kind is kept, and each kind is looked up
in one query by an index. Nothing of the text is stored. Reading is pure.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from decimal import Decimal
from typing import Final, TypeVar

from django.db.models import Q

from accounts.models import Account, BillingProfile, Resource
from billing.disputes.models import DisputeCase
from billing.disputes.queries.cases import NUMBER
from billing.invoicing.models import CreditNote, Invoice, InvoiceLine
from billing.overview.queries.search_hits import (
    Hit,
    account_hits,
    case_hit,
    invoice_hit,
    line_hit,
    note_hit,
    resource_hits,
)

LONGEST_PASSAGE: Final = 20_000
MOST: Final = 40
"""Pieces of a kind that are looked up."""
SHOWN: Final = 20
PHRASES: Final = 2_000
WORDS_OF_A_NAME: Final = 4

_APP = re.compile(r"^\S*[-0-9]\S*$")
_WORD = re.compile(r"[\w@.+\-/&’']+")
_EMAIL = re.compile(r"[\w.+-]+@[\w-]+(?:\.[\w-]+)+", re.ASCII)
_ID = re.compile(r"\b[a-z]{3}_[0-9a-hjkmnp-tv-z]{26}\b", re.ASCII)
_NUMBER = re.compile(r"\b[A-Z]{1,8}-[0-9]{1,12}\b", re.ASCII | re.IGNORECASE)
_AMOUNT = re.compile(
    r"(?P<sign>[$€£¥]|\b[A-Z]{3}\s)?\s?(?P<figure>\d{1,3}(?:,\d{3})+(?:\.\d{2,3})?|\d{1,12}[.,]\d{2,3}|\d{1,12})"
    r"(?P<after>\s?[$€£¥]|\s?[A-Z]{3}\b)?",
    re.ASCII,
)


@dataclass(frozen=True, slots=True)
class Passage:
    """The pieces of a text, each kind in the order in which they came."""

    ids: Sequence[str]
    numbers: Sequence[str]
    emails: Sequence[str]
    amounts: Sequence[Decimal]
    phrases: Sequence[str]

    @property
    def names(self) -> list[str]:
        """The phrases that look like the name of an app: words are not taken for names."""
        return [each for each in self.phrases if _APP.search(each)]

    @property
    def names_several(self) -> bool:
        """Whether it names more than one thing by an id, a number or an address."""
        return len(self.ids) + len(self.numbers) + len(self.emails) > 1


def read_passage(text: str) -> Passage:
    """The pieces of a text, of its first `LONGEST_PASSAGE` characters."""
    text = text[:LONGEST_PASSAGE].replace("\u2212", "-")
    ids, emails = _ID.findall(text), [each.lower() for each in _EMAIL.findall(text)]
    numbers = [each.upper() for each in _NUMBER.findall(text)]
    words = [word.strip(".'’/-") for word in _WORD.findall(text)]
    words = [word for word in words if word]
    phrases = (
        " ".join(words[start : start + count])
        for count in range(1, WORDS_OF_A_NAME + 1)
        for start in range(len(words) - count + 1)
    )
    return Passage(
        ids=_first(ids, MOST),
        numbers=_first(numbers, MOST),
        emails=_first(emails, MOST),
        amounts=_first(_amounts(text), MOST),
        phrases=_first((each for each in phrases if len(each) > 2), PHRASES),
    )


def _amounts(text: str) -> Iterable[Decimal]:
    """Figures with a currency beside them, or with decimals as amounts have them."""
    for found in _AMOUNT.finditer(text):
        figure = found["figure"]
        if "," in figure and "." not in figure and len(figure.rpartition(",")[2]) == 2:
            figure = figure.replace(",", ".")
        is_money = found["sign"] or found["after"] or "." in figure
        if is_money:
            yield Decimal(figure.replace(",", ""))


def passage_groups(
    passage: Passage, minor_units: Mapping[int, Sequence[str]]
) -> list[tuple[str, list[Hit]]]:
    """What a text names, by kind; about a dozen queries, whatever the text.

    `minor_units` are its amounts as the currencies sold write them. Amounts are looked for in the
    accounts that the text names, where it names any.
    """
    accounts = _accounts(passage)
    named = Q(platform_id__in=passage.phrases) | Q(name__in=passage.names)
    resources = Resource.objects.filter(named | Q(public_id__in=passage.ids)).order_by("name", "pk")
    invoices = list(
        Invoice.objects.filter(Q(public_id__in=passage.ids) | Q(number__in=passage.numbers))
        .select_related("account")
        .order_by("-period_from", "-pk")[:SHOWN]
    )
    notes = CreditNote.objects.filter(
        Q(public_id__in=passage.ids) | Q(number__in=passage.numbers)
    ).select_related("invoice__account")
    whose = {each.pk for each in accounts} | {each.account_id for each in invoices}
    return [
        ("Accounts named in it", account_hits(accounts)),
        ("Invoices named in it", [invoice_hit(each) for each in invoices]),
        ("Credit notes named in it", [note_hit(each) for each in notes[:SHOWN]]),
        ("Disputes named in it", [case_hit(each) for each in _cases(passage)]),
        ("Apps and add-ons named in it", resource_hits(resources[:SHOWN])),
        *_of_amounts(minor_units, whose),
    ]


def _accounts(passage: Passage) -> list[Account]:
    """By id, by name as it is written, by the address it came from."""
    by_mail = BillingProfile.objects.filter(email__in=passage.emails).values("account_id")
    wanted = Q(public_id__in=passage.ids) | Q(name__in=passage.phrases)
    if passage.emails:
        wanted |= Q(pk__in=by_mail)
    return list(Account.objects.filter(wanted).order_by("name", "pk")[:SHOWN])


def _cases(passage: Passage) -> list[DisputeCase]:
    keys = [int(each.removeprefix(NUMBER)) for each in passage.numbers if each.startswith(NUMBER)]
    wanted = Q(public_id__in=passage.ids) | Q(pk__in=keys)
    return list(DisputeCase.objects.filter(wanted).select_related("account")[:SHOWN])


def _of_amounts(
    minor_units: Mapping[int, Sequence[str]], account_ids: set[int]
) -> list[tuple[str, list[Hit]]]:
    if not minor_units:
        return []
    totals, lines = Q(pk__in=[]), Q(pk__in=[])
    for minor, codes in minor_units.items():
        if minor:
            totals |= Q(currency__in=codes, total_minor=minor)
            lines |= Q(invoice__currency__in=codes, amount_minor=minor)
    if account_ids:
        totals &= Q(account__in=account_ids)
        lines &= Q(invoice__account__in=account_ids)
    invoices = Invoice.objects.filter(totals).select_related("account")
    found = InvoiceLine.objects.filter(lines).select_related("invoice__account")
    return [
        (
            "Invoices of exactly these totals",
            [invoice_hit(each) for each in invoices.order_by("-period_from", "-pk")[:SHOWN]],
        ),
        (
            "Lines of exactly these amounts",
            [line_hit(each) for each in found.defer("explanation").order_by("-pk")[:SHOWN]],
        ),
    ]


PieceT = TypeVar("PieceT", str, Decimal)


def _first(pieces: Iterable[PieceT], most: int) -> list[PieceT]:
    found: dict[PieceT, None] = {}
    for piece in pieces:
        found.setdefault(piece)
        if len(found) == most:
            break
    return list(found)
