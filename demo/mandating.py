"""A mandate and what support gave under it: some of it looked at, one draw waits for a look.

Granted once, however often it is told.
"""

from collections.abc import Sequence
from datetime import datetime, timedelta
from decimal import Decimal
from typing import Any, Final

from accounts.permissions import Role
from approvals.models import Mandate
from approvals.operations import deciding, mandates, putting_forward
from approvals.operations.mandates import DrawWish
from approvals.operations.putting_forward import Wish
from billing.invoicing.models import BillRun, Invoice
from billing.invoicing.queries.creditable import creditable
from demo.reference.people import holder_of

CURRENCY: Final = "USD"
_TERMS: Final[dict[str, Any]] = {
    "title": "Small goodwill",
    "currency": CURRENCY,
    "kinds": ["adjustment", "credit_note", "grant"],
    "reason_codes": ["goodwill"],
    "per_case": "20.00",
    "per_account_month": "40.00",
    "total": "500.00",
    "review_every": 2,
}
_GIVEN: Final = (
    ("SUP-2131", "12.50", "Builds waited an hour on the 9th"),
    ("SUP-2134", "8.00", "Two wrong answers in a row"),
    ("SUP-2138", "5.00", "The status page said nothing"),
)


def let_support_give(run: BillRun, *, at: datetime) -> None:
    """Grant a mandate, give under it four times, and look at the second draw."""
    if Mandate.objects.exists():
        return
    finance = holder_of(Role.FINANCE_APPROVER)
    until = at.replace(hour=0, minute=0, second=0, microsecond=0) + timedelta(days=90)
    asked = putting_forward.put_forward(
        wish=Wish(
            "mandate", _TERMS | {"until": until.isoformat()}, "goodwill", "Small things at once"
        ),
        by=holder_of(Role.FINANCE_ADMIN),
        at=at,
    )
    deciding.approve(proposal=asked, seen=asked.seal, by=finance, at=at)
    mandate = Mandate.objects.get()
    drawn = [
        mandates.draw(mandate=mandate, wish=wish, by=holder_of(role), at=at)
        for role, wish in _wishes(_invoices(run))
    ]
    if len(drawn) > 1:
        mandates.review(
            drawn=drawn[1], passed=True, by=finance, at=at, reason="Said so in the ticket"
        )


def _invoices(run: BillRun) -> Sequence[Invoice]:
    issued = Invoice.objects.filter(
        billrunitem__run=run, state=Invoice.State.ISSUED, currency=CURRENCY
    )
    rows = issued.select_related("account").order_by("-total_minor", "pk")
    return [each for each in rows if not each.is_statement][: len(_GIVEN) + 1]


def _wishes(invoices: Sequence[Invoice]) -> Sequence[tuple[Role, DrawWish]]:
    """What is given to whom: adjustments of the next bill, and one credit note."""
    found = [
        (
            Role.SUPPORT,
            DrawWish(
                "adjustment",
                {"invoice": invoice.public_id, "give": amount, "description": "Goodwill"},
                "goodwill",
                reason,
                ticket,
            ),
        )
        for invoice, (ticket, amount, reason) in zip(invoices, _GIVEN, strict=False)
    ]
    for invoice in invoices[len(_GIVEN) :]:
        charge = max(creditable(invoice).charges, key=lambda each: each.left_minor)
        amount = min(Decimal(charge.left_minor) / 100, Decimal(10))
        lines = [{"charge": charge.key, "amount": f"{amount:.2f}"}]
        payload = {"invoice": invoice.public_id, "lines": lines}
        reason = f"{charge.description} was slow for a day"
        wish = DrawWish("credit_note", payload, "goodwill", reason, "SUP-2140")
        found.append((Role.SENIOR_SUPPORT, wish))
    return found
