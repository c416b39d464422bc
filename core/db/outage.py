"""What it means when the database is away or one of its time limits was reached.

Neither is a defect, and neither tells whether something was stored: a connection that is lost while
a commit is under way has an outcome nobody knows. So nothing here says so, and the remedy is always
the same: send it again, since repeating changes nothing.
"""

from __future__ import annotations

from typing import ClassVar, Final

from django.db import Error

from core.errors import DomainError

# query_canceled, lock_not_available, idle_in_transaction_session_timeout, transaction_timeout,
# serialization_failure, deadlock_detected
_BUSY: Final = frozenset({"57014", "55P03", "25P03", "25P04", "40001", "40P01"})
# insufficient resources, operator intervention, system error, connection exception
_AWAY: Final = frozenset({"53", "57", "58", "08"})


class _TryAgain(DomainError):
    status = 503
    retryable = True
    seconds: ClassVar[int]

    @property
    def headers(self) -> dict[str, str]:
        return {"Retry-After": str(self.seconds)}


class DatabaseAway(_TryAgain):
    """The database does not answer, or the connection to it was lost on the way."""

    code = "database_away"
    title = "The database does not answer"
    seconds = 5


class DatabaseBusy(_TryAgain):
    """A statement, a lock or a transaction took longer than it may."""

    code = "database_busy"
    title = "This took too long and was given up"
    seconds = 2


def outage_of(error: BaseException | None) -> DatabaseAway | DatabaseBusy | None:
    """What a database error stands for where it is an outage; None for a defect."""
    if not isinstance(error, Error):
        return None
    state = getattr(error.__cause__, "sqlstate", None)
    if state in _BUSY:
        return DatabaseBusy(
            "Others were working on the same data, or there was too much of it. Send it again in a"
            " moment. If it was being stored, sending it again does no harm: events are counted"
            " once."
        )
    if _is_lost(error, state):
        return DatabaseAway(
            "The database cannot be reached right now. If it was being stored at that moment,"
            " nobody can say yet whether it was. Send it again: events are counted once."
        )
    return None


def _is_lost(error: Error, state: str | None) -> bool:
    if state is not None:
        return state[:2] in _AWAY
    # What the driver says itself, without the server: no connection, or one that broke.
    return type(error).__name__ in ("OperationalError", "InterfaceError")
