"""Who imports a foreign bill, when and why."""

from dataclasses import dataclass
from datetime import datetime

from core.actor import Actor


@dataclass(frozen=True, slots=True)
class ImportedBy:
    """Given on to every operation of an import."""

    at: datetime
    by: Actor
    reason: str
