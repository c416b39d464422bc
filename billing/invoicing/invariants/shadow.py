"""The second rater over everything issued."""

from billing.invoicing.invariants.issued import batches, found
from billing.invoicing.models import Invoice
from billing.invoicing.proofs.shadow import shadowed
from core.invariants import InvariantResult, invariant


@invariant("I8", "A second rater, written apart, makes the same of every issued line.")
def second_rater_agrees() -> InvariantResult:
    examined, violating = 0, []
    for invoices in batches(kind=Invoice.Kind.PERIOD):
        for shadow in shadowed([invoice.pk for invoice in invoices]):
            examined += shadow.line_count
            if not shadow.agrees:
                violating.append(shadow.invoice.public_id)
    return found(examined, violating)
