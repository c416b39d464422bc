"""Two people at one price of a draft, in the browser: the second is told both and goes on."""

from __future__ import annotations

from typing import Literal

import pytest
from playwright.sync_api import Page, expect

from tests.browser.accessibility import assert_accessible
from tests.browser.console import Site, site
from tests.browser.test_console_screens import PHONE_WIDTH
from tests.browser.test_pricing_by_hand import draft, fay, sessions

__all__ = ["fay", "sessions", "site"]
pytestmark = [pytest.mark.browser, pytest.mark.django_db]


def saves(page: Page, amount: str, why: str) -> None:
    document = f'{{"model": "flat", "amount": "{amount}"}}'
    field = page.get_by_label("Price document (JSON)")
    if not field.is_visible():
        page.get_by_text("Advanced: as data").click()
    field.fill(document)
    page.get_by_label("Why?").fill(why)
    page.get_by_role("button", name="Keep it in the draft").click()


@pytest.mark.parametrize(("theme", "month"), [("light", "09"), ("dark", "10")])
def test_the_second_to_save_a_price_sees_both_and_goes_on(
    site: Site, fay: Page, theme: Literal["light", "dark"], month: str
) -> None:
    draft(fay, site, month)
    version = fay.url
    # A page of its own: the browser logs the refusal as an error.
    second = fay.context.new_page()
    second.emulate_media(color_scheme=theme, reduced_motion="reduce")
    for each in (fay, second):
        each.goto(f"{version}price/?code=fee")
    saves(fay, "12.00", "Costs rose")

    saves(second, "9.00", "A favour")

    told = second.get_by_role("alert")
    expect(told).to_contain_text("It was changed while you looked at it. Nothing was saved.")
    expect(told).to_contain_text('"amount": "10.00"')
    expect(told).to_contain_text('"amount": "12.00"')
    expect(told).to_contain_text("Changed by Fay")
    expect(second.get_by_label("Price document (JSON)")).to_contain_text("9.00")
    assert_accessible(second)
    second.set_viewport_size({"width": PHONE_WIDTH, "height": 640})
    assert second.evaluate("document.documentElement.scrollWidth") == PHONE_WIDTH

    second.get_by_role("button", name="Keep it in the draft").click()
    expect(second.locator("#messages")).to_contain_text("Platform fee is in the draft")
