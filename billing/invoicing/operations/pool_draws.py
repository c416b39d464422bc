"""Books what issued documents draw from pools, as their lines tell it; undoes it for void ones.

How much is drawn was decided by `billing.invoicing.drafting.pool_draws`.
"""

from collections.abc import Iterator, Sequence
from datetime import datetime
from decimal import Decimal

from billing.catalogue.models import Price
from billing.invoicing.drafting.pool_lines import used_from_of
from billing.invoicing.models import Invoice, InvoiceLine
from billing.invoicing.models.invoice_lines import POOL_DRAW
from billing.licences.operations import draws
from billing.licences.operations.buckets import Written
from billing.licences.operations.draws import DocumentDraw
from billing.rating import expand
from core.actor import Actor, current_actor
from core.db.transactions import transaction_required


@transaction_required()
def record_pool_draws(*, invoices: Sequence[Invoice], at: datetime) -> None:
    """Book the draws of invoices that are issued now; one query where there are none."""
    by_id = {invoice.pk: invoice for invoice in invoices}
    lines = list(
        InvoiceLine.objects.filter(invoice_id__one_of=list(by_id), kind=POOL_DRAW).order_by("pk")
    )
    if not lines:
        return
    products = _products(list(by_id))
    for pk, invoice in by_id.items():
        mine = [line for line in lines if line.invoice_id == pk]
        found = list(_draws_of(invoice, mine, products))
        if found:
            reason = f"Issued as {invoice.number or invoice.public_id}"
            draws.record(found, Written(at, current_actor(), reason))


def _products(invoice_ids: Sequence[int]) -> dict[tuple[int, str], str]:
    """The product of each charge of these invoices."""
    rows = InvoiceLine.objects.filter(invoice_id__one_of=invoice_ids, price__isnull=False)
    prices = dict(
        Price.objects.filter(pk__in=rows.values("price_id")).values_list(
            "pk", "plan_version__plan__product__code"
        )
    )
    return {
        (invoice_id, key.split("/", 1)[0]): prices[price_id]
        for invoice_id, key, price_id in rows.values_list("invoice_id", "key", "price_id")
    }


def _draws_of(
    invoice: Invoice, lines: Sequence[InvoiceLine], products: dict[tuple[int, str], str]
) -> Iterator[DocumentDraw]:
    for line in lines:
        step = expand(line.explanation).step("pool") or {"draws": []}
        for each in step["draws"]:
            yield DocumentDraw(
                document=invoice.public_id,
                account_id=invoice.account_id,
                bucket_id=each["bucket"],
                charge=each["charge"],
                units=Decimal(each["units"]),
                amount_minor=each["minor"],
                used_from=used_from_of(each["used_from"]),
                draw_key=each["draw_key"],
                product=products.get((invoice.pk, each["charge"]), ""),
                resource_id=each["resource"],
                reverses=each["reverses"],
            )


@transaction_required()
def undo_pool_draws(*, invoices: Sequence[Invoice], at: datetime, by: Actor, reason: str) -> None:
    """Give back what void invoices drew."""
    documents = [invoice.public_id for invoice in invoices]
    draws.undo_documents(documents, Written(at, by, reason))
