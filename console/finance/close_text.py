"""The words of a close: what the links of the chain compare, and why a button is off."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Final

from django.urls import reverse

from billing.closing.queries.closes import CheckedCount, ClosePair, CloseStanding
from billing.ledger.templates import DocumentKind
from core.money import Money

_LINKS: Final = {
    "events": ("Events", "accepted", "have a fate", "events"),
    "use": ("Use", "from raw events", "rolled up alike", ""),
    "lines": ("Lines", "rated", "on invoices", "invoices"),
    "invoices": ("Invoices", "with tax", "in the ledger", "invoices"),
    "receivables": ("Receivables", "in the ledger", "paid and open", "receivables"),
}
_GOES: Final = {
    DocumentKind.INVOICE: "invoice is issued",
    DocumentKind.CREDIT_NOTE: "credit note is issued",
    DocumentKind.PAYMENT: "payment is booked",
    DocumentKind.JOURNAL: "journal is dated",
}


@dataclass(frozen=True, slots=True)
class ChainLink:
    """One link as the page shows it; money has `is_money`."""

    anchor: str
    title: str
    left_name: str
    right_name: str
    pair: ClosePair
    url: str

    @property
    def is_money(self) -> bool:
        """Whether its totals are money."""
        return isinstance(self.pair.left, Money)


@dataclass(frozen=True, slots=True)
class KindState:
    """A kind of document in the month, and where a new one goes."""

    name: str
    is_locked: bool
    goes_to: str


_ROWS: Final = {
    "drafts": "state=draft&ended_by={month}",
    "late_usage": "ended_in={month}",
    "quarantine": "in={month}",
    "unapplied": "left=some&received_from={first}&received_until={following}",
}
"""What narrows the page of a count to its rows, by its code."""


@dataclass(frozen=True, slots=True)
class CountRow:
    """One count, and where its rows are; empty where it has none or they have no page."""

    count: CheckedCount
    url: str


def counts_of(standing: CloseStanding) -> Sequence[CountRow]:
    """What must be zero, each with the rows that keep it from being."""
    return [CountRow(each, _rows_of(each, standing)) for each in standing.counts]


def _rows_of(count: CheckedCount, standing: CloseStanding) -> str:
    if not count.count or not count.screen:
        return ""
    month = standing.month
    query = _ROWS.get(count.code, "").format(
        month=month, first=month.first_on, following=month.following.first_on
    )
    return reverse(f"console:{count.screen}") + (f"?{query}" if query else "")


def links_of(standing: CloseStanding) -> Sequence[tuple[str, Sequence[ChainLink]]]:
    """The chain, first what is counted with the money of the first currency, then the others."""
    chains: list[tuple[str, list[ChainLink]]] = []
    counted = [_link("", pair, standing) for pair in standing.counted]
    for currency, pairs in standing.money.items():
        chains.append((currency, [_link(currency, pair, standing) for pair in pairs]))
    if not chains:
        return [("", counted)] if counted else []
    first, of_first = chains[0]
    return [(first, counted + of_first), *chains[1:]]


def _link(currency: str, pair: ClosePair, standing: CloseStanding) -> ChainLink:
    title, left, right, screen = _LINKS[pair.code]
    url = reverse(f"console:{screen}") if screen else ""
    if screen == "invoices":
        url += f"?state=issued&period={standing.month}&currency={currency}"
    return ChainLink(f"{pair.code}{currency}", title, left, right, pair, url)


def states_of(standing: CloseStanding) -> Sequence[KindState]:
    """Every kind of document, usage first, which is never locked."""
    following = f"{standing.month.following.first_on:%B}"
    month = f"{standing.month.first_on:%B}"
    found = [KindState("Usage and events", False, f"late usage of {month}")]
    for state in standing.locks:
        locked = state.lock is not None
        goes = following if locked else f"{following}, once locked"
        found.append(KindState(state.document.label, locked, goes))
    return found


def locked_text(standing: CloseStanding) -> str:
    """By whom and when the month was locked; empty while it is open."""
    closed = standing.closed
    return f"{closed.lock.locked_by}, “{closed.lock.reason}”" if closed else ""


def why_not_sign(standing: CloseStanding, person: str, *, may: bool) -> str:
    """Why somebody cannot sign now; empty where they can."""
    if standing.check is None:
        return "The month was never checked."
    if not may:
        return "Finance admins and finance approvers sign."
    if not standing.is_over:
        return "The month is not over."
    if any(each.signed_by_id == person for each in standing.signatures):
        return "You signed these figures. Somebody else signs, too."
    return ""
