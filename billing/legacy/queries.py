"""Invoices of another system to read: imports, their invoices, and months beside ours."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date

from django.db import connection

from accounts.models import Account
from billing.legacy.models import LegacyImport, LegacyInvoice
from core.db.keyset_pages import Page, PageOrder, Position, page_of
from core.errors import NotFound
from core.money import Money

_NEWEST_IMPORT = PageOrder("imported_at")
_LATEST_INVOICE = PageOrder("period_until")
_MONTHS_MOST = 36

# Ours are the bills of the same accounts for periods that end in the same UTC month, drafts too:
# while two systems run side by side the other one issues.
_MONTHS = """
    WITH theirs AS (
        SELECT account_id, currency, sum(charged_minor) AS minor, date_trunc('month',
                   (period_until - interval '1 microsecond') AT TIME ZONE 'UTC')::date AS month
          FROM legacy_legacyinvoice WHERE system = %(system)s
         GROUP BY account_id, currency, month
    ), ours AS (
        SELECT account_id, currency, sum(total_minor) AS minor, date_trunc('month',
                   (period_until - interval '1 microsecond') AT TIME ZONE 'UTC')::date AS month
          FROM invoicing_invoice AS invoice
         WHERE kind = 'period' AND account_id IN (SELECT account_id FROM theirs)
           AND NOT EXISTS (
               SELECT FROM invoicing_invoicevoid AS void WHERE void.invoice_id = invoice.id)
         GROUP BY account_id, currency, month
    )
    SELECT month, currency, count(*), count(*) FILTER (WHERE ours.minor = theirs.minor),
           count(*) FILTER (WHERE ours.minor <> theirs.minor),
           count(*) FILTER (WHERE ours.minor IS NULL),
           sum(theirs.minor)::bigint, coalesce(sum(ours.minor), 0)::bigint
      FROM theirs LEFT JOIN ours USING (account_id, currency, month)
     GROUP BY month, currency ORDER BY month DESC, currency LIMIT %(most)s
"""


class LegacyImportNotFound(NotFound):
    """No import has this id."""

    code = "legacy_import_not_found"
    title = "No such import"


class LegacyInvoiceNotFound(NotFound):
    """No invoice of another system has this id."""

    code = "legacy_invoice_not_found"
    title = "No such invoice of another system"


@dataclass(frozen=True, slots=True)
class MonthBeside:
    """A month of another system beside ours: how many accounts agree to the cent, how many do not,
    how many have no bill here, and both sums.
    """

    month: date
    currency: str
    accounts: int
    equal: int
    different: int
    missing: int
    theirs: Money
    ours: Money

    @property
    def difference(self) -> Money:
        """Ours less theirs."""
        return self.ours - self.theirs

    @property
    def agrees(self) -> bool:
        """Whether every account does."""
        return self.equal == self.accounts


def import_page(*, position: Position) -> Page[LegacyImport]:
    """Imports, newest first; one query, two with a cursor. Raises: UnknownCursor."""
    return page_of(LegacyImport.objects.all(), order=_NEWEST_IMPORT, position=position)


def find_import(public_id: str) -> LegacyImport:
    """The import with this id. Raises: LegacyImportNotFound."""
    found = LegacyImport.objects.filter(public_id=public_id).first()
    if found is None:
        raise LegacyImportNotFound(f"There is no import {public_id}.")
    return found


def find_invoice(public_id: str) -> LegacyInvoice:
    """The invoice with this id, its account loaded. Raises: LegacyInvoiceNotFound."""
    rows = LegacyInvoice.objects.select_related("account", "brought_by")
    found = rows.filter(public_id=public_id).first()
    if found is None:
        raise LegacyInvoiceNotFound(f"There is no invoice {public_id} of another system.")
    return found


def invoices_of_import(brought: LegacyImport, *, position: Position) -> Page[LegacyInvoice]:
    """What an import brought, latest period first. Raises: UnknownCursor."""
    rows = LegacyInvoice.objects.select_related("account").filter(brought_by=brought)
    return page_of(rows, order=_LATEST_INVOICE, position=position)


def invoices_of_account(account: Account, *, most: int) -> Sequence[LegacyInvoice]:
    """The latest of an account, of every system; one query."""
    rows = LegacyInvoice.objects.filter(account=account).order_by("-period_until", "-pk")
    return list(rows[:most])


def systems() -> Sequence[str]:
    """The systems that something came from, in order; one query."""
    return list(LegacyImport.objects.order_by("system").values_list("system", flat=True).distinct())


def months_beside(system: str) -> Sequence[MonthBeside]:
    """The last months of a system beside ours, latest first; one query."""
    with connection.cursor() as cursor:
        cursor.execute(_MONTHS, {"system": system, "most": _MONTHS_MOST})
        return [
            MonthBeside(
                month, currency, accounts, equal, different, missing,
                Money.from_minor(theirs, currency), Money.from_minor(ours, currency),
            )
            for month, currency, accounts, equal, different, missing, theirs, ours in cursor
        ]  # fmt: skip
