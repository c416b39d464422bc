"""Say who receives an account's invoices from an instant on: one continuous timeline."""

from datetime import datetime

from accounts.billed_time import require_unbilled
from accounts.models import Account, PayerAssignment
from accounts.operations.accounts import require_payer
from core.actor import Actor, acting_as
from core.db.transactions import transaction
from core.errors import Conflict
from eventing.publish import publish


class PayerNotLatest(Conflict):
    """The timeline is only continued, never rewritten."""

    code = "payer_not_latest"
    title = "A later payer is set"


class PayerUnchanged(Conflict):
    """The account is paid by this payer already."""

    code = "payer_unchanged"
    title = "This payer pays already"


def assign(
    *, account: Account, payer: Account, at: datetime, by: Actor, reason: str
) -> PayerAssignment:
    """Hand the account's invoices to `payer` from `at` on; the payer before ends at that instant.

    So every second since opening has exactly one payer.
    Raises: PayerCurrency, AccountClosed, PayerNotLatest, PayerUnchanged,
    TimeBilled.
    """
    with acting_as(by, reason=reason), transaction():
        # Both accounts, in primary key order: two hand-overs never wait for each other.
        locked = {
            row.pk: row
            for row in Account.objects.select_for_update(of=("self",))
            .filter(pk__in={account.pk, payer.pk})
            .order_by("pk")
        }
        require_payer(locked[account.pk], locked[payer.pk], at)
        current = PayerAssignment.objects.get(account=account, paid_until__isnull=True)
        if current.payer_id == payer.pk:
            raise PayerUnchanged(f"{payer.name} pays for {account.name} already.")
        if at <= current.paid_from:
            raise PayerNotLatest(
                f"The payer was set from {current.paid_from:%Y-%m-%d %H:%M} UTC on; "
                "the next one must begin later."
            )
        require_unbilled([account.pk], since=at, field="paid_from")
        current.paid_until = at
        current.save(update_fields=["paid_until"])
        assigned = PayerAssignment.objects.create(
            account=locked[account.pk], payer=locked[payer.pk], paid_from=at
        )
        publish(
            "account.payer_assigned",
            account.public_id,
            {"payer": payer.public_id, "paid_from": at.isoformat()},
            at=at,
            account=account.public_id,
        )
    return assigned
