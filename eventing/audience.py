"""Who may hear of what: which accounts' events a reader gets.

Accounts stand above and know who may read them; they register that once, when they are ready.
"""

from __future__ import annotations

from collections.abc import Callable, Collection, Mapping
from dataclasses import dataclass, field

from django.db.models import Q

from eventing.catalogue import CATALOGUE, PARTNER_TYPES


@dataclass(frozen=True, slots=True)
class Readers:
    """Partners by public id: who reads everything, and who may read each of some accounts."""

    everything: Collection[str] = frozenset()
    of: Mapping[str, Collection[str]] = field(default_factory=dict)

    def hear_everything(self, partner: str) -> bool:
        """Whether a partner, or the house (""), hears of all that happens."""
        return not partner or partner in self.everything

    def may_hear(self, partner: str, *, type: str, account: str) -> bool:
        """Whether a partner may hear of an event."""
        if self.hear_everything(partner):
            return True
        return type in PARTNER_TYPES and partner in self.of.get(account, ())


ReadersOf = Callable[[Collection[str]], Readers]

_registered: list[ReadersOf] = []


def register(readers_of: ReadersOf) -> None:
    """Say who reads accounts; once per start."""
    _registered[:] = [readers_of]


def readers_of(accounts: Collection[str] = ()) -> Readers:
    """Who may hear of these accounts, as of now."""
    return _registered[0](accounts) if _registered else Readers()


def types_for(partner: str) -> Collection[str]:
    """The types of events a partner, or the house, may hear of."""
    return CATALOGUE.keys() if readers_of().hear_everything(partner) else PARTNER_TYPES


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
