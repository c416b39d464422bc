"""How long a statement, a wait for a lock and a transaction may last, by kind of process.

A process says once what it is. Every connection it opens is then told its limits, and its name for
whoever looks at pg_stat_activity. The figures are settings.DATABASE_LIMITS. A process that has not
said what it is (a test, a script) has no limits.
"""

from __future__ import annotations

from enum import StrEnum
from typing import Any

from django.conf import settings
from django.db import connection
from django.db.backends.base.base import BaseDatabaseWrapper
from django.db.backends.signals import connection_created

_PARAMETERS = {
    "statement": "statement_timeout",
    "lock": "lock_timeout",
    "idle_in_transaction": "idle_in_transaction_session_timeout",
    "transaction": "transaction_timeout",
}
_TRANSACTION_TIMEOUT_SINCE = 170_000


class ProcessKind(StrEnum):
    """What a process is for."""

    WEB = "web"
    WORKER = "worker"
    COMMAND = "command"
    MIGRATE = "migrate"


_END_OVERLONG = """
    SELECT count(*) FILTER (WHERE pg_terminate_backend(pid)) FROM pg_stat_activity
    WHERE datname = current_database() AND pg_has_role(usesysid, 'USAGE')
      AND application_name = %s AND xact_start < clock_timestamp() - %s::interval
"""


class _Process:
    kind: ProcessKind | None = None


def this_process_is(kind: ProcessKind | None) -> None:
    """Give every connection this process opens from now on the limits of its kind."""
    _Process.kind = kind


def end_overlong_transactions() -> int:
    """End what outlived the limit of its kind all the same; returns how many.

    PostgreSQL before 17 knows no such limit, and no PostgreSQL looks at a clock while it waits for
    the rows of a COPY, which the client may be too frozen to send.
    """
    ended = 0
    with connection.cursor() as cursor:
        for kind, limits in settings.DATABASE_LIMITS.items():
            if limits["transaction"] != "0":
                cursor.execute(_END_OVERLONG, [f"counterfoil {kind}", limits["transaction"]])
                ended += cursor.fetchone()[0]
    return ended


def _on_connect(*, connection: BaseDatabaseWrapper, **_: Any) -> None:
    if _Process.kind is None:
        return
    limits: dict[str, str] = settings.DATABASE_LIMITS[_Process.kind]
    values = {_PARAMETERS[what]: limit for what, limit in limits.items()}
    if connection.pg_version < _TRANSACTION_TIMEOUT_SINCE:  # type: ignore[attr-defined]
        del values["transaction_timeout"]
    values["application_name"] = f"counterfoil {_Process.kind}"
    with connection.cursor() as cursor:
        cursor.execute(
            "SELECT " + ", ".join(["set_config(%s, %s, false)"] * len(values)),
            [each for pair in values.items() for each in pair],
        )


connection_created.connect(_on_connect, dispatch_uid="core.db.limits")
