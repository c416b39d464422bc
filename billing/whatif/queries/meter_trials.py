"""What other terms of a meter would do to real usage and to the bills so far. Nothing is saved.

Tried on the accounts whose events came last, so it answers while somebody waits; the simulation of
a blast radius does the same for everybody.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from decimal import Decimal

from accounts.models import Account, Resource
from accounts.queries.owners import owner_at
from billing.invoicing.drafting.assumptions import Assumption
from billing.invoicing.queries.invoices import Party
from billing.invoicing.queries.month_to_date import scopes_at
from billing.whatif.comparison import BillChange, bill_change, compare
from billing.whatif.remeasuring import remeasure
from usage.meter_terms import MeterTerms
from usage.models import Meter
from usage.queries.sampling import Sample

ACCOUNTS = 10
QUANTITIES = 20


@dataclass(frozen=True, slots=True)
class QuantityChange:
    """By how much the quantity of one resource would be another in the running period."""

    account: Party
    resource_id: str
    platform_id: str
    dimensions: Mapping[str, str]
    delta: Decimal


@dataclass(frozen=True, slots=True)
class Trial:
    """The running periods of `account_count` accounts under both definitions.

    `quantities` are the largest changes, either way, of `quantity_count`.
    """

    account_count: int
    quantity_count: int
    quantities: Sequence[QuantityChange]
    bills: Sequence[BillChange]


def trial(
    meter: Meter, terms: MeterTerms, accounts: Mapping[int, Account], *, at: datetime
) -> Trial:
    """Rate the running period of these accounts as it is, and as if the terms had been in force all
    along. Raises: TermsInvalid.
    """
    scopes = scopes_at(accounts, at)
    changes = remeasure(scopes, meter, terms)
    touched = [scope for scope in scopes if (scope.account_id, scope.period.start) in changes]
    resources = Resource.objects.in_bulk(
        {change.resource_id for found in changes.values() for change in found}
    )
    quantities = [
        QuantityChange(
            account=_party(accounts[account_id]),
            resource_id=resources[change.resource_id].public_id,
            platform_id=resources[change.resource_id].platform_id,
            dimensions=change.dimensions,
            delta=change.delta,
        )
        for (account_id, _), found in changes.items()
        for change in found
    ]
    assuming = Assumption(remeasured=changes)
    bills = [
        bill_change(_party(account := accounts[each.scope.account_id]), each, account.currency)
        for each in compare(touched, assuming)
    ]
    largest = sorted(quantities, key=lambda each: (-abs(each.delta), each.platform_id))
    return Trial(len(scopes), len(quantities), largest[:QUANTITIES], bills)


def accounts_of(sampled: Sample) -> dict[int, Account]:
    """The owners of the latest events, at most ten; pasted samples have none."""
    real = [
        (event.resource_id, event.occurred_at)
        for event in sampled.events
        if event.resource_id is not None and event.occurred_at is not None
    ]
    resources = Resource.objects.in_bulk({resource_id for resource_id, _ in real})
    questions = [(resources[resource_id].platform_id, at) for resource_id, at in real]
    owners = owner_at(questions)
    ids: dict[int, None] = {}
    for question in questions:
        owner = owners[question]
        if owner is not None and len(ids) < ACCOUNTS:
            ids.setdefault(owner.account_id)
    return Account.objects.in_bulk(ids)


def _party(account: Account) -> Party:
    return Party(account.public_id, account.name)
