"""Decisions on usage and meters in the browser: filled in wrongly, then rightly; and the result."""

from __future__ import annotations

import pytest
import pytest_django
from playwright.sync_api import BrowserContext, Page, expect

from billing.contracts.billability import BillableGate
from tests.browser.accessibility import assert_accessible
from tests.browser.console import Site, site
from tests.browser.test_console_screens import PHONE_WIDTH
from tests.browser.test_pricing_by_hand import assert_usable
from tests.console.platform import Platform
from usage.models import Event

__all__ = ["site"]
# The mark has pytest-django make the database; the rows are the module's own.
pytestmark = [pytest.mark.browser, pytest.mark.django_db]

WHY = "Ticket 17"
SLEPT = {"type": "dyno.slept", "subject": "globex-web", "data": {"quantity": "1"}}


@pytest.fixture(scope="module")
def keys(site: Site, django_db_blocker: pytest_django.DjangoDbBlocker) -> dict[str, str]:
    """Two held events that may be released and two that may not, late usage, a meter nobody needs,
    and two events to correct, whose keys these are.
    """
    with django_db_blocker.unblock():
        return _happened(site.platform)


def _happened(platform: Platform) -> dict[str, str]:
    story, acme = platform.story.on("2026-05-12T11:30"), platform.acme
    story.meter("sleeps", name="Sleeps", event_type="dyno.slept")
    story.meter("spare", name="Spare")
    for hour in ("09", "10"):
        story.sends(SLEPT | {"time": f"2026-05-03T{hour}:00:00Z"}, gate=BillableGate())
        acme.uses("dyno.lost", "acme-web", f"2026-05-03T{hour}:00", quantity="1")
    acme.uses("router.requests", "acme-web", "2026-04-20T09:30", quantity="1000000")
    days = {"amend": "2026-05-04T09:30", "void": "2026-05-05T09:30"}
    for at in days.values():
        acme.uses("router.requests", "acme-web", at, quantity="1000000")
    return {verb: str(Event.objects.get(occurred_at=f"{at}:00Z").key) for verb, at in days.items()}


@pytest.fixture
def ada(site: Site, keys: dict[str, str], page: Page, context: BrowserContext) -> Page:
    """Ulla of finance, who puts forward."""
    site.carry(context, site.proposer)
    page.emulate_media(reduced_motion="reduce")
    return page


def send(page: Page, button: str) -> None:
    """Press the button of the form and wait for the page it leads to."""
    with page.expect_navigation():
        page.get_by_role("button", name=button).click()


def choose_reason(page: Page) -> None:
    """The first of the reasons there are."""
    page.get_by_label("Reason", exact=True).select_option(index=1)


def expect_refusal(page: Page, label: str, sentence: str) -> None:
    """The form again: nothing was saved, and the field is named, marked and led to."""
    alert = page.locator("main").get_by_role("alert")
    expect(alert).to_contain_text("Nothing was saved.")
    expect(alert).to_contain_text(sentence)
    alert.get_by_role("link", name=label, exact=True).click()
    field = page.get_by_label(label, exact=True)
    expect(field).to_be_focused()
    expect(field).to_have_attribute("aria-invalid", "true")
    for scheme in ("light", "dark"):
        page.emulate_media(color_scheme=scheme)
        assert_accessible(page)
    page.set_viewport_size({"width": PHONE_WIDTH, "height": 640})
    assert page.evaluate("document.documentElement.scrollWidth") == PHONE_WIDTH
    page.set_viewport_size({"width": 1280, "height": 800})


@pytest.mark.parametrize(
    ("verb", "reason", "done"),
    [
        ("Release", "no_price", "2 of 2 events would count."),
        ("Drop", "unknown_type", "3 held events would be dropped"),
    ],
)
def test_all_events_held_for_a_reason_are_settled(
    verb: str, reason: str, done: str, site: Site, ada: Page
) -> None:
    ada.goto(f"{site.url}/usage/quarantine/?reason={reason}")
    assert_usable(ada)
    ada.get_by_role("link", name=f"{verb} all…").click()
    assert_usable(ada)
    ada.get_by_label("Why?").fill(" ")
    choose_reason(ada)
    send(ada, "Put forward")
    expect_refusal(ada, "Why?", "This field is required.")

    ada.get_by_label("Why?").fill(WHY)
    send(ada, "Put forward")

    expect(ada.locator("main")).to_contain_text(done)
    assert_usable(ada)
    site.approve(ada)


def test_an_event_is_amended(site: Site, ada: Page, keys: dict[str, str]) -> None:
    ada.goto(f"{site.url}/usage/events/{keys['amend']}/")
    ada.get_by_role("link", name="Amend…").click()
    assert_usable(ada)
    choose_reason(ada)
    ada.get_by_label("Quantity").fill("many")
    ada.get_by_label("Why?").fill(WHY)
    send(ada, "Show the effect on the price")
    expect_refusal(ada, "Quantity", "quantity must be a plain decimal")

    ada.get_by_label("Quantity").fill("3000000")
    send(ada, "Show the effect on the price")
    expect(ada.get_by_role("region", name="Effect on the price")).to_contain_text("Difference$0.80")
    assert_accessible(ada)
    send(ada, "Put it forward")
    site.approve(ada)
    ada.goto(f"{site.url}/usage/events/{keys['amend']}/")
    expect(ada.locator(".page-head")).to_contain_text("Quantity that counts3,000,000")
    assert_usable(ada)


def test_an_event_is_voided(site: Site, ada: Page, keys: dict[str, str]) -> None:
    ada.goto(f"{site.url}/usage/events/{keys['void']}/")
    ada.get_by_role("link", name="Void…").click()
    assert_usable(ada)
    choose_reason(ada)
    ada.get_by_label("Why?").fill(" ")
    send(ada, "Show the effect on the price")
    expect_refusal(ada, "Why?", "This field is required.")

    ada.get_by_label("Why?").fill(WHY)
    send(ada, "Show the effect on the price")
    send(ada, "Put it forward")
    site.approve(ada)
    ada.goto(f"{site.url}/usage/events/{keys['void']}/")
    expect(ada.locator("main")).to_contain_text(f"Voided by Ada: {WHY}")
    assert_usable(ada)


def test_late_usage_is_waived(site: Site, ada: Page) -> None:
    number = site.platform.invoice.number
    ada.goto(f"{site.url}/usage/late/")
    assert_usable(ada)
    ada.get_by_role("link", name=f"Waive the difference of {number}").click()
    assert_usable(ada)
    ada.get_by_label("Why?").fill(" ")
    choose_reason(ada)
    send(ada, "Put forward to waive $0.40")
    expect_refusal(ada, "Why?", "This field is required.")

    ada.get_by_label("Why?").fill(WHY)
    send(ada, "Put forward to waive $0.40")
    site.approve(ada)
    ada.goto(f"{site.url}/usage/late/?fate=waived")
    expect(ada.locator("main")).to_contain_text(f"“{WHY}”")
    assert_usable(ada)


def test_a_back_fill_is_closed_and_the_next_opened_and_taken_back(site: Site, ada: Page) -> None:
    ada.goto(f"{site.url}/usage/backfills/{site.platform.backfill.public_id}/")
    _take(site, ada, "Close", "is closed")

    ada.goto(f"{site.url}/usage/backfills/")
    ada.get_by_role("link", name="Open a back-fill…").click()
    assert_usable(ada)
    ada.get_by_label("Source", exact=True).select_option(site.platform.backfill.source.name)
    ada.get_by_label("Only this resource").fill("acme-web")
    ada.get_by_label("Events from").fill("2026-03-01T00:00")
    ada.get_by_label("Until before").fill("2026-02-01T00:00")
    ada.get_by_label("It replaces what was reported before").check()
    ada.get_by_label("Why?").fill(WHY)
    send(ada, "Open the back-fill")
    expect_refusal(ada, "Until before", "The range must end after it begins")
    ada.get_by_label("Until before").fill("2026-04-01T00:00")
    send(ada, "Open the back-fill")

    expect(ada.locator("#messages")).to_contain_text("The back-fill is open")
    assert_usable(ada)
    opened = ada.url
    _take(site, ada, "Take back", "is taken back")
    ada.goto(opened)
    expect(ada.locator("main")).to_contain_text("Taken back")


def _take(site: Site, page: Page, step: str, said: str) -> None:
    page.get_by_role("link", name=f"{step}…").click()
    assert_usable(page)
    page.get_by_label("Why?").fill(" ")
    choose_reason(page)
    send(page, f"Put forward: {step.lower()} it")
    expect_refusal(page, "Why?", "This field is required.")
    page.get_by_label("Why?").fill(WHY)
    send(page, f"Put forward: {step.lower()} it")
    expect(page.locator("main")).to_contain_text(said)
    site.approve(page)


def test_a_meter_is_defined(site: Site, ada: Page) -> None:
    ada.goto(f"{site.url}/catalogue/meters/")
    ada.get_by_role("link", name="New meter…").click()
    assert_usable(ada)
    choose_reason(ada)
    ada.get_by_label("Code").fill("hits")
    ada.get_by_label("What it counts").fill("Hits")
    ada.get_by_label("Unit").fill("hits")
    ada.get_by_label("Type of event").fill("router.requests")
    ada.get_by_label("Peaks added up", exact=True).check()
    expect(ada.get_by_label("Largest of each")).to_have_count(1)
    ada.get_by_role("button", name="Add a condition").click()
    # What was chosen by script is still chosen when a row is added by script.
    expect(ada.get_by_label("Largest of each")).to_have_count(1)
    ada.get_by_label("Condition 1, property").fill("quantity")
    ada.get_by_label("Condition 1, compares").select_option("is above")
    ada.get_by_label("Condition 1, value").fill("5")
    ada.get_by_label("Sum", exact=True).check()
    expect(ada.get_by_label("Largest of each")).to_have_count(0)
    ada.get_by_text("Advanced, expressions and bounds: none").click()
    ada.get_by_label("And where, as an expression").fill("quantity >")
    ada.get_by_label("Why?").fill(WHY)
    send(ada, "Try it on events")
    expect_refusal(ada, "And where, as an expression", "at character")

    ada.get_by_label("And where, as an expression").fill("")
    ada.get_by_label("Sample events (JSON)").fill('{"quantity": 7}\n{"quantity": 3}')
    send(ada, "Try it on events")
    expect(ada.get_by_role("region", name="Your samples, as it reads them")).to_contain_text(
        "1 counted, 1 left out, 0 could not be read; of 2 samples."
    )
    # As tall as the page: what the lower edge of the window cuts cannot be touched.
    ada.set_viewport_size({"width": 1280, "height": 2400})
    assert_accessible(ada)
    ada.get_by_label("Sample events (JSON)").fill("")
    send(ada, "Try it on events")
    expect(ada.get_by_role("region", name="The latest events, as it reads them")).to_contain_text(
        "could not be read"
    )
    assert_accessible(ada)
    send(ada, "Put it forward")
    site.approve(ada)
    ada.goto(f"{site.url}/catalogue/meters/hits/")
    expect(ada.locator("main")).to_contain_text("where quantity > 5")
    assert_usable(ada)


def test_a_meter_gets_a_new_version(site: Site, ada: Page) -> None:
    ada.goto(f"{site.url}/catalogue/meters/requests/")
    ada.get_by_role("link", name="New version…").click()
    assert_usable(ada)
    choose_reason(ada)
    prices = ada.get_by_role("group", name="Properties that decide the price")
    for number in ("1", "2"):
        prices.get_by_role("button", name="Add a property").click()
        prices.get_by_label(f"Property {number}, property").fill("region")
    ada.get_by_label("Why?").fill(WHY)
    send(ada, "Try it on events")
    expect_refusal(ada, "Property 2, property", "region is named twice.")

    for number in ("2", "1"):
        prices.get_by_role("button", name=f"Remove property {number}").click()
        expect(prices.get_by_role("button", name=f"Remove property {number}")).to_have_count(0)
    ada.get_by_text("Advanced, expressions and bounds: none").click()
    ada.get_by_label("And where, as an expression").fill("quantity > 5")
    send(ada, "Try it on events")
    expect(ada.get_by_role("region", name="What would change")).to_contain_text(
        "No quantity would change."
    )
    assert_accessible(ada)
    send(ada, "Put it forward")
    site.approve(ada)
    ada.goto(f"{site.url}/catalogue/meters/requests/")
    expect(ada.locator("main")).to_contain_text("where quantity > 5")
    assert_usable(ada)


def test_a_meter_is_retired(site: Site, ada: Page) -> None:
    ada.goto(f"{site.url}/catalogue/meters/spare/")
    ada.get_by_role("link", name="Retire…").click()
    assert_usable(ada)
    choose_reason(ada)
    ada.get_by_label("Reads events until").fill("2019-01-01T00:00")
    ada.get_by_label("Why?").fill(WHY)
    send(ada, "Put forward for approval")
    expect_refusal(ada, "Reads events until", "Version 1 takes effect only at")

    ada.get_by_label("Reads events until").fill("2026-05-12T12:00")
    send(ada, "Put forward for approval")
    site.approve(ada)
    ada.goto(f"{site.url}/catalogue/meters/spare/")
    expect(ada.locator("h1 + .tag")).to_contain_text("Retired")
    assert_usable(ada)
