"""The answer to an ingest: what became of each event, in the order they were sent."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import datetime
from enum import StrEnum

from msgspec import Struct


class IngestOutcome(StrEnum):
    """What became of one event."""

    ACCEPTED = "accepted"
    DUPLICATE = "duplicate"
    CONFLICT = "conflict"
    QUARANTINED = "quarantined"
    REJECTED = "rejected"


class Verdict(Struct, frozen=True, gc=False):
    """What became of the event at `index`.

    `code` and `detail` say why, or what to know about it; `pointer` is a JSON pointer into the
    event; `received_at` of a duplicate is when the first was received. `status` is the HTTP status
    of a rejected event that was sent alone.
    """

    index: int
    outcome: IngestOutcome
    source: str | None
    id: str | None
    code: str | None = None
    detail: str | None = None
    pointer: str | None = None
    received_at: datetime | None = None
    status: int = 422


@dataclass(frozen=True, slots=True)
class IngestResult:
    """All verdicts of a request. `is_stored` is False when an atomic request was undone."""

    verdicts: list[Verdict]
    is_stored: bool = True

    @property
    def counts(self) -> dict[str, int]:
        """How many events got which verdict; every outcome is named, and they add up."""
        return tally(self.verdicts)


def tally(verdicts: Iterable[Verdict]) -> dict[str, int]:
    """How many of them there are of each outcome; every outcome is named."""
    found = [verdict.outcome for verdict in verdicts]
    return {outcome.value: found.count(outcome) for outcome in IngestOutcome}
