"""Limits on spending: one that stopped an account, and a budget.

Each is set once, however often it is told, and looked at by the code that looks in production.
"""

from datetime import datetime
from typing import Final

from accounts.models import Account
from accounts.permissions import Role
from billing.spending.models import SpendingLimit
from billing.spending.operations import limits, looking
from billing.spending.operations.limits import LimitTerms
from billing.spending.queries.spent import ALL, SpentSoFar, spent_so_far
from demo.reference.people import actor_of, holder_of

STOPPED: Final = "Mapletree Payroll"
BUDGETED: Final = "Harbour & Finch"


def limit_spending(*, at: datetime) -> None:
    """Set a limit that is reached and a budget that is not, and look at both."""
    _limit(STOPPED, at=at, shares=(1, 2), stops=True, reason="They asked for it")
    _limit(BUDGETED, at=at, shares=(3, 2), stops=False, reason="Their finance wants to hear of it")


def _limit(name: str, *, at: datetime, shares: tuple[int, int], stops: bool, reason: str) -> None:
    """Of so many parts of what is spent so far, whole units of the currency where it can be."""
    account = Account.objects.filter(name=name).first()
    if account is None or SpendingLimit.objects.filter(account=account).exists():
        return
    looking.look_at(account.pk, at=at, clock=lambda: at)
    spent = spent_so_far(account.pk, at=at)
    minor = spent.by_scope[ALL] if isinstance(spent, SpentSoFar) else 0
    amount = minor * shares[0] // shares[1]
    terms = LimitTerms(
        amount - amount % 100 or amount or 1,
        stops=stops,
        marks=(50, 80, 100),
        pace_percent=None if stops else 150,
    )
    by = actor_of(holder_of(Role.FINANCE_APPROVER))
    limits.set_limit(account=account, terms=terms, at=at, by=by, reason=reason)
    looking.look_at(account.pk, at=at, clock=lambda: at)
