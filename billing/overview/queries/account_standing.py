"""How it stands with one account, in one place: its balance, what is open, what waits, what it has.

Every list is short and says whether there is more; what is behind each is asked of its own room.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Final

from django.db.models import Q, Sum

from accounts.models import Account, ResourceOwnership
from approvals.models import Proposal
from approvals.queries.proposals import ProposalRow, in_state, row_of
from billing.disputes.queries.cases import CaseRow, open_cases
from billing.receivables.models import Hold, HoldEntry
from billing.receivables.queries.open_items import live_holds
from billing.receivables.queries.position import PayerPosition, payer_position
from core.money import Money

SHOWN: Final = 5
COUNTED_MOST: Final = 1_000


@dataclass(frozen=True, slots=True)
class HeldPart:
    """A hold that holds now, and how much; None where it holds all of the account."""

    hold: Hold
    amount: Money | None


@dataclass(frozen=True, slots=True)
class AccountStanding:
    """The account as of now. Lists have one row more than is shown where there are more."""

    position: PayerPosition
    held: Money
    cases: Sequence[CaseRow]
    proposals: Sequence[ProposalRow]
    holds: Sequence[HeldPart]
    resource_count: int

    @property
    def has_more_resources(self) -> bool:
        """Whether there are more than anybody needs counted."""
        return self.resource_count > COUNTED_MOST


def account_standing(account: Account, *, at: datetime) -> AccountStanding:
    """Balance, open cases, proposals that wait, holds and resources; seven queries at most."""
    holds = _holds(account, at)
    zero = Money.zero(account.currency)
    held = (each.amount for each in holds if each.amount and each.amount.currency == zero.currency)
    waiting = in_state(Proposal.State.OPEN, at) | Q(state=Proposal.State.RETURNED)
    proposals = Proposal.objects.filter(waiting, account=account).select_related("maker", "account")
    owned = ResourceOwnership.objects.filter(account=account, owned_until__isnull=True)
    return AccountStanding(
        position=payer_position(account, at=at),
        held=sum(held, zero),
        cases=open_cases(account, most=SHOWN + 1),
        proposals=[
            row_of(each, at) for each in proposals.order_by("put_forward_at", "pk")[: SHOWN + 1]
        ],
        holds=holds,
        resource_count=owned[: COUNTED_MOST + 1].count(),
    )


def _holds(account: Account, at: datetime) -> list[HeldPart]:
    """What holds now and holds something; two queries."""
    rows = Hold.objects.filter(live_holds(at), account=account).select_related("invoice")
    holds = list(rows.order_by("placed_at", "pk"))
    left = dict(
        HoldEntry.objects.filter(hold__in=holds, effective_at__lte=at)
        .order_by()
        .values_list("hold_id")
        .annotate(Sum("amount_minor"))
    )
    found = []
    for hold in holds:
        if hold.invoice is None:
            found.append(HeldPart(hold, None))
        elif left.get(hold.pk):
            found.append(HeldPart(hold, Money.from_minor(left[hold.pk], hold.invoice.currency)))
    return found
