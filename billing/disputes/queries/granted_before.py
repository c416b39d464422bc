"""What lines of disputes were granted of a charge before: none of it is granted again.

Days of a charge that were granted are taken as granted when other days of it are worked out, so
that all of them together come to what one claim would have. What was given on the next invoice, or
on the invoice that a statement is part of, is on no credit note of the charge, and is counted here.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from django.db.models import Sum
from django.db.models.functions import Coalesce

from billing.disputes.contested import ContestedTarget
from billing.disputes.models import CreditBatchRow, DisputeLine
from billing.invoicing.models import Adjustment, CreditNoteLine
from billing.invoicing.queries.explain import charge_key


@dataclass(frozen=True, slots=True)
class GrantedBefore:
    """Amounts in minor units, before tax unless it says so.

    `others` are lines about other days, granted whole: they are assumed. `spared_minor` (with tax
    `spared_gross_minor`) was credited for other days and is not subtracted from these.
    `given_minor` was given for the same and is on no credit note of the charge.
    """

    others: Sequence[DisputeLine] = ()
    spared_minor: int = 0
    spared_gross_minor: int = 0
    given_minor: int = 0


def granted_before(target: ContestedTarget) -> GrantedBefore:
    """What was granted of the charge of a target; up to four queries."""
    line = target.line
    if line is None:
        return GrantedBefore()
    rows = DisputeLine.objects.filter(
        invoice_line=line, state__in=("granted", "partly_granted")
    ).select_related("resource", "invoice_line")
    granted = list(rows.order_by("pk"))
    others = [each for each in granted if _is_apart(each, target)]
    same = [each for each in granted if not _is_apart(each, target)]
    spared = CreditNoteLine.objects.filter(
        note__public_id__in=[each.settled_by for each in others],
        note__invoice=line.invoice,
        charge_key=charge_key(line.key),
    ).aggregate(
        net=Sum("amount_minor", default=0),
        gross=Sum(Coalesce("gross_minor", "amount_minor"), default=0),
    )
    return GrantedBefore(
        others=[each for each in others if each.state == DisputeLine.State.GRANTED],
        spared_minor=spared["net"],
        spared_gross_minor=spared["gross"],
        given_minor=_given(same, target),
    )


def _is_apart(line: DisputeLine, target: ContestedTarget) -> bool:
    """Whether a line is about other days, or another resource, than a target about days."""
    if line.days is None or target.days is None:
        return False
    if line.resource_id != (target.resource.pk if target.resource else None):
        return True
    return line.days[1] <= target.days[0] or target.days[1] <= line.days[0]


def _given(same: Sequence[DisputeLine], target: ContestedTarget) -> int:
    """What was given for the same, beside credit notes of its own invoice."""
    settled = {each.settled_by: each.approved_minor or 0 for each in same}
    if target.invoice.consolidated_on_id is not None:
        rows = CreditBatchRow.objects.filter(invoice_line=target.line).exclude(settled_by="")
        batches = rows.aggregate(minor=Sum("credit_minor", default=0))["minor"]
        return sum(settled.values()) + int(batches)
    standing = Adjustment.objects.filter(public_id__in=settled, reversal__isnull=True)
    return sum(settled[each] for each in standing.values_list("public_id", flat=True))
