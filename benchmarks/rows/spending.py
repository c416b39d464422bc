"""Row 20: a look at the limits of an account with thousands of apps, against its bill so far.

A look rates the bill so far, rates it once more as things will have run at the end of the period,
and tells what was reached; from an event that is accepted to its stop there is one look and the
five seconds between two.
"""

from collections.abc import Iterator
from datetime import timedelta

from accounts.models import Account
from benchmarks.bench import Bench
from benchmarks.measure import Rate, RateComparison, timed
from benchmarks.results import BenchmarkRow, Target
from benchmarks.rows.big_account import APPS, AT, as_time, make_big_account
from benchmarks.threads import in_fresh_thread
from billing.invoicing.queries.month_to_date import month_to_date
from billing.spending.models import SpendingMark
from billing.spending.operations import limits, looking
from billing.spending.operations.limits import LimitTerms
from core.actor import Actor

_BY = Actor.system("benchmark")


class StopUntold(Exception):
    """The look did not tell the stop, so its time means nothing."""


def measure(bench: Bench) -> Iterator[BenchmarkRow]:
    with bench.fresh() as scene:
        big = in_fresh_thread(make_big_account, scene.world)
        runs = [in_fresh_thread(_look_and_rate, big) for _ in range(bench.scale.runs)]
    yield BenchmarkRow(
        "20",
        f"a look at the limits of an account of {APPS:,} apps, time",
        "rating its bill so far once",
        RateComparison([as_time(ours) for ours, _ in runs], [as_time(them) for _, them in runs]),
        Target(must=4, stretch=2.5),
        unit="s",
        is_share=False,
        at_most=True,
    )


def _look_and_rate(big: Account) -> tuple[Rate, Rate]:
    _set_anew(big)

    def ours() -> int:
        if looking.look_at(big.pk, at=AT, clock=lambda: AT) != 1:
            raise StopUntold(f"{SpendingMark.objects.count()} marks")
        return 1

    def theirs() -> int:
        assert month_to_date(big, at=AT) is not None
        return 1

    theirs()
    return timed(ours), timed(theirs)


def _set_anew(big: Account) -> None:
    """A limit that holds for one look and is reached by it."""
    at = AT + timedelta(seconds=2 * big.spending_limits.count())
    standing = big.spending_limits.filter(valid_until__isnull=True).first()
    if standing is not None:
        before = at - timedelta(seconds=1)
        limits.end_limit(limit=standing, at=before, by=_BY, reason="Measured")
    terms = LimitTerms(1, stops=True, marks=())
    limits.set_limit(account=big, terms=terms, at=at, by=_BY, reason="Measured")
