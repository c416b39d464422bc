"""When a child that ended starts again: soon, later each time, and not for ever."""

from __future__ import annotations

from collections import defaultdict
from typing import Final

from deploy.local.children import Command

ENDS_MAX: Final = 5
WITHIN_S: Final = 60.0
"""So many ends within so long are a loop: starting again does not help."""


class Restarts:
    """The ends of each child, and which of them wait to be started again."""

    def __init__(self) -> None:
        self._ends: dict[str, list[float]] = defaultdict(list)
        self._waiting: list[tuple[float, Command]] = []

    def wait_s(self, command: Command, *, now: float) -> float | None:
        """How long until what ended now starts again: 1 s, 2 s, 4 s …; None if it is a loop."""
        recent = [end for end in self._ends[command.name] if now - end < WITHIN_S]
        self._ends[command.name] = [*recent, now]
        if len(recent) + 1 >= ENDS_MAX:
            return None
        wait_s = 2.0 ** len(recent)
        self._waiting.append((now + wait_s, command))
        return wait_s

    def due(self, *, now: float) -> list[Command]:
        """What is to be started now; each is named once."""
        found = [command for due, command in self._waiting if due <= now]
        self._waiting = [(due, command) for due, command in self._waiting if due > now]
        return found
