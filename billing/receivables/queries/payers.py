"""Who owes what, as a page reads it: payers by what is most overdue, and the sums by currency."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime

from accounts.models import Account
from billing.invoicing.queries.invoices import Party
from billing.receivables.queries.ageing import AgeingRow, worst_payers

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
    """What is owed at an instant, of all payers or those of a currency; three queries."""
    worst = worst_payers(at=at, currency=currency, most=SHOWN_AT_ONCE)
    payers = {
        pk: Party(public_id, name)
        for pk, public_id, name in Account.objects.filter(
            pk__one_of=[row.payer_id for row in worst.rows]
        ).values_list("pk", "public_id", "name")
    }
    return ReceivablesPage(
        [PayerRow(payers[row.payer_id], row) for row in worst.rows], worst.count, worst.sums
    )
