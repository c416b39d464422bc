"""Events to send, and months of them put straight into the tables where only their mass matters."""

import json
import random
from collections.abc import Iterator, Sequence
from datetime import date, datetime, timedelta

from django.db import connection

from benchmarks import world
from usage.envelope import EventRefusal, ReceivedEvent, read_item
from usage.operations.ingest import ingest

BATCH = 1_000
EventDocument = dict[str, object]


def envelopes(platform_ids: Sequence[str], count: int, *, seed: int) -> Iterator[EventDocument]:
    """What agents send on the day after the month: random in account, meter and id.

    A hundred events a second, in order of time but for the minute each agent may hold one back.
    """
    rng = random.Random(seed)
    for number in range(count):
        at = world.SENT_FROM + timedelta(seconds=number / 100 + rng.random() * 60)
        yield {
            "specversion": "1.0",
            "id": f"{rng.getrandbits(96):024x}",
            "source": world.SOURCE,
            "type": world.event_type(rng.randrange(world.METER_COUNT)),
            "subject": rng.choice(platform_ids),
            "time": at.isoformat().replace("+00:00", "Z"),
            "data": {"quantity": str(rng.randrange(1, 1_000)), "size": rng.choice(world.SIZES)},
        }


def drafts(
    platform_ids: Sequence[str], count: int, *, seed: int
) -> list[ReceivedEvent | EventRefusal]:
    """The same, read: what the library's ingest is given."""
    return [read_item(each, is_plain=True) for each in envelopes(platform_ids, count, seed=seed)]


def bodies(
    platform_ids: Sequence[str], count: int, *, batch: int, seed: int
) -> list[tuple[int, bytes]]:
    """The same as request bodies, each with its number of events."""
    events = list(envelopes(platform_ids, count, seed=seed))
    batches = [events[start : start + batch] for start in range(0, count, batch)]
    return [(len(each), json.dumps(each, separators=(",", ":")).encode()) for each in batches]


def ingest_all(items: Sequence[ReceivedEvent | EventRefusal], *, batch: int = BATCH) -> int:
    """One writer, a transaction a batch; returns how many events."""
    for start in range(0, len(items), batch):
        ingest(items[start : start + batch], at=world.RECEIVED_AT, by=world.BENCH)
    return len(items)


def preload(
    account_ids: Sequence[int],
    event_count: int,
    *,
    since: datetime = world.MONTH_FROM,
    day_count: int = world.DAY_COUNT,
) -> None:
    """Put `event_count` events of these accounts into key table, partitions and roll-ups by SQL.

    The figures agree with one another, as if the events had been sent, and the roll-ups lie as
    ingest would have put them: day by day, and within a day as its events happened to come.
    """
    _teach_dimensions(account_ids)
    with connection.cursor() as cursor:
        for statement in _PRELOAD:
            cursor.execute(
                statement,
                {
                    "accounts": list(account_ids),
                    "count": event_count,
                    "month_from": since,
                    "seconds": day_count * 86_400,
                    "sizes": list(world.SIZES),
                    "source": world.SOURCE,
                },
            )


def preload_days(
    account_ids: Sequence[int],
    *,
    first: date = world.MONTH_ON,
    day_count: int = world.DAY_COUNT,
) -> None:
    """Put ten roll-up rows an account and day straight into the roll-up table; no events."""
    _teach_dimensions(account_ids)
    with connection.cursor() as cursor:
        cursor.execute(
            _PRELOAD_DAYS,
            {"accounts": list(account_ids), "first": first, "days": day_count},
        )
        cursor.execute("ANALYZE usage_usageday")


def _teach_dimensions(account_ids: Sequence[int]) -> None:
    """One real event of every meter and size makes the types and dimension sets."""
    with connection.cursor() as cursor:
        cursor.execute(
            "SELECT platform_id FROM accounts_resource AS resource "
            "JOIN accounts_resourceownership AS owner ON owner.resource_id = resource.id "
            "WHERE owner.account_id = %s",
            [account_ids[0]],
        )
        subject = cursor.fetchone()[0]
    first = [
        read_item(
            {
                "id": f"first-{meter}-{size}",
                "source": world.SOURCE,
                "type": world.event_type(meter),
                "subject": subject,
                "time": world.MONTH_FROM.isoformat(),
                "data": {"quantity": "1", "size": size},
            },
            is_plain=True,
        )
        for meter in range(world.METER_COUNT)
        for size in world.SIZES
    ]
    ingest(first, at=world.RECEIVED_AT, by=world.BENCH)


_PRELOAD = (
    """
    CREATE UNLOGGED TABLE bench_load AS
    SELECT gen_random_uuid() AS key,
           %(month_from)s::timestamptz + random() * %(seconds)s * interval '1 second'
               AS occurred_at,
           (%(accounts)s::bigint[])[1 + number %% cardinality(%(accounts)s::bigint[])]
               AS account_id,
           (floor(random() * 5))::int AS meter,
           (%(sizes)s::text[])[1 + (random() < 0.5)::int] AS size,
           (1 + floor(random() * 999))::numeric AS quantity
    FROM generate_series(1, %(count)s) AS number
    """,
    """
    INSERT INTO usage_eventkey (key, fingerprint, occurred_at, receipt_id)
    SELECT key, gen_random_uuid(), occurred_at, (SELECT min(id) FROM usage_receipt)
    FROM bench_load
    """,
    """
    INSERT INTO usage_event (key, occurred_at, resource_id, receipt_id, type_id, source_id,
                             event_id, quantity, data)
    SELECT load.key, load.occurred_at, owner.resource_id, (SELECT min(id) FROM usage_receipt),
           type.id, source.id, left(load.key::text, 24), load.quantity,
           jsonb_build_object('size', load.size)
    FROM bench_load AS load
    JOIN accounts_resourceownership AS owner ON owner.account_id = load.account_id
    JOIN usage_eventtype AS type ON type.name = 'bench.measured_' || load.meter
    JOIN usage_source AS source ON source.name = %(source)s
    ORDER BY load.occurred_at
    """,
    """
    INSERT INTO usage_usageday AS kept (day, account_id, resource_id, meter_id, dimension_set_id,
                                        quantity, event_count, is_carried)
    SELECT (load.occurred_at AT TIME ZONE 'UTC')::date, load.account_id, owner.resource_id,
           meter.id, dimensions.id, sum(load.quantity), count(*), false
    FROM bench_load AS load
    JOIN accounts_resourceownership AS owner ON owner.account_id = load.account_id
    JOIN usage_meter AS meter ON meter.code = 'bench_' || load.meter
    JOIN usage_dimensionset AS dimensions ON dimensions.pricing ->> 'size' = load.size
    GROUP BY 1, 2, 3, 4, 5
    ORDER BY 1, random()
    ON CONFLICT (day, account_id, resource_id, meter_id, dimension_set_id) DO UPDATE
    SET quantity = kept.quantity + excluded.quantity,
        event_count = kept.event_count + excluded.event_count
    """,
    "DROP TABLE bench_load",
    "ANALYZE",
)

_PRELOAD_DAYS = """
    INSERT INTO usage_usageday (day, account_id, resource_id, meter_id, dimension_set_id, quantity,
                                event_count, is_carried)
    SELECT %(first)s::date + day, owner.account_id, owner.resource_id, meter.id, dimensions.id,
           1 + (owner.account_id * 7 + day * 13) %% 500, 6, false
    FROM generate_series(0, %(days)s - 1) AS day
    CROSS JOIN accounts_resourceownership AS owner
    CROSS JOIN usage_meter AS meter
    CROSS JOIN usage_dimensionset AS dimensions
    WHERE owner.account_id = ANY(%(accounts)s)
    ON CONFLICT DO NOTHING
"""
