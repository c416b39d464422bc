"""The customers of the played platform: forty accounts, personal, team and enterprise."""

from collections.abc import Iterator
from datetime import datetime, timedelta
from itertools import count
from random import Random

from demo.platform import names
from demo.platform.played_time import PlayedTime
from demo.platform.values import AccountKind, PlayedAccount

# Sign-ups in the middle of the finished month, so that first invoices are shares of a month.
_NEWCOMERS = frozenset({"Colm Gallagher", "Wei Chen", "Yuki Freight"})


def population(played: PlayedTime, seed: str) -> list[PlayedAccount]:
    """Every account, parents before their teams, in a fixed order."""
    keys = (f"acct-{n:03d}" for n in count(1))
    return [*_people(played, seed, keys), *_teams(played, seed, keys),
            *_enterprises(played, seed, keys)]  # fmt: skip


def _people(played: PlayedTime, seed: str, keys: Iterator[str]) -> Iterator[PlayedAccount]:
    for name, zone in names.PEOPLE:
        rng = Random(f"{seed}/account/{name}")
        first = name.split()[0]
        yield PlayedAccount(
            key=next(keys), kind=AccountKind.PERSONAL, name=name, legal_name=name,
            address=_address(rng), email=f"billing@{names.mail_domain(name)}", tax_id="",
            terms_days=0 if first < "H" else 14, zone=zone,
            opened_at=_opening(name, zone, played, rng),
        )  # fmt: skip


def _teams(played: PlayedTime, seed: str, keys: Iterator[str]) -> Iterator[PlayedAccount]:
    for name, legal_name, zone in names.TEAMS:
        yield _company(next(keys), AccountKind.TEAM, name, legal_name, zone, played, seed)


def _enterprises(played: PlayedTime, seed: str, keys: Iterator[str]) -> Iterator[PlayedAccount]:
    for name, legal_name, zone, teams in names.ENTERPRISES:
        enterprise = _company(
            next(keys), AccountKind.ENTERPRISE, name, legal_name, zone, played, seed
        )
        yield enterprise
        for team, team_zone in teams:
            yield _company(
                next(keys), AccountKind.TEAM, team, legal_name, team_zone, played, seed,
                parent=enterprise.key,
            )  # fmt: skip


def _company(
    key: str, kind: AccountKind, name: str, legal_name: str, zone: str,
    played: PlayedTime, seed: str, *, parent: str | None = None,
) -> PlayedAccount:  # fmt: skip
    rng = Random(f"{seed}/account/{name}")
    return PlayedAccount(
        key=key, kind=kind, name=name, legal_name=legal_name, address=_address(rng),
        email=f"accounts.payable@{names.mail_domain(legal_name)}",
        tax_id=f"TX{rng.randrange(10**8, 10**9)}",
        terms_days=30 if parent is None and kind is AccountKind.TEAM else 45,
        zone=zone, opened_at=_opening(name, zone, played, rng), parent=parent,
    )  # fmt: skip


def _address(rng: Random) -> str:
    return f"{rng.randrange(1, 190)} {rng.choice(names.STREETS)}"


def _opening(name: str, zone: str, played: PlayedTime, rng: Random) -> datetime:
    month = played.opens(zone)
    if name in _NEWCOMERS:
        return month + timedelta(days=rng.randrange(5, 22), minutes=rng.randrange(480, 1200))
    return month - timedelta(days=rng.randrange(90, 1600), minutes=rng.randrange(0, 1440))
