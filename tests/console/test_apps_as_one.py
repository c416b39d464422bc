"""An account whose apps are billed as one: its pages fetch as much of many apps as of a few."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from decimal import Decimal
from typing import Any

import pytest
import time_machine
from django.db import connection

from accounts.permissions import Role
from billing.catalogue.operations.plans import PriceTerms
from tests.cast import person
from tests.console.conftest import client_of
from tests.console.platform import NOW
from tests.console.test_large_accounts import Fleet, build
from usage.models import Meter
from usage.queries import kept_periods

APPS = kept_periods._LONG + 50
MOST_ROWS = 100
"""A page of a list, or the days of a chart."""
LATE = "/usage/late/"


def all_jobs_as_one(meter: Meter) -> PriceTerms:
    return PriceTerms(
        code="jobs",
        name="Jobs",
        meter=meter,
        definition={"model": "per_unit", "unit_price": "0.50", "unit": "job"},
    )


@pytest.fixture
def fleet(db: None) -> Iterator[Fleet]:
    with time_machine.travel(NOW, tick=False):
        yield build(APPS, all_jobs_as_one)


def most_rows(read: Callable[[], object]) -> int:
    """The rows of the query that answers with most of them."""
    answered = [0]

    def counting(execute: Any, *asked: Any) -> Any:
        answer = execute(*asked)
        answered.append(asked[-1]["cursor"].rowcount)
        return answer

    with connection.execute_wrapper(counting):
        read()
    return max(answered)


def test_no_page_fetches_every_app_to_add_them_up(fleet: Fleet) -> None:
    """Issue 8, point 5.13: the account's pages took the longer the more apps it had."""
    senior = client_of(person("sena", Role.SENIOR_SUPPORT))
    resource = fleet.acme.account.ownerships.earliest("pk").resource.public_id
    pages = ["", "bill/", "history/", "resources/"]
    urls = [fleet.account_url + page for page in pages] + [f"/resources/{resource}/", LATE]
    fetched = {url: most_rows(lambda url=url: senior.get(url)) for url in urls}  # type: ignore[misc]
    assert {url: rows for url, rows in fetched.items() if rows > MOST_ROWS} == {}


def test_the_chart_of_apps_as_one_has_all_of_them(fleet: Fleet) -> None:
    senior = client_of(person("sena", Role.SENIOR_SUPPORT))
    context = senior.get(fleet.account_url).context
    by_day = {bar.source.day.isoformat(): bar.source.value for bar in context["chart"].bars}
    assert by_day["2026-05-02"] == by_day["2026-05-03"] == Decimal("0.50") * APPS
    assert sum(by_day.values()) == context["bill"].total.amount == APPS
