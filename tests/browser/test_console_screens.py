"""Every screen, usable by everybody: axe in both themes, no sideways scrolling at 320 px."""

from __future__ import annotations

import pytest
from playwright.sync_api import BrowserContext, Locator, Page, ViewportSize

from tests.browser.accessibility import assert_accessible
from tests.browser.console import Site, licensed, site
from tests.console.pages import BILLING, COUNTS, WORK, address

__all__ = ["licensed", "site"]
# The mark has pytest-django make the database; the rows are the module's own.
pytestmark = [pytest.mark.browser, pytest.mark.django_db]

PHONE_WIDTH = 320
ADMIN = ("/admin/", "/admin/invoicing/invoice/", "/admin/catalogue/price/")
RECORD = "/admin/accounts/account/"
SAID_OF_A_RECORD = ("Open in the console", "History")
WIDE: ViewportSize = {"width": 1440, "height": 900}


@pytest.fixture
def signed_in(site: Site, page: Page, context: BrowserContext) -> Page:
    site.sign_in(context)
    return page


@pytest.fixture
def approving(site: Site, page: Page, context: BrowserContext) -> Page:
    site.sign_in(context, approves=True)
    return page


def assert_accessible_in_both_themes(page: Page) -> None:
    """The page at its address, first in the light, then in the dark."""
    page.emulate_media(color_scheme="light")
    assert_accessible(page)
    page.emulate_media(color_scheme="dark")
    # Again from the start: colours half-way through a transition have no contrast to speak of.
    page.reload()
    assert_accessible(page)


@pytest.mark.parametrize("name", [*BILLING, *COUNTS])
def test_a_screen_is_accessible(name: str, site: Site, signed_in: Page) -> None:
    signed_in.goto(site.url + address(name, site.platform))

    assert_accessible_in_both_themes(signed_in)


@pytest.mark.parametrize("name", [*BILLING, *COUNTS])
def test_a_screen_fits_a_phone(name: str, site: Site, signed_in: Page) -> None:
    signed_in.set_viewport_size({"width": PHONE_WIDTH, "height": 640})

    signed_in.goto(site.url + address(name, site.platform))

    assert signed_in.evaluate("document.documentElement.scrollWidth") == PHONE_WIDTH


@pytest.mark.parametrize("name", WORK)
def test_a_page_that_prepares_a_decision_is_usable(
    name: str, site: Site, page: Page, context: BrowserContext
) -> None:
    path = address(name, site.platform)
    site.sign_in_for(context, path)
    page.goto(site.url + path)

    assert_accessible_in_both_themes(page)
    page.set_viewport_size({"width": PHONE_WIDTH, "height": 640})
    assert page.evaluate("document.documentElement.scrollWidth") == PHONE_WIDTH


@pytest.mark.parametrize("path", ["/staff/login/", "/staff/password/reset/"])
def test_the_pages_before_anybody_is_known_are_accessible(
    path: str, site: Site, page: Page
) -> None:
    page.goto(site.url + path)

    assert_accessible_in_both_themes(page)


@pytest.mark.parametrize("path", ADMIN)
def test_the_records_have_enough_contrast(path: str, site: Site, signed_in: Page) -> None:
    signed_in.goto(site.url + path)

    assert_accessible_in_both_themes(signed_in)


def test_what_a_record_offers_is_seen_on_a_wide_screen(site: Site, signed_in: Page) -> None:
    signed_in.set_viewport_size(WIDE)
    signed_in.goto(f"{site.url}{RECORD}{site.platform.acme.account.pk}/change/")
    offered = [signed_in.get_by_role("link", name=name) for name in SAID_OF_A_RECORD]
    seen = [_is_seen(link) for link in offered]

    signed_in.goto(f"{site.url}{RECORD}")
    seen.append(_is_seen(signed_in.get_by_role("link", name="Add account")))

    assert seen == [True, True, True]


@pytest.mark.parametrize("path", ["add/", "1/change/"])
def test_a_record_is_accessible(path: str, site: Site, context: BrowserContext) -> None:
    site.sign_in(context)
    page = context.new_page()  # not the watched one: axe reads what a sheet imports with a <style>

    page.goto(site.url + RECORD + path.replace("1", str(site.platform.acme.account.pk)))

    assert_accessible_in_both_themes(page)


def _is_seen(link: Locator) -> bool:
    """Whether the middle of a link is its own, not cut off or covered."""
    return bool(
        link.first.evaluate(
            """each => {
                const box = each.getBoundingClientRect();
                const at = document.elementFromPoint(box.x + box.width / 2, box.y + box.height / 2);
                return each === at || each.contains(at);
            }"""
        )
    )


def test_a_page_that_does_not_exist_is_accessible(site: Site, context: BrowserContext) -> None:
    site.sign_in(context)
    page = context.new_page()  # not the watched one: a 404 is logged as an error

    page.goto(site.url + "/accounts/acc_nobody/")

    assert_accessible_in_both_themes(page)


def test_an_invoice_on_paper_is_the_document_alone(site: Site, signed_in: Page) -> None:
    signed_in.goto(site.url + address("invoice", site.platform))

    signed_in.emulate_media(media="print", color_scheme="dark")

    assert not signed_in.locator(".topbar").is_visible()
    assert signed_in.locator("text=Subtotal").first.is_visible()
    background = signed_in.evaluate("getComputedStyle(document.body).backgroundColor")
    assert background == "rgb(255, 255, 255)"


@pytest.mark.parametrize("path", ["/incidents/new/", "/disputes/{case}/reply/"])
def test_a_form_about_disputes_is_accessible_and_fits_a_phone(
    path: str, site: Site, signed_in: Page
) -> None:
    case = address("dispute", site.platform).strip("/").rpartition("/")[2]
    signed_in.set_viewport_size({"width": PHONE_WIDTH, "height": 640})
    signed_in.goto(site.url + path.format(case=case))

    assert signed_in.evaluate("document.documentElement.scrollWidth") == PHONE_WIDTH
    assert_accessible_in_both_themes(signed_in)
