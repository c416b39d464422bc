"""The hash of rows as they stand, worked out by the database, and the hash of a seal."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Any, Final

from django.db import connection
from psycopg import sql

from core.canonical_json import digest_of_plain

MARK_BYTES: Final = 4

# How values are written must not depend on who asks.
_SAME_FOR_ALL: Final = (
    "SELECT set_config('TimeZone', 'UTC', true), set_config('DateStyle', 'ISO, YMD', true),"
    " set_config('bytea_output', 'hex', true), set_config('extra_float_digits', '1', true),"
    " set_config('IntervalStyle', 'postgres', true)"
)
# What was sealed and what is verified are hashed by the same words, or nothing would ever fit.
_DIGEST: Final = (
    "encode(sha256(coalesce(string_agg(hash, ''::bytea ORDER BY key), ''::bytea)), 'hex')"
)
_HASHED: Final = """(
        SELECT {key} AS key, sha256(convert_to(ROW({columns})::text, 'UTF8')) AS hash
        FROM {table} WHERE {key} > %(above)s AND {key} <= %(up_to)s
    ) AS hashed"""
_HASHES: Final = f"""
    SELECT count(*), {_DIGEST},
           coalesce(string_agg(substr(hash, 1, {MARK_BYTES}), ''::bytea ORDER BY key), ''::bytea),
           coalesce(array_agg(key ORDER BY key), '{{{{}}}}')
    FROM {_HASHED}
"""  # noqa: S608  made of the pieces above, no data
_UNLIKE: Final = f"""
    SELECT sealed.id FROM audit_sealedrange AS sealed, LATERAL (
        SELECT count(*) AS rows, {_DIGEST} AS digest
        FROM {_HASHED % {"above": "sealed.above", "up_to": "sealed.up_to"}}
    ) AS present
    WHERE sealed.id = ANY(%(ranges)s)
      AND (present.rows, present.digest) IS DISTINCT FROM (sealed.rows, sealed.digest)
    ORDER BY sealed.id
"""  # noqa: S608  made of the pieces above, no data


@dataclass(frozen=True, slots=True)
class RowHashes:
    """What the rows of a range come to: how many, one hash of all, a mark and the key of each."""

    rows: int
    digest: str
    marks: bytes
    keys: Sequence[int]


def hashes_of(table: str, key: str, columns: Sequence[str], *, above: int, up_to: int) -> RowHashes:
    """Of the rows with keys in (above, up_to], as this transaction sees them."""
    statement = _said_of(_HASHES, table, key, columns)
    with connection.cursor() as cursor:
        cursor.execute(_SAME_FOR_ALL)
        cursor.execute(statement, {"above": above, "up_to": up_to})
        rows, digest, marks, keys = cursor.fetchone()
    return RowHashes(rows, digest, bytes(marks), keys)


def unlike_their_rows(
    table: str, key: str, columns: Sequence[str], ranges: Sequence[int]
) -> list[int]:
    """Which of these sealed ranges of one table, by id, no longer fit their rows."""
    with connection.cursor() as cursor:
        cursor.execute(_SAME_FOR_ALL)
        cursor.execute(_said_of(_UNLIKE, table, key, columns), {"ranges": list(ranges)})
        return [found for (found,) in cursor.fetchall()]


def _said_of(text: str, table: str, key: str, columns: Sequence[str]) -> sql.Composed:
    return sql.SQL(text).format(
        columns=sql.SQL(", ").join(map(sql.Identifier, columns)),
        key=sql.Identifier(key),
        table=sql.Identifier(table),
    )


def link_of(
    *,
    number: int,
    previous: str,
    sealed_at: datetime,
    marks: dict[str, int],
    open_then: Sequence[str],
    ranges: Iterable[Any],
) -> str:
    """The hash of a seal: of its own columns, its ranges in order of table, and the link before."""
    return digest_of_plain(
        {
            "number": number,
            "previous": previous,
            "sealed_at": sealed_at.astimezone(UTC).isoformat(),
            "marks": marks,
            "open_then": list(open_then),
            "ranges": [
                [each.table, list(each.columns), each.above, each.up_to, each.rows, each.digest,
                 bytes(each.row_marks).hex()]
                for each in sorted(ranges, key=lambda each: (each.table, each.above))
            ],
        }
    )  # fmt: skip
