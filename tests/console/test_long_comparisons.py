"""Ten thousand lines that changed: compared by a worker, once, and read in a few rows."""

from __future__ import annotations

from collections.abc import Iterator

import pytest
import pytest_django

from accounts.permissions import Role
from billing.invoicing.operations import bill_comparisons
from billing.invoicing.queries.kept_changes import TOLD_SINGLY
from tests.browsers import Browser
from tests.cast import person
from tests.console.conftest import client_of
from tests.console.platform import NOW
from tests.console.test_large_accounts import APPS, MEGABYTE, Asks, Fleet, build
from tests.made_once import made_once


@pytest.fixture(scope="module")
def _fleet(
    django_db_setup: None, django_db_blocker: pytest_django.DjangoDbBlocker
) -> Iterator[Fleet]:
    """The account with May billed too: every line of it says something else than in April."""
    with made_once(django_db_blocker, NOW):
        fleet = build(APPS)
        fleet.story.on("2026-06-02").runs_billing()
        yield fleet


@pytest.fixture
def fleet(_fleet: Fleet, db: None) -> Fleet:
    return _fleet


@pytest.fixture
def senior(fleet: Fleet) -> Browser:
    return client_of(person("sena", Role.SENIOR_SUPPORT))


def test_BL10_ten_thousand_lines_that_changed_are_read_in_a_few_rows(
    fleet: Fleet, senior: Browser, django_assert_num_queries: Asks
) -> None:
    url = f"{fleet.invoice_url}compare/"
    before = senior.get(url).content.decode()
    item = bill_comparisons.claim(at=fleet.story.at)
    assert item is not None
    bill_comparisons.work_through(item, at=fleet.story.at)
    senior.get(url)  # what is read once a process

    for query, rows in (
        ("", 1),
        ("?by=app", TOLD_SINGLY + 1),
        ("?by=app&part=use:app-00000", TOLD_SINGLY + 1),
    ):
        with django_assert_num_queries(16 + ("part" in query)):
            page = senior.get(url + query)
        told = page.context["told"].rows
        assert len(told) == rows
        assert sum(row.delta.minor for row in told) == 500_000
        assert len(page.content) < MEGABYTE / 10

    assert "Waiting for a worker" in before
    assert "9,988 smaller parts" in page.content.decode()
    opened = senior.get(f"{url}?part=use:Jobs").context["opened"]
    assert (len(opened.rows), opened.more, opened.rest.minor) == (200, 9_800, 490_000)
