"""Dyno formations: how each app scales, changes size, restarts and sleeps.

A script per temperament proposes changes; `formation` puts them in strict order of time and turns
them into `formation.scaled` events and the plain spans they mean.
"""

from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import date, datetime, time, timedelta
from random import Random

from demo.platform.played_time import PlayedTime, local_instant
from demo.platform.values import App, PlayedEvent, PlayedReport, PlayedState, Temperament

SOURCE = "platform/formations"
_SATURDAY = 5


@dataclass(frozen=True, slots=True)
class FormationChange:
    """From `at` on, `quantity` dynos of `size` run as `process_type`; zero ends it."""

    at: datetime
    process_type: str
    size: str
    quantity: int


def formation(
    app: App, played: PlayedTime, restarts: Sequence[datetime], seed: str
) -> PlayedReport:
    """Everything `app`'s dynos do; `restarts` are the instants of its releases."""
    rng = Random(f"{seed}/formation/{app.platform_id}")
    ends = min(app.deleted_at or played.now, played.now)
    days = [
        day
        for day in played.days(app.zone)
        if app.created_at < local_instant(day, time(23, 59), app.zone)
    ]
    proposed = list(_SCRIPTS[app.temperament](app, days, rng))
    report = PlayedReport()
    for process_type in sorted({change.process_type for change in proposed}):
        own = [change for change in proposed if change.process_type == process_type]
        changes = _with_restarts(_in_order(own, app.created_at, ends), restarts)
        report.take(_told(app, _with_farewell(changes, app, played)))
    return report


def _in_order(
    changes: Sequence[FormationChange], since: datetime, ends: datetime
) -> list[FormationChange]:
    """Strictly increasing instants in [since, ends); of two at one instant the first stays."""
    kept: dict[datetime, FormationChange] = {}
    for change in sorted(changes, key=lambda change: change.at):
        if since <= change.at < ends:
            kept.setdefault(change.at, change)
    return list(kept.values())


def _with_restarts(
    changes: Sequence[FormationChange], restarts: Sequence[datetime]
) -> list[FormationChange]:
    """A restart reports the state that already runs; a sleeping process does not restart."""
    told = {change.at: change for change in changes}
    for at in restarts:
        running = [change for change in changes if change.at < at]
        if running and running[-1].quantity and at not in told:
            latest = running[-1]
            told[at] = FormationChange(at, latest.process_type, latest.size, latest.quantity)
    return [told[at] for at in sorted(told)]


def _with_farewell(
    changes: Sequence[FormationChange], app: App, played: PlayedTime
) -> list[FormationChange]:
    """A deleted app reports the end of whatever still ran."""
    if not changes or app.deleted_at is None or app.deleted_at >= played.now:
        return list(changes)
    latest = changes[-1]
    if latest.quantity == 0:
        return list(changes)
    return [*changes, FormationChange(app.deleted_at, latest.process_type, latest.size, 0)]


def _told(app: App, changes: Sequence[FormationChange]) -> PlayedReport:
    report = PlayedReport()
    ends: list[datetime | None] = [change.at for change in changes[1:]]
    for change, until in zip(changes, [*ends, None], strict=True):
        report.events.append(
            PlayedEvent("formation.scaled", SOURCE, app.platform_id, change.at, _data(change))
        )
        if change.quantity:
            report.held.append(
                PlayedState("dyno_seconds", app.platform_id,
                     {"size": change.size, "process_type": change.process_type},
                     change.quantity, change.at, until)
            )  # fmt: skip
    return report


def _data(change: FormationChange) -> Mapping[str, str]:
    return {"process_type": change.process_type, "size": change.size,
            "quantity": str(change.quantity)}  # fmt: skip


def _hobby(app: App, days: Sequence[date], rng: Random) -> Iterator[FormationChange]:
    """One small web dyno that is put to sleep now and then."""
    size = rng.choice(("eco", "eco", "basic"))
    yield FormationChange(app.created_at, "web", size, 1)
    for day in days:
        if rng.random() < 0.12:
            asleep = _local(app, day, rng, hours=(20, 24))
            yield FormationChange(asleep, "web", size, 0)
            yield FormationChange(
                asleep + timedelta(seconds=rng.randrange(3600, 90000)), "web", size, 1
            )


def _steady(app: App, days: Sequence[date], rng: Random) -> Iterator[FormationChange]:
    """A constant pair of process types; one day web moves to a bigger size, maybe back."""
    web, workers = rng.choice((1, 2, 2, 3)), rng.choice((0, 1, 1, 2))
    yield FormationChange(app.created_at, "web", "standard-1x", web)
    if workers:
        yield FormationChange(app.created_at, "worker", "standard-1x", workers)
    resized_on = rng.choice(days)
    if rng.random() < 0.5:
        at = _local(app, resized_on, rng, hours=(9, 18))
        yield FormationChange(at, "web", "standard-2x", max(1, web - 1))
        if rng.random() < 0.4:
            yield FormationChange(
                at + timedelta(days=rng.randrange(2, 9)), "web", "standard-1x", web
            )


def _autoscaled(app: App, days: Sequence[date], rng: Random) -> Iterator[FormationChange]:
    """Follows the working day up and down, in steps; workers grow with the queue."""
    low, high = rng.choice((1, 2)), rng.choice((4, 5, 6))
    yield FormationChange(app.created_at, "web", "standard-2x", low)
    yield FormationChange(app.created_at, "worker", "standard-1x", 1)
    for day in days:
        if day.weekday() >= _SATURDAY and rng.random() < 0.8:
            continue
        yield from _tide(app, day, rng, "web", "standard-2x", low, high)
        if rng.random() < 0.5:
            burst = _local(app, day, rng, hours=(10, 16))
            yield FormationChange(burst, "worker", "standard-1x", rng.choice((2, 3)))
            yield FormationChange(burst + timedelta(minutes=rng.randrange(15, 180)), "worker",
                         "standard-1x", 1)  # fmt: skip


def _heavy(app: App, days: Sequence[date], rng: Random) -> Iterator[FormationChange]:
    """Performance dynos, and now and then hours of a very large one-off worker."""
    low = rng.choice((2, 2, 3))
    yield FormationChange(app.created_at, "web", "performance-m", low)
    yield FormationChange(app.created_at, "worker", "standard-2x", 2)
    for day in days:
        if day.weekday() < _SATURDAY and rng.random() < 0.7:
            yield from _tide(app, day, rng, "web", "performance-m", low, low + 2)
        if rng.random() < 0.15:
            batch = _local(app, day, rng, hours=(1, 5))
            yield FormationChange(batch, "batch", "performance-l", 1)
            yield FormationChange(batch + timedelta(minutes=rng.randrange(40, 400)), "batch",
                         "performance-l", 0)  # fmt: skip


def _nightly(app: App, days: Sequence[date], rng: Random) -> Iterator[FormationChange]:
    """A small web dyno, and a job that runs every night across the local small hours."""
    yield FormationChange(app.created_at, "web", "basic", 1)
    size, count = rng.choice((("standard-1x", 2), ("standard-2x", 1), ("standard-2x", 3)))
    for day in days:
        starts = local_instant(day, time(23, 40), app.zone) + timedelta(
            seconds=rng.randrange(0, 7200), milliseconds=rng.randrange(0, 1000)
        )
        yield FormationChange(starts, "worker", size, count)
        yield FormationChange(
            starts + timedelta(seconds=rng.randrange(600, 11000)), "worker", size, 0
        )


_SCRIPTS: Mapping[
    Temperament, Callable[[App, Sequence[date], Random], Iterator[FormationChange]]
] = {
    Temperament.HOBBY: _hobby,
    Temperament.STEADY: _steady,
    Temperament.AUTOSCALED: _autoscaled,
    Temperament.HEAVY: _heavy,
    Temperament.NIGHTLY: _nightly,
}


def _tide(
    app: App, day: date, rng: Random, process_type: str, size: str, low: int, high: int
) -> Iterator[FormationChange]:
    """Up in the morning, down in the evening, through one step in between."""
    middle = (low + high) // 2
    for hours, quantity in (((6, 8), middle), ((8, 11), high), ((17, 19), middle), ((20, 23), low)):
        yield FormationChange(_local(app, day, rng, hours=hours), process_type, size, quantity)


def _local(app: App, day: date, rng: Random, *, hours: tuple[int, int]) -> datetime:
    """A random second between two local hours of `day`, sometimes not a whole one."""
    first, last = hours
    at = time(rng.randrange(first, last), rng.randrange(60), rng.randrange(60))
    milliseconds = rng.choice((0, 0, 0, rng.randrange(1000)))
    return local_instant(day, at, app.zone) + timedelta(milliseconds=milliseconds)
