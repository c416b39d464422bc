"""Which coupons an issued invoice used, and that a void frees what nothing else used.

The accounts are locked by the caller.
"""

from collections import defaultdict
from collections.abc import Sequence

from billing.contracts.models import CouponRedemption
from billing.contracts.operations import coupons
from billing.invoicing.models import CouponUse, Invoice, InvoiceLine, InvoiceVoid
from billing.invoicing.models.invoice_lines import COUPON
from core.actor import Actor, acting_as
from core.db.transactions import transaction_required


@transaction_required()
def record_used(*, invoices: Sequence[Invoice]) -> None:
    """Write down which coupons issuing these invoices uses, and for how much."""
    issued = {invoice.pk: invoice for invoice in invoices}
    lines = InvoiceLine.objects.filter(invoice_id__one_of=list(issued), kind=COUPON)
    sums: dict[tuple[int, str], int] = defaultdict(int)
    for invoice_id, key, minor in lines.filter(
        corrects__isnull=True, key__contains="/coupon:"
    ).values_list("invoice_id", "key", "amount_minor"):
        sums[invoice_id, key.rsplit("/coupon:", 1)[1]] -= minor
    if not sums:
        return
    ids = dict(
        CouponRedemption.objects.filter(public_id__in={ref for _, ref in sums}).values_list(
            "public_id", "pk"
        )
    )
    CouponUse.objects.bulk_create(
        CouponUse(redemption_id=ids[ref], invoice_id=invoice_id, amount_minor=minor)
        for (invoice_id, ref), minor in sorted(sums.items())
    )


@transaction_required()
def release_voided(*, void: InvoiceVoid, by: Actor) -> None:
    """Free the redemptions that only the void invoice used; a reissue keeps them instead."""
    uses = CouponUse.objects.filter(invoice=void.invoice, redemption__released_at__isnull=True)
    with acting_as(by, reason=void.reason):
        for use in uses.select_related("redemption__coupon"):
            others = CouponUse.objects.filter(redemption=use.redemption, invoice__void__isnull=True)
            if not others.exists():
                coupons.release(use.redemption, at=void.voided_at)
