"""A comparison becomes rows and one summary: what the command prints and the screens show.

Amounts leave here as exact decimal strings.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from decimal import Decimal
from typing import Any

from billing.invoicing.models import BillRun, Invoice
from billing.parallel_run.billing import Owners
from billing.parallel_run.charges import ForeignCharge, UnbilledRow
from billing.parallel_run.columns import BillingAccount
from billing.parallel_run.comparison import BillComparison, SkuMonth, SkuTally, SkuTotal, total_of
from billing.parallel_run.figures import EXACT
from billing.parallel_run.imported_by import ImportedBy
from billing.parallel_run.models import ParallelRun, ParallelRunRow, ParallelRunSku
from billing.parallel_run.readings import FocusFile
from billing.parallel_run.reasons import DifferenceReason
from core.db.bulk_rows import copy_rows
from core.db.transactions import transaction_required
from core.decimals import decimal_text
from core.ids import new_id
from eventing.publish import publish

ROW_COLUMNS = (
    "run_id",
    "row_number",
    "account_id",
    "currency",
    "period_from",
    "sku",
    "description",
    "event_id",
    "expected_amount",
    "our_amount",
    "fate",
    "difference_reason",
    "detail",
)
SKU_COLUMNS = (
    "run_id",
    "account_id",
    "currency",
    "period_from",
    "sku",
    "list_price",
    "unit",
    "description",
    "row_count",
    "billed_count",
    "expected_amount",
    "our_amount",
    "differences",
)


@dataclass(frozen=True, slots=True)
class BilledRow:
    """A billed row, the id of its event, and the name of its difference, if it has one."""

    charge: ForeignCharge
    event_id: str
    reason: DifferenceReason | None


@dataclass(frozen=True, slots=True)
class ComparisonOutcome:
    """Everything a comparison came to, before it is stored."""

    file: FocusFile
    comparison: BillComparison
    owners: Owners
    invoices: Sequence[Invoice]
    bill_run: BillRun | None


def store(
    outcome: ComparisonOutcome, rows: Iterable[BilledRow | UnbilledRow], *, doing: ImportedBy
) -> ParallelRun:
    """Store a comparison with its rows and SKUs; `rows` are read as they are written."""
    with transaction_required():
        public_id = new_id("prl")
        run = ParallelRun.objects.create(
            public_id=public_id,
            file_name=outcome.file.path.name[:300],
            file_sha256=outcome.file.sha256,
            ran_at=doing.at,
            ran_by=doing.by.name,
            reason=doing.reason,
            bill_run=outcome.bill_run,
            summary={"run": public_id} | summary_of(outcome),
        )
        owners = outcome.owners
        copy_rows(ParallelRunRow, ROW_COLUMNS, (_row(run.pk, owners, each) for each in rows))
        tallies = outcome.comparison.tallies.items()
        copy_rows(ParallelRunSku, SKU_COLUMNS, (_sku(run.pk, owners, *each) for each in tallies))
        publish(
            "parallel_run.compared",
            public_id,
            {"file": run.file_name, "unexplained": run.summary["unexplained"]},
            at=doing.at,
        )
    return run


def _row(run_id: int, owners: Owners, row: BilledRow | UnbilledRow) -> tuple[Any, ...]:
    if isinstance(row, UnbilledRow):
        return (
            run_id,
            row.number,
            _owner_id(owners, row.account),
            row.currency,
            None,
            row.sku,
            row.description,
            "",
            row.billed_cost.value if row.billed_cost else None,
            None,
            ParallelRunRow.Fate.QUARANTINED.value,
            row.reason.value,
            row.detail,
        )
    charge = row.charge
    return (
        run_id,
        charge.number,
        _owner_id(owners, charge.account),
        charge.account.currency,
        charge.period.start,
        charge.price.sku,
        charge.row.text("ChargeDescription"),
        row.event_id,
        charge.billed_cost.value,
        charge.ours,
        ParallelRunRow.Fate.BILLED.value,
        row.reason.value if row.reason else "",
        "",
    )


def _sku(run_id: int, owners: Owners, key: SkuMonth, tally: SkuTally) -> tuple[Any, ...]:
    return (
        run_id,
        _owner_id(owners, key.account),
        key.currency,
        key.month,
        key.price.sku,
        key.price.list_price,
        key.price.unit,
        tally.description,
        tally.row_count,
        tally.billed_count,
        tally.expected,
        tally.ours,
        _texts(tally.amounts),
    )


def _owner_id(owners: Owners, key: BillingAccount | None) -> int | None:
    account = owners.get(key) if key is not None else None
    return account.pk if account is not None else None


def summary_of(outcome: ComparisonOutcome) -> dict[str, Any]:
    """The comparison as one JSON object; see docs/parallel-run.md for every field.

    `expected_total` and `our_total` are the sums of all rows and all lines. With several
    currencies they are control sums, and what each currency comes to is in `currencies`.
    """
    tallies = outcome.comparison.tallies
    total = total_of(tallies.values())
    by_currency: dict[str, list[SkuTally]] = defaultdict(list)
    for key, tally in tallies.items():
        by_currency[key.currency].append(tally)
    currencies = {code: total_of(some) for code, some in sorted(by_currency.items()) if code}
    return {
        "file": outcome.file.path.name,
        "file_sha256": outcome.file.sha256,
        "bill_run": outcome.bill_run.public_id if outcome.bill_run else None,
        "rows": total.rows,
        "billed": total.billed,
        "quarantined": total.quarantined,
        "matched": total.matched,
        "explained": {reason.value: count for reason, count in total.explained.items()},
        "unexplained": sum(total.unexplained.values()),
        "unexplained_by": {reason.value: count for reason, count in total.unexplained.items()},
        "skus": sum(1 for tally in tallies.values() if tally.billed_count),
        "currency": next(iter(currencies)) if len(currencies) == 1 else None,
        **_amounts(total),
        "currencies": {code: _amounts(each) for code, each in currencies.items()},
        "not_compared": [
            {
                "reason": reason.value,
                "column": column,
                "rows": each.rows,
                "row": each.row_number,
                "detail": each.detail,
            }
            for (reason, column), each in outcome.comparison.not_compared.items()
        ],
        "invoices": [_invoice(each) for each in outcome.invoices],
    }


def _amounts(total: SkuTotal) -> dict[str, Any]:
    return {
        "expected_total": decimal_text(total.expected),
        "our_total": decimal_text(total.ours),
        "difference": decimal_text(EXACT.subtract(total.ours, total.expected)),
        "differences": _texts(total.amounts),
    }


def _texts(amounts: Mapping[DifferenceReason, Decimal]) -> dict[str, str]:
    return {reason.value: decimal_text(amount) for reason, amount in sorted(amounts.items())}


def _invoice(invoice: Invoice) -> dict[str, str]:
    return {
        "invoice": invoice.public_id,
        "account": invoice.account.name,
        "month": f"{invoice.period_from:%Y-%m-%d}",
        "state": invoice.state,
        "currency": invoice.currency,
        "total": str(invoice.total.amount),
    }
