"""The top bar: where one can go, and the keys that go there. Nobody is offered a closed door."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from django.contrib.auth.models import AnonymousUser
from django.urls import reverse

from accounts.models import User
from console.shell.access import opens


@dataclass(frozen=True, slots=True)
class Destination:
    """A place in the top bar: the first of its pages that is open to whoever looks.

    `key` follows g on the keyboard.
    """

    name: str
    url_names: tuple[str, ...]
    key: str
    sections: frozenset[str]


@dataclass(frozen=True, slots=True)
class NavigationItem:
    """A destination as this page shows it."""

    name: str
    url: str
    key: str
    is_current: bool


# `sections` are the first words of the URL names that belong to a destination.
DESTINATIONS = (
    Destination("Inbox", ("console:inbox",), "i", frozenset({"inbox", "views", "view"})),
    Destination(
        "Accounts",
        ("console:accounts",),
        "a",
        frozenset(
            {
                "accounts",
                "account",
                "resource",
                "disclosures",
                "disclosure",
                "licences",
                "licence",
                "limits",
            }
        ),
    ),
    Destination(
        "Invoices",
        ("console:invoices",),
        "v",
        frozenset({"invoices", "invoice", "explain", "proof", "credit", "adjustment"}),
    ),
    Destination(
        "Disputes",
        ("console:disputes",),
        "d",
        frozenset({"disputes", "dispute", "incidents", "incident"}),
    ),
    Destination(
        "Finance",
        ("console:closes",),
        "f",
        frozenset(
            {
                "closes",
                "close",
                "books",
                "receivables",
                "payments",
                "payment",
                "settlement",
                "excess",
                "bank",
                "dunning",
                "refunds",
                "revenue",
                "rules",
            }
        ),
    ),
    Destination(
        "Proposals",
        ("console:proposals",),
        "p",
        frozenset({"proposals", "proposal"}),
    ),
    Destination(
        "Usage",
        ("console:events", "console:quarantine"),
        "u",
        frozenset(
            {
                "events",
                "event",
                "quarantine",
                "held",
                "late",
                "backfills",
                "backfill",
                "sources",
            }
        ),
    ),
    Destination(
        "Runs",
        ("console:runs",),
        "r",
        frozenset({"runs", "run", "parallel", "legacy", "papers", "oncall", "webhooks", "webhook"}),
    ),
    Destination(
        "Catalogue",
        ("console:plans",),
        "c",
        frozenset({"plans", "plan", "version", "meters", "meter", "simulations", "simulation"}),
    ),
)


def navigation(url_name: str | None, user: User | AnonymousUser) -> Sequence[NavigationItem]:
    """The top bar on the page that `url_name` (without its namespace) resolved to."""
    section = (url_name or "").split("-", 1)[0]
    return [
        NavigationItem(
            name=destination.name,
            url=reverse(first),
            key=destination.key,
            is_current=section in destination.sections,
        )
        for destination in DESTINATIONS
        if (first := next((each for each in destination.url_names if opens(user, each)), None))
    ]
