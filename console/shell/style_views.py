"""The living style page: every component once, in the real templates, on made-up figures."""

from __future__ import annotations

from datetime import UTC, date, datetime, timedelta
from decimal import Decimal

from django.http import HttpResponse
from django.shortcuts import render
from django.views.decorators.http import require_GET

from billing.overview.queries.history import ChangedField, Entry
from console.shell import charts
from console.shell.access import COUNTS, StaffRequest, screen
from console.shell.status_tags import STATES
from core.money import Money
from core.periods import Period

OCTOBER = Period(datetime(2026, 10, 1, tzinfo=UTC), datetime(2026, 11, 1, tzinfo=UTC))
DAILY_CENTS = (310, 322, 318, 290, 120, 118, 340, 355, 351, 349, 360, 131, 127, 410, 655, 702)


@require_GET
@screen(*COUNTS)
def style(request: StaffRequest) -> HttpResponse:
    """Show the components, for whoever builds or judges a screen."""
    bars = [
        charts.BarInput(
            day=date(2026, 10, 1) + timedelta(days=index),
            value=Decimal(cents),
            text=f"${Decimal(cents) / 100:.2f}",
            url=f"#day-{index + 1}",
            is_partial=index == len(DAILY_CENTS) - 1,
        )
        for index, cents in enumerate(DAILY_CENTS)
    ]
    parts = [
        ("Dynos", Decimal(4321), "$43.21", "#dynos"),
        ("Postgres", Decimal(2500), "$25.00", "#postgres"),
        ("Bandwidth", Decimal(312), "$3.12", "#bandwidth"),
    ]
    context = {
        "october": OCTOBER,
        "amounts": [Money(Decimal(text), "USD") for text in ("1234.5", "-20", "0.000031")],
        "chart": charts.daily_bars("Cost by day, 1–16 Oct 2026", bars),
        "parts": charts.shares(parts),
        "spark": charts.sparkline("Last 12 months, rising", [Decimal(c) for c in DAILY_CENTS]),
        "rows": [_web_dynos()],
        "entries": _entries(),
        "states": STATES,
        "page": {"newer": "a", "older": "b"},
    }
    return render(request, "console/shell/style.html", context)


def _web_dynos() -> charts.GanttRow:
    def during(first: int, last: int) -> Period:
        return Period(OCTOBER.start + timedelta(days=first), OCTOBER.start + timedelta(days=last))

    spans = [
        (during(0, 12), Decimal(1), "1 dyno, 1–12 Oct 2026"),
        (during(12, 15), Decimal(3), "3 dynos, 13–15 Oct 2026"),
        (during(18, 31), Decimal(2), "2 dynos, 19–31 Oct 2026"),
    ]
    return charts.gantt_row("web, standard-2x", OCTOBER, spans, Decimal(3))


def _entries() -> list[Entry]:
    return [
        Entry(
            at=datetime(2026, 10, 14, 9, 12, tzinfo=UTC),
            who="Sam Support",
            what="Billing profile changed",
            reason="Customer moved offices, ticket 4711",
            changes=(ChangedField("Billing zone", "UTC", "Europe/Berlin"),),
        ),
        Entry(
            at=datetime(2026, 10, 1, 0, 5, tzinfo=UTC),
            who="bill run",
            what="Invoice CF-000118 issued",
            reason="Month end",
        ),
    ]
