"""Adopt another version of the hours of service; cases keep the one they were opened under."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import datetime
from typing import Any

from billing.disputes.models import ServiceHours
from billing.disputes.service_hours import FIRST_HOURS, read_hours
from core.actor import Actor, require_said
from core.db.stamps import require_last_seen
from core.db.trail import FieldChange
from core.db.transactions import transaction


def adopt(
    *, document: Mapping[str, Any], at: datetime, by: Actor, reason: str, made_from: str = ""
) -> ServiceHours:
    """From now on cases are opened under this; those that are open keep the hours they have.

    `made_from` is the number of the version that was seen; empty has looked at none.

    Raises: HoursInvalid, NeverOpen, ReasonMissing, ChangedSince, StampUnreadable.
    """
    require_said(reason, "Say why the hours change.")
    read_hours(document)
    with transaction():
        last = ServiceHours.objects.select_for_update().order_by("-version").first()
        if made_from and last is not None:
            require_last_seen(made_from, last.version, lambda _: [_told(last)])
        return ServiceHours.objects.create(
            version=last.version + 1 if last else 1,
            document=document,
            adopted_at=at,
            adopted_by=by.name,
            reason=reason,
        )


def _told(last: ServiceHours) -> FieldChange:
    """What somebody else adopted meanwhile."""
    return FieldChange("hours", "an earlier version", f"version {last.version}: {last.reason}")


def adopt_first(*, at: datetime, using: str) -> None:
    """Have the house's own hours where there are none; safe to call at any time."""
    ServiceHours.objects.using(using).get_or_create(
        version=1,
        defaults={
            "document": FIRST_HOURS,
            "adopted_at": at,
            "adopted_by": "migrate",
            "reason": "The hours of the house, until somebody adopts others.",
        },
    )
