"""What a change was made from, and whether that still holds: two people never overwrite each other.

A form or call over a row that exists carries the stamp of what its reader saw. Whoever changes the
row locks it first and then compares: a change since is refused with both, what was seen and what is
there now, and who changed it. A stamp is the number of the last history row, so it costs one look
at an index; what keeps no history (events, meter versions, back-fills) has stamps of its own kind
beside its operations and raises the same error.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, field
from functools import reduce
from typing import Any, Final

from django.db.models import Max

from core.db.models import Tracked
from core.db.trail import FieldChange, RecordChange, changes_after
from core.db.transactions import require_transaction, transaction
from core.errors import Conflict, Invalid

NOTHING_SEEN: Final = "0"
"""The stamp of one row that has never been."""

_STAMP: Final = re.compile(r"[0-9]{1,18}(\.[0-9]{1,18})*", re.ASCII)


class StampUnreadable(Invalid):
    """A change does not say what it was made from."""

    code = "made_from_unreadable"
    title = "The form does not say what it was made from"


class ChangedSince(Conflict):
    """What a change was made from is no longer so.

    `differences` are what was seen and what is there now, `changes` who made it so, oldest first,
    `sentences` both in words; `stamp` is that of what is there now, for whoever goes on from it.
    """

    code = "changed_since"
    title = "It was changed while you looked at it"

    def __init__(
        self,
        *,
        stamp: str,
        differences: Sequence[FieldChange],
        changes: Sequence[RecordChange] = (),
    ) -> None:
        self.stamp, self.differences, self.changes = stamp, differences, changes
        said = [
            f"{each.field}: you saw {each.old or 'nothing'}, it is {each.new or 'nothing'} now."
            for each in differences
        ]
        said += [
            f"Changed by {each.actor_name} at {each.at:%Y-%m-%d %H:%M} UTC: {each.reason}"
            for each in changes
        ]
        self.sentences: Sequence[str] = said
        super().__init__(" ".join(["Nothing was saved.", *said]), field="made_from", stamp=stamp)


@dataclass(frozen=True, slots=True)
class Seen:
    """Rows somebody looks at together: those of one model with these values in common.

    Removed ones belong to it too, and ones that are added. `named` is how to tell them apart.
    """

    model: type[Tracked]
    shared: Mapping[str, Any] = field(default_factory=dict)
    named: str = ""

    @classmethod
    def row(cls, row: Tracked) -> Seen:
        """One row."""
        return cls(type(row), {type(row)._meta.pk.name: row.pk})


def stamp_of(*seen: Seen) -> str:
    """The stamp of what is there now; read before what is shown, never after. One query each."""
    return ".".join(str(_last(each)) for each in seen)


def stamps_by(seen: Seen) -> dict[str, str]:
    """A stamp for every name among the rows, in one query."""
    last = (
        seen.model.history.filter(**seen.shared)
        .values_list(seen.named)
        .annotate(last=Max("history_id"))
        .order_by()
    )
    return {str(name): str(number) for name, number in last}


def require_unchanged(stamp: str, *seen: Seen) -> None:
    """Refuse to go on where something was changed since. Call it with the rows locked.

    A row that was saved again as it was is no change.

    Raises: ChangedSince, StampUnreadable, NoTransaction.
    """
    require_transaction()
    numbers, present = _read(stamp, len(seen)), [_last(each) for each in seen]
    if any(number > last for number, last in zip(numbers, present, strict=True)):
        raise StampUnreadable(field="made_from")
    changes: list[RecordChange] = []
    for each, number, last in zip(seen, numbers, present, strict=True):
        if number < last:
            changes += changes_after(each.model, number, named=each.named, **each.shared)
    differences = _differences(changes)
    if differences:
        changes.sort(key=lambda change: change.at)
        raise ChangedSince(
            stamp=".".join(map(str, present)), differences=differences, changes=changes
        )


def number_seen(made_from: str, present: int) -> int:
    """The number of the version or revision a change was made from, of those there are.

    Raises: StampUnreadable.
    """
    (number,) = _read(made_from, 1)
    if number > present:
        raise StampUnreadable(field="made_from")
    return number


def require_last_seen(
    made_from: str, last: int, told: Callable[[int], Sequence[FieldChange]]
) -> None:
    """Refuse a new version that was made from another than the last one; 0 is none.

    `told` says what is different since the number that was seen. Call it under the lock of what the
    versions are of. Raises: ChangedSince, StampUnreadable.
    """
    number = number_seen(made_from, last)
    if number != last:
        raise ChangedSince(stamp=str(last), differences=told(number))


@contextmanager
def unchanged(row: Tracked, stamp: str, *seen: Seen) -> Iterator[None]:
    """A transaction in which the row is locked, after those it stands under, and still as seen.

    `seen` are rows below it, which only change while it is locked, in its place. Call the operation
    inside. Raises: ChangedSince, StampUnreadable.
    """
    with transaction():
        lock_row(row)
        require_unchanged(stamp, *(seen or (Seen.row(row),)))
        yield


def lock_row(row: Tracked) -> None:
    """Lock a row after those its `locked_after` names. Raises: NoTransaction."""
    require_transaction()
    model = type(row)
    for path in model.locked_after:
        above: Any = reduce(getattr, path.split("__"), row)
        type(above)._base_manager.select_for_update(of=("self",), no_key=True).get(pk=above.pk)
    # Gone is a change too: its history tells.
    model._base_manager.select_for_update(of=("self",)).filter(pk=row.pk).first()


def _last(seen: Seen) -> int:
    found = (
        seen.model.history.filter(**seen.shared)
        .order_by("-history_id")
        .values_list("history_id", flat=True)
        .first()
    )
    return int(found or 0)


def _read(stamp: str, count: int) -> list[int]:
    numbers = [int(part) for part in stamp.split(".")] if _STAMP.fullmatch(stamp) else []
    if len(numbers) != count:
        raise StampUnreadable(
            "Open the page again: the form does not say what it was made from.", field="made_from"
        )
    return numbers


def _differences(changes: Sequence[RecordChange]) -> list[FieldChange]:
    """From what was seen to what is there now, whatever it was in between."""
    first: dict[str, str] = {}
    last: dict[str, str] = {}
    for change in changes:
        for each in change.fields:
            first.setdefault(each.field, each.old)
            last[each.field] = each.new
    return [
        FieldChange(name, first[name], last[name]) for name in first if first[name] != last[name]
    ]
