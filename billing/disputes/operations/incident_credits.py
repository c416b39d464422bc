"""What is given for an incident: by formula, of the charge that stands, once a resource and month.

The time that was affected is the union of all incidents of the meter in the billing period, so
what two incidents share is counted once, and what was given for one is taken off the next. What
was corrected comes first: the formula is of what stands after that.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from datetime import datetime, timedelta
from decimal import Decimal
from fractions import Fraction
from typing import Final

from django.db.models import Q

from billing.disputes.facts import scope_of_line
from billing.disputes.figures import WorkedRow
from billing.disputes.models import (
    LIVE,
    CreditBatch,
    CreditBatchRow,
    DisputeLine,
    Incident,
)
from billing.disputes.operations.claims import with_tax
from billing.disputes.queries.affected import ungathered_lines
from billing.disputes.queries.measured import measured_in
from billing.invoicing.models import InvoiceLine
from billing.invoicing.queries.creditable import creditable
from core.actor import Actor, require_said
from core.db.transactions import transaction
from core.errors import Conflict
from core.money import Money, round_half_up
from core.periods import Period
from eventing.publish import publish

_WHOLE: Final = Fraction(100)


class ContestedFirst(Conflict):
    """The charge is contested: what is right there is decided before anything is given."""

    code = "incident_line_contested"
    title = "The charge is contested"


class NothingAffected(Conflict):
    """No charge that was billed is affected, or all of them are in a batch."""

    code = "incident_affects_nothing_more"
    title = "No further charge is affected"


def draft_for_incident(*, incident: Incident, at: datetime, by: Actor, reason: str) -> CreditBatch:
    """Gather the charges that an incident affects and no batch of it has.

    Raises: ReasonMissing, NothingAffected.
    """
    require_said(reason, "Say why they are given something.")
    with transaction():
        # Whoever drafts the same meanwhile waits here, and then finds nothing left.
        locked = Incident.objects.select_for_update(no_key=True).get(pk=incident.pk)
        found = list(
            ungathered_lines(locked)
            .order_by("invoice_id", "position")
            .values_list("pk", "invoice__currency")
        )
        if not found:
            raise NothingAffected("Look at the batches that are there.")
        batch = CreditBatch.objects.create(
            incident=locked,
            cause=locked.title,
            reason=reason,
            drafted_at=at,
            drafted_by=by.name,
        )
        CreditBatchRow.objects.bulk_create(
            CreditBatchRow(batch=batch, invoice_line_id=pk, currency=currency, not_before=at)
            for pk, currency in found
        )
        publish(
            "credit_batch.drafted",
            subject=batch.public_id,
            payload={"incident": locked.public_id, "lines": len(found), "reason": reason},
            at=at,
        )
    return batch


def given_for(incident: Incident, row: CreditBatchRow, line: InvoiceLine) -> WorkedRow:
    """What the formula of an incident gives of a line, less what was given for others of its month.

    Raises: ContestedFirst, UsageUnsettled (retryable).
    """
    contested = DisputeLine.objects.filter(invoice_line=line, state__in=LIVE).first()
    if contested is not None:
        raise ContestedFirst(f"Decide {contested.case} first.", dispute=contested.case.public_id)
    affected = affected_time(line)
    if not affected:
        return WorkedRow({}, 0, 0, "Nothing of it was used while the incident lasted.")
    whole = line.invoice.period.end - line.invoice.period.start
    up = _WHOLE * (1 - _us(affected) / _us(whole))
    percent = given_percent(incident.steps, up)
    left = creditable(line.invoice)
    charge = next((each for each in left.charges if each.key == line.key), None)
    if charge is None or percent == 0:
        said = f"{_percent(up)} % up: the formula gives nothing."
        return WorkedRow({}, 0, 0, said if charge else "Nothing of the charge is left.")
    given, taken = _given(line, row)
    stands = charge.billed_minor - (charge.credited_minor - taken)
    target = round_half_up(Fraction(stands) * percent / _WHOLE)
    credit = min(target - given, charge.left_minor)
    if credit <= 0:
        told = Money.from_minor(given, row.currency)
        return WorkedRow({}, 0, 0, f"{told} is given for the incidents of this month already.")
    credits = {line.key: credit}
    return WorkedRow(credits, credit, with_tax(credits, left))


def affected_time(line: InvoiceLine) -> timedelta:
    """How long the incidents of a line's meter affected it: their union within its period.

    Where nothing was measured while one lasted, it affected nothing. Raises: UsageUnsettled.
    """
    assert line.price is not None  # gathered lines have one
    assert line.price.meter is not None
    said = {**line.price.match, **line.dimensions}
    rows = Incident.objects.filter(
        Q(down_until__gt=line.period_from),
        meter_codes__contains=[line.price.meter.code],
        down_from__lt=line.period_until,
    )
    spans = [
        Period(max(each.down_from, line.period_from), min(each.down_until, line.period_until))
        for each in rows
        if each.down_until is not None and each.match.items() <= said.items()
    ]
    scope = scope_of_line(line)
    ran = [span for span in spans if any(each.quantity for each in measured_in(line, scope, span))]
    return union_of(ran)


def union_of(spans: Iterable[Period]) -> timedelta:
    """How long spans last together, what several share counted once."""
    total, reached = timedelta(0), None
    for span in sorted(spans, key=lambda each: each.start):
        start = span.start if reached is None else max(span.start, reached)
        if span.end > start:
            total += span.end - start
            reached = span.end
    return total


def given_percent(steps: Sequence[Sequence[str]], up: Fraction) -> Fraction:
    """The percentage that a formula gives of a month with so many percent up."""
    fits = [Fraction(percent) for below, percent in steps if up < Fraction(below)]
    return max(fits, default=Fraction(0))


def _given(line: InvoiceLine, row: CreditBatchRow) -> tuple[int, int]:
    """What other rows of incidents give of the charge: put forward or credited, and credited."""
    rows = CreditBatchRow.objects.filter(
        ~Q(proposal=""), invoice_line=line, batch__incident__isnull=False
    ).exclude(pk=row.pk)
    found = [(each.credits.get(line.key, 0), each.settled_by != "") for each in rows]
    return sum(minor for minor, _ in found), sum(minor for minor, is_paid in found if is_paid)


def _us(length: timedelta) -> Fraction:
    return Fraction(length // timedelta(microseconds=1))


def _percent(up: Fraction) -> Decimal:
    return round(Decimal(up.numerator) / Decimal(up.denominator), 3)
