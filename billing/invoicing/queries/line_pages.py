"""The lines of a bill in pages, by app: the same for an invoice and for the bill so far.

A page is cut from the places of all lines, which are three small values each; only the lines that
are on it are read in full. An app's sum is that of all its lines, also where a page shows some.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from decimal import Decimal
from typing import NamedTuple

from billing.rating import Explanation
from core.db.keyset_pages import Position, UnknownCursor
from core.errors import NotFound
from core.money import Money
from core.periods import Period

LINES_ON_A_PAGE = 200


class LineNotFound(NotFound):
    """The bill has no line at this position."""

    code = "line_not_found"
    title = "No such line"


@dataclass(frozen=True, slots=True)
class LineRow:
    """One line as the invoice prints it; `position` is what people call "line 7".

    `quantity` is None on a line that prices nothing but adjusts others. `rated` are the steps it
    was rated in, without the single events.
    """

    position: int
    description: str
    kind: str
    quantity: Decimal | None
    unit: str
    unit_price: Money | None
    amount: Money
    period: Period
    platform_id: str
    resource_id: str
    rated: Explanation


@dataclass(frozen=True, slots=True)
class LineGroup:
    """Lines printed under one app, in order, and the exact sum of all of its lines.

    `is_continued`: its first lines are on the page before.
    """

    label: str
    lines: Sequence[LineRow]
    subtotal: Money
    is_continued: bool = False


class LinePlace(NamedTuple):
    """Where a line is printed, and what it adds to the sum of its app."""

    position: int
    group_label: str
    amount_minor: int


@dataclass(frozen=True, slots=True)
class LinePage:
    """Some lines of a bill, and how many there are; `first` and `last` count from 1 as printed."""

    groups: Sequence[LineGroup]
    line_count: int
    group_count: int
    first: int
    last: int
    newer: str = ""
    older: str = ""

    @property
    def is_part(self) -> bool:
        """Whether there are lines that are not on this page."""
        return bool(self.newer or self.older)


@dataclass(frozen=True, slots=True)
class WantedLines:
    """Which page: by its place among the others, or the one that has a line; else the first."""

    position: Position
    line: int | None = None


FIRST_LINES = WantedLines(Position())


def line_page(
    places: Sequence[LinePlace],
    read: Callable[[Sequence[int]], Mapping[int, LineRow]],
    *,
    currency: str,
    wanted: WantedLines = FIRST_LINES,
) -> LinePage:
    """A page of lines; `read` returns the lines at some positions.

    Raises: UnknownCursor, LineNotFound.
    """
    members: dict[str, list[LinePlace]] = defaultdict(list)
    for place in places:
        members[place.group_label].append(place)
    printed = [place for group in members.values() for place in group]
    start = _start(printed, wanted)
    shown = printed[start : start + LINES_ON_A_PAGE]
    rows = read([place.position for place in shown])
    groups: dict[str, list[LineRow]] = defaultdict(list)
    for place in shown:
        groups[place.group_label].append(rows[place.position])
    end = start + len(shown)
    return LinePage(
        groups=[
            LineGroup(
                label,
                lines,
                Money.from_minor(sum(each.amount_minor for each in members[label]), currency),
                is_continued=lines[0].position != members[label][0].position,
            )
            for label, lines in groups.items()
        ],
        line_count=len(printed),
        group_count=len(members),
        first=start + 1 if shown else 0,
        last=end,
        newer=str(shown[0].position) if shown and start else "",
        older=str(shown[-1].position) if end < len(printed) else "",
    )


def _start(printed: Sequence[LinePlace], wanted: WantedLines) -> int:
    if wanted.line is not None:
        found = _index(printed, str(wanted.line))
        if found is None:
            raise LineNotFound(f"The bill has no line {wanted.line}.")
        return found - found % LINES_ON_A_PAGE
    edge = wanted.position.before or wanted.position.after
    if not edge:
        return 0
    found = _index(printed, edge)
    if found is None:
        raise UnknownCursor("The bill has changed since. Start again at its first line.")
    return max(found - LINES_ON_A_PAGE, 0) if wanted.position.before else found + 1


def _index(printed: Sequence[LinePlace], position: str) -> int | None:
    found = (at for at, place in enumerate(printed) if str(place.position) == position)
    return next(found, None)
