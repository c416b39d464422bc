"""What keeps an issued invoice from being voided: other invoices that rest on it.

Asked by the operation that voids, and by whoever lists what may be done; it locks nothing.
"""

from billing.invoicing.drafting.credit import credit_of
from billing.invoicing.models import CreditGrant, Invoice, InvoiceLine, LateUsageDecision
from billing.invoicing.models.invoice_lines import DEDUCTION
from billing.invoicing.models.invoices import live
from billing.invoicing.models.late_usage import stands
from billing.invoicing.queries.grants import drawn_of, left_of
from core.errors import Conflict

REISSUABLE = (Invoice.Kind.PERIOD, Invoice.Kind.CONSOLIDATED)
"""Kinds that are rated, so that their period can be issued anew once they are void."""


class LateBilledElsewhere(Conflict):
    """Late usage of the invoice's period is on another invoice, which stands."""

    code = "late_usage_billed_elsewhere"
    title = "Late usage of this invoice is billed elsewhere"


class CreditTaken(Conflict):
    """Later invoices took the credit that this one left over."""

    code = "credit_taken"
    title = "The credit of this invoice is taken"


class GrantStands(Conflict):
    """A grant was bought with the invoice, and is not taken back."""

    code = "grant_stands"
    title = "A grant was bought with this invoice"


def accounts_on(invoice: Invoice) -> list[int]:
    """The payer of an invoice and the accounts whose periods are on it, in order."""
    teams = invoice.statements.order_by().values_list("account_id", flat=True)
    return sorted({invoice.payer_id, invoice.account_id, *teams})


def require_alone(invoice: Invoice) -> None:
    """Refuse to void what other invoices or grants rest on.

    Raises: LateBilledElsewhere, CreditTaken, GrantStands.
    """
    bought = CreditGrant.objects.filter(bought_with=invoice).first()
    if bought is not None and (drawn := drawn_of(bought)) + left_of(bought) > 0:
        done = "credit the rest" if drawn else "void this"
        raise GrantStands(
            f"{bought} was bought with it. Take the grant back first, then {done}.",
            invoice=invoice.public_id,
            grant=bought.public_id,
        )
    late = invoice.late_decisions.filter(
        stands(), fate=LateUsageDecision.Fate.BILLED, billed_on__isnull=False
    )
    elsewhere = late.select_related("billed_on").first()
    if elsewhere is not None:
        raise LateBilledElsewhere(
            f"Late usage of {invoice} is on {elsewhere.billed_on}. Void that first, or credit.",
            invoice=invoice.public_id,
        )
    deducted = InvoiceLine.objects.filter(
        live("invoice__"),
        invoice__account_id=invoice.account_id,
        invoice__period_until__gte=invoice.period_from,
        kind=DEDUCTION,
        key__startswith=f"deduct:{invoice.public_id}:",
    )
    if (later := deducted.select_related("invoice").first()) is not None:
        raise LateBilledElsewhere(
            f"{later.invoice} took it off what it billed. Void that first, or credit.",
            invoice=invoice.public_id,
        )
    if invoice.carried_minor <= 0:
        return
    left = credit_of([invoice.account_id]).get(invoice.account_id, 0)
    if invoice.kind != Invoice.Kind.CONSOLIDATED and invoice.carried_minor > left:
        raise CreditTaken(
            f"Later invoices took credit that {invoice} left over. Void those first, or credit.",
            invoice=invoice.public_id,
        )
