"""The accounts with thousands of apps, and what they use: as one, and each on a line of its own."""

from collections.abc import Sequence
from datetime import date, datetime
from typing import Any

from django.db import connection

from accounts.models import Account, Resource, ResourceOwnership
from benchmarks import world
from benchmarks.pages.sizes import Size
from benchmarks.world import add_customers
from core.actor import acting_as
from core.db.history import create_tracked
from core.db.transactions import transaction
from usage import partitions

# An event of each app of the big account on each of these days, as ingest would have left them.
_BIG_DAYS = (
    """
    CREATE UNLOGGED TABLE bench_big AS
    SELECT gen_random_uuid() AS key, day,
           (day + owner.resource_id %% 86400 * interval '1 second') AT TIME ZONE 'UTC'
               AS occurred_at,
           owner.account_id, owner.resource_id, owner.resource_id %% 5 AS meter
    FROM unnest(%(days)s::date[]) AS day CROSS JOIN accounts_resourceownership AS owner
    WHERE owner.account_id = %(account)s
    """,
    """
    INSERT INTO usage_eventkey (key, fingerprint, occurred_at, receipt_id)
    SELECT key, gen_random_uuid(), occurred_at, (SELECT min(id) FROM usage_receipt) FROM bench_big
    """,
    """
    INSERT INTO usage_event (key, occurred_at, resource_id, receipt_id, type_id, source_id,
                             event_id, quantity, data)
    SELECT key, occurred_at, resource_id, (SELECT min(id) FROM usage_receipt), type.id, source.id,
           left(key::text, 24), 250, '{"size": "small"}'
    FROM bench_big AS big
    JOIN usage_eventtype AS type ON type.name = 'bench.measured_' || big.meter
    JOIN usage_source AS source ON source.name = %(source)s
    ORDER BY occurred_at
    """,
    """
    INSERT INTO usage_usageday (day, account_id, resource_id, meter_id, dimension_set_id, quantity,
                                event_count, is_carried)
    SELECT day, account_id, resource_id, meter.id, dimensions.id, 250, 1, false
    FROM bench_big AS big
    JOIN usage_meter AS meter ON meter.code = 'bench_' || big.meter
    JOIN usage_dimensionset AS dimensions ON dimensions.pricing ->> 'size' = 'small'
    """,
    "DROP TABLE bench_big",
)


def found(size: Size) -> Account:
    """One more customer with as many apps as it says, its invoices as long as everybody's."""
    (account_id,), _ = add_customers(1)
    return _with_apps(account_id, "big", size.big_account_apps)


def found_with_long_invoices(size: Size) -> Account:
    """One more, whose invoices have a line for each app."""
    world.publish_by_app()
    (account_id,), _ = add_customers(1, plan_code=world.BY_APP)
    return _with_apps(account_id, "long", size.big_account_apps)


def _with_apps(account_id: int, stem: str, count: int) -> Account:
    account = Account.objects.get(pk=account_id)
    with acting_as(world.BENCH, reason="Benchmark"), transaction():
        apps = create_tracked(
            [
                Resource(
                    platform_id=f"{stem}-{number}", kind=Resource.Kind.APP, name=f"{stem}-{number}"
                )
                for number in range(1, count)
            ]
        )
        create_tracked(
            [
                ResourceOwnership(resource=app, account=account, owned_from=account.opened_at)
                for app in apps
            ]
        )
    return account


def use(big: Account, days: Sequence[date], *, at: datetime) -> None:
    """Every app is used once on each of these days; by SQL, not through the operations."""
    partitions.ensure_partitions(days, at=at)
    given: dict[str, Any] = {"account": big.pk, "days": list(days), "source": world.SOURCE}
    with connection.cursor() as cursor:
        for statement in _BIG_DAYS:
            cursor.execute(statement, given)
