"""Which of two reports about one instant is the later word.

Owns the order of events: by their instants; those of one instant as they were received; and of
those, the ones their source numbered (the CloudEvents `sequence`) by these numbers, which say
nothing about another source. An event never stands before one that its source numbered lower.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable, Sequence
from datetime import datetime
from itertools import groupby
from typing import NamedTuple, Protocol, TypeVar

NUMBER_MARK = " "
"""Begins a stored sequence that is a whole number; no other begins or ends with a space."""


class Arrival(NamedTuple):
    """How an event came in: the number of its receipt and its place there, who sent it, and the
    sequence its sender gave it, as stored ("" for none).
    """

    receipt_id: int = 0
    position: int = 0
    source_id: int = 0
    sequence: str = ""


UNREPORTED = Arrival()
"""Of what has not come in."""


class Reported(Protocol):
    """Something an event said about an instant."""

    @property
    def at(self) -> datetime: ...

    @property
    def report(self) -> Arrival: ...


R = TypeVar("R", bound=Reported)


def in_order(said: Iterable[R]) -> list[R]:
    """By instant, and of one instant the word that holds last."""
    received = sorted(said, key=_received)
    if not any(each.report.sequence for each in received):
        return received
    found: list[R] = []
    for _, together in groupby(received, key=_instant):
        found += _of_one_instant(list(together))
    return found


def _of_one_instant(received: Sequence[R]) -> list[R]:
    numbered: dict[int, list[int]] = defaultdict(list)
    for place, each in enumerate(received):
        if each.report.sequence:
            numbered[each.report.source_id].append(place)
    ranks = [(place, 0) for place in range(len(received))]
    for places in numbered.values():
        reached = 0
        by_number = sorted(places, key=lambda place: (_number(received[place]), place))
        for turn, place in enumerate(by_number):
            reached = max(reached, place)
            ranks[place] = reached, turn
    return [received[place] for place in sorted(range(len(received)), key=ranks.__getitem__)]


def _instant(said: Reported) -> datetime:
    return said.at


def _received(said: Reported) -> tuple[datetime, int, int]:
    report = said.report
    return said.at, report.receipt_id, report.position


def _number(said: Reported) -> tuple[bool, int, str]:
    """Whole numbers as such, and before texts; texts character by character."""
    sequence = said.report.sequence
    if sequence.startswith(NUMBER_MARK):
        return False, int(sequence), ""
    return True, 0, sequence
