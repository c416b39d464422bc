"""Adjust the next invoice of an account by an amount; undo it by the opposite one.

An adjustment books nothing by itself: the invoice that bills it does.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime

from accounts.models import Account
from billing.invoicing.models import Adjustment, AdjustmentBilled, Invoice, InvoiceLine
from billing.invoicing.models.invoice_lines import ADJUSTMENT
from billing.invoicing.operations.credit_notes import require_live
from core.actor import Actor
from core.db.transactions import transaction, transaction_required
from core.errors import Conflict, Invalid
from eventing.publish import Fact, publish_all


class AdjustmentInvalid(Invalid):
    """It is of nothing, is not named, or is about another account's invoice."""

    code = "adjustment_invalid"
    title = "That cannot be adjusted"


class AdjustmentReversed(Conflict):
    """It was undone already, or undoes another."""

    code = "adjustment_reversed"
    title = "The adjustment is undone already"


@dataclass(frozen=True, slots=True)
class AdjustmentTerms:
    """What is charged (above 0) or given (below 0) before tax, in minor units, and why."""

    amount_minor: int
    description: str
    reason_code: Adjustment.Reason
    corrects: Invoice | None = None
    ticket: str = ""


def adjust(
    *, account: Account, terms: AdjustmentTerms, at: datetime, by: Actor, reason: str
) -> Adjustment:
    """Put an amount on the account's next invoice, in the account's currency.

    Raises: AdjustmentInvalid, InvoiceIsDraft, InvoiceIsVoid.
    """
    if not terms.amount_minor or not terms.description.strip():
        raise AdjustmentInvalid("Say an amount, and what to print.", field="amount")
    with transaction():
        _lock(account.pk)
        if terms.corrects is not None:
            require_live(terms.corrects)
            if terms.corrects.account_id != account.pk:
                raise AdjustmentInvalid(
                    f"{terms.corrects} is of another account.", field="corrects"
                )
        return _made(
            Adjustment(
                account=account,
                currency=account.currency,
                amount_minor=terms.amount_minor,
                description=terms.description.strip(),
                corrects=terms.corrects,
                reason_code=terms.reason_code,
                ticket=terms.ticket,
                reason=reason,
                made_at=at,
                made_by=by.name,
            )
        )


def reverse(*, adjustment: Adjustment, at: datetime, by: Actor, reason: str) -> Adjustment:
    """Undo an adjustment by one of the opposite amount, billed or not. Raises: AdjustmentReversed.

    Where it is not billed yet, both go on the same invoice and come to nothing.
    """
    with transaction():
        _lock(adjustment.account_id)
        if adjustment.reverses_id or Adjustment.objects.filter(reverses=adjustment).exists():
            raise AdjustmentReversed(
                f"{adjustment} is undone already, or undoes another.",
                adjustment=adjustment.public_id,
            )
        return _made(
            Adjustment(
                account=adjustment.account,
                currency=adjustment.currency,
                amount_minor=-adjustment.amount_minor,
                description=f"Undone: {adjustment.description}"[:200],
                corrects=adjustment.corrects,
                reverses=adjustment,
                reason_code=Adjustment.Reason.BY_MISTAKE,
                ticket=adjustment.ticket,
                reason=reason,
                made_at=at,
                made_by=by.name,
            )
        )


@transaction_required()
def record_adjusted(*, invoices: Sequence[Invoice], at: datetime) -> None:
    """Write down which adjustments issuing these invoices bills."""
    lines = InvoiceLine.objects.filter(
        invoice_id__one_of=[invoice.pk for invoice in invoices], kind=ADJUSTMENT
    ).values_list("invoice_id", "key")
    by_id = {key.partition(":")[2]: invoice_id for invoice_id, key in lines}
    if not by_id:
        return
    issued = {invoice.pk: invoice for invoice in invoices}
    found = list(
        Adjustment.objects.filter(public_id__in=by_id).select_related("account").order_by("pk")
    )
    AdjustmentBilled.objects.bulk_create(
        AdjustmentBilled(adjustment=each, invoice=issued[by_id[each.public_id]]) for each in found
    )
    publish_all(
        [
            Fact(
                "adjustment.billed",
                subject=each.public_id,
                payload={
                    "invoice": issued[by_id[each.public_id]].public_id,
                    "amount": each.amount.as_fact,
                },
                account=each.account.public_id,
            )
            for each in found
        ],
        at=at,
    )


def _made(adjustment: Adjustment) -> Adjustment:
    adjustment.save(force_insert=True)
    publish_all(
        [
            Fact(
                "adjustment.made",
                subject=adjustment.public_id,
                payload={
                    "account": adjustment.account.public_id,
                    "amount": adjustment.amount.as_fact,
                    "reason": adjustment.reason_code,
                },
                account=adjustment.account.public_id,
            )
        ],
        at=adjustment.made_at,
    )
    return adjustment


def _lock(account_id: int) -> None:
    Account.objects.select_for_update(no_key=True).get(pk=account_id)
