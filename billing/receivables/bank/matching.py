"""Whose money the rows of a bank's file are: rules in their order; the first that finds decides.

What concerns many rows is read once for all of them. Nothing is written; `operations.bank_files`
books what is certain, and a person accepts one of what is only suggested.
"""

from __future__ import annotations

import re
from collections import defaultdict
from collections.abc import Callable, Collection, Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime
from typing import Final

from django.db.models import Q

from accounts.models import Account
from billing.invoicing.models import Invoice, NumberSeries
from billing.receivables.models import BankRow, PayerReference
from billing.receivables.policies import matching as by
from billing.receivables.policies.matching import MatchingRule, MatchingRules
from billing.receivables.queries.open_items import open_items, open_of_amounts, still_open
from core.ids import BODY_LENGTH
from core.money import Money

CANDIDATES_MAX: Final = 20
"""More invoices of one amount than this are no suggestion."""
_SEPARATORS: Final = r"[\s\-–_./#]*"
_ACCOUNT_ID: Final = re.compile(rf"acc_[0-9a-z]{{{BODY_LENGTH}}}")


@dataclass(frozen=True, slots=True)
class Candidate:
    """A payer, and the invoices the money would go on; none is what is oldest due."""

    payer_id: int
    invoices: Sequence[Invoice]
    rule: str


@dataclass(frozen=True, slots=True)
class Finding:
    """What the rules say of a row.

    `is_certain`: exactly one candidate, by a rule that may book. `payer_id` alone, without a
    candidate: it is certain whose the money is, and `why` says why it is on no invoice.
    """

    candidates: Sequence[Candidate] = ()
    is_certain: bool = False
    payer_id: int | None = None
    rule: str = ""
    why: str = "No invoice number, payer or amount in it is known."


@dataclass
class Matcher:
    """The rules over some rows, and what is open as they are gone through.

    Where it `only_looks`, nothing is settled meanwhile, and of each amount no more invoices are
    read than say that there are too many.
    """

    rules: MatchingRules
    at: datetime
    only_looks: bool = False
    _named: Mapping[int, Sequence[Invoice]] = field(default_factory=dict)
    _followed: Mapping[int, Sequence[Invoice]] = field(default_factory=dict)
    _payers: Mapping[int, Sequence[int]] = field(default_factory=dict)
    _of_payers: list[Invoice] = field(default_factory=list)
    _of_amounts: list[Invoice] = field(default_factory=list)
    _left: dict[int, int] = field(default_factory=dict)
    _void: set[int] = field(default_factory=set)

    @classmethod
    def over(
        cls,
        rows: Sequence[BankRow],
        rules: MatchingRules,
        *,
        at: datetime,
        only_looks: bool = False,
    ) -> Matcher:
        """A matcher of these rows, which are told apart by their key."""
        mine = [row for row in rows if row.kind == BankRow.Kind.CREDIT]
        found = cls(rules, at, only_looks)
        found._named, found._followed = _invoices_named(mine)
        found._payers = _payers_of(mine)
        found.read_open(mine)
        return found

    @property
    def payer_ids(self) -> set[int]:
        """Whoever may get money by a rule that books."""
        invoices = [*self._all(self._named), *self._all(self._followed)]
        return {each.payer_id for each in invoices} | {
            pk for payers in self._payers.values() for pk in payers
        }

    def read_open(self, rows: Sequence[BankRow]) -> None:
        """Read what is open; again, once the payers are locked."""
        named = {each.pk: each for each in self._all(self._named)}
        named |= {each.pk: each for each in self._all(self._followed)}
        known = {pk for payers in self._payers.values() for pk in payers}
        self._of_payers = list(still_open().filter(payer_id__one_of=known)) if known else []
        wanted = {row.amount_minor for row in rows if row.amount_minor is not None}
        goes_by_amount = any(rule.by == by.AMOUNT for rule in self.rules.rules)
        most = CANDIDATES_MAX + 1 if self.only_looks else None
        self._of_amounts = (
            list(open_of_amounts(wanted, currencies={row.currency for row in rows}, most=most))
            if wanted and goes_by_amount
            else []
        )
        items = open_items(list(named.values()), at=self.at)
        self._void = {pk for pk, item in items.items() if item.is_void}
        self._left = {pk: item.open_minor for pk, item in items.items()}
        for invoice in (*self._of_payers, *self._of_amounts):
            self._left[invoice.pk] = invoice.left_minor  # type: ignore[attr-defined]  # annotated

    def settled(self, invoice: Invoice, minor: int) -> None:
        """So much of an invoice was settled meanwhile."""
        if invoice.pk in self._left:
            self._left[invoice.pk] -= minor

    def left(self, invoice: Invoice) -> int:
        """What is open of an invoice as the matcher knows it."""
        return self._left.get(invoice.pk, 0)

    def finding(self, row: BankRow) -> Finding:
        """What the first rule says that finds anything."""
        ways: Mapping[str, Callable[[BankRow, MatchingRule], Finding | None]] = {
            by.NUMBER: lambda row, rule: self._by_number(row, rule, self._named),
            by.REPLACED: lambda row, rule: self._by_number(row, rule, self._followed),
            by.PAYER_AMOUNT: self._by_payer_amount,
            by.PAYER: self._by_payer,
            by.AMOUNT: self._by_amount,
        }
        for rule in self.rules.rules:
            found = ways[rule.by](row, rule)
            if found is not None:
                return found
        return Finding()

    def _by_number(
        self, row: BankRow, rule: MatchingRule, named: Mapping[int, Sequence[Invoice]]
    ) -> Finding | None:
        invoices = named.get(_name(row), ())
        if not invoices:
            return None
        payers = {each.payer_id for each in invoices}
        if len(payers) > 1:
            return _several([Candidate(each.payer_id, (each,), rule.by) for each in invoices], rule)
        (payer_id,) = payers
        mine = [each for each in invoices if each.currency == row.currency]
        due = [each for each in mine if self.left(each) > 0]
        if not due:
            why = self._nothing_due(row, mine or invoices)
            known = payer_id if rule.is_automatic else None
            return Finding(
                () if known else [Candidate(payer_id, (), rule.by)], False, known, rule.by, why
            )
        owed = sum(self.left(each) for each in due)
        if len(due) == 1 or (row.amount_minor or 0) >= owed:
            return _several([Candidate(payer_id, tuple(due), rule.by)], rule)
        return _several([Candidate(payer_id, (each,), rule.by) for each in due], rule)

    def _nothing_due(self, row: BankRow, invoices: Sequence[Invoice]) -> str:
        """Why money of a payer who is known is on no invoice."""
        names = ", ".join(str(each) for each in invoices)
        currency = invoices[0].currency
        if currency != row.currency:
            return (
                f"{names} is in {currency}, the money in {row.currency}. Nothing is converted by "
                "itself; the money is the payer’s and on no invoice."
            )
        if all(each.pk in self._void for each in invoices):
            return f"{names} is void and nothing stands in for it. The money is on no invoice."
        return f"Nothing of {names} is open. The money is the payer’s and on no invoice."

    def _by_payer_amount(self, row: BankRow, rule: MatchingRule) -> Finding | None:
        payers = self._payers.get(_name(row), ())
        fitting = self._fitting(row, self._of_payers, payers)
        if not fitting:
            return None
        found = _several([Candidate(each.payer_id, (each,), rule.by) for each in fitting], rule)
        if found.is_certain and len(payers) > 1:
            return Finding(found.candidates, False, None, rule.by, _MANY_PAYERS)
        return found

    def _by_payer(self, row: BankRow, rule: MatchingRule) -> Finding | None:
        payers = self._payers.get(_name(row), ())
        if not payers:
            return None
        candidates = [Candidate(pk, (), rule.by) for pk in payers]
        why = "The payer is known; no invoice has exactly this open."
        return Finding(candidates, False, None, rule.by, why if len(payers) == 1 else _MANY_PAYERS)

    def _by_amount(self, row: BankRow, rule: MatchingRule) -> Finding | None:
        fitting = self._fitting(row, self._of_amounts, None)
        if not 0 < len(fitting) <= CANDIDATES_MAX:
            return None
        return _several([Candidate(each.payer_id, (each,), rule.by) for each in fitting], rule)

    def _fitting(
        self, row: BankRow, invoices: Iterable[Invoice], payers: Collection[int] | None
    ) -> list[Invoice]:
        return [
            each
            for each in invoices
            if (payers is None or each.payer_id in payers)
            and each.currency == row.currency
            and self.left(each) == row.amount_minor
        ]

    def _all(self, found: Mapping[int, Sequence[Invoice]]) -> list[Invoice]:
        return [each for invoices in found.values() for each in invoices]


_MANY_PAYERS: Final = "What names the payer is known of more than one account."


def _several(candidates: Sequence[Candidate], rule: MatchingRule) -> Finding:
    """One of a rule that may book is certain; anything else is a suggestion."""
    names = ", ".join(str(invoice) for each in candidates for invoice in each.invoices)
    why = f"{names}: {by.BY[rule.by]}."
    if len(candidates) > 1:
        why = f"{len(candidates)} invoices fit: {names}. Nothing was booked."
    return Finding(candidates, len(candidates) == 1 and rule.is_automatic, None, rule.by, why)


def amounts_for(
    candidate: Candidate, amount_minor: int, left: Callable[[Invoice], int]
) -> dict[Invoice, int]:
    """What of an amount goes on which invoice of a candidate, in its order."""
    amounts: dict[Invoice, int] = {}
    for invoice in candidate.invoices:
        minor = min(left(invoice), amount_minor)
        if minor > 0:
            amounts[invoice] = minor
            amount_minor -= minor
    return amounts


def settled_text(amounts: Mapping[Invoice, int], rest: Money) -> str:
    """What was booked, in words."""
    said = ", ".join(
        f"{Money.from_minor(minor, each.currency)} on {each}" for each, minor in amounts.items()
    )
    left = f"{rest} is left with the payer" if rest else ""
    return "; ".join(part for part in (said, left) if part) + "."


def _name(row: BankRow) -> int:
    """What tells rows apart while they are not stored."""
    return id(row)


def _invoices_named(
    rows: Sequence[BankRow],
) -> tuple[dict[int, list[Invoice]], dict[int, list[Invoice]]]:
    """The invoices each row names, and those that stand in for a void one it names.

    A void invoice that nothing stands in for is among the first. Three queries, and one for each
    link of the longest chain.
    """
    patterns = {
        series.pk: _pattern(series.prefix) for series in NumberSeries.objects.order_by("prefix")
    }
    wanted: dict[int, set[tuple[int, int]]] = {}
    for row in rows:
        text = f"{row.text} {row.bank_reference}"
        wanted[_name(row)] = {
            (pk, int(found[1]))
            for pk, pattern in patterns.items()
            for found in pattern.finditer(text)
        }
    asked = {pair for pairs in wanted.values() for pair in pairs}
    if not asked:
        return {}, {}
    rows_found = Invoice.objects.filter(
        series_id__in={pk for pk, _ in asked}, sequence__in={number for _, number in asked}
    ).select_related("void")
    by_number = {(each.series_id, each.sequence): each for each in rows_found}
    ends = _followed([each for pair, each in by_number.items() if pair in asked])
    named: dict[int, list[Invoice]] = {}
    followed: dict[int, list[Invoice]] = {}
    for key, pairs in wanted.items():
        invoices = [by_number[pair] for pair in sorted(pairs) if pair in by_number]
        named[key] = [each for each in invoices if ends[each.pk].pk == each.pk]
        followed[key] = list({ends[e.pk].pk: ends[e.pk] for e in invoices
                              if ends[e.pk].pk != e.pk}.values())  # fmt: skip
    return named, followed


def _pattern(prefix: str) -> re.Pattern[str]:
    """A number of a series however it is written: with other separators, without its zeros."""
    parts = [re.escape(part) for part in re.findall(r"[A-Za-z0-9]+", prefix)]
    written = _SEPARATORS.join([*parts, r"0*([1-9][0-9]{0,11})"])
    return re.compile(rf"(?<![A-Za-z0-9]){written}(?![0-9])", re.IGNORECASE | re.ASCII)


def _followed(invoices: Sequence[Invoice]) -> dict[int, Invoice]:
    """What stands in for each invoice, itself where it is not replaced; by the ids asked for."""
    ends = {each.pk: each for each in invoices}
    waiting = {each.pk: each for each in invoices if hasattr(each, "void")}
    while waiting:
        voids = {each.void.pk: origin for origin, each in waiting.items()}
        found = Invoice.objects.filter(
            reissues_id__in=list(voids), state=Invoice.State.ISSUED
        ).select_related("void")
        waiting = {}
        for each in found:
            origin = voids[each.reissues_id or 0]
            ends[origin] = each
            if hasattr(each, "void"):
                waiting[origin] = each
    return ends


def _payers_of(rows: Sequence[BankRow]) -> dict[int, list[int]]:
    """The accounts that each row's payer reference, or an account id in it, is known for."""
    references = {row.payer_reference for row in rows if row.payer_reference}
    known: dict[str, dict[int, bool]] = defaultdict(dict)
    said = PayerReference.objects.filter(reference__in=references).order_by("pk")
    for reference, account_id, holds in said.values_list("reference", "account_id", "holds"):
        known[reference][account_id] = holds
    ids = {
        _name(row): _ACCOUNT_ID.findall(f"{row.payer_reference} {row.text}".lower()) for row in rows
    }
    asked = {each for found in ids.values() for each in found}
    accounts = dict(
        Account.objects.filter(Q(public_id__in=asked)).values_list("public_id", "pk")
        if asked
        else ()
    )
    return {
        _name(row): sorted(
            {pk for pk, holds in known[row.payer_reference].items() if holds}
            | {accounts[each] for each in ids[_name(row)] if each in accounts}
        )
        for row in rows
    }
