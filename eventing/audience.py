"""Who may hear of what: which accounts' events a reader gets.

Accounts stand above and know who may read them; they register that once, when they are ready.
"""

from __future__ import annotations

from collections.abc import Callable, Collection, Mapping
from dataclasses import dataclass

from django.db.models import Q

from eventing.catalogue import PARTNER_TYPES

ReadersOf = Callable[[Collection[str]], Mapping[str, Collection[str]]]
"""The public ids of the partners that may read each of some accounts, by the accounts' ids."""

HOUSE = "*"
"""Stands for those who hear of everything."""

_registered: list[ReadersOf] = []


def register(readers_of: ReadersOf) -> None:
    """Say who reads accounts; once per start."""
    _registered[:] = [readers_of]


def readers_of(accounts: Collection[str]) -> Mapping[str, Collection[str]]:
    """The partners that may read each of these accounts, as of now."""
    return _registered[0](accounts) if _registered and accounts else {}


@dataclass(frozen=True, slots=True)
class Audience:
    """Somebody who reads the feed: the house itself, or a partner with the accounts it may read.

    `accounts` is anything `account__in` takes.
    """

    accounts: object = None

    @property
    def may_hear(self) -> Q:
        """What of the feed it may read."""
        if self.accounts is None:
            return Q()
        return Q(account__in=self.accounts, type__in=PARTNER_TYPES)
