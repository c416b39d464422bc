"""What apps do all day: requests, bytes out, builds, and people active in a pipeline."""

from collections.abc import Iterator, Mapping
from datetime import datetime, time, timedelta
from decimal import Decimal
from random import Random

from demo.platform.played_time import PlayedTime, local_instant
from demo.platform.values import App, PlayedEvent, PlayedMeasurement, PlayedReport, Temperament

ROUTER_SOURCE = "platform/router"
BUILD_SOURCE = "platform/builds"
PIPELINE_SOURCE = "platform/pipelines"

_SATURDAY = 5
# Requests an hour at noon, and the hours one router.requests event covers.
_NOON_REQUESTS: Mapping[Temperament, int] = {
    Temperament.HOBBY: 40, Temperament.STEADY: 2_500, Temperament.AUTOSCALED: 45_000,
    Temperament.HEAVY: 160_000, Temperament.NIGHTLY: 300,
}  # fmt: skip
_COUNTED_HOURS: Mapping[Temperament, int] = {
    Temperament.HOBBY: 24, Temperament.STEADY: 12, Temperament.AUTOSCALED: 4,
    Temperament.HEAVY: 1, Temperament.NIGHTLY: 24,
}  # fmt: skip
_BUILDS_A_DAY: Mapping[Temperament, float] = {
    Temperament.HOBBY: 0.15, Temperament.STEADY: 0.6, Temperament.AUTOSCALED: 1.5,
    Temperament.HEAVY: 1.2, Temperament.NIGHTLY: 0.1,
}  # fmt: skip
_TEAM_SIZES: Mapping[Temperament, int] = {
    Temperament.HOBBY: 0, Temperament.STEADY: 2, Temperament.AUTOSCALED: 5,
    Temperament.HEAVY: 6, Temperament.NIGHTLY: 0,
}  # fmt: skip


def builds(app: App, played: PlayedTime, seed: str) -> PlayedReport:
    """Builds in working hours; each one that succeeds restarts the app."""
    rng = Random(f"{seed}/builds/{app.platform_id}")
    report = PlayedReport()
    for day in played.days(app.zone):
        chance = _BUILDS_A_DAY[app.temperament] * (0.1 if day.weekday() >= _SATURDAY else 1)
        for _ in range(int(chance + rng.random())):
            at = local_instant(day, time(rng.randrange(9, 19), rng.randrange(60)), app.zone)
            at += timedelta(seconds=rng.randrange(60))
            if _stands(app, at, played):
                _count(report, "build.finished", BUILD_SOURCE, "builds", app, at, Decimal(1))
    return report


def traffic(app: App, played: PlayedTime, seed: str) -> PlayedReport:
    """Requests by the hour or coarser, and gigabytes sent once a day."""
    rng = Random(f"{seed}/traffic/{app.platform_id}")
    report = PlayedReport()
    size_gb = Decimal(rng.randrange(4, 60)) / 1_000_000
    for day in played.days(app.zone):
        quiet = 0.4 if day.weekday() >= _SATURDAY else 1.0
        requests_of_day = 0
        for at, hours in _counting_instants(app, day_start=local_instant(day, time(), app.zone)):
            requests = _requests(app, hours, quiet, rng)
            if not _stands(app, at, played):
                continue
            requests_of_day += requests
            _count(report, "router.requests", ROUTER_SOURCE, "router_requests", app, at,
                   Decimal(requests))  # fmt: skip
        sent_at = local_instant(day, time(23, 50), app.zone)
        if requests_of_day and _stands(app, sent_at, played):
            gigabytes = (requests_of_day * size_gb).quantize(Decimal("0.001"))
            _count(report, "bandwidth.egress", ROUTER_SOURCE, "egress_gb", app, sent_at, gigabytes)
    return report


def people(app: App, played: PlayedTime, seed: str) -> PlayedReport:
    """Who worked in the app's pipeline: an event per person and working day."""
    rng = Random(f"{seed}/people/{app.platform_id}")
    report = PlayedReport()
    team = [f"u-{rng.randrange(10, 400)}" for _ in range(_TEAM_SIZES[app.temperament])]
    for day in played.days(app.zone):
        if day.weekday() >= _SATURDAY:
            continue
        for user in team:
            at = local_instant(day, time(rng.randrange(8, 18), rng.randrange(60)), app.zone)
            if rng.random() < 0.4 or not _stands(app, at, played):
                continue
            report.counted.append(
                PlayedMeasurement("active_users", app.platform_id, at, Decimal(1), member=user)
            )
            report.events.append(
                PlayedEvent(
                    "pipeline.user_active", PIPELINE_SOURCE, app.platform_id, at, {"user": user}
                )
            )
    return report


def _counting_instants(app: App, *, day_start: datetime) -> Iterator[tuple[datetime, range]]:
    """The last second of each stretch of hours, so that it counts on the day it measured."""
    hours = _COUNTED_HOURS[app.temperament]
    for first in range(0, 24, hours):
        yield day_start + timedelta(hours=first + hours, seconds=-1), range(first, first + hours)


def _requests(app: App, hours: range, quiet: float, rng: Random) -> int:
    noon = _NOON_REQUESTS[app.temperament] * quiet
    return sum(
        int(noon * max(0.04, 1 - abs(13 - hour) / 11) * rng.uniform(0.7, 1.3)) for hour in hours
    )


def _stands(app: App, at: datetime, played: PlayedTime) -> bool:
    return app.created_at <= at < min(app.deleted_at or played.now, played.now)


def _count(
    report: PlayedReport, event_type: str, source: str, meter: str, app: App, at: datetime,
    quantity: Decimal,
) -> None:  # fmt: skip
    report.counted.append(PlayedMeasurement(meter, app.platform_id, at, quantity))
    report.events.append(
        PlayedEvent(event_type, source, app.platform_id, at, {"quantity": str(quantity)})
    )
