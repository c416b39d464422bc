"""What the load falls on: accounts that are due to be billed, and apps that report usage."""

from __future__ import annotations

from datetime import datetime, timedelta

from accounts.operations.partners import IssuedCredential
from billing.invoicing.models import BillRun
from billing.invoicing.operations import bill_runs
from tests.billing.prices import flat, per_unit, requests
from tests.cast import credential, partner
from tests.people import ADA
from tests.story import Story

ACCOUNTS = 120
CHUNK_ACCOUNTS = 4


class World:
    """Twelve dozen teams on one plan, told two months before `now`."""

    def __init__(self, now: datetime) -> None:
        story = Story()
        plan = story.plan("team", flat("10.00"), per_unit(requests(story), "0.001"))
        first = (now.replace(day=1) - timedelta(days=1)).replace(day=1)
        story.on(first.date().isoformat())
        self.account_ids = []
        for number in range(ACCOUNTS):
            customer = story.account(f"Team {number}")
            customer.app(f"app-{number}")
            customer.subscribes(plan)
            self.account_ids.append(customer.account.pk)
        self._unbilled = list(self.account_ids)

    def issue_credential(self) -> IssuedCredential:
        router = partner("Router", sources=("router/us-1",), event_types=("router.requests",))
        return credential(router)

    def start_run(self, accounts: int, now: datetime) -> BillRun:
        """Bill last month of so many accounts that were not billed yet."""
        chosen, self._unbilled = self._unbilled[:accounts], self._unbilled[accounts:]
        return bill_runs.start(
            as_of=now,
            at=now,
            by=ADA,
            reason="The faults begin",
            grace=timedelta(0),
            account_ids=chosen,
            chunk_accounts=CHUNK_ACCOUNTS,
        )
