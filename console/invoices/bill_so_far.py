"""The bill so far that an address names, brought up to date before it is read."""

from __future__ import annotations

from accounts.models import Account
from billing.invoicing.queries.line_pages import LineNotFound
from billing.invoicing.queries.month_to_date import MonthToDate, month_to_date
from billing.overview.queries import accounts
from console.shell.access import StaffRequest
from console.shell.freshness import up_to_date
from core.clock import now


def bill_so_far(request: StaffRequest, public_id: str) -> tuple[Account, MonthToDate]:
    """The account and its bill so far. Raises: the account's error of not being there, or
    LineNotFound, as there is no line to be asked about where there is no bill.
    """
    account, at = accounts.find(public_id), now()
    up_to_date(request, [account.pk], at=at)
    bill = month_to_date(account, at=at)
    if bill is None:
        raise LineNotFound(f"{account.name} has no bill yet.")
    return account, bill
