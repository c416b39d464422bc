"""What was billed and paid as files: the statement of an account, and its bills as FOCUS."""

from __future__ import annotations

from typing import Final

from django.http import HttpResponseBase
from django.views.decorators.http import require_GET

from billing.invoicing.focus.columns import columns_of, version_of
from billing.invoicing.focus.rows import focus_rows
from billing.overview.queries import accounts
from billing.receivables.queries.statement import StatementEntry, statement
from console.accounts.views import account_head
from console.finance.ranges import days_asked
from console.shell.access import BILLING, StaffRequest, screen
from console.shell.files import list_file
from console.shell.query_params import words
from core.csv_out import instant_text
from core.money import Money

STATEMENT_COLUMNS: Final = ("at", "what", "source", "currency", "amount", "owed_after_it")


@require_GET
@screen(*BILLING)
def focus_file(request: StaffRequest, public_id: str, kind: str) -> HttpResponseBase:
    """What was issued to the account within the days asked for, as a FOCUS file."""
    found = accounts.find(public_id)
    version = version_of(words(request, "version"))
    asked = days_asked(request, account_head(found)["facts"].zone)
    rows = focus_rows(found, asked.period)
    return list_file(kind, f"focus-{version}", columns_of(version), rows, marked=False)


@require_GET
@screen(*BILLING)
def statement_file(request: StaffRequest, public_id: str, kind: str) -> HttpResponseBase:
    """The statement of the days asked for: what was owed before, each entry, what is owed."""
    found = accounts.find(public_id)
    asked = days_asked(request, account_head(found)["facts"].zone)
    told = statement(found, period=asked.period, currency=found.currency)
    opening = _cells(instant_text(asked.period.start, asked.zone), "Owed before", "", told.opening)
    entries = [_entry(each, asked.zone) for each in told.entries]
    return list_file(kind, "statement", STATEMENT_COLUMNS, [opening, *entries])


def _entry(entry: StatementEntry, zone: str) -> list[object]:
    cells = _cells(instant_text(entry.at, zone), entry.title, entry.source, entry.balance)
    cells[4] = entry.amount.amount
    return cells


def _cells(at: str, what: str, source: str, owed: Money) -> list[object]:
    return [at, what, source, owed.currency, "", owed.amount]
