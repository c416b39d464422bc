"""How much is used under a price of a version now: a quantity for each charge it makes."""

from collections import defaultdict
from collections.abc import Sequence
from datetime import datetime
from decimal import Decimal

from accounts.queries.profiles import zones_of
from billing.catalogue.models import PlanVersion, Price
from billing.invoicing.queries.month_to_date import scopes_at
from billing.publishing.queries.effects import subscribers
from usage.days import days_of
from usage.queries.quantities import UsageWindow, metered_quantities

ACCOUNTS = 500
"""Accounts looked at while somebody waits; with more of them nobody is."""
RESOURCE = "resource"


def charges_so_far(version: PlanVersion, price: Price, at: datetime) -> Sequence[Decimal] | None:
    """The measured quantities, in order, of those who have the plan at `at`, this period so far.

    As usage was built last; a fixed number of queries. None where they are too many.
    """
    if price.meter_id is None:
        return ()
    account_ids = set(subscribers(version, at))
    if len(account_ids) > ACCOUNTS:
        return None
    zones = zones_of(account_ids)
    windows = [
        UsageWindow(
            scope.account_id, *days_of(zones[scope.account_id], scope.period), until=scope.until
        )
        for scope in scopes_at(account_ids, at)
    ]
    names = [name for name in price.group_by if name != RESOURCE]
    found: dict[tuple[object, ...], Decimal] = defaultdict(Decimal)
    for used in metered_quantities(windows, settled=False):
        said = used.dimensions
        is_other = any(said.get(name) != value for name, value in price.match.items())
        if used.meter_id != price.meter_id or is_other:
            continue
        resource = used.resource_id if RESOURCE in price.group_by else None
        found[used.account_id, resource, *(said.get(name) for name in names)] += used.quantity
    return sorted(quantity for quantity in found.values() if quantity > 0)
