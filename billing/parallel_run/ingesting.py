"""Usage is sent through the one ingest; here is what its verdicts mean for the rows of a bill."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from datetime import datetime

from accounts.models import Account
from billing.contracts.billability import billable_gate
from billing.parallel_run.charges import ForeignCharge, UnbilledRow
from billing.parallel_run.columns import BillingAccount
from billing.parallel_run.events import event_of
from billing.parallel_run.imported_by import ImportedBy
from billing.parallel_run.reasons import DifferenceReason
from core.actor import current_request_id
from usage.models import QuarantinedEvent, QuarantineState
from usage.operations.ingest import IngestOutcome, Verdict, ingest

BATCH = 1_000
"""Rows ingested together; as many as one request may bring."""

Identified = tuple[ForeignCharge, str]
"""A charge and the id of its event."""


def send(
    batch: Sequence[Identified],
    *,
    sources: Mapping[str, str],
    owners: Mapping[BillingAccount, Account],
    issued: Mapping[tuple[int, datetime], datetime],
    doing: ImportedBy,
) -> Iterator[UnbilledRow]:
    """Ingest charges, and return those that did not become billable usage.

    `issued` says when the invoice of an account and month was issued: usage that came later is
    accepted, but it is late and not on that invoice.
    """
    result = ingest(
        [event_of(charge, source=sources[charge.account.provider], id=id) for charge, id in batch],
        at=doing.at,
        by=doing.by,
        request_id=current_request_id(),
        gate=billable_gate(),
    )
    quarantined = _quarantined(result.verdicts)
    for (charge, id), verdict in zip(batch, result.verdicts, strict=True):
        if verdict.outcome in (IngestOutcome.REJECTED, IngestOutcome.CONFLICT):
            yield charge.held(DifferenceReason.USAGE_REFUSED, _said(verdict))
        elif verdict.outcome is IngestOutcome.QUARANTINED or id in quarantined:
            yield charge.held(
                DifferenceReason.USAGE_QUARANTINED, quarantined.get(id) or _said(verdict)
            )
        else:
            issued_at = issued.get((owners[charge.account].pk, charge.period.start))
            # What was received before the issue is on the invoice.
            if issued_at is not None and (verdict.received_at or doing.at) > issued_at:
                detail = f"The invoice of the month was issued {issued_at:%Y-%m-%d}; this is late."
                yield charge.held(DifferenceReason.MONTH_INVOICED, detail)


def _quarantined(verdicts: Sequence[Verdict]) -> dict[str, str]:
    """Repeated events that are held in quarantine, and why; a duplicate does not say so itself."""
    repeated = [each.id for each in verdicts if each.outcome is IngestOutcome.DUPLICATE and each.id]
    if not repeated:
        return {}
    held = QuarantinedEvent.objects.filter(
        source__name__in={each.source for each in verdicts},
        event_id__in=repeated,
        state=QuarantineState.HELD,
    )
    return dict(held.values_list("event_id", "detail"))


def _said(verdict: Verdict) -> str:
    return verdict.detail or verdict.code or verdict.outcome.value
