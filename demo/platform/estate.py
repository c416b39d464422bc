"""What the customers own: apps and add-ons, with their owners over time.

One app of a team moves to another team in the middle of the finished month, its add-ons with it.
"""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass, replace
from datetime import datetime, time, timedelta
from itertools import count
from random import Random

from demo.platform import names
from demo.platform.played_time import PlayedTime, local_instant
from demo.platform.values import (
    AccountKind,
    Addon,
    App,
    PlayedAccount,
    PlayedOwnership,
    Temperament,
)

_TEMPERAMENTS = {
    "person": ((Temperament.HOBBY, 7), (Temperament.STEADY, 2), (Temperament.NIGHTLY, 1)),
    "team": ((Temperament.HOBBY, 2), (Temperament.STEADY, 4), (Temperament.AUTOSCALED, 2),
             (Temperament.NIGHTLY, 2)),
    "enterprise team": ((Temperament.STEADY, 3), (Temperament.AUTOSCALED, 3),
                        (Temperament.HEAVY, 2), (Temperament.NIGHTLY, 2)),
}  # fmt: skip
_APP_COUNTS = {"person": (1, 2, 3), "team": (3, 4, 4, 5), "enterprise team": (4, 4, 5)}

_SERVICES = {
    Temperament.HOBBY: ("postgres:essential-0", "redis:mini"),
    Temperament.STEADY: ("postgres:standard-0", "redis:premium-0", "logging:choklad"),
    Temperament.AUTOSCALED: ("postgres:standard-2", "redis:premium-0", "logging:fixa"),
    Temperament.HEAVY: ("postgres:premium-4", "kafka:standard-0", "logging:fixa"),
    Temperament.NIGHTLY: ("postgres:essential-0", "scheduler:standard"),
}

# (app's first owner, its new owner): one move inside an enterprise, one between two customers.
_TRANSFERS = (
    ("Meridian Patient Portal", "Meridian Claims"),
    ("Lantern Books", "Pixel Orchard"),
)


@dataclass(frozen=True, slots=True)
class Transfer:
    """An app handed over with everything attached to it."""

    app: str
    from_account: str
    to_account: str
    at: datetime


def apps_of(accounts: Sequence[PlayedAccount], played: PlayedTime, seed: str) -> list[App]:
    """About 120 apps; ids are stable for a seed."""
    numbers = count(1001)
    apps = [
        app
        for account in accounts
        if account.kind is not AccountKind.ENTERPRISE
        for app in _apps_of_one(account, played, seed, numbers)
    ]
    by_name = {account.name: account for account in accounts}
    for place, (old, new) in enumerate(_TRANSFERS):
        day = played.month_on + timedelta(days=10 + 6 * place)
        at = local_instant(day, time(14, 30), by_name[old].zone)
        _hand_over(apps, by_name[old].key, by_name[new].key, at)
    return apps


def transfers_of(apps: Sequence[App]) -> list[Transfer]:
    return [
        Transfer(app.platform_id, old.account, new.account, new.owned_from)
        for app in apps
        for old, new in zip(app.tenures, app.tenures[1:], strict=False)
    ]


def addons_of(apps: Sequence[App], played: PlayedTime, seed: str) -> list[Addon]:
    """The add-ons of `apps`; a few are provisioned or removed while the play runs."""
    numbers = count(2001)
    return [addon for app in apps for addon in _addons_of_one(app, played, seed, numbers)]


def _apps_of_one(
    account: PlayedAccount, played: PlayedTime, seed: str, numbers: Iterator[int]
) -> Iterator[App]:
    rng = Random(f"{seed}/estate/{account.key}")
    walk = _walk(account)
    opens = max(played.opens(account.zone), account.opened_at)
    for number in range(rng.choice(_APP_COUNTS[walk])):
        kinds, weights = zip(*_TEMPERAMENTS[walk], strict=True)
        # Everybody has one app that stands throughout: it may be handed over.
        created_at, deleted_at = _life(opens, played, rng) if number else (opens, None)
        if created_at >= played.now:
            continue
        yield App(
            platform_id=f"app-{next(numbers)}", name=names.app_name(rng),
            temperament=rng.choices(kinds, weights)[0], zone=account.zone,
            tenures=(PlayedOwnership(account.key, created_at),),
            created_at=created_at, deleted_at=deleted_at,
        )  # fmt: skip


def _walk(account: PlayedAccount) -> str:
    if account.kind is AccountKind.PERSONAL:
        return "person"
    return "enterprise team" if account.parent else "team"


def _life(opens: datetime, played: PlayedTime, rng: Random) -> tuple[datetime, datetime | None]:
    """Most apps stand from the first instant to the last; some are born or deleted in between."""
    month = played.turns("UTC") - played.opens("UTC")
    fate = rng.random()
    if fate < 0.12:
        return _at_work(opens + month * rng.uniform(0.1, 0.6), rng), None
    if fate < 0.20:
        return opens, _at_work(opens + month * rng.uniform(0.7, 0.95), rng)
    return opens, None


def _at_work(at: datetime, rng: Random) -> datetime:
    """Somebody typed a command: never on a round second."""
    return at.replace(second=rng.randrange(1, 60), microsecond=rng.randrange(1, 1000) * 1000)


def _hand_over(apps: list[App], old: str, new: str, at: datetime) -> None:
    for place, app in enumerate(apps):
        if app.tenures[0].account == old and app.created_at < at and app.deleted_at is None:
            tenures = (replace(app.tenures[0], owned_until=at), PlayedOwnership(new, at))
            apps[place] = replace(app, tenures=tenures)
            return
    raise LookupError(f"account {old} has no app to hand over")


def _addons_of_one(
    app: App, played: PlayedTime, seed: str, numbers: Iterator[int]
) -> Iterator[Addon]:
    rng = Random(f"{seed}/addons/{app.platform_id}")
    for plan in _SERVICES[app.temperament]:
        if rng.random() < 0.3:
            continue
        created_at = app.created_at
        if rng.random() < 0.15 and len(app.tenures) == 1:
            created_at = _at_work(created_at + timedelta(days=rng.uniform(1, 9)), rng)
        removed_at = app.deleted_at
        if removed_at is None and rng.random() < 0.08 and len(app.tenures) == 1:
            removed_at = _at_work(created_at + timedelta(days=rng.uniform(3, 14)), rng)
        if created_at >= min(removed_at or played.now, played.now):
            continue
        service = plan.split(":")[0]
        yield Addon(
            platform_id=f"addon-{next(numbers)}",
            name=f"{service}-{names.app_name(rng)}", app=app.platform_id, service=service,
            first_plan=plan, created_at=created_at, removed_at=removed_at,
            tenures=tuple(
                replace(tenure, owned_from=max(tenure.owned_from, created_at))
                for tenure in app.tenures
            ),
        )  # fmt: skip
