"""Who owes what, as a page reads it: payers by what is most overdue, and the sums by currency."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime

from accounts.models import Account
from billing.invoicing.queries.invoices import Party
from billing.receivables.queries.ageing import BUCKETS, FREE, NOT_DUE, AgeingRow, ageing

SHOWN_AT_ONCE = 100


@dataclass(frozen=True, slots=True)
class PayerRow:
    """One payer in one currency."""

    payer: Party
    aged: AgeingRow


@dataclass(frozen=True, slots=True)
class ReceivablesPage:
    """The payers that owe most past due, how many there are, and the sums of all of them."""

    rows: Sequence[PayerRow]
    count: int
    sums: Sequence[AgeingRow]


def receivables(*, at: datetime, currency: str = "") -> ReceivablesPage:
    """What is owed at an instant, of all payers or those of a currency; two queries."""
    aged = [row for row in ageing(at=at) if not currency or row.currency == currency]
    worst = sorted(aged, key=lambda row: (-past_due(row), -row.total_minor, row.payer_id))
    shown = worst[:SHOWN_AT_ONCE]
    payers = {
        pk: Party(public_id, name)
        for pk, public_id, name in Account.objects.filter(
            pk__one_of=[row.payer_id for row in shown]
        ).values_list("pk", "public_id", "name")
    }
    return ReceivablesPage(
        [PayerRow(payers[row.payer_id], row) for row in shown], len(worst), sums_of(aged)
    )


def past_due(row: AgeingRow) -> int:
    """What of a row is past due, in minor units."""
    return sum(minor for name, minor in row.minor.items() if name not in (NOT_DUE, FREE))


def sums_of(rows: Sequence[AgeingRow]) -> list[AgeingRow]:
    """The rows added up, by currency."""
    sums: dict[str, dict[str, int]] = {}
    for row in rows:
        held: Mapping[str, int] = row.minor
        total = sums.setdefault(row.currency, dict.fromkeys(BUCKETS, 0))
        for name, minor in held.items():
            total[name] += minor
    return [AgeingRow(0, currency, minor) for currency, minor in sorted(sums.items())]
