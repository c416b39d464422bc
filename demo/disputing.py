"""What one customer contests: a charge that was too much, and one that is theirs after all.

Both wait for support, with what they would come to and what was found.
"""

from datetime import datetime, timedelta
from typing import Final

from accounts.permissions import Role
from billing.disputes.models import DisputeCase
from billing.disputes.operations import opening
from billing.disputes.operations.opening import NewCase, NewLine
from billing.invoicing.models import Invoice
from demo.reference.people import actor_of, holder_of

SAID: Final = "The app was unreachable for two days, and you bill it all the same."
NOT_OURS: Final = "Nobody here knows this one. It cannot be ours."


def contest_charges(invoice: Invoice, *, at: datetime) -> None:
    """Open two disputes about the largest metered charges of an invoice, once."""
    if DisputeCase.objects.filter(account=invoice.account).exists():
        return
    lines = invoice.lines.filter(
        kind="usage", resource__isnull=False, price__meter__isnull=False, amount_minor__gt=100
    ).select_related("invoice__account", "price__meter", "resource", "corrects")
    by = actor_of(holder_of(Role.SUPPORT))
    down = invoice.period_from + timedelta(days=9)
    facts = {
        "down_from": down.isoformat(),
        "down_until": (down + timedelta(days=2)).isoformat(),
    }
    claims = [("was_down", facts, SAID, "SUP-2131"), ("not_ours", {}, NOT_OURS, "SUP-2134")]
    for line, (reason, fact, said, ticket) in zip(
        lines.order_by("-amount_minor", "pk"), claims, strict=False
    ):
        new = NewCase(
            account=invoice.account,
            said=said,
            lines=[NewLine(line, reason, fact)],
            channel=DisputeCase.Channel.EMAIL,
            ticket=ticket,
            customer="Marlene Weiss",
        )
        opening.open_case(new=new, at=at, by=by)
