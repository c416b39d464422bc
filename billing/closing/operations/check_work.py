"""Check a month step by step: use of some accounts, count after count, then the totals.

A check is a row with a lease. Whoever holds it does one step and stores what it came to in one
transaction; a worker that dies loses its step and nothing else. What a check says of a month, and
what is signed of it, is in `billing.closing.queries.figures`.
"""

from collections.abc import Callable, Sequence
from datetime import datetime, timedelta

from accounts.models import Account
from billing.closing.checklist import ClosingCount, closing_counts
from billing.closing.models import CloseCheck, CloseCheckWork
from billing.closing.months import BooksMonth
from billing.closing.queries.figures import digest_of, figures_of
from core import leases
from core.actor import Actor
from core.db import locks
from core.db.transactions import transaction
from core.errors import Conflict
from core.isolating import isolated
from core.leases import WorkItem
from core.parking import why
from usage.derivation.rebuild import CHUNK, compare
from usage.derivation.refresh import refresh

LEASE = timedelta(seconds=15)
"""How soon a dead worker's check goes on; a living one holds the row's lock for its step."""
_ALONE = timedelta(hours=1)
_UNDER_WAY = (WorkItem.State.READY, WorkItem.State.LEASED)


class CheckUnderWay(Conflict):
    """A worker checks the month just now."""

    code = "close_check_under_way"
    title = "The month is being checked"


def ask(*, month: BooksMonth, at: datetime, by: Actor) -> CloseCheckWork:
    """Have a month checked, due at once; asked again meanwhile, it is the same check."""
    with transaction():
        locks.alone(f"check of {month}")
        under_way = CloseCheckWork.objects.filter(month_on=month.first_on, state__in=_UNDER_WAY)
        if (asked := under_way.first()) is not None:
            return asked
        return CloseCheckWork.objects.create(
            month_on=month.first_on, not_before=at, asked_at=at, asked_by=by.name
        )


def claim(*, at: datetime) -> CloseCheckWork | None:
    """Lease the oldest check that is due; None where none is."""
    claimed = leases.claim(CloseCheckWork.objects.all(), limit=1, at=at, lease_for=LEASE)
    return claimed[0] if claimed else None


def finish(item: CloseCheckWork, *, clock: Callable[[], datetime]) -> CloseCheck:
    """Do all of a check here and now. Raises: CheckUnderWay, LeaseLost."""
    items = CloseCheckWork.objects.filter(pk=item.pk)
    claimed = leases.claim(items, limit=1, at=clock(), lease_for=_ALONE)
    if not claimed:
        raise CheckUnderWay(f"{BooksMonth(item.month_on)} is being checked. Look at its page.")
    (item,) = claimed
    while not work(item, at=clock(), lease_for=_ALONE):
        pass
    assert item.check_made is not None  # it is done
    return item.check_made


def work(item: CloseCheckWork, *, at: datetime, lease_for: timedelta = LEASE) -> bool:
    """Do the next step of a claimed check; true when that was the last. Raises: LeaseLost."""
    chunk = _accounts_after(item.through_account)
    # Before anything is locked: whoever sends events waits for what is stale to be built only here.
    refresh(chunk)
    with transaction():
        leases.hold(item)
        if item.total_count is None:
            item.total_count = Account.objects.count()
        if chunk:
            _compare(item, chunk)
        elif (count := _next_count(item)) is not None:
            done = item.tally.get("counts", {})
            item.tally["counts"] = {**done, count.code: count.counts(BooksMonth(item.month_on))}
        else:
            _conclude(item, at=at)
            return True
        # An attempt that got somewhere is none of those that wear an item out.
        item.attempts = 0
        item.save(
            update_fields=["through_account", "compared_count", "total_count", "tally", "attempts"]
        )
        leases.extend(item, at=at, lease_for=lease_for)
    return False


def work_through(item: CloseCheckWork, *, clock: Callable[[], datetime], until: datetime) -> None:
    """Work a claimed check to its end or until that instant, or settle why it cannot.

    Raises: LeaseLost.
    """

    def go_on(claimed: Sequence[CloseCheckWork]) -> None:
        (item,) = claimed
        while not work(item, at=clock()):
            if clock() >= until:
                leases.put_back(item, at=clock())
                return

    isolated(
        [item],
        go_on,
        set_aside=lambda item, problem: give_up(item, problem, at=clock()),
        raises=(leases.LeaseLost,),
    )


def give_up(item: CloseCheckWork, problem: Exception, *, at: datetime) -> None:
    """Settle a failed attempt: tried again later, or parked with the reason where that is no use.

    Raises: LeaseLost.
    """
    leases.fail(item, error=why(problem, close_check=item.pk).sentence, at=at)


def _accounts_after(pk: int) -> list[int]:
    rows = Account.objects.filter(pk__gt=pk).order_by("pk")
    return list(rows.values_list("pk", flat=True)[:CHUNK])


def _compare(item: CloseCheckWork, chunk: Sequence[int]) -> None:
    examined, alike = item.tally.get("use", (0, 0))
    for compared in compare(chunk):
        examined += compared.examined
        alike += compared.examined - len(compared.differences)
    item.tally["use"] = [examined, alike]
    item.through_account, item.compared_count = chunk[-1], item.compared_count + len(chunk)


def _next_count(item: CloseCheckWork) -> ClosingCount | None:
    done = item.tally.get("counts", {})
    return next((each for each in closing_counts() if each.code not in done), None)


def _conclude(item: CloseCheckWork, *, at: datetime) -> None:
    month = BooksMonth(item.month_on)
    counted = {each.code: item.tally["counts"][each.code] for each in closing_counts()}
    figures = figures_of(month, item.tally.get("use", (0, 0)), counted)
    item.check_made = CloseCheck.objects.create(
        month_on=item.month_on,
        figures=figures,
        digest=digest_of(month, figures),
        checked_at=at,
        checked_by=item.asked_by,
    )
    item.state, item.lease_until, item.done_at = WorkItem.State.DONE, None, at
    item.last_error = ""
    item.save()
