"""Many values as one parameter.

As text for a few, packed for thousands: of a packed array the server copies the values instead of
reading digits, and making one costs us less as well.
"""

from __future__ import annotations

import sys
from array import array as machine_array
from collections.abc import Iterable, Sequence
from datetime import UTC, date, datetime
from struct import Struct
from typing import Final

from psycopg import adapters, pq
from psycopg.adapt import Dumper

_BIGINT, _TEXT, _DATE, _TIMESTAMPTZ, _UUID, _JSONB = 20, 25, 1082, 1184, 2950, 3802
_HEADER: Final = Struct(">iiIii").pack
_LENGTH: Final = Struct(">i").pack
_LENGTH_OF_UUID: Final = _LENGTH(16).hex()
_NULL: Final = _LENGTH(-1)
_VERSION_OF_JSONB: Final = b"\x01"
# What PostgreSQL counts days and microseconds from.
_EPOCH: Final = datetime(2000, 1, 1, tzinfo=UTC)
_EPOCH_DAY: Final = _EPOCH.toordinal()


class Packed(bytes):
    """An array in PostgreSQL's binary form. Its type is the statement's to say, as in
    `%s::uuid[]`, and it needs parameters that are bound on the server (core.db.pipelining)."""


class _PackedDumper(Dumper):
    format = pq.Format.BINARY

    def dump(self, obj: Packed) -> Packed:
        return obj


adapters.register_dumper(Packed, _PackedDumper)


def array(values: Iterable[object]) -> str:
    """A PostgreSQL array literal of values that need no quoting: numbers, dates, instants,
    uuids; None is NULL."""
    return "{" + ",".join(["NULL" if value is None else str(value) for value in values]) + "}"


def uuids(values: Sequence[str]) -> Packed:
    """A uuid[] of values of 32 hexadecimal digits each."""
    return _packed(_UUID, len(values), bytes.fromhex(_LENGTH_OF_UUID.join(["", *values])))


def bigints(values: Sequence[int]) -> Packed:
    """A bigint[]."""
    return _packed(_BIGINT, len(values), _numbers("q", values))


def dates(values: Iterable[date]) -> Packed:
    """A date[]."""
    days = [value.toordinal() - _EPOCH_DAY for value in values]
    return _packed(_DATE, len(days), _numbers("i", days))


def instants(values: Iterable[datetime]) -> Packed:
    """A timestamptz[] of aware datetimes."""
    since = [value - _EPOCH for value in values]
    counts = [(each.days * 86_400 + each.seconds) * 1_000_000 + each.microseconds for each in since]
    return _packed(_TIMESTAMPTZ, len(counts), _numbers("q", counts))


def texts(values: Iterable[str]) -> Packed:
    """A text[]."""
    found = [value.encode() for value in values]
    elements = b"".join([_LENGTH(len(value)) + value for value in found])
    return _packed(_TEXT, len(found), elements)


def jsonbs(values: Sequence[str | None]) -> Packed:
    """A jsonb[] of JSON texts; None is NULL."""
    # Much of what is packed is alike.
    known = {value: _jsonb(value) for value in set(values)}
    elements = b"".join([known[value] for value in values])
    return _packed(_JSONB, len(values), elements, has_nulls=None in known)


def _jsonb(value: str | None) -> bytes:
    if value is None:
        return _NULL
    content = _VERSION_OF_JSONB + value.encode()
    return _LENGTH(len(content)) + content


def _numbers(code: str, values: Sequence[int]) -> bytes:
    """Each number after its length, put there a byte of every number at a time."""
    numbers = machine_array(code, values)
    size = numbers.itemsize
    if sys.byteorder == "little":
        numbers.byteswap()
    content, stride = numbers.tobytes(), 4 + size
    packed = bytearray(stride * len(values))
    packed[3::stride] = bytes([size]) * len(values)
    for place in range(size):
        packed[4 + place :: stride] = content[place::size]
    return bytes(packed)


def _packed(type_oid: int, count: int, elements: bytes, *, has_nulls: bool = False) -> Packed:
    return Packed(_HEADER(1, has_nulls, type_oid, count, 1) + elements)
