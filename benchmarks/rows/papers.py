"""Row 17: PDF of invoices, as a worker makes them, against typst alone on the finished sources.

Ours reads the content, puts it into words and figures, draws the pattern, looks for glyphs, sets
the pages, keeps the bytes and writes the row. The yardstick sets the same pages and does nothing
else. Both in one process.
"""

from collections.abc import Iterator, Sequence
from datetime import timedelta

from benchmarks import world
from benchmarks.bench import Bench
from benchmarks.databases import settle
from benchmarks.load import preload_days
from benchmarks.measure import Rate, RateComparison, timed
from benchmarks.results import BenchmarkRow, Target
from benchmarks.rows.bill_run import LINES_AN_INVOICE, bill
from benchmarks.threads import in_fresh_thread
from billing.invoicing.operations import ended_periods
from billing.papers.formats.pdf import finished, set_paper
from billing.papers.models import Paper, PaperFile
from billing.papers.operations import making, planning
from billing.papers.operations.sellers import SellerTerms, name_seller
from billing.papers.printed import printed
from billing.papers.reading import WITH_SUBJECTS, content_of
from core import leases

PAPERS = 60
_AS_OF = world.MONTH_UNTIL + timedelta(days=3)
_SELLER = SellerTerms("Bench GmbH", "Torstraße 1\n10119 Berlin", "DE", tax_id="DE123456788")


class PapersMissing(Exception):
    """Not every invoice got its PDF, so the rate means nothing."""


def measure(bench: Bench) -> Iterator[BenchmarkRow]:
    alone, ours = [], []
    for _ in range(bench.scale.runs):
        with bench.fresh() as scene:
            in_fresh_thread(_billed, scene.world.account_ids[:PAPERS])
            alone.append(in_fresh_thread(_typst_alone))
            ours.append(in_fresh_thread(_made))
    yield BenchmarkRow(
        "17",
        f"PDF of an invoice of {LINES_AN_INVOICE} lines, from its rows to the kept file, 1 process",
        "typst alone on the finished source",
        RateComparison(ours, alone),
        Target(must=0.60, stretch=0.85),
        unit="PDF/s",
    )


def _billed(account_ids: Sequence[int]) -> None:
    name_seller(
        terms=_SELLER,
        valid_from=world.MONTH_UNTIL - timedelta(days=365),
        at=_AS_OF,
        by=world.BENCH,
        reason="Benchmark",
    )
    preload_days(account_ids, day_count=2)
    ended_periods.add_up(at=_AS_OF)
    bill(account_ids, at=_AS_OF)
    planning.plan(at=_AS_OF)
    settle()


def _typst_alone() -> Rate:
    papers = [content_of(paper) for paper in Paper.objects.select_related(*WITH_SUBJECTS)]
    sources = [
        (finished(printed(each, address=making.address_of(each.code))), each.issued_at)
        for each in papers
    ]

    def set_all() -> int:
        for source, issued_at in sources:
            set_paper(source, issued_at=issued_at)
        return len(sources)

    set_paper(sources[0][0], issued_at=sources[0][1])  # reads the fonts
    return timed(set_all)


def _made() -> Rate:
    files = PaperFile.objects.filter(format=PaperFile.Format.PDF)
    first, *rest = leases.claim(files, limit=PAPERS, at=_AS_OF, lease_for=making.LEASE)
    making.make([first], at=_AS_OF)  # reads the fonts
    rate = timed(lambda: making.make(rest, at=_AS_OF))
    if rate.units != PAPERS - 1:
        raise PapersMissing(f"{rate.units} of {PAPERS - 1} PDF were made")
    return rate
