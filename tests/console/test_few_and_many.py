"""A page that prepares a decision asks as much for many rows as for few."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from contextlib import AbstractContextManager
from dataclasses import replace

import pytest
import pytest_django
from django.test import Client

from accounts.permissions import Role
from tests.browsers import Browser
from tests.cast import person
from tests.console.conftest import client_of
from tests.console.pages import WORK, address
from tests.console.platform import NOW, Platform
from tests.console.test_query_counts import DECISIONS, PREVIEWS
from tests.made_once import made_once
from tests.people import ADA
from tests.story import instant
from usage.models import Backfill
from usage.operations import backfills
from usage.operations.backfills import Range

APPROVED = {"sources-waive"}
"""What an approver does."""


@pytest.fixture
def ulla(crowd: Platform) -> Browser:
    """Ulla of finance, who prepares decisions."""
    return client_of(person("ulla", Role.FINANCE_ADMIN))


@pytest.fixture(scope="module", params=[1, 12], ids=["few", "many"])
def _crowd(
    request: pytest.FixtureRequest,
    _platform: Platform,
    django_db_blocker: pytest_django.DjangoDbBlocker,
) -> Iterator[Platform]:
    with made_once(django_db_blocker, NOW):
        yield crowded(_platform, request.param)


@pytest.fixture
def crowd(_crowd: Platform, db: None) -> Platform:
    return _crowd


def crowded(platform: Platform, customers: int) -> Platform:
    """One customer more, or twelve: each runs an app, was billed for April and reports late.

    Acme runs as many apps more, and as many events of it are held. All of April is reported again.
    """
    story, plan = platform.story, platform.version.plan
    for number in range(customers):
        story.on("2026-04-01")
        other, web, api = story.account(f"Other {number}"), f"web-{number}", f"api-{number}"
        other.app(web)
        platform.acme.app(api)
        other.subscribes(plan)
        story.on("2026-05-12T11:00")
        other.uses("router.requests", web, "2026-04-12", quantity="3000000")
        story.runs_billing()
        story.on("2026-05-12T11:30")
        for app in (web, api):
            other.uses("router.requests", app, "2026-04-13", quantity="1000000")
            other.uses("router.requests", app, "2026-05-03", quantity="1000000")
        platform.acme.scales(api, "standard-2x", "1", at="2026-04-20")
        platform.acme.uses("dyno.hibernated", api, "2026-04-11", quantity="1")
    return replace(platform, backfill=april_again(platform))


def april_again(platform: Platform) -> Backfill:
    """What the source sent of April is replaced; nothing was sent again yet."""
    platform.backfill.refresh_from_db()
    backfills.close(backfill=platform.backfill, at=instant(NOW), by=ADA, reason="Not needed")
    span = Range(
        platform.backfill.source, instant("2026-04-01"), instant("2026-05-01"), replaces=True
    )
    return backfills.start(span, at=instant(NOW), by=ADA, reason="The router lost a day")


@pytest.mark.parametrize("name", WORK)
def test_a_page_that_prepares_a_decision_asks_as_much_for_many_rows_as_for_few(
    name: str,
    crowd: Platform,
    ulla: Client,
    django_assert_num_queries: Callable[[int], AbstractContextManager[object]],
) -> None:
    if name in APPROVED:
        ulla = client_of(person("ada", Role.FINANCE_APPROVER))
    url = address(name, crowd)
    ulla.get(url)  # what is read once a process

    with django_assert_num_queries(DECISIONS[name]):
        ulla.get(url)


def test_closing_a_back_fill_asks_as_much_for_many_events_as_for_few(
    crowd: Platform,
    ulla: Client,
    django_assert_num_queries: Callable[[int], AbstractContextManager[object]],
) -> None:
    url = f"/usage/backfills/{crowd.backfill.public_id}/close/"
    ulla.get(url)  # what is read once a process

    with django_assert_num_queries(86):
        assert b"will be voided" in ulla.get(url).content


@pytest.mark.parametrize("name", PREVIEWS)
def test_a_preview_asks_as_much_for_many_rows_as_for_few(
    name: str,
    crowd: Platform,
    ulla: Browser,
    django_assert_num_queries: Callable[[int], AbstractContextManager[object]],
) -> None:
    count, said = PREVIEWS[name]
    url = address(name, crowd)
    said = said | {"made_from": ""} | ulla.opened(url)
    ulla.post(url, said)  # what is read once a process

    with django_assert_num_queries(count):
        assert b'name="seen"' in ulla.post(url, said).content
