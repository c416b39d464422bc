"""The fifth step: corrections that wait for a second person, one that was let happen, one that not.

Each is put forward once; however often it is told, the same stand there.
"""

from collections.abc import Iterator
from datetime import datetime
from typing import Any, Final

from accounts.permissions import Role
from approvals.models import Proposal
from approvals.operations import deciding, putting_forward
from approvals.operations.putting_forward import Wish
from billing.invoicing.models import BillRun, Invoice
from billing.invoicing.queries.creditable import creditable
from billing.receivables.models import Payment
from billing.receivables.queries.free_money import free_of_payments
from core.decimals import decimal_text
from core.money import Money
from demo.reference.people import holder_of

CREDITED: Final = "Tidewater Clinics"
OVERPAID: Final = "Southerly Surf"
UNPAID: Final = ("Lantern Books", "Jonas Lindqvist")


def propose_corrections(run: BillRun, *, at: datetime) -> None:
    """Put them forward, and decide two."""
    if Proposal.objects.exists():
        return
    invoices = {
        each.account.name: each
        for each in Invoice.objects.filter(
            billrunitem__run=run, state=Invoice.State.ISSUED
        ).select_related("account")
    }
    support, finance = holder_of(Role.SENIOR_SUPPORT), holder_of(Role.FINANCE_APPROVER)
    for wish, decision in _wishes(invoices):
        made = putting_forward.put_forward(wish=wish, by=support, at=at)
        said: dict[str, Any] = {"proposal": made, "seen": made.seal, "by": finance, "at": at}
        if decision == "approve":
            deciding.approve(**said)
        elif decision == "reject":
            deciding.reject(**said, reason="The charge is right: the add-on was used all month.")


def _wishes(invoices: dict[str, Invoice]) -> Iterator[tuple[Wish, str]]:
    """Each wish, and what is decided of it; nothing is what still waits."""
    credited = invoices.get(CREDITED)
    if credited is not None:
        shares = [("10", "approve"), ("50", "reject"), ("25", "")]
        charges = [each for each in creditable(credited).charges if each.left_minor > 1_000]
        for charge, (percent, decision) in zip(charges, shares, strict=False):
            yield (
                Wish(
                    "credit_note",
                    {
                        "invoice": credited.public_id,
                        "lines": [{"charge": charge.key, "percent": percent}],
                    },
                    "service_unavailable",
                    f"{charge.description} was away for some of the month",
                    "SUP-2117",
                ),
                decision,
            )
    yield from _refunds()
    yield from _write_offs(invoices)


def _refunds() -> Iterator[tuple[Wish, str]]:
    payments = list(Payment.objects.filter(account__name=OVERPAID))
    for payment in payments:
        free = Money.from_minor(free_of_payments([payment])[payment.pk], payment.currency)
        if free.minor > 0:
            wish = {"payment": payment.public_id, "amount": decimal_text(free.amount)}
            yield Wish("refund", wish, "overpaid", "Paid more than was due", "SUP-2120"), ""


def _write_offs(invoices: dict[str, Invoice]) -> Iterator[tuple[Wish, str]]:
    for name in UNPAID:
        if name in invoices:
            wish = {"invoice": invoices[name].public_id}
            reason = "Moved away; three letters came back"
            yield Wish("write_off", wish, "uncollectible", reason, "SUP-2122"), ""
            return
