"""Two people at one price of a draft, in the browser: the second is told both and goes on."""

from __future__ import annotations

import pytest
from playwright.sync_api import Page, expect

from tests.browser.console import Site, site
from tests.browser.test_pricing_by_hand import assert_usable, draft, fay, sessions

__all__ = ["fay", "sessions", "site"]
pytestmark = [pytest.mark.browser, pytest.mark.django_db]


def saves(page: Page, amount: str, why: str) -> None:
    document = f'{{"model": "flat", "amount": "{amount}"}}'
    page.get_by_label("Price document (JSON)").fill(document)
    page.get_by_label("Why?").fill(why)
    page.get_by_role("button", name="Keep it in the draft").click()


def test_the_second_to_save_a_price_sees_both_and_goes_on(site: Site, fay: Page) -> None:
    draft(fay, site, "09")
    version = fay.url
    other = fay.context.new_page()
    for each in (fay, other):
        each.goto(f"{version}price/?code=fee")
    saves(other, "12.00", "Costs rose")

    saves(fay, "9.00", "A favour")

    told = fay.get_by_role("alert")
    expect(told).to_contain_text("It was changed while you looked at it. Nothing was saved.")
    expect(told).to_contain_text('"amount": "10.00"')
    expect(told).to_contain_text('"amount": "12.00"')
    expect(told).to_contain_text("Changed by Fay")
    expect(fay.get_by_label("Price document (JSON)")).to_contain_text("9.00")
    assert_usable(fay)

    fay.get_by_role("button", name="Keep it in the draft").click()
    expect(fay.locator("#messages")).to_contain_text("Platform fee is in the draft")
