"""A second factor in the browser: added, asked for at the door, renewed and removed."""

from __future__ import annotations

import time
from datetime import UTC, datetime, timedelta

import pytest
import time_machine
from allauth.mfa.totp.internal.auth import hotp_value
from playwright.sync_api import Page, expect

from tests.browser.accessibility import assert_accessible
from tests.browser.console import Site, site
from tests.browser.test_console_screens import PHONE_WIDTH
from tests.cast import PASSWORD

__all__ = ["site"]
pytestmark = [pytest.mark.browser, pytest.mark.django_db]


def press(page: Page, button: str) -> None:
    with page.expect_navigation():
        page.get_by_role("button", name=button, exact=True).click()


def follow(page: Page, link: str) -> None:
    with page.expect_navigation():
        page.get_by_role("link", name=link, exact=True).click()


def sign_in(page: Page, site: Site) -> None:
    page.goto(f"{site.url}/staff/login/")
    page.get_by_label("Login").fill("sena")
    page.get_by_label("Password", exact=True).fill(PASSWORD)
    press(page, "Sign in")


def assert_usable(page: Page) -> None:
    for scheme in ("light", "dark"):
        page.emulate_media(color_scheme=scheme, reduced_motion="reduce")
        assert_accessible(page)
    page.set_viewport_size({"width": PHONE_WIDTH, "height": 640})
    assert page.evaluate("document.documentElement.scrollWidth") == PHONE_WIDTH
    page.set_viewport_size({"width": 1440, "height": 900})


def code(secret: str) -> str:
    return f"{hotp_value(secret, int(time.time()) // 30):06}"


def add_an_app(page: Page) -> tuple[str, str]:
    """From the person's own menu; returns the app's key and a recovery code."""
    page.locator(".user-menu summary").click()
    follow(page, "How you sign in")
    assert_usable(page)
    follow(page, "Add an authenticator app")
    page.get_by_label("Password", exact=True).fill(PASSWORD)
    assert_usable(page)
    press(page, "Go on")
    secret = page.locator("dl.pairs code").inner_text()
    expect(page.locator("svg.qr-code")).to_be_visible()
    assert_usable(page)
    page.get_by_label("Authenticator code").fill("000000")
    press(page, "Add the app")
    expect(page.get_by_text("Incorrect code.")).to_be_visible()
    page.get_by_label("Authenticator code").fill(code(secret))
    press(page, "Add the app")
    assert_usable(page)
    return secret, page.locator(".codes code").first.inner_text()


def enter(page: Page, site: Site, second: str) -> None:
    page.context.clear_cookies()
    sign_in(page, site)
    assert_usable(page)
    page.get_by_label("Code").fill(second)
    press(page, "Sign in")
    expect(page.get_by_role("heading", name="Inbox")).to_be_visible()


def test_a_person_adds_uses_and_removes_a_second_factor(site: Site, page: Page) -> None:
    sign_in(page, site)
    secret, recovery = add_an_app(page)
    enter(page, site, recovery)
    with time_machine.travel(datetime.now(UTC) + timedelta(minutes=2), tick=True):
        enter(page, site, code(secret))
        page.goto(f"{site.url}/staff/2fa/")
        expect(page.get_by_text("9 left")).to_be_visible()
        assert_usable(page)
        follow(page, "Make new codes")
        page.get_by_label("Password", exact=True).fill(PASSWORD)
        press(page, "Go on")
        assert_usable(page)
        press(page, "Make new codes")
        expect(page.get_by_text("10 of 10 left")).to_be_visible()
        follow(page, "Done")
        follow(page, "Remove the app")
        assert_usable(page)
        press(page, "Remove the app")
        expect(page.get_by_role("link", name="Add an authenticator app")).to_be_visible()


def test_the_search_has_a_name_on_a_phone(site: Site, page: Page) -> None:
    site.sign_in(page.context, approves=True)
    page.set_viewport_size({"width": PHONE_WIDTH, "height": 640})
    page.goto(site.url)
    expect(page.get_by_role("link", name="Search everything")).to_be_visible()
    assert_accessible(page)
