"""One line of a history: when, who, what, old → new, why. Queries build it, any page shows it."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime


@dataclass(frozen=True, slots=True)
class Change:
    """One field, before and after, in words; an empty text means there was nothing."""

    field: str
    old: str
    new: str


@dataclass(frozen=True, slots=True)
class Entry:
    """One thing that happened."""

    at: datetime
    who: str
    what: str
    reason: str = ""
    changes: Sequence[Change] = ()
    url: str = ""
