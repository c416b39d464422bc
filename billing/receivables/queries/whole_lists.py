"""Lists of receivables from their first row to their last, some at a time: for files."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from datetime import datetime
from itertools import islice
from typing import Final, TypeVar

from django.db.models import OuterRef, QuerySet, Subquery

from accounts.models import Account
from billing.invoicing.models import CreditNote
from billing.invoicing.queries.invoices import Party
from billing.receivables.models import (
    BankFile,
    BankRow,
    BankRowFate,
    DunningNotice,
    Refund,
    RefundAttempt,
)
from billing.receivables.queries.ageing import ageing
from billing.receivables.queries.bank_rows import fates_of
from billing.receivables.queries.dunning import Delinquency, delinquencies, payers_to_look_at
from billing.receivables.queries.payers import PayerRow

AT_ONCE: Final = 500
RowT = TypeVar("RowT")


def every_payer(*, at: datetime) -> Iterator[PayerRow]:
    """Whoever owes or has something at an instant, by age; one query for so many."""
    for some in _some(ageing(at=at)):
        ids = [row.payer_id for row in some]
        accounts = Account.objects.filter(pk__one_of=ids).values_list("pk", "public_id", "name")
        payers = {pk: Party(public_id, name) for pk, public_id, name in accounts}
        yield from (PayerRow(payers[row.payer_id], row) for row in some)


def every_row(file: BankFile, *, fate: str = "") -> Iterator[tuple[BankRow, BankRowFate]]:
    """The rows of a bank's file in its order with the fates that hold, of one fate or all."""
    rows = file.rows.order_by("line").iterator(AT_ONCE)
    for some in _some(rows):
        fates = fates_of(some)
        yield from ((row, fates[row.pk]) for row in some if not fate or fates[row.pk].fate == fate)


def every_late_payer(*, at: datetime) -> Iterator[Delinquency]:
    """Whoever is late or suspended, by name."""
    accounts = Account.objects.filter(pk__one_of=payers_to_look_at(at=at)).order_by("name", "pk")
    for some in _some(accounts):
        yield from delinquencies(some, at=at)


def every_notice() -> QuerySet[DunningNotice]:
    """Steps of dunning that were taken, the newest first."""
    notices = DunningNotice.objects.select_related("account", "base_invoice")
    return notices.order_by("-sent_at", "-pk")


def every_note() -> QuerySet[CreditNote]:
    """Credit notes, the newest first."""
    return CreditNote.objects.select_related("invoice__payer").order_by("-issued_at", "-pk")


def every_refund() -> QuerySet[Refund]:
    """Requests to give money back, the newest first, with the `outcome` of the last attempt."""
    attempts = RefundAttempt.objects.filter(refund=OuterRef("pk")).order_by("-number")
    refunds = Refund.objects.select_related("payment__account", "credit_note")
    return refunds.annotate(outcome=Subquery(attempts.values("outcome")[:1])).order_by(
        "-requested_at", "-pk"
    )


def _some(rows: Iterable[RowT]) -> Iterator[list[RowT]]:
    """Rows so many at a time."""
    left = iter(rows)
    while some := list(islice(left, AT_ONCE)):
        yield some
