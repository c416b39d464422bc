"""How the database server does, as any role may ask: size, connections, dead rows, the backup."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Final

from django.db import connection

from core.measures import WatchedNumber

_SIZE: Final = "SELECT pg_database_size(current_database())"
_CONNECTIONS: Final = """
    SELECT usename, count(*) FROM pg_stat_activity
    WHERE datname = current_database() AND usename IS NOT NULL GROUP BY usename ORDER BY usename
"""
_OLDEST: Final = """
    SELECT coalesce(extract(epoch FROM clock_timestamp() - min(xact_start)), 0)
    FROM pg_stat_activity WHERE datname = current_database() AND pid <> pg_backend_pid()
      AND application_name LIKE 'counterfoil%%'
"""
_DEAD: Final = """
    SELECT relname, n_dead_tup::numeric / greatest(n_live_tup, 1) FROM pg_stat_user_tables
    WHERE n_dead_tup > 1000 ORDER BY n_dead_tup DESC LIMIT 10
"""
_BEHIND: Final = """
    SELECT slot_name, pg_wal_lsn_diff(pg_current_wal_lsn(), restart_lsn)
    FROM pg_replication_slots WHERE restart_lsn IS NOT NULL
"""


def server_measures() -> Iterator[WatchedNumber]:
    """Five queries of the server's own statistics."""
    with connection.cursor() as cursor:
        cursor.execute(_SIZE)
        yield WatchedNumber("counterfoil_database_bytes", cursor.fetchone()[0])
        cursor.execute(_CONNECTIONS)
        for role, count in cursor.fetchall():
            yield WatchedNumber("counterfoil_database_connections", count, {"role": role})
        cursor.execute(_OLDEST)
        yield WatchedNumber("counterfoil_oldest_transaction_seconds", cursor.fetchone()[0])
        cursor.execute(_DEAD)
        for table, share in cursor.fetchall():
            yield WatchedNumber("counterfoil_dead_rows_share", share, {"table": table})
        cursor.execute(_BEHIND)
        for slot, behind in cursor.fetchall():
            yield WatchedNumber("counterfoil_backup_behind_bytes", behind, {"slot": slot})
