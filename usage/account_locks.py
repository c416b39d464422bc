"""Locks between booking events and building roll-ups again from raw ones.

Ingest holds its accounts' stripes shared, whoever rebuilds holds them exclusively: a rebuild then
reads every event that was booked on its rows, and no event is booked while it replaces them. Taken
in ascending order, before anything else usage writes, and released with the transaction.
"""

from __future__ import annotations

from collections.abc import Iterable

from core.db.one_round_trip import SqlStatement, execute_together
from core.db.transactions import require_transaction

_CLASS = 0x75736167  # "usag", so that no other advisory lock is meant
_COUNT = 64


def share(account_ids: Iterable[int]) -> None:
    """Keep rebuilds of these accounts out until the transaction ends. Raises: NoTransaction."""
    _lock("pg_advisory_xact_lock_shared", account_ids)


def exclude(account_ids: Iterable[int]) -> None:
    """Keep bookings and other rebuilds of these accounts out. Raises: NoTransaction."""
    _lock("pg_advisory_xact_lock", account_ids)


def sharing(account_ids: Iterable[int]) -> SqlStatement:
    """What `share` would execute, for a caller who sends it together with other statements.

    Raises: NoTransaction.
    """
    return _statement("pg_advisory_xact_lock_shared", account_ids)


def _lock(function: str, account_ids: Iterable[int]) -> None:
    execute_together(_statement(function, account_ids))


def _statement(function: str, account_ids: Iterable[int]) -> SqlStatement:
    require_transaction()
    stripes = sorted({account_id % _COUNT for account_id in account_ids})
    statement = f"SELECT {function}(%s, stripe) FROM unnest(%s::int[]) AS stripe"  # noqa: S608
    return statement, (_CLASS, stripes)


def exclude_all() -> None:
    """Keep all bookings and rebuilds out until the transaction ends. Raises: NoTransaction."""
    exclude(range(_COUNT))
