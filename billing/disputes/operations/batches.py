"""Gather everybody with the same cause in a batch, and work out what each line comes to.

The lines are found in one statement. Each is worked out by itself, in the background, by what
works out the claim of a single case: one that cannot be is set aside and stops none of the others.
"""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime, timedelta
from functools import partial
from typing import Final

from billing.disputes.facts import StatedFact, kept_fact
from billing.disputes.figures import WorkedRow
from billing.disputes.models import CreditBatch, CreditBatchRow
from billing.disputes.operations.claims import worked_out
from billing.disputes.operations.incident_credits import given_for
from billing.disputes.operations.messages import lock_case
from billing.disputes.queries.alike import alike_lines
from billing.disputes.queries.doubled import doubled_facts
from billing.disputes.queries.shared_causes import SharedCause
from billing.disputes.targets import whole
from billing.invoicing.models import InvoiceLine
from core import leases
from core.actor import Actor, require_said
from core.db.transactions import transaction
from core.errors import Conflict, Invalid
from core.isolating import made_or_wrong
from core.money import Money
from core.parking import why
from eventing.publish import publish
from usage.operations.settling import bring_up_to_date

LEASE: Final = timedelta(seconds=60)
CLAIMED: Final = 5
ROWS_MOST: Final = 20_000


class NobodyElse(Conflict):
    """Nobody else was charged like that, or all of them are in a batch already."""

    code = "nobody_else_charged"
    title = "Nobody else was charged like that"


class CreditBatchTooLarge(Invalid):
    """More lines than one batch holds."""

    code = "credit_batch_too_large"
    title = "That is too much for one batch"


class RowSettled(Conflict):
    """A row waits for its proposal, or is settled by one."""

    code = "credit_row_put_forward"
    title = "The line is put forward already"


def draft(*, cause: SharedCause, at: datetime, by: Actor, reason: str) -> CreditBatch:
    """Gather the lines of a cause; what they come to is worked out by `work`.

    Raises: ReasonMissing, NobodyElse, CreditBatchTooLarge.
    """
    require_said(reason, "Say why they are to be credited.")
    line = cause.line
    with transaction():
        # Whoever drafts the same batch meanwhile waits here, and then finds nobody left.
        lock_case(line.case)
        rows = alike_lines(cause)
        found = list(
            rows.select_related("invoice").order_by("invoice_id", "position")[: ROWS_MOST + 1]
        )
        if not found:
            raise NobodyElse("There is nobody to gather; look at the batches that are there.")
        if len(found) > ROWS_MOST:
            raise CreditBatchTooLarge(f"Up to {ROWS_MOST:,} lines are gathered at once.")
        doubled = doubled_facts(rows, cause) if cause.doubled is not None else {}
        batch = CreditBatch.objects.create(
            line=line,
            reason_code=line.reason_code,
            cause=cause.words,
            reason=reason,
            drafted_at=at,
            drafted_by=by.name,
        )
        CreditBatchRow.objects.bulk_create(
            CreditBatchRow(
                batch=batch,
                invoice_line=each,
                currency=each.invoice.currency,
                facts=doubled.get(each.pk) or cause.facts_of(each),
                not_before=at,
            )
            for each in found
        )
        publish(
            "credit_batch.drafted",
            subject=batch.public_id,
            payload={"dispute": line.case.public_id, "lines": len(found), "reason": reason},
            at=at,
        )
    return batch


def claim_rows(*, at: datetime) -> list[CreditBatchRow]:
    """Lease the rows that are due, the oldest first."""
    rows = CreditBatchRow.objects.select_related("batch__incident")
    return leases.claim(rows, limit=CLAIMED, at=at, lease_for=LEASE)


def work(rows: Sequence[CreditBatchRow], *, at: datetime) -> int:
    """Work out claimed rows, each by itself; how many are settled."""
    return sum(_work(row, at=at) for row in rows)


def _work(row: CreditBatchRow, *, at: datetime) -> bool:
    found = made_or_wrong(partial(work_out, row, at=at))
    if isinstance(found, Exception):
        leases.fail(row, error=why(found, row=row.pk, batch=row.batch.public_id).sentence, at=at)
        return False
    with transaction():
        leases.hold(row)
        _keep(row, found)
        leases.complete(row, at=at)
    return True


def work_out(row: CreditBatchRow, *, at: datetime) -> WorkedRow:
    """What a row comes to as of now. Raises: ContestedFirst, and what rating refuses."""
    line = InvoiceLine.objects.select_related(
        "invoice__account", "price__meter", "resource", "corrects"
    ).get(pk=row.invoice_line_id)
    bring_up_to_date([line.invoice.account_id], at=at)
    if row.batch.incident is not None:
        return given_for(row.batch.incident, row, line)
    fact: StatedFact = kept_fact(row.batch.reason_code, row.facts)
    figures = worked_out(whole(line), fact, at=at)
    if not figures.is_worth_something:
        stands, drafted = (
            Money.from_minor(each, row.currency)
            for each in (figures.billed_minor - figures.corrected_minor, figures.drafted_minor)
        )
        return WorkedRow({}, 0, 0, f"{stands} stands, and it comes to {drafted}.")
    return WorkedRow(dict(figures.credits), figures.credit_minor, figures.gross_minor)


def leave_out(*, row: CreditBatchRow, at: datetime, by: Actor, reason: str) -> CreditBatchRow:
    """Leave a line out of its batch. Raises: RowSettled, ReasonMissing."""
    require_said(reason, "Say why it is left out.")
    with transaction():
        locked = lock_row(row)
        locked.left_out_because = f"{by.name}: {reason}"
        locked.save(update_fields=["left_out_because"])
        publish(
            "credit_batch.line_left_out",
            subject=locked.batch.public_id,
            payload={"line": locked.invoice_line_id, "by": by.name, "reason": reason},
            at=at,
        )
    return locked


def try_again(*, batch: CreditBatch, at: datetime) -> int:
    """Work the rows of a batch that were set aside once more; how many."""
    with transaction():
        parked = batch.rows.select_for_update().filter(state=CreditBatchRow.State.PARKED)
        rows = list(parked.order_by("pk"))
        for row in rows:
            leases.release(row, at=at)
    return len(rows)


def lock_row(row: CreditBatchRow) -> CreditBatchRow:
    """Lock a row that is not put forward. Raises: RowSettled, NoTransaction."""
    rows = CreditBatchRow.objects.select_for_update(of=("self",)).select_related("batch")
    locked = rows.get(pk=row.pk)
    if locked.proposal:
        raise RowSettled(f"It waits for {locked.proposal}.", row=str(row.pk))
    return locked


def keep_anew(row: CreditBatchRow, found: WorkedRow) -> bool:
    """Keep what a locked row comes to by now; whether that is what it was."""
    same = (row.credits, row.credit_minor, row.gross_minor) == (
        dict(found.credits),
        found.credit_minor,
        found.gross_minor,
    )
    if not same:
        _keep(row, found)
    return same


def _keep(row: CreditBatchRow, found: WorkedRow) -> None:
    row.credits, row.credit_minor = dict(found.credits), found.credit_minor
    row.gross_minor, row.nothing_because = found.gross_minor, found.nothing_because
    row.save(update_fields=["credits", "credit_minor", "gross_minor", "nothing_because"])
