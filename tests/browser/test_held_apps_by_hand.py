"""Held events of apps nobody knows: found in the quarantine and registered, by hand."""

from __future__ import annotations

import pytest
from django.conf import settings
from django.test import Client
from playwright.sync_api import BrowserContext, Page, expect

from accounts.permissions import Role
from tests.browser.console import Site, site
from tests.browser.test_pricing_by_hand import assert_usable, sign_in
from tests.cast import person

__all__ = ["site"]
pytestmark = [pytest.mark.browser, pytest.mark.django_db]


@pytest.fixture(scope="module")
def sena(site: Site) -> str:
    """The session of Sena, who maintains accounts; two apps are held."""
    for app in ("lost-one", "lost-two"):
        site.platform.acme.uses("router.requests", app, "2026-04-12T10:00", quantity="1")
    client = Client()
    client.force_login(person("sena2", Role.SENIOR_SUPPORT))
    return client.cookies[settings.SESSION_COOKIE_NAME].value


def test_apps_are_registered_where_their_events_are_held(
    site: Site, sena: str, page: Page, context: BrowserContext
) -> None:
    sign_in(context, site, sena)
    page.goto(f"{site.url}/usage/quarantine/?reason=unknown_subject")
    assert_usable(page)
    page.get_by_role("link", name="Register these").click()
    assert_usable(page)
    page.get_by_label("Owner").fill(site.platform.acme.account.public_id)
    page.get_by_label("Why?").fill("Found their owner")

    page.get_by_role("button", name="Register the ticked ones").click()

    expect(page.locator("#messages")).to_contain_text("are registered, owned by")
