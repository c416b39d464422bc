"""Row 18: the bill so far of an account with thousands of apps, against one query of its totals.

The overview rates every line anew and asks what came late; the query only adds up. Both read the
same roll-ups.
"""

from collections.abc import Iterator
from datetime import timedelta

from django.db import connection

from accounts.models import Account
from benchmarks import world
from benchmarks.bench import Bench
from benchmarks.databases import settle
from benchmarks.load import preload
from benchmarks.measure import Rate, RateComparison, timed
from benchmarks.pages import big_account
from benchmarks.pages.sizes import Size
from benchmarks.results import BenchmarkRow, Target
from benchmarks.threads import in_fresh_thread
from billing.invoicing.queries.next_bill import next_bill

APPS = 10_000
_SIZE = Size("one account", 0, 0, 0, APPS, 0, 0, 0)
_DAYS = [world.MONTH_ON, world.MONTH_ON + timedelta(days=9)]
AT = world.MONTH_FROM + timedelta(days=20)

_TOTALS = """
    SELECT meter_id, dimension_set_id, sum(quantity), sum(event_count) FROM usage_usageday
    WHERE account_id = %s AND day >= %s AND day < %s GROUP BY 1, 2
"""


class BillIncomplete(Exception):
    """The bill so far does not hold what was used, so its time means nothing."""


def measure(bench: Bench) -> Iterator[BenchmarkRow]:
    with bench.fresh() as scene:
        big = in_fresh_thread(make_big_account, scene.world)
        runs = [in_fresh_thread(_pair, big) for _ in range(bench.scale.runs)]
    yield BenchmarkRow(
        "18",
        f"bill so far of an account of {APPS:,} apps, time",
        "the same totals by one SQL query",
        RateComparison([as_time(ours) for ours, _ in runs], [as_time(them) for _, them in runs]),
        Target(must=20, stretch=5),
        unit="s",
        is_share=False,
        at_most=True,
    )


def make_big_account(found: world.World) -> Account:
    preload(found.account_ids[:50], 1_000)
    big = big_account.found(_SIZE)
    big_account.use(big, _DAYS, at=AT)
    settle()
    return big


def _pair(big: Account) -> tuple[Rate, Rate]:
    def ours() -> int:
        answer = next_bill(big, at=AT)
        if answer is None or answer.problem or not answer.total.minor:
            raise BillIncomplete(f"the bill so far: {answer}")
        return 1

    def theirs() -> int:
        with connection.cursor() as cursor:
            cursor.execute(_TOTALS, [big.pk, world.MONTH_ON, world.MONTH_UNTIL.date()])
            cursor.fetchall()
        return 1

    ours()
    theirs()
    return timed(ours), timed(theirs)


def as_time(run: Rate) -> Rate:
    """Seconds in the place of a rate, so that the row compares times."""
    return Rate(1, 1 / run.seconds)
