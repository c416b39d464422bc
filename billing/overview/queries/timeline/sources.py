"""What a source of the timeline is: where its rows stand in time, and how some of them read.

Its SQL names three columns: `at`, where a row stands; `ref`, its key, a whole number; `known`, the
instant from which it was known here. It may use `%(account)s`, and `%(entered)s`: until when what
was added came with the account's own entry.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from enum import StrEnum

from billing.overview.queries.history import Entry


class TimelineKind(StrEnum):
    """What an entry is about; a timeline is narrowed to one of them."""

    USAGE = "usage"
    CORRECTIONS = "corrections"
    INVOICES = "invoices"
    PAYMENTS = "payments"
    DISPUTES = "disputes"
    PROPOSALS = "proposals"
    RECORDS = "records"
    PERSONAL = "personal"

    @property
    def label(self) -> str:
        """In words."""
        return _LABELS[self]


_LABELS = {
    TimelineKind.USAGE: "Usage",
    TimelineKind.CORRECTIONS: "Corrections and held events",
    TimelineKind.INVOICES: "Invoices and credit",
    TimelineKind.PAYMENTS: "Payments and reminders",
    TimelineKind.DISPUTES: "Disputes",
    TimelineKind.PROPOSALS: "Proposals",
    TimelineKind.RECORDS: "Records and plans",
    TimelineKind.PERSONAL: "Personal data read",
}

ReadEntries = Callable[[Sequence[int]], Mapping[int, Entry]]


@dataclass(frozen=True, slots=True)
class TimelineSource:
    """Rows of one table as entries; `name` is unique and part of an address."""

    name: str
    kind: TimelineKind
    rows: str
    read: ReadEntries


OWNED = """JOIN accounts_resourceownership AS owner ON owner.resource_id = {about}.resource_id
    AND owner.account_id = %(account)s AND owner.owned_from <= {at}
    AND (owner.owned_until IS NULL OR owner.owned_until > {at})"""
"""Joins what is about a resource to the account that owned it at an instant."""


def plain(table: str, at: str, *, known: str = "", mine: str = "account_id = %(account)s") -> str:
    """The rows of a table of the account itself."""
    return (
        f"SELECT {at} AS at, id AS ref, {known or at} AS known"  # noqa: S608  constants
        f" FROM {table} WHERE {mine}"
    )


def of_invoices(table: str, at: str, *, known: str = "", way: str = "said.invoice_id") -> str:
    """The rows of a table that point at an invoice of the account."""
    return (
        f"SELECT said.{at} AS at, said.id AS ref, said.{known or at} AS known"  # noqa: S608  constants
        f" FROM {table} AS said JOIN invoicing_invoice AS invoice ON invoice.id = {way}"
        " WHERE invoice.account_id = %(account)s"
    )
