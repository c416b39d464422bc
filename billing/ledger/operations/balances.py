"""Keep balances added up by month, drop them, and make them anew: the journals are the truth."""

from datetime import datetime

from django.db import connection

from billing.ledger.models import BalanceMark, BookMonth
from billing.ledger.queries.balances import MOVED
from core.db import locks
from core.db.transactions import transaction, transaction_required

_ADD_UP = f"""
    INSERT INTO ledger_bookmonth (ledger_account_id, part, currency, clock, month_on, amount_minor)
    SELECT ledger_account_id, part, currency, clock, month_on, amount_minor
    FROM ({MOVED}) AS moved
    ON CONFLICT (ledger_account_id, part, currency, clock, month_on)
    DO UPDATE SET amount_minor = ledger_bookmonth.amount_minor + excluded.amount_minor
"""  # noqa: S608  statements of this house


def bring_up_to_date(*, at: datetime) -> None:
    """Add up the journals of every transaction that has ended since the last time."""
    with transaction():
        locks.alone("ledger.balances")
        mark = BalanceMark.objects.first()
        since = mark.before_transaction if mark else 0
        # What began before this and has not ended may still commit; it and later ones wait.
        before = _oldest_running()
        if before <= since:
            return
        with connection.cursor() as cursor:
            cursor.execute(_ADD_UP, {"since": since, "before": before})
        BalanceMark.objects.update_or_create(
            name="balances", defaults={"before_transaction": before, "added_at": at}
        )


def rebuild(*, at: datetime) -> None:
    """Drop what is added up and add it all up again."""
    with transaction():
        locks.alone("ledger.balances")
        drop()
        bring_up_to_date(at=at)


@transaction_required()
def drop() -> None:
    """Forget what is added up; balances are then read from the lines."""
    BookMonth.objects.all().delete()
    BalanceMark.objects.all().delete()


def _oldest_running() -> int:
    with connection.cursor() as cursor:
        cursor.execute("SELECT pg_snapshot_xmin(pg_current_snapshot())::text::bigint")
        (before,) = cursor.fetchone()
    return int(before)
