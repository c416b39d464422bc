"""A platform smaller than the demo's: some of its accounts, with everything they own."""

from __future__ import annotations

from collections.abc import Callable, Collection
from datetime import UTC, datetime

from demo.platform.estate import apps_of
from demo.platform.play import Play, play_estate
from demo.platform.played_time import PlayedTime
from demo.platform.population import population

NOW = datetime(2026, 11, 23, 9, 30, tzinfo=UTC)
SEED = "counterfoil"
# One of each kind, a newcomer, both hand-overs, and zones whose clocks change in October.
ENSEMBLE = (
    "Jonas Lindqvist", "Wei Chen", "Lantern Books", "Pixel Orchard", "Kestrel Robotics",
    "Blaue Stunde", "Meridian Health", "Meridian Patient Portal", "Meridian Claims",
    "Southerly Surf",
)  # fmt: skip
DUO = ("Jonas Lindqvist", "Tidewater Clinics")


def stage_of(cast: Collection[str]) -> Callable[[datetime, str], Play]:
    """Plays only these accounts; both sides of a hand-over must be among them."""

    def stage(now: datetime, seed: str) -> Play:
        time = PlayedTime.until(now)
        everybody = population(time, seed)
        apps = apps_of(everybody, time, seed)
        chosen = [account for account in everybody if account.name in cast]
        keys = {account.key for account in chosen}
        owned = [app for app in apps if app.tenures[0].account in keys]
        return play_estate(time, chosen, owned, seed)

    return stage
