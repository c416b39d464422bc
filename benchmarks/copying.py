"""What the database can do at best: plain COPY into plain tables of our own making.

The tables here are yardsticks and must not follow the product's: a yardstick that grows with the
thing it measures shows nothing.
"""

import random
from collections.abc import Callable, Sequence
from datetime import timedelta
from functools import lru_cache

from django.db import connection

from benchmarks.databases import settle
from benchmarks.measure import Rate, timed
from benchmarks.world import MONTH_FROM, MONTH_UNTIL

_CHUNK_BYTES = 1 << 20
_PROPERTIES = '{"region":"eu","size":"std-1x"}'

_WIDE = """CREATE TABLE bench_wide (
    id uuid NOT NULL, account_id bigint NOT NULL, subject text NOT NULL, meter text NOT NULL,
    quantity numeric NOT NULL, occurred_at timestamptz NOT NULL, source text NOT NULL,
    source_event_id text NOT NULL, properties jsonb NOT NULL)"""
_NARROW = """CREATE TABLE bench_narrow (
    event_key uuid PRIMARY KEY, account_id bigint NOT NULL, resource_id bigint NOT NULL,
    meter_id smallint NOT NULL, source_id smallint NOT NULL, quantity numeric NOT NULL,
    occurred_at timestamptz NOT NULL, properties jsonb)"""


def copy_wide(row_count: int) -> Rate:
    """COPY, text format, into a nine-column table without any index: the physical limit."""
    return _copy("bench_wide", _WIDE, _wide_rows(row_count), row_count)


def copy_narrow(row_count: int) -> Rate:
    """COPY into a narrow table with a primary key in order of time."""
    return _copy("bench_narrow", _NARROW, _narrow_rows(row_count), row_count)


def _copy(table: str, ddl: str, data: bytes, row_count: int) -> Rate:
    with connection.cursor() as cursor:
        cursor.execute(f"DROP TABLE IF EXISTS {table}")
        cursor.execute(ddl)
        settle()
        rate = timed(lambda: _stream(table, data, row_count))
        cursor.execute(f"DROP TABLE {table}")
    return rate


def _stream(table: str, data: bytes, row_count: int) -> int:
    with connection.cursor() as cursor, cursor.copy(f"COPY {table} FROM STDIN") as copy:
        for start in range(0, len(data), _CHUNK_BYTES):
            copy.write(data[start : start + _CHUNK_BYTES])
    return row_count


@lru_cache(maxsize=1)
def _wide_rows(row_count: int) -> bytes:
    rng = random.Random(1)
    meters = ("dyno.seconds", "db.bytes", "egress.bytes", "build.seconds", "log.lines")

    def row(_: int) -> Sequence[object]:
        account = rng.randrange(10_000)
        return (
            _uuid(rng.getrandbits(128)), account, f"app-{account}-{rng.randrange(4)}",
            rng.choice(meters), rng.randrange(1, 100_000), _instant(rng), "agent",
            f"{rng.getrandbits(128):032x}", _PROPERTIES,
        )  # fmt: skip

    return _lines(row, row_count)


@lru_cache(maxsize=1)
def _narrow_rows(row_count: int) -> bytes:
    rng = random.Random(2)

    def row(number: int) -> Sequence[object]:
        account = rng.randrange(10_000)
        key = _uuid((1_790_000_000_000 + number) << 80 | rng.getrandbits(80))
        at = (MONTH_UNTIL + timedelta(seconds=number / 100)).isoformat()
        return (key, account, account * 10, 1 + account % 5, 1, rng.randrange(1, 100_000), at,
                _PROPERTIES)  # fmt: skip

    return _lines(row, row_count)


def _lines(row: Callable[[int], Sequence[object]], row_count: int) -> bytes:
    lines = ("\t".join(str(value) for value in row(number)) for number in range(row_count))
    return ("\n".join(lines) + "\n").encode()


def _instant(rng: random.Random) -> str:
    return (MONTH_FROM + timedelta(seconds=rng.random() * 30 * 86_400)).isoformat()


def _uuid(value: int) -> str:
    text = f"{value:032x}"
    return f"{text[:8]}-{text[8:12]}-{text[12:16]}-{text[16:20]}-{text[20:]}"
