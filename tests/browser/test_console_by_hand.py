"""The console by keyboard, by mouse, and without scripts: the story "why was I charged this?"."""

from __future__ import annotations

from collections.abc import Iterator

import pytest
from playwright.sync_api import Browser, BrowserContext, Page, expect

from tests.browser.accessibility import assert_accessible
from tests.browser.console import Site, site
from tests.console.pages import address

__all__ = ["site"]
# The mark has pytest-django make the database; the rows are the module's own.
pytestmark = [pytest.mark.browser, pytest.mark.django_db]


@pytest.fixture
def desk(site: Site, page: Page, context: BrowserContext) -> Page:
    """Sena at her desk, looking at the inbox."""
    site.sign_in(context)
    page.goto(site.url)
    return page


@pytest.fixture
def plain(site: Site, browser: Browser) -> Iterator[Page]:
    """The same without any script."""
    context = browser.new_context(java_script_enabled=False, locale="en-US")
    site.sign_in(context)
    yield context.new_page()
    context.close()


def choose(desk: Page, group: str, choice: str) -> None:
    """Sets a preference in the user menu and waits for the page that obeys it, scripts included."""
    desk.locator(".user-menu summary").click()
    with desk.expect_navigation():
        desk.get_by_role("group", name=group).get_by_role("button", name=choice).click()


def expect_results(desk: Page, text: str) -> None:
    """Waits for the answer to the whole text: one to its beginning may show the same hits."""
    expect(desk.locator("#palette-results")).to_contain_text(f"Results for {text}")


def test_why_was_i_charged_this_by_keyboard_alone(site: Site, desk: Page) -> None:
    number = str(site.platform.invoice.number)
    desk.context.grant_permissions(["clipboard-read", "clipboard-write"])

    desk.keyboard.press("Control+k")
    desk.keyboard.type(number)
    expect_results(desk, number)
    expect(desk.locator(".hit")).to_contain_text(["Acme"])
    assert_accessible(desk)
    desk.keyboard.press("Enter")
    expect(desk).to_have_title(f"Invoice {number} · Counterfoil")
    desk.wait_for_load_state()
    desk.get_by_role("link", name="Lines").press("Enter")
    expect(desk.locator(".table--lines")).to_be_visible()
    desk.wait_for_load_state()
    desk.keyboard.press("j")
    desk.keyboard.press("e")
    expect(desk.locator("h1")).to_have_text("Why $100.00?")
    desk.wait_for_load_state()
    desk.get_by_role("link", name="Recompute now").press("Enter")
    expect(desk.locator("#again")).to_contain_text("Identical")
    desk.wait_for_load_state()
    desk.get_by_role("button", name="Copy for customer").press("Enter")
    expect(desk.locator("#toast")).to_have_text("Copied. Paste it into your reply.")

    copied = desk.evaluate("navigator.clipboard.readText()")
    assert copied.startswith("Dyno · standard-2x on acme-web, 1–30 Apr 2026: $100.00")


def test_arrow_keys_walk_the_results_and_typing_goes_back(site: Site, desk: Page) -> None:
    desk.keyboard.press("/")
    desk.keyboard.type("web")
    expect_results(desk, "web")
    expect(desk.locator(".hit")).to_have_count(2)

    desk.keyboard.press("ArrowDown")
    desk.keyboard.press("ArrowDown")
    second = desk.evaluate("document.activeElement.textContent")
    desk.keyboard.press("g")
    field = desk.locator("#palette input[type=search]")

    assert "globex-web" in second
    expect(field).to_be_focused()
    expect(field).to_have_value("webg")


def test_results_that_come_late_leave_the_keyboard_in_the_palette(site: Site, desk: Page) -> None:
    desk.keyboard.press("/")
    desk.keyboard.type("web")
    expect_results(desk, "web")
    desk.keyboard.press("ArrowDown")

    desk.evaluate("document.getElementById('palette-results').replaceChildren()")

    expect(desk.locator("#palette input[type=search]")).to_be_focused()


def test_escape_closes_the_palette(site: Site, desk: Page) -> None:
    desk.keyboard.press("Control+k")
    expect(desk.locator("#palette")).to_be_visible()

    desk.keyboard.press("Escape")

    expect(desk.locator("#palette")).to_be_hidden()


@pytest.mark.parametrize(
    ("key", "heading"),
    [("a", "Accounts"), ("v", "Invoices"), ("u", "Usage"), ("r", "Runs"), ("c", "Catalogue")],
)
def test_g_and_a_letter_go_places(key: str, heading: str, site: Site, desk: Page) -> None:
    desk.keyboard.press("g")
    desk.keyboard.press(key)

    expect(desk.locator("h1")).to_have_text(heading)


def test_the_question_mark_lists_the_keys(site: Site, desk: Page) -> None:
    desk.keyboard.press("?")

    expect(desk.get_by_role("dialog", name="Keyboard shortcuts")).to_be_visible()
    assert_accessible(desk)


def test_letters_typed_into_a_field_are_only_letters(site: Site, desk: Page) -> None:
    desk.goto(site.url + "/accounts/")
    desk.locator("#id_named").focus()

    desk.keyboard.type("g?/v")

    expect(desk.locator("#id_named")).to_have_value("g?/v")
    expect(desk.locator("dialog[open]")).to_have_count(0)


def test_letters_can_be_switched_off_and_control_k_stays(site: Site, desk: Page) -> None:
    choose(desk, "Shortcuts", "Off")

    desk.keyboard.press("?")
    expect(desk.locator("dialog[open]")).to_have_count(0)
    desk.keyboard.press("Control+k")
    expect(desk.locator("#palette")).to_be_visible()


def test_the_theme_chosen_is_in_the_page_before_any_script(site: Site, desk: Page) -> None:
    desk.emulate_media(color_scheme="light")
    choose(desk, "Theme", "Dark")

    html = desk.context.request.get(f"{site.url}/invoices/").text()

    assert '<html lang="en" data-theme="dark"' in html
    assert desk.evaluate("getComputedStyle(document.body).backgroundColor") == "rgb(15, 19, 26)"


def test_the_open_menu_is_accessible_and_escape_closes_it(site: Site, desk: Page) -> None:
    desk.locator(".user-menu summary").click()
    assert_accessible(desk)

    desk.keyboard.press("Escape")

    expect(desk.locator(".user-menu summary")).to_be_focused()
    assert desk.locator(".user-menu[open]").count() == 0


def test_the_skip_link_leads_past_the_top_bar(site: Site, desk: Page) -> None:
    desk.keyboard.press("Tab")
    desk.keyboard.press("Enter")

    expect(desk.locator("main")).to_be_focused()


def test_on_a_phone_the_menu_has_every_place(site: Site, desk: Page) -> None:
    desk.set_viewport_size({"width": 320, "height": 640})

    desk.get_by_label("Menu", exact=True).click()
    desk.get_by_role("navigation", name="Main, small screen").get_by_text("Runs").click()

    expect(desk.locator("h1")).to_have_text("Runs")


def test_without_scripts_one_searches_explains_and_recomputes(site: Site, plain: Page) -> None:
    plain.goto(site.url)
    plain.get_by_role("link", name="Search everything").click()
    plain.get_by_label("Invoice number, account, app, amount, any id").fill("110.60")
    plain.get_by_role("button", name="Search", exact=True).click()
    plain.get_by_role("link", name="CF-00000001").click()
    plain.get_by_role("link", name="Lines").click()
    plain.get_by_role("link", name="Why? Line 1", exact=False).first.click()
    plain.get_by_role("link", name="Recompute now").click()

    expect(plain.locator("#again")).to_contain_text("Identical")


def test_without_scripts_one_chooses_a_theme(site: Site, plain: Page) -> None:
    plain.goto(site.url + address("invoices", site.platform))
    plain.locator(".user-menu summary").click()
    plain.get_by_role("group", name="Theme").get_by_role("button", name="Dark").click()

    expect(plain).to_have_url(site.url + "/invoices/")
    expect(plain.locator("html")).to_have_attribute("data-theme", "dark")
