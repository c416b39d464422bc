"""One account with ten thousand apps: its pages stay small, and ask as much as those of a few."""

from __future__ import annotations

import json
from collections.abc import Callable, Iterator
from contextlib import AbstractContextManager
from dataclasses import dataclass

import pytest
import pytest_django

from accounts.operations.resources import NewResource, register_all
from accounts.permissions import Role
from billing.catalogue.operations.plans import PriceTerms
from tests.browsers import Browser
from tests.cast import person
from tests.console.conftest import client_of
from tests.console.platform import NOW
from tests.made_once import made_once
from tests.people import PLATFORM
from tests.story import WHY, Customer, Story, instant
from usage.models import Meter

APPS = 10_000
MEGABYTE = 1_000_000
AT_ONCE = 1_000

Asks = Callable[[int], AbstractContextManager[object]]


@dataclass
class Fleet:
    """Acme's apps used one job each on 10 April, which is billed, and on 2 and on 3 May."""

    story: Story
    acme: Customer

    @property
    def account_url(self) -> str:
        return f"/accounts/{self.acme.account.public_id}/"

    @property
    def invoice_url(self) -> str:
        return f"/invoices/{self.acme.invoice.number}/"


def a_line_for_each_app(meter: Meter) -> PriceTerms:
    return PriceTerms(
        code="jobs",
        name="Jobs",
        meter=meter,
        group_by=["resource"],
        definition={"model": "per_unit", "unit_price": "0.50", "unit": "job"},
    )


def build(apps: int, priced: Callable[[Meter], PriceTerms] = a_line_for_each_app) -> Fleet:
    """Make it through the operations, many at a time."""
    story = Story()
    plan = story.plan("jobs", priced(story.meter("jobs")))
    acme = story.on("2026-04-01").account("Acme")
    acme.subscribes(plan)
    names = [f"app-{number:05}" for number in range(apps)]
    register_all(
        [NewResource(name, "app", name, acme.account, owned_from=story.at) for name in names],
        at=story.at,
        by=PLATFORM,
        reason=WHY,
    )
    for day in ("2026-04-10", "2026-05-02", "2026-05-03"):
        story.on("2026-05-12T11:00")
        used = [
            {
                "type": "jobs",
                "subject": name,
                "time": instant(day).isoformat(),
                "data": {"quantity": "1"},
            }
            for name in names
        ]
        for first in range(0, apps, AT_ONCE):
            story.sends(*used[first : first + AT_ONCE])
    story.runs_billing()
    return Fleet(story, acme)


@pytest.fixture(scope="module")
def _fleet(
    django_db_setup: None, django_db_blocker: pytest_django.DjangoDbBlocker
) -> Iterator[Fleet]:
    """The account, made once for all tests here."""
    with made_once(django_db_blocker, NOW):
        yield build(APPS)


@pytest.fixture
def fleet(_fleet: Fleet, db: None) -> Fleet:
    return _fleet


@pytest.fixture
def senior(fleet: Fleet) -> Browser:
    return client_of(person("sena", Role.SENIOR_SUPPORT))


@pytest.mark.parametrize(
    ("tab", "queries"), [("", 83), ("bill/", 52), ("resources/", 9), ("invoices/", 10)]
)
def test_BL9_the_pages_of_an_account_of_ten_thousand_apps_open_and_stay_small(
    tab: str, queries: int, fleet: Fleet, senior: Browser, django_assert_num_queries: Asks
) -> None:
    url = fleet.account_url + tab
    senior.get(url)  # what is read once a process

    with django_assert_num_queries(queries):
        page = senior.get(url)

    assert page.status_code == 200
    assert len(page.content) < MEGABYTE


def test_BL9_each_app_is_on_its_own_days_of_the_chart(fleet: Fleet, senior: Browser) -> None:
    context = senior.get(fleet.account_url).context

    by_day = {bar.source.day.isoformat(): bar.source.value for bar in context["chart"].bars}

    # 10,000 jobs at $0.50, the first cent of each to the earlier day.
    assert by_day["2026-05-02"] == by_day["2026-05-03"] == 5_000
    assert sum(by_day.values()) == context["bill"].total.amount == 10_000


def test_BL10_an_invoice_of_ten_thousand_lines_is_read_in_pages(
    fleet: Fleet, senior: Browser, django_assert_num_queries: Asks
) -> None:
    url = f"{fleet.invoice_url}lines/"
    senior.get(url)  # what is read once a process

    with django_assert_num_queries(13):
        first = senior.get(url)
    shown = first.context["page"]
    second = senior.get(f"{url}?after={shown.older}")
    back = senior.get(f"{url}?before={second.context['page'].newer}")

    assert len(first.content) < MEGABYTE
    assert (shown.first, shown.last, shown.line_count) == (1, 200, APPS)
    assert second.context["page"].first == 201
    assert back.context["page"].first == 1
    assert "10,000 lines in 10,000 groups" in first.content.decode()


def test_BL10_a_line_far_down_is_explained_and_leads_back_to_its_page(
    fleet: Fleet, senior: Browser
) -> None:
    explained = senior.get(f"{fleet.invoice_url}lines/7777/explain/")

    page = senior.get(explained.context["back"].partition("#")[0])

    assert 'id="line-7777"' in page.content.decode()


def test_the_last_page_of_the_bill_so_far_says_the_sum_of_all_lines(
    fleet: Fleet, senior: Browser
) -> None:
    page = senior.get(f"{fleet.account_url}bill/?line={APPS}").content.decode()

    assert "Lines 9,801 to 10,000 of 10,000." in page
    assert "Total so far" in page


def test_a_page_of_lines_that_are_not_there_is_refused_in_words(
    fleet: Fleet, senior: Browser
) -> None:
    stale = senior.get(f"{fleet.invoice_url}lines/?after=20000")
    nowhere = senior.get(f"{fleet.invoice_url}lines/?line=20000")

    assert (stale.status_code, nowhere.status_code) == (422, 404)
    assert "Start again at its first line." in stale.content.decode()
    assert "no line 20000" in nowhere.content.decode()


def test_the_proof_of_one_line_of_ten_thousand_holds_that_line(
    fleet: Fleet, senior: Browser
) -> None:
    billed = json.loads(senior.get(f"{fleet.invoice_url}lines/7777/proof/").content)
    so_far = json.loads(senior.get(f"{fleet.account_url}bill/7777/proof/").content)

    for proof in (billed, so_far):
        assert [each["key"] for each in proof["document"]["charges"]] == [proof["line"]]
