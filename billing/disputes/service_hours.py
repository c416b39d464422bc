"""Hours and promises as data: the document of a version, read strictly."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import date, time, timedelta
from typing import Any, Final
from zoneinfo import ZoneInfo, available_timezones

from billing.disputes.models import ClockEvent, DisputeCase
from billing.disputes.working_time import OpenHours
from core.errors import Invalid

FIRST_HOURS: Final[Mapping[str, Any]] = {
    "zone": "Europe/Berlin",
    "week": {str(day): [["09:00", "17:00"]] for day in range(5)},
    "closed_on": [],
    "targets": {
        "first_answer": {"low": 480, "normal": 240, "high": 120, "urgent": 60},
        "decision": {"low": 2880, "normal": 1440, "high": 960, "urgent": 480},
    },
}
"""What holds until somebody says otherwise: 9 to 17 on weekdays; minutes of working time."""


class HoursInvalid(Invalid):
    """The document of hours cannot be read."""

    code = "service_hours_invalid"
    title = "The hours cannot be read"


@dataclass(frozen=True, slots=True)
class ServicePromise:
    """The hours, and the working time of each promise by clock and priority."""

    hours: OpenHours
    targets: Mapping[str, Mapping[str, timedelta]]

    def target(self, clock: str, priority: str) -> timedelta:
        """How long something may take."""
        return self.targets[clock][priority]


def read_hours(document: Mapping[str, Any]) -> ServicePromise:
    """A document as values. Raises: HoursInvalid, NeverOpen; each names the field."""
    zone = document.get("zone")
    if zone not in available_timezones():
        raise HoursInvalid("Name a zone, such as Europe/Berlin.", field="zone")
    try:
        week = {
            int(day): [
                (time.fromisoformat(start), time.fromisoformat(until)) for start, until in parts
            ]
            for day, parts in document["week"].items()
        }
        closed = frozenset(date.fromisoformat(day) for day in document.get("closed_on", ()))
        targets = {
            clock: {
                priority: timedelta(minutes=int(document["targets"][clock][priority]))
                for priority in DisputeCase.Priority.values
            }
            for clock in ClockEvent.Clock.values
        }
    except (KeyError, TypeError, ValueError, AttributeError) as wrong:
        raise HoursInvalid(
            "Say week (times by day), closed_on (days) and targets (minutes of first_answer and "
            f"decision by priority): {wrong}.",
            field="document",
        ) from wrong
    if any(each <= timedelta(0) for times in targets.values() for each in times.values()):
        raise HoursInvalid("A promise takes at least a minute.", field="targets")
    if any(day not in range(7) for day in week):
        raise HoursInvalid("Days are 0 (Monday) to 6.", field="week")
    return ServicePromise(OpenHours(str(ZoneInfo(zone)), week, closed), targets)
