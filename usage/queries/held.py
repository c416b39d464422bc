"""Which held events a choice means: some of one reason, by their keys or by what they say."""

from __future__ import annotations

from collections.abc import Collection, Iterable
from dataclasses import dataclass
from datetime import datetime
from uuid import UUID

from django.db.models import QuerySet

from core.periods import Period
from usage.models import QuarantinedEvent, QuarantineState


@dataclass(frozen=True, slots=True)
class HeldChoice:
    """Some or all events held for one reason, up to the last that was seen.

    What is empty narrows nothing; without anything all of the reason are meant. `window` is when
    they occurred. `through` is the last there was when the choice was shown, so what arrives after
    that is not settled unseen.
    """

    reason: str
    keys: Collection[UUID] = ()
    subjects: Collection[str] = ()
    type: str = ""
    source: str = ""
    window: Period | None = None
    through: int | None = None

    def narrow(self, rows: QuerySet[QuarantinedEvent]) -> QuerySet[QuarantinedEvent]:
        """Those that are meant, held or not; by another reason, too."""
        if self.keys:
            rows = rows.filter(key__in=self.keys)
        if self.subjects:
            rows = rows.filter(subject__in=self.subjects)
        if self.type:
            rows = rows.filter(type=self.type)
        if self.source:
            rows = rows.filter(source__name=self.source)
        if self.window is not None:
            rows = rows.filter(occurred_at__gte=self.window.start, occurred_at__lt=self.window.end)
        return rows if self.through is None else rows.filter(pk__lte=self.through)

    @property
    def held(self) -> QuerySet[QuarantinedEvent]:
        """Those that are still held for the reason."""
        held = QuarantinedEvent.objects.filter(state=QuarantineState.HELD, reason=self.reason)
        return self.narrow(held)


def window_of(start: datetime | None, end: datetime | None) -> Period | None:
    """A window kept as two columns."""
    return None if start is None or end is None else Period(start, end)


def keys_read(texts: Iterable[str]) -> list[UUID]:
    """Keys kept as text."""
    return [UUID(text) for text in texts]
