"""The three corrections of an accepted event, and how they are said."""

from __future__ import annotations

from dataclasses import dataclass

from core.errors import NotFound
from usage.queries.fate import EventStanding


class CorrectionNotFound(NotFound):
    """An event is amended, voided or restored; nothing else."""

    code = "correction_unknown"
    title = "There is no such correction"


@dataclass(frozen=True, slots=True)
class Verb:
    """One correction. `changes_content` when it says what the event should have said."""

    code: str
    name: str
    meaning: str
    done: str
    changes_content: bool = False

    def fits(self, standing: EventStanding) -> bool:
        """Whether it can be made of an event that stands so."""
        if standing in (EventStanding.HELD, EventStanding.DROPPED):
            return False
        return (standing is EventStanding.VOIDED) == (self.code == "restore")


VERBS = (
    Verb(
        "amend",
        "Amend",
        "The event stays as it was sent; from now on it counts as you say here. Its instant,"
        " resource and type cannot change: for those, void it and have it sent again.",
        "The event was amended.",
        changes_content=True,
    ),
    Verb(
        "void",
        "Void",
        "The event stays visible and counts nothing from now on. It can be restored.",
        "The event was voided.",
    ),
    Verb(
        "restore",
        "Restore",
        "The event counts again, as it last did before it was voided.",
        "The event was restored.",
    ),
)


def verb_of(code: str) -> Verb:
    """Raises: CorrectionNotFound."""
    for verb in VERBS:
        if verb.code == code:
            return verb
    raise CorrectionNotFound
