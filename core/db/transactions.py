"""Honest words for transactions.

An operation opens one with `transaction()`; an inner function that must not commit on its own says
`transaction_required()`. Isolation is READ COMMITTED: lock, then re-read. Lock order everywhere is
account, subscription, invoice, series.
"""

from collections.abc import Callable, Iterator
from contextlib import AbstractContextManager, contextmanager
from typing import TypeVar

from django.db import OperationalError
from django.db import connection as default_connection
from django.db import transaction as django_transaction

Result = TypeVar("Result")

# serialization_failure, deadlock_detected, lock_not_available
_RETRYABLE = frozenset({"40001", "40P01", "55P03"})


class NoTransaction(RuntimeError):
    """A function that writes part of a whole was called outside a transaction."""


def transaction() -> AbstractContextManager[None]:
    """All or nothing. Inside another operation it joins that one's transaction as a savepoint,
    so a broken rule undoes the inner operation alone and the caller may answer it."""
    return django_transaction.atomic()


@contextmanager
def one_snapshot(*, only_reads: bool = False) -> Iterator[None]:
    """Every read within sees the database as it was at the first; inside an open transaction what
    that one sees."""
    is_outermost = not default_connection.in_atomic_block
    with django_transaction.atomic():
        if is_outermost:
            with default_connection.cursor() as cursor:
                mode = ", READ ONLY" if only_reads else ""
                cursor.execute(f"SET TRANSACTION ISOLATION LEVEL REPEATABLE READ{mode}")
        yield


@contextmanager
def transaction_required() -> Iterator[None]:
    """Refuse to run outside the caller's transaction. Raises: NoTransaction."""
    require_transaction()
    yield


def require_transaction() -> None:
    """Raises: NoTransaction, outside a transaction."""
    if not default_connection.in_atomic_block:
        raise NoTransaction("This writes part of a whole and needs the caller's transaction.")


def retrying(work: Callable[[], Result], *, attempts: int = 3) -> Result:
    """Call `work` again, whole, after a deadlock or serialisation failure; for edges only.

    `work` opens its own transaction. The last failure is raised as it is.
    """
    if default_connection.in_atomic_block:
        raise RuntimeError("Only the edge retries: a transaction is open already.")
    for attempt in range(1, attempts + 1):
        try:
            return work()
        except OperationalError as error:
            if attempt == attempts or getattr(error.__cause__, "sqlstate", "") not in _RETRYABLE:
                raise
    raise AssertionError("attempts must be at least 1")
