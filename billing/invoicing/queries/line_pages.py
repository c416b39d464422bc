"""The lines of a bill in pages, by app: the same for an invoice and for the bill so far.

Lines are printed by app, the app of the first line first, and a page is cut from their places in
that order: here of a bill that is worked out now, by the database of an invoice. Only the lines
that are on it are read. An app's sum is that of all its lines, also where a page shows some.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from decimal import Decimal
from itertools import groupby
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


class PlacedLine(NamedTuple):
    """A line in the order they are printed, with the first line of its app and that app's sum."""

    position: int
    group_label: str
    group_first: int
    group_minor: int


class PlacedLines(NamedTuple):
    """The lines of a page, how many are before them, and how many lines and apps there are."""

    shown: Sequence[PlacedLine]
    before: int
    line_count: int
    group_count: int


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


ReadLines = Callable[[Sequence[int]], Mapping[int, LineRow]]
"""The lines at some positions."""


def line_page(
    places: Sequence[LinePlace],
    read: ReadLines,
    *,
    currency: str,
    wanted: WantedLines = FIRST_LINES,
) -> LinePage:
    """A page of the lines of a bill that is worked out now. Raises: UnknownCursor, LineNotFound."""
    members: dict[str, list[LinePlace]] = defaultdict(list)
    for place in places:
        members[place.group_label].append(place)
    printed = [place for group in members.values() for place in group]
    start = _start(printed, wanted)
    shown = printed[start : start + LINES_ON_A_PAGE]
    sums = {label: sum(each.amount_minor for each in group) for label, group in members.items()}
    placed = [
        PlacedLine(
            place.position,
            place.group_label,
            members[place.group_label][0].position,
            sums[place.group_label],
        )
        for place in shown
    ]
    return page_of_placed(
        PlacedLines(placed, start, len(printed), len(members)), read, currency=currency
    )


def page_of_placed(found: PlacedLines, read: ReadLines, *, currency: str) -> LinePage:
    """The page that these lines are."""
    rows = read([place.position for place in found.shown])
    groups = [
        LineGroup(
            label,
            [rows[place.position] for place in lines],
            Money.from_minor(lines[0].group_minor, currency),
            is_continued=lines[0].position != lines[0].group_first,
        )
        for label, lines in (
            (label, list(lines))
            for label, lines in groupby(found.shown, key=lambda place: place.group_label)
        )
    ]
    shown, end = found.shown, found.before + len(found.shown)
    return LinePage(
        groups=groups,
        line_count=found.line_count,
        group_count=found.group_count,
        first=found.before + 1 if shown else 0,
        last=end,
        newer=str(shown[0].position) if shown and found.before else "",
        older=str(shown[-1].position) if shown and end < found.line_count else "",
    )


def no_such_page(wanted: WantedLines) -> LineNotFound | UnknownCursor:
    """What is wrong with an asked page that no line of the bill is on."""
    if wanted.line is not None:
        return LineNotFound(f"The bill has no line {wanted.line}.")
    return UnknownCursor("The bill has changed since. Start again at its first line.")


def _start(printed: Sequence[LinePlace], wanted: WantedLines) -> int:
    if wanted.line is not None:
        found = _index(printed, str(wanted.line))
        if found is None:
            raise no_such_page(wanted)
        return found - found % LINES_ON_A_PAGE
    edge = wanted.position.before or wanted.position.after
    if not edge:
        return 0
    found = _index(printed, edge)
    if found is None:
        raise no_such_page(wanted)
    return max(found - LINES_ON_A_PAGE, 0) if wanted.position.before else found + 1


def _index(printed: Sequence[LinePlace], position: str) -> int | None:
    found = (at for at, place in enumerate(printed) if str(place.position) == position)
    return next(found, None)
