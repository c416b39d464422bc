"""The order of a list as its address says it: a column, with a minus for largest first."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

from django.http import HttpRequest

from console.shell.query_params import choice
from core.db.keyset_pages import PageOrder

MINUS = "-"


@dataclass(frozen=True, slots=True)
class Sorting:
    """What a list is sorted by; `asked` as the address says it, such as -total."""

    asked: str
    orders: Mapping[str, PageOrder]

    @property
    def column(self) -> str:
        """The column, without its direction."""
        return self.asked.removeprefix(MINUS)

    @property
    def order(self) -> PageOrder:
        """For the query."""
        order = self.orders[self.column]
        return order.reversed() if self.asked.startswith(MINUS) else order

    def said_of(self, column: str) -> str:
        """ascending or descending, as aria-sort says it; empty for any other column."""
        if column != self.column:
            return ""
        return "descending" if self.asked.startswith(MINUS) else "ascending"

    def next_of(self, column: str) -> str:
        """What a click on a column asks for: the other way round, or its smallest first."""
        return f"{MINUS}{column}" if self.asked == column else column


def sorting_of(request: HttpRequest, orders: Mapping[str, PageOrder], usual: str) -> Sorting:
    """What a list is asked to be sorted by. Raises: UnreadableAddress."""
    known = [*orders, *(f"{MINUS}{name}" for name in orders)]
    return Sorting(choice(request, "sort", known) or usual, orders)


def choices_of(words: Mapping[str, Sequence[str]]) -> list[tuple[str, str]]:
    """For a select, which also phones show: each column in its two directions, in words."""
    return [
        (f"{sign}{column}", said)
        for column, both in words.items()
        for sign, said in zip(("", MINUS), both, strict=True)
    ]
