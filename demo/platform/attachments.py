"""Add-ons over time: provisioned, moved to another plan, removed, and how much they store."""

from collections.abc import Iterator, Mapping
from datetime import datetime, time, timedelta
from decimal import Decimal
from random import Random

from demo.platform.played_time import PlayedTime, local_instant
from demo.platform.values import (
    Addon,
    App,
    PlayedEvent,
    PlayedMeasurement,
    PlayedReport,
    PlayedState,
)

SOURCE = "platform/addons"
STORAGE_SOURCE = "platform/postgres"

# What a customer moves to when the plan gets too small (or too dear).
_NEXT_PLANS: Mapping[str, str] = {
    "postgres:essential-0": "postgres:essential-1",
    "postgres:standard-0": "postgres:standard-2",
    "postgres:standard-2": "postgres:standard-0",
    "redis:mini": "redis:premium-0",
    "redis:premium-0": "redis:premium-1",
    "logging:choklad": "logging:fixa",
}
_FULL_AFTER_GB = {"essential": 1, "standard": 64, "premium": 512}


def attachment(addon: Addon, app: App, played: PlayedTime, seed: str) -> PlayedReport:
    """Everything one add-on reports."""
    rng = Random(f"{seed}/attachment/{addon.platform_id}")
    ends = min(addon.removed_at or played.now, played.now)
    report = _plans(addon, ends, rng)
    if addon.removed_at is not None and addon.removed_at < played.now:
        last = report.held[-1].dimensions["plan"]
        report.events.append(_changed(addon, addon.removed_at, last, quantity=0))
    if addon.service == "postgres":
        _store(report, addon, app, played, ends, rng)
    return report


def _plans(addon: Addon, ends: datetime, rng: Random) -> PlayedReport:
    report = PlayedReport()
    spans = list(_plan_spans(addon, ends, rng))
    for plan, since, until in spans:
        report.events.append(_changed(addon, since, plan, quantity=1))
        report.held.append(
            PlayedState("addon_seconds", addon.platform_id, {"plan": plan}, 1, since, until)
        )
    return report


def _plan_spans(
    addon: Addon, ends: datetime, rng: Random
) -> Iterator[tuple[str, datetime, datetime | None]]:
    next_plan = _NEXT_PLANS.get(addon.first_plan)
    moved_at = addon.created_at + timedelta(
        days=rng.uniform(2, 26), milliseconds=rng.randrange(1000)
    )
    moved_at = moved_at.replace(microsecond=moved_at.microsecond // 1000 * 1000)
    if next_plan is None or rng.random() > 0.25 or moved_at >= ends:
        yield addon.first_plan, addon.created_at, addon.removed_at
        return
    yield addon.first_plan, addon.created_at, moved_at
    yield next_plan, moved_at, addon.removed_at


def _changed(addon: Addon, at: datetime, plan: str, *, quantity: int) -> PlayedEvent:
    data = {"plan": plan, "quantity": str(quantity)}
    return PlayedEvent("addon.changed", SOURCE, addon.platform_id, at, data)


def _store(
    report: PlayedReport, addon: Addon, app: App, played: PlayedTime, ends: datetime, rng: Random
) -> None:
    """One reading a day, growing, with a clean-up now and then."""
    tier = addon.first_plan.split(":")[1].split("-")[0]
    stored = Decimal(rng.randrange(50, 500) * _FULL_AFTER_GB[tier]) / 1000
    minute = rng.randrange(60)
    for day in played.days(app.zone):
        at = local_instant(day, time(3, minute), app.zone)
        stored *= Decimal(rng.randrange(998, 1022)) / 1000
        if rng.random() < 0.02:
            stored *= Decimal("0.6")
        if not addon.created_at <= at < ends:
            continue
        quantity = stored.quantize(Decimal("0.001"))
        report.counted.append(PlayedMeasurement("storage_gb", addon.platform_id, at, quantity))
        report.events.append(
            PlayedEvent("postgres.storage", STORAGE_SOURCE, addon.platform_id, at,
                  {"quantity": str(quantity)})
        )  # fmt: skip
