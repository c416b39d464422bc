"""What the inbox shows to whom, and in which order: the words and the order of each role.

Support sees first what customers wait for, finance what must be decided, an operator what is late,
stuck or silent, an auditor what was billed last. Pure.
"""

from __future__ import annotations

from collections.abc import Collection, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Final

from accounts.permissions import Role
from billing.overview.queries.open_work import OpenCount
from console.shell import formats
from core.health import Check, Health

TILES: Final = ("parked", "drafts", "quarantine", "newest")

CHECKS: Final = {
    "partitions": "Room for the events of the coming days",
    "stale_usage": "Usage that must be added up again",
    "bill_runs": "Bill runs",
    "simulations": "Simulations",
    "close_checks": "Checks of months",
    "bill_comparisons": "Comparisons of long invoices",
    "papers": "Documents of invoices and credit notes",
    "tax_engine": "Tax engine",
}
RINGS: Final = frozenset(
    {
        "partitions",
        "stale_usage",
        "bill_runs",
        "simulations",
        "close_checks",
        "bill_comparisons",
        "papers",
    }
)
"""Work for which workers can be woken; a wake-up is safe to repeat and changes no figure."""


@dataclass(frozen=True, slots=True)
class InboxPlan:
    """What somebody reads first: a sentence, the numbers and the sections in their order.

    `side` stands beside the main column, on a phone below it.
    """

    lead: str
    tiles: Sequence[str]
    main: Sequence[str]
    side: Sequence[str]


_SUPPORT = InboxPlan(
    "What customers wait for, oldest first.",
    ("parked", "quarantine", "newest", "drafts"),
    ("queue", "parked", "quarantine", "drafts"),
    ("hours", "run"),
)
_PLANS: Final = {
    Role.FINANCE_APPROVER: InboxPlan(
        "What waits for a decision, then what customers wait for.",
        ("drafts", "parked", "quarantine", "newest"),
        ("queue", "drafts", "parked", "quarantine"),
        ("run", "hours"),
    ),
    Role.FINANCE_ADMIN: InboxPlan(
        "What the next bills wait for, oldest first.",
        ("parked", "drafts", "quarantine", "newest"),
        ("queue", "parked", "drafts", "quarantine"),
        ("run", "hours"),
    ),
    Role.SENIOR_SUPPORT: _SUPPORT,
    Role.SUPPORT: _SUPPORT,
    Role.OPERATOR: InboxPlan(
        "What is late, stuck or silent.",
        ("newest", "quarantine", "parked", "drafts"),
        ("queue", "late", "hours"),
        ("quarantine", "parked", "run"),
    ),
    Role.AUDITOR: InboxPlan(
        "What was billed last, and what is still open. Nothing here waits for you.",
        ("drafts", "parked", "quarantine", "newest"),
        ("run", "drafts", "parked", "quarantine"),
        ("hours",),
    ),
}


@dataclass(frozen=True, slots=True)
class InboxTile:
    """A number that opens its list, where the person may open it."""

    label: str
    value: str
    note: str
    url_name: str
    query: str = ""


@dataclass(frozen=True, slots=True)
class LateWork:
    """Work that waits longer than it should, in words; `ring` names what wakes workers for it."""

    name: str
    detail: str
    since: datetime | None
    ring: str = ""


def plan_for(roles: Collection[Role]) -> InboxPlan:
    """The inbox of somebody with these roles; of several, the first that decides most."""
    return next((plan for role, plan in _PLANS.items() if role in roles), _SUPPORT)


def late_work(checks: Sequence[Check]) -> list[LateWork]:
    """The checks that are not well."""
    return [
        LateWork(
            CHECKS[each.name], each.detail, each.since, each.name if each.name in RINGS else ""
        )
        for each in checks
        if each.health is not Health.OK
    ]


def _ring(work: str) -> str:
    return work if work in RINGS else ""


def tile(name: str, counted: OpenCount, *, now: datetime) -> InboxTile:
    """A number of open things and how old the oldest is."""
    label, url_name, query, oldest, nothing = _TILES[name]
    note = f"{oldest} {formats.age_text(counted.oldest, now)}" if counted.oldest else nothing
    value = f"{counted.count:,}{'+' if counted.is_more else ''}"
    return InboxTile(label, value, note, url_name, query)


def newest_tile(newest_at: datetime | None, *, now: datetime) -> InboxTile:
    """How fresh the usage is."""
    if newest_at is None:
        return InboxTile("Newest usage", "none", "no event received yet", "console:events")
    age = formats.age_text(newest_at, now)
    return InboxTile("Newest usage", age, "last received", "console:events")


_TILES: Final = {
    "parked": (
        "Parked accounts",
        "console:runs",
        "",
        "oldest",
        "every account could be billed",
    ),
    "drafts": (
        "Draft invoices",
        "console:invoices",
        "?state=draft",
        "oldest period’s end:",
        "every billed period is issued",
    ),
    "quarantine": (
        "Events in quarantine",
        "console:quarantine",
        "",
        "oldest",
        "every event could be placed",
    ),
}
