"""Whole stories, step by step, their keys and clicks counted: by mouse, by keyboard, on a phone.

Each page on the way is looked at by axe in both themes and must fit a phone.
"""

from __future__ import annotations

from collections.abc import Iterator

import pytest
from playwright.sync_api import Browser, BrowserContext, Locator, Page, expect

from tests.browser.accessibility import assert_accessible
from tests.browser.console import Site, site
from tests.browser.fixtures import AXE, watch
from tests.browser.test_console_screens import PHONE_WIDTH

__all__ = ["site"]
# The mark has pytest-django make the database; the rows are the module's own.
pytestmark = [pytest.mark.browser, pytest.mark.django_db]

QUESTION = "Why was I charged $100.00 on CF-00000001?"
TABS_MOST = 60


class Hands:
    """Somebody's hands: what is pressed and clicked, counted."""

    def __init__(self, page: Page) -> None:
        self.page = page
        self.keys = 0
        self.clicks = 0

    def press(self, key: str) -> None:
        self.keys += 1
        self.page.keyboard.press(key)

    def click(self, what: Locator) -> None:
        self.clicks += 1
        what.click()

    def paste(self, text: str) -> None:
        """What was copied elsewhere, with one key."""
        self.page.evaluate("text => navigator.clipboard.writeText(text)", text)
        self.press("Control+v")

    def tab_to(self, what: Locator) -> None:
        """With the tab key alone, as somebody without a mouse does."""
        for _ in range(TABS_MOST):
            if what.evaluate("each => each === document.activeElement"):
                return
            self.press("Tab")
        raise AssertionError(f"no {TABS_MOST} tabs lead to {what}")


@pytest.fixture
def hands(site: Site, page: Page, context: BrowserContext) -> Hands:
    """Sena's, before her inbox."""
    context.grant_permissions(["clipboard-read", "clipboard-write"])
    page.emulate_media(reduced_motion="reduce")
    site.sign_in(context)
    page.goto(site.url)
    return Hands(page)


@pytest.fixture
def phone(site: Site, browser: Browser) -> Iterator[Page]:
    """Sena's phone, in the dark."""
    context = browser.new_context(
        locale="en-US",
        timezone_id="UTC",
        color_scheme="dark",
        reduced_motion="reduce",
        viewport={"width": PHONE_WIDTH, "height": 640},
    )
    context.set_default_timeout(10_000)
    context.add_init_script(path=AXE)
    context.grant_permissions(["clipboard-read", "clipboard-write"])
    site.sign_in(context)
    page = context.new_page()
    complaints = watch(page)
    yield page
    context.close()
    assert complaints == []


def assert_usable(page: Page) -> None:
    """Nothing for axe to find, and nothing that scrolls sideways on a phone."""
    size = page.viewport_size
    assert_accessible(page)
    page.set_viewport_size({"width": PHONE_WIDTH, "height": 640})
    page.emulate_media(color_scheme="dark", reduced_motion="reduce")
    assert_accessible(page)
    assert page.evaluate("document.documentElement.scrollWidth") == PHONE_WIDTH, page.url
    page.emulate_media(color_scheme="light", reduced_motion="reduce")
    if size is not None:
        page.set_viewport_size(size)


def copied_from(page: Page) -> str:
    text: str = page.evaluate("navigator.clipboard.readText()")
    return text


ANSWER = "Dyno · standard-2x on acme-web, 1–30 Apr 2026: $100.00"


# (a) Why was I charged this?


def test_story_a_the_customers_question_is_pasted_and_answered_in_two_clicks(
    site: Site, hands: Hands
) -> None:
    page = hands.page

    hands.press("/")
    hands.paste(QUESTION)
    expect(page.locator("#palette-results")).to_contain_text("Lines of exactly these amounts")
    assert_accessible(page)
    hands.click(page.locator(".hit").filter(has_text="Line 1 of CF-00000001"))
    expect(page.locator("h1")).to_have_text("Why $100.00?")
    hands.click(page.get_by_role("button", name="Copy for customer"))
    expect(page.locator("#toast")).to_have_text("Copied. Paste it into your reply.")

    assert copied_from(page).startswith(ANSWER)
    assert (hands.keys, hands.clicks) == (2, 2)


def test_story_a_by_keyboard_alone(site: Site, hands: Hands) -> None:
    page = hands.page

    hands.press("/")
    hands.paste(QUESTION)
    line = page.locator(".hit").filter(has_text="Line 1 of CF-00000001")
    expect(line).to_be_visible()
    while not line.evaluate("each => each === document.activeElement"):
        hands.press("ArrowDown")
    hands.press("Enter")
    expect(page.locator("h1")).to_have_text("Why $100.00?")
    page.wait_for_load_state()
    hands.tab_to(page.get_by_role("button", name="Copy for customer"))
    hands.press("Enter")

    expect(page.locator("#toast")).to_have_text("Copied. Paste it into your reply.")
    assert copied_from(page).startswith(ANSWER)
    assert hands.clicks == 0


def test_story_a_on_a_phone_in_the_dark(site: Site, phone: Page) -> None:
    phone.goto(site.url)
    phone.locator(".search-open").click()
    phone.locator("#palette input[type=search]").fill(QUESTION)
    expect(phone.locator("#palette-results")).to_contain_text("Lines of exactly these amounts")
    assert_accessible(phone)
    phone.locator(".hit").filter(has_text="Line 1 of CF-00000001").click()
    expect(phone.locator("h1")).to_have_text("Why $100.00?")
    assert_accessible(phone)
    assert phone.evaluate("document.documentElement.scrollWidth") == PHONE_WIDTH
    phone.get_by_role("button", name="Copy for customer").click()

    expect(phone.locator("#toast")).to_have_text("Copied. Paste it into your reply.")


# (b) A charge is contested, put right by two people, and found again on the account


def test_story_b_a_contested_line_is_credited_by_two_people_and_stands_on_the_timeline(
    site: Site, hands: Hands
) -> None:
    page, platform = hands.page, site.platform
    page.goto(f"{site.url}/invoices/{platform.invoice.number}/lines/1/explain/")

    hands.click(page.get_by_role("link", name="Dispute this line"))
    hands.click(page.get_by_role("link", name="It ended earlier"))
    page.get_by_label("What the customer says").fill("We scaled it down on the 20th.")
    page.get_by_label("It ended at").fill("2026-04-20T00:00")
    assert_usable(page)
    hands.click(page.get_by_role("button", name="Open the dispute"))
    expect(page.locator("h1")).to_contain_text("DSP-")
    assert_usable(page)
    hands.click(page.locator("summary").filter(has_text="Grant"))
    page.get_by_label("Why?").first.fill("The platform’s log agrees")
    hands.click(page.get_by_role("button", name="Put it forward for approval"))
    hands.click(page.get_by_role("link", name="Open the proposal"))
    expect(page.get_by_role("heading", name="What will change")).to_be_visible()
    assert_usable(page)
    site.approve(page)
    site.sign_in(page.context)

    page.goto(f"{site.url}/accounts/{platform.acme.account.public_id}/history/")
    line = page.locator(".timeline--merged")
    expect(line).to_contain_text("opened, by e-mail")
    expect(line).to_contain_text("approved")
    expect(line).to_contain_text("Credit note CN-")
    assert_usable(page)
    assert hands.clicks <= 6


# The account, now and then


def test_story_what_did_we_know_then(site: Site, hands: Hands) -> None:
    page, account = hands.page, site.platform.acme.account
    page.goto(f"{site.url}/accounts/{account.public_id}/")
    assert_usable(page)

    page.get_by_label("As of").fill("2026-05-01T09:00")
    hands.click(page.get_by_role("button", name="Show", exact=True))
    expect(page.get_by_role("region", name="As of")).to_contain_text("You see 1 May 2026, 09:00.")
    expect(page.locator("main")).to_contain_text("No invoice was issued by then.")
    assert_usable(page)
    hands.click(page.get_by_role("link", name="Usage", exact=True).and_(page.locator(".chip")))
    expect(page.locator("main")).to_contain_text("Nothing of this kind was known then.")
    hands.click(page.get_by_role("link", name="Back to now"))

    expect(page.locator("main")).to_contain_text(site.platform.invoice.number or "")
    assert hands.clicks == 3


# A bank's file, from the dry run to the close


def test_story_a_bank_file_is_booked_and_the_month_looked_at(site: Site, hands: Hands) -> None:
    page, number = hands.page, site.platform.invoice.number
    site.carry(page.context, site.proposer)
    page.goto(f"{site.url}/finance/bank-files/new/")

    text = f"date,amount,currency,text\n2026-05-12,10.00,USD,{number} Acme\n"
    page.get_by_label("CSV file").set_input_files(
        {"name": "story.csv", "mimeType": "text/csv", "buffer": text.encode()}
    )
    page.get_by_label("Of which account of ours").fill("bank:story")
    page.get_by_label("Why?").fill("Today’s statement")
    hands.click(page.get_by_role("button", name="Show what it does"))
    expect(page.locator("main")).to_contain_text("nothing imported yet")
    assert_usable(page)
    hands.click(page.get_by_role("button", name="Import 1 row"))
    expect(page.locator("h1")).to_have_text("story.csv")
    assert_usable(page)

    page.goto(f"{site.url}/close/2026-04/")
    hands.click(page.get_by_role("button", name="Check"))
    expect(page.locator("h1")).to_have_text("Close April 2026")
    assert_usable(page)
    assert hands.clicks == 3


# What waits, and taking it


def test_story_a_dispute_of_nobody_is_taken_from_the_inbox(site: Site, hands: Hands) -> None:
    page = hands.page
    assert_usable(page)

    hands.press("j")
    expect(page.locator("tbody tr:first-child a.open").first).to_be_focused()
    hands.click(page.get_by_role("button", name="Take it").first)

    expect(page.locator("h1")).to_contain_text("DSP-")
    page.goto(site.url)
    expect(page.get_by_role("region", name="Waits for you")).not_to_contain_text("not assigned")
    assert (hands.keys, hands.clicks) == (1, 1)
