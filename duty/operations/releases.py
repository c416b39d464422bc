"""Note that a release begins to serve."""

from __future__ import annotations

from datetime import datetime

from duty.models import ServedRelease


def note_release(*, version: str, at: datetime) -> bool:
    """Note the release unless it is the one that serves already; whether it was noted."""
    last = ServedRelease.objects.order_by("-at", "-id").first()
    if last is not None and last.version == version:
        return False
    ServedRelease.objects.create(version=version, at=at)
    return True
