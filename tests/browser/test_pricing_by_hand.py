"""A price from draft to publication, and a mistake followed, in the browser: every form on the way
is usable in both themes and at 320 px.
"""

from __future__ import annotations

from collections.abc import Iterator
from threading import Thread

import pytest
from django.conf import settings
from django.db import connection
from django.test import Client
from playwright.sync_api import Browser, BrowserContext, Page, expect

from accounts.permissions import Role
from billing.contracts.models import Subscription
from billing.whatif.tasks import work_simulations
from tests.browser.accessibility import assert_accessible
from tests.browser.console import Site, site
from tests.browser.test_console_screens import PHONE_WIDTH, assert_accessible_in_both_themes
from tests.cast import person

__all__ = ["site"]
# The mark has pytest-django make the database; the rows are the module's own.
pytestmark = [pytest.mark.browser, pytest.mark.django_db]


@pytest.fixture(scope="module")
def sessions(site: Site) -> dict[str, str]:
    """Sessions of Fay, who proposes prices, and Farid, who approves them."""
    found = {}
    for name, role in (("fay", Role.FINANCE_ADMIN), ("farid", Role.FINANCE_APPROVER)):
        client = Client()
        client.force_login(person(name, role))
        found[name] = client.cookies[settings.SESSION_COOKIE_NAME].value
    return found


def sign_in(context: BrowserContext, site: Site, session: str) -> None:
    name = settings.SESSION_COOKIE_NAME
    context.add_cookies([{"name": name, "value": session, "url": site.url}])


@pytest.fixture
def fay(site: Site, sessions: dict[str, str], page: Page, context: BrowserContext) -> Page:
    """Fay's browser."""
    sign_in(context, site, sessions["fay"])
    return page


@pytest.fixture
def farid(site: Site, sessions: dict[str, str], page: Page, context: BrowserContext) -> Page:
    """Farid's browser."""
    sign_in(context, site, sessions["farid"])
    return page


@pytest.fixture
def plain(site: Site, sessions: dict[str, str], browser: Browser) -> Iterator[Page]:
    """Fay's browser without any script."""
    context = browser.new_context(java_script_enabled=False, locale="en-US")
    sign_in(context, site, sessions["fay"])
    yield context.new_page()
    context.close()


def assert_usable(page: Page) -> None:
    """Both themes by axe, and nothing to scroll sideways on a phone."""
    page.wait_for_load_state()  # a page whose styles are still on their way has no sizes
    page.emulate_media(reduced_motion="reduce")  # a colour half-way to another has no contrast
    page.evaluate("window.scrollTo(0, 0)")  # what the top bar covers cannot be touched
    assert_accessible_in_both_themes(page)
    page.set_viewport_size({"width": PHONE_WIDTH, "height": 640})
    assert page.evaluate("document.documentElement.scrollWidth") == PHONE_WIDTH
    page.set_viewport_size({"width": 1280, "height": 800})


def works() -> None:
    """Lets a worker go through what was asked, in a connection of its own."""

    def run() -> None:
        try:
            work_simulations()
        finally:
            connection.close()

    worker = Thread(target=run)
    worker.start()
    worker.join()


def draft(page: Page, site: Site, month: str) -> None:
    """Draft the next version from the first one, for a month of its own."""
    version = site.platform.version.public_id
    page.goto(f"{site.url}/catalogue/versions/{version}/draft/")
    page.get_by_label("For new subscriptions from (UTC)").fill(f"2026-{month}-01T00:00")
    page.get_by_label("Why?").fill("New prices")
    page.get_by_role("button", name="Draft it").click()
    expect(page.locator("#messages")).to_contain_text("is drafted")


def test_a_price_is_drafted_tried_and_checked(site: Site, fay: Page) -> None:
    fay.goto(f"{site.url}/catalogue/plans/{site.platform.version.plan.public_id}/")
    fay.get_by_role("link", name="Draft the next version").click()
    assert_usable(fay)
    draft(fay, site, "06")
    assert_usable(fay)

    fay.get_by_role("link", name="Edit Router requests, requests").click()
    expect(fay.locator("#preview")).to_contain_text("Comes to")
    fay.get_by_label("Graduated", exact=True).check()
    fay.get_by_label("Tier 1, up to").fill("100")
    fay.get_by_label("Tier 1, price of a unit").fill("0,1")
    fay.get_by_label("Tier 2, price of a unit").fill("0")
    fay.get_by_label("Used in a month").fill("250000000")
    expect(fay.locator("#preview")).to_contain_text("must be a plain decimal")
    fay.evaluate("window.scrollTo(0, 0)")  # what the top bar covers cannot be touched
    assert_accessible(fay)
    fay.get_by_label("Tier 1, price of a unit").fill("0.1")
    expect(fay.locator("#preview")).to_contain_text("$10.00")
    fay.get_by_role("button", name="Add a tier").click()
    expect(fay.get_by_role("button", name="Remove tier 3")).to_have_count(1)
    fay.get_by_role("button", name="Remove tier 2").click()
    expect(fay.get_by_role("button", name="Remove tier 3")).to_have_count(0)
    fay.get_by_label("Why?").fill("Cheaper")
    fay.get_by_role("button", name="Keep it in the draft").click()
    expect(fay.locator("#messages")).to_contain_text("Router requests is in the draft")

    fay.get_by_role("link", name="Compare").click()
    expect(fay.locator("main")).to_contain_text("1 differ")
    assert_usable(fay)
    fay.get_by_role("link", name="Worked cases").click()
    fay.get_by_role("link", name="Add a case").click()
    fay.get_by_label("Name").fill("The fee alone")
    fay.get_by_label("Total", exact=True).fill("9.00")
    fay.get_by_label("Why?").fill("Hold the fee")
    assert_usable(fay)


def test_the_model_that_was_chosen_is_still_chosen_when_a_tier_is_added(
    site: Site, fay: Page
) -> None:
    draft(fay, site, "09")
    fay.get_by_role("link", name="Edit Platform fee, fee").click()

    fay.get_by_label("Stairstep", exact=True).check()
    fay.get_by_role("button", name="Add a tier").click()

    expect(fay.get_by_label("Tier 1, price of the step")).to_have_count(1)
    expect(fay.get_by_label("Stairstep", exact=True)).to_be_checked()


def test_a_case_that_fails_stops_publishing_until_it_is_gone(
    site: Site, fay: Page, sessions: dict[str, str]
) -> None:
    draft(fay, site, "07")
    version = fay.url
    fay.goto(f"{version}case/")
    fay.get_by_label("Name").fill("The fee alone")
    fay.get_by_label("Total", exact=True).fill("9.00")
    fay.get_by_label("Why?").fill("Hold the fee")
    fay.get_by_role("button", name="Only work it out").click()
    expect(fay.locator("main")).to_contain_text("The total is 10.00, expected was 9.00.")
    fay.get_by_role("button", name="Keep it in the draft").click()
    expect(fay.locator("main")).to_contain_text("Fails")
    assert_usable(fay)

    fay.goto(f"{version}check/?effect=now")
    expect(fay.locator("main")).to_contain_text("1 of 1 worked cases fail")
    assert_usable(fay)
    fay.goto(f"{version}cases/")
    fay.get_by_label("Remove The fee alone").click()
    fay.locator("#why-0").fill("It was wrong")
    fay.get_by_role("button", name="Remove this case").click()
    expect(fay.locator("main")).to_contain_text("No worked case.")

    fay.goto(f"{version}check/")
    fay.get_by_label("Why?").fill("Agreed in the board")
    assert_usable(fay)
    fay.get_by_label("Reason", exact=True).select_option("new_prices")
    fay.get_by_label("Why?").fill("Agreed in the board")
    with fay.expect_navigation():
        fay.get_by_role("button", name="forward").click()
    site.approve(fay)


def test_without_scripts_a_price_is_tried(site: Site, plain: Page) -> None:
    draft(plain, site, "08")
    plain.get_by_role("link", name="Edit Platform fee, fee").click()
    plain.get_by_label("Amount", exact=True).first.fill("12.34")

    plain.get_by_role("button", name="Work it out").click()

    expect(plain.locator("#preview")).to_contain_text("$12.34")
    plain.get_by_label("Volume", exact=True).check()
    plain.get_by_role("button", name="Show the fields of this choice").click()
    plain.get_by_role("button", name="Add a tier").click()
    plain.get_by_label("Tier 1, price of a unit").fill("0.20")
    plain.get_by_role("button", name="Add a tier").click()
    expect(plain.get_by_label("Tier 2, price of a unit")).to_have_value("0.20")


@pytest.mark.parametrize("kind", ["price", "meter", "meter&meter=requests", "window", "usage"])
def test_every_question_is_usable(kind: str, site: Site, fay: Page) -> None:
    fay.goto(f"{site.url}/catalogue/simulations/blast-radius/?kind={kind}")

    assert_usable(fay)


def test_a_back_test_is_followed_to_its_end(site: Site, fay: Page) -> None:
    version = site.platform.version.public_id
    fay.goto(f"{site.url}/catalogue/simulations/back-test/?version={version}")
    assert_usable(fay)
    fay.get_by_label("Month").fill("2026-04")
    fay.get_by_label("Why?").fill("To be sure")

    fay.get_by_role("button", name="Run the back-test").click()

    expect(fay.locator("#progress")).to_contain_text("Waiting for a worker")
    assert_usable(fay)
    works()
    expect(fay.locator("main")).to_contain_text("Could not be compared")


def test_a_price_is_agreed_and_cleared(site: Site, fay: Page) -> None:
    account = site.platform.acme.account
    subscription = Subscription.objects.get(account=account).public_id
    fay.goto(f"{site.url}/accounts/{account.public_id}/plans/{subscription}/agree/")
    fay.get_by_label("Instead of the plan’s price").select_option("fee")
    expect(fay.locator("main")).to_contain_text("Agree a price for Platform fee")
    fay.get_by_text("Advanced: as data").click()
    fay.get_by_label("Price document (JSON)").fill('{"model": "flat", "amount": "5.00"}')
    expect(fay.locator("#preview")).to_contain_text("$5.00")
    assert_accessible(fay)
    fay.get_by_label("Why? It is printed on the bill").fill("Contract 17")

    fay.get_by_label("Reason", exact=True).select_option("contract")
    with fay.expect_navigation():
        fay.get_by_role("button", name="Put it forward").click()
    site.approve(fay)
    fay.goto(f"{site.url}/accounts/{account.public_id}/plans/")

    expect(fay.locator("main")).to_contain_text("In force")
    assert_usable(fay)
    fay.get_by_role("link", name="Clear the agreed price fee").click()
    assert_usable(fay)
    fay.get_by_label("Why?").fill("Contract ended")
    fay.get_by_label("Reason", exact=True).select_option("ended")
    with fay.expect_navigation():
        fay.get_by_role("button", name="Put it forward").click()
    expect(fay.locator("main")).to_contain_text("the plan's own price counts again")
