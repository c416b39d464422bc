"""Whether every seal still fits: the chain link by link, and each range against its rows.

Shows tampering by whoever can reach the tables, a superuser included; it does not prevent it.
Whoever makes the whole chain anew is found out by a head that was kept elsewhere.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from datetime import datetime
from itertools import pairwise
from typing import Final

from audit.models import Seal, SealedRange
from audit.queries.row_hashes import MARK_BYTES, RowHashes, hashes_of, link_of, unlike_their_rows
from audit.queries.sealed_tables import sealed_tables
from core.db.transactions import transaction

_AT_A_TIME: Final = 500
_ROWS_NAMED: Final = 20


@dataclass(frozen=True, slots=True)
class Tampering:
    """One thing that is not as it was sealed; `sealed_at` tells from when on it was otherwise."""

    where: str
    what: str
    sealed_at: datetime | None = None

    def __str__(self) -> str:
        since = "" if self.sealed_at is None else f" after {self.sealed_at:%Y-%m-%d %H:%M:%S} UTC"
        return f"{self.where}: {self.what}{since}"


def chain_faults(*, head: str = "") -> Iterator[Tampering]:
    """What is wrong with the links; `head` was kept elsewhere and must be among them."""
    before: Seal | None = None
    is_inside = not head
    seals = Seal.objects.order_by("number").prefetch_related("ranges")
    for each in seals.iterator(chunk_size=_AT_A_TIME):
        number, link = (1, "") if before is None else (before.number + 1, before.link)
        if each.number != number:
            yield Tampering(f"seal {number}", "is missing", each.sealed_at)
        elif each.previous != link:
            yield Tampering(f"seal {number}", "does not follow the one before", each.sealed_at)
        if each.link != _link_now(each):
            yield Tampering(f"seal {each.number}", "is not as it was made", each.sealed_at)
        is_inside = is_inside or each.link == head
        before = each
    if not is_inside:
        yield Tampering("the chain", f"has no seal {head}: it was made anew, or cut off")


def _link_now(each: Seal) -> str:
    return link_of(
        number=each.number,
        previous=each.previous,
        sealed_at=each.sealed_at,
        marks=each.marks,
        open_then=each.open_then,
        ranges=each.ranges.all(),
    )


def row_faults() -> Iterator[Tampering]:
    """Rows that were changed, removed or added since they were sealed."""
    keys = {each.name: each.key for each in sealed_tables()}
    grouped: dict[tuple[str, tuple[str, ...]], list[int]] = defaultdict(list)
    known = SealedRange.objects.order_by("table", "above").values_list("table", "columns", "id")
    for table, names, found in known.iterator(chunk_size=_AT_A_TIME):
        grouped[table, tuple(names)].append(found)
    for (table, columns), ranges in grouped.items():
        if table not in keys:
            yield Tampering(table, "is sealed and is no table of this release")
            continue
        for start in range(0, len(ranges), _AT_A_TIME):
            some = ranges[start : start + _AT_A_TIME]
            with transaction():
                unlike = unlike_their_rows(table, keys[table], columns, some)
            for each in SealedRange.objects.select_related("seal").filter(pk__in=unlike):
                yield from _named(each, keys[table])
    yield from _gaps()


def _gaps() -> Iterator[Tampering]:
    tiles = SealedRange.objects.order_by("table", "above").values_list("table", "above", "up_to")
    for (table, _, up_to), (following, above, _) in pairwise(tiles.iterator(chunk_size=_AT_A_TIME)):
        if table == following and above != up_to:
            yield Tampering(table, f"ids {up_to + 1} to {above} are in no seal")


def _named(sealed: SealedRange, key: str) -> Iterator[Tampering]:
    """What became of single rows, by comparing the marks of then and now from both ends."""
    with transaction():
        now = hashes_of(sealed.table, key, sealed.columns, above=sealed.above, up_to=sealed.up_to)
    then, present = _marks(bytes(sealed.row_marks)), _marks(now.marks)
    first = _alike(then, present)
    last = _alike(then[first:][::-1], present[first:][::-1])
    was, found = len(then) - first - last, len(present) - first - last
    at = sealed.seal.sealed_at
    for what, rows in _fates(now, then, present, first, was, found):
        yield Tampering(sealed.table, f"{rows} {what}", at)


def _fates(
    now: RowHashes,
    then: Sequence[bytes],
    present: Sequence[bytes],
    first: int,
    was: int,
    found: int,
) -> Iterator[tuple[str, str]]:
    keys = now.keys[first : first + found]
    if was == found:
        changed = [
            key for at, key in enumerate(keys, start=first) if then[at] != present[at]
        ] or keys
        yield "changed", _rows(changed)
    elif was > found:
        after = now.keys[first - 1] if first else 0
        yield f"gone after row {after}", _count(was - found)
        if found:
            yield "changed, or moved up by it", _rows(keys)
    else:
        yield "added or changed", _rows(keys)


def _rows(keys: Sequence[int]) -> str:
    shown = ", ".join(map(str, keys[:_ROWS_NAMED]))
    more = "" if len(keys) <= _ROWS_NAMED else f" and {len(keys) - _ROWS_NAMED} more"
    return f"row{'' if len(keys) == 1 else 's'} {shown}{more}"


def _count(rows: int) -> str:
    return f"{rows} row{'' if rows == 1 else 's'}"


def _marks(packed: bytes) -> list[bytes]:
    return [packed[at : at + MARK_BYTES] for at in range(0, len(packed), MARK_BYTES)]


def _alike(one: Sequence[bytes], other: Sequence[bytes]) -> int:
    """How many of the first are the same."""
    count = 0
    for left, right in zip(one, other, strict=False):
        if left != right:
            break
        count += 1
    return count
