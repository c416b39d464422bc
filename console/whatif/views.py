"""Simulations to read: the list, one with its progress, totals and rows, and its rows as a file."""

from __future__ import annotations

from typing import Any

from django.http import HttpResponse, HttpResponseBase
from django.shortcuts import render
from django.views.decorators.http import require_GET

from accounts.permissions import Permission, roles_with
from billing.catalogue.queries import plans
from billing.whatif.models import Simulation
from billing.whatif.queries import simulations
from billing.whatif.queries.simulations import DifferenceRow, SimulationSummary
from console.shell import charts
from console.shell.access import BILLING, StaffRequest, screen
from console.shell.files import list_file
from console.shell.query_params import position_of, words
from console.whatif import sheets
from console.whatif.text import question_words
from core.csv_out import CsvNumber, instant_text
from core.decimals import decimal_text

COLUMNS = (
    "position",
    "account",
    "account_name",
    "invoice",
    "period_from",
    "period_until",
    "zone",
    "description",
    "currency",
    "billed",
    "before",
    "after",
    "difference",
    "quantity_before",
    "quantity_after",
    "problem",
)


@require_GET
@screen(*BILLING)
def simulation_list(request: StaffRequest, kind: str = "") -> HttpResponseBase:
    """Simulations, newest first."""
    if kind:
        return sheets.SIMULATIONS.of_pages(kind, simulations.simulations)
    page = simulations.simulations(position=position_of(request))
    context = {"page": page}
    return render(request, "console/whatif/simulations.html", context)


@require_GET
@screen(*BILLING)
def simulation(request: StaffRequest, public_id: str) -> HttpResponse:
    """One simulation: its question, totals and rows; asked by htmx while it runs, its progress."""
    found = simulations.simulation(public_id)
    context: dict[str, Any] = {"simulation": found, "done_width": _done_width(found)}
    if request.htmx and found.outcome is None:
        return render(request, "console/whatif/_simulation_progress.html", context)
    if request.htmx:
        # It has ended: the whole page has more to show than its progress.
        answer = HttpResponse()
        answer["HX-Refresh"] = "true"
        return answer
    account = words(request, "account")
    context |= {
        "question": question_words(found, wrong=_wrong_version(found)),
        "account": account,
        "accounts": simulations.account_differences(public_id) if found.outcome else (),
        "page": simulations.difference_rows(
            public_id, position=position_of(request), account=account
        ),
        "approvers": [role.value.replace("_", " ") for role in roles_with(_approval_of(found))],
    }
    return render(request, "console/whatif/simulation.html", context)


@require_GET
@screen(*BILLING)
def simulation_file(request: StaffRequest, public_id: str, kind: str) -> HttpResponseBase:
    """Every row as a file."""
    return list_file(kind, public_id, COLUMNS, map(_cells, simulations.every_row(public_id)))


def _wrong_version(found: SimulationSummary) -> str:
    wrong = found.payload.get("wrong")
    return str(plans.find_version(wrong)) if wrong else ""


def _done_width(found: SimulationSummary) -> str:
    return charts.progress(found.progress.examined_count, found.progress.total_count or 0)


def _approval_of(found: SimulationSummary) -> Permission:
    prices = (Simulation.Kind.BACK_TEST, Simulation.Kind.PRICE)
    is_of_price = found.kind in prices
    return Permission.CATALOGUE_APPROVE if is_of_price else Permission.USAGE_CORRECT_APPROVE


def _cells(row: DifferenceRow) -> list[object]:
    amounts = (row.billed, row.before, row.after, row.delta)
    quantities = (row.before_quantity, row.after_quantity)
    return [
        row.position,
        row.account.public_id,
        row.account.name,
        row.invoice_number or row.invoice_id,
        instant_text(row.period.start, row.zone),
        instant_text(row.period.end, row.zone),
        row.zone,
        row.description,
        row.delta.currency,
        *("" if amount is None else amount.amount for amount in amounts),
        *("" if each is None else CsvNumber(decimal_text(each)) for each in quantities),
        row.problem,
    ]
