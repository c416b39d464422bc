"""Stories of disputes, step by step, their keys and clicks counted.

An app ended on the 10th, an event was billed twice, and those who did not complain: each from the
charge to the credit, by two people. Pages on the way are looked at by axe, in the dark, on a phone.
"""

from __future__ import annotations

from concurrent.futures import ThreadPoolExecutor

import pytest
import pytest_django
from django.db import connections
from playwright.sync_api import Locator, Page, expect

from billing.disputes.operations import batches
from core.clock import now
from tests.browser.console import Site, site
from tests.browser.test_stories import Hands, assert_usable, hands
from tests.story import Customer
from usage.models import Event

__all__ = ["hands", "site"]
pytestmark = [pytest.mark.browser, pytest.mark.django_db]


@pytest.fixture(scope="module", autouse=True)
def others(site: Site, django_db_blocker: pytest_django.DjangoDbBlocker) -> dict[str, Customer]:
    """Initech runs a dyno all of April for 50.00, Hooli and Umbrella one of the same size from the
    4th on, so that what was down before is no matter of theirs; Initech's requests of the 4th were
    told twice.
    """
    with django_db_blocker.unblock():
        story = site.platform.story
        story.on("2026-04-01")
        found = {name: story.account(name) for name in ("Hooli", "Initech", "Umbrella")}
        plan = site.platform.version.plan
        for name, customer in found.items():
            customer.app(f"{name.lower()}-web")
            customer.subscribes(plan)
        story.on("2026-05-12T11:30")
        for name, customer in found.items():
            since = "2026-04-01T00:00" if name == "Initech" else "2026-04-04T00:00"
            customer.scales(f"{name.lower()}-web", "standard-2x", "1", at=since)
        for _ in range(2):
            found["Initech"].uses(
                "router.requests", "initech-web", "2026-04-04T10:00", quantity="2000000"
            )
        story.runs_billing()
        return found


class Worker:
    """Works the rows of batches out as the background does: on a connection of its own."""

    def __init__(self, blocker: pytest_django.DjangoDbBlocker) -> None:
        self.blocker = blocker

    def works(self) -> None:
        with ThreadPoolExecutor(max_workers=1) as pool:
            pool.submit(self._work).result()

    def _work(self) -> None:
        with self.blocker.unblock():
            while rows := batches.claim_rows(at=now()):
                batches.work(rows, at=now())
            connections.close_all()


@pytest.fixture
def worker(django_db_blocker: pytest_django.DjangoDbBlocker) -> Worker:
    return Worker(django_db_blocker)


def charge_of(site: Site, customer: Customer, what: str) -> str:
    """The page that explains a charge."""
    line = customer.invoice.lines.get(description__startswith=what)
    return f"{site.url}/invoices/{customer.invoice.number}/lines/{line.position}/explain/"


def contests(hands: Hands, reason: str, facts: dict[str, str]) -> None:
    """From the page of a charge to the page of its dispute, in three clicks."""
    page = hands.page
    hands.click(page.get_by_role("link", name="Dispute this line"))
    hands.click(page.get_by_role("link", name=reason))
    page.get_by_label("What the customer says").fill("This cannot be right.")
    for label, value in facts.items():
        page.get_by_label(label, exact=True).fill(value)
    assert_usable(page)
    hands.click(page.get_by_role("button", name="Open the dispute"))
    expect(page.locator("h1")).to_contain_text("DSP-")


def grants(hands: Hands, site: Site) -> None:
    """From the page of a dispute to the credit note, in three clicks and one of somebody else."""
    page = hands.page
    hands.click(page.locator("summary").filter(has_text="Grant"))
    page.get_by_label("Why?").first.fill("The platform’s log agrees")
    hands.click(page.get_by_role("button", name="Put it forward for approval"))
    hands.click(page.get_by_role("link", name="Open the proposal"))
    site.approve(page)
    site.sign_in(page.context)


def figure(page: Page, name: str) -> Locator:
    return page.locator(".claim__sum div").filter(has_text=name)


def test_story_an_app_that_was_removed_on_the_tenth(
    site: Site, hands: Hands, others: dict[str, Customer]
) -> None:
    """45.00 for 27 days of April; six of them are 10.00, and 35.00 come off."""
    page = hands.page
    page.goto(charge_of(site, others["Hooli"], "Dyno"))
    contests(hands, "It ended earlier", {"It ended at": "2026-04-10T00:00"})

    expect(figure(page, "If this is right")).to_contain_text("$10.00")
    expect(figure(page, "Difference")).to_contain_text("$35.00")
    assert_usable(page)
    grants(hands, site)
    assert_usable(page)
    assert hands.clicks == 6


def test_story_an_event_that_was_billed_twice(
    site: Site, hands: Hands, others: dict[str, Customer]
) -> None:
    """4 million are 1.20 and 2 million 0.40: 0.80 too much; the two are found to say the same."""
    page = hands.page
    page.goto(charge_of(site, others["Initech"], "Router requests"))
    first, second = Event.objects.filter(resource__name="initech-web", quantity=2_000_000).order_by(
        "key"
    )
    facts = {"This event": second.event_id, "is the same as": first.event_id}
    contests(hands, "It is counted twice", facts)

    expect(page.locator(".evidence__for")).to_contain_text("The two say the same")
    expect(figure(page, "Difference")).to_contain_text("$0.80")
    assert_usable(page)
    grants(hands, site)
    assert hands.clicks == 6


def test_story_who_did_not_complain_is_credited_too(
    site: Site, hands: Hands, others: dict[str, Customer], worker: Worker
) -> None:
    """Two days down: Acme says so. The others had it too, and each gets what it comes to."""
    page = hands.page
    page.goto(charge_of(site, site.platform.acme, "Dyno"))
    contests(
        hands,
        "It was down",
        {"It was down from": "2026-04-02T00:00", "until": "2026-04-04T00:00"},
    )
    others_card = page.get_by_role("region", name="Who else was charged like this")
    expect(others_card).to_contain_text("Accounts")
    hands.click(others_card.get_by_role("link", name="Look for others"))
    expect(page.locator("main")).to_contain_text("Initech")
    assert_usable(page)
    page.get_by_label("Why?").fill("All of them were down")
    hands.click(page.get_by_role("button", name="Draft the batch"))
    worker.works()
    page.reload()
    expect(page.locator("main")).to_contain_text("$3.33")
    assert_usable(page)
    page.get_by_label("Why?").first.fill("All of them were down")
    hands.click(page.get_by_role("button", name="Put forward"))
    expect(page.locator("#messages")).to_contain_text("Another person decides")
    assert hands.clicks == 6

    batch = page.url
    links = page.locator("tbody a[href*='/proposals/']")
    addresses = [link.get_attribute("href") for link in links.all()]
    assert addresses
    for address in addresses:
        page.goto(f"{site.url}{address}")
        site.approve(page)
    site.sign_in(page.context)
    page.goto(batch)
    expect(page.locator("main")).to_contain_text(f"{len(addresses)} credited")


def test_story_a_contested_day_by_keyboard_alone(
    site: Site, hands: Hands, others: dict[str, Customer]
) -> None:
    page = hands.page
    page.goto(charge_of(site, others["Umbrella"], "Dyno"))
    hands.tab_to(page.get_by_role("link", name="Dispute this line"))
    hands.press("Enter")
    reason = page.get_by_role("link", name="It is not ours")
    expect(reason).to_be_visible()
    hands.tab_to(reason)
    hands.press("Enter")
    said = page.get_by_label("What the customer says")
    expect(said).to_be_visible()
    hands.tab_to(said)
    page.keyboard.type("We had removed it for a day.")
    hands.tab_to(page.get_by_label("Only from this day"))
    page.keyboard.type("04102026")
    hands.tab_to(page.get_by_role("button", name="Open the dispute"))
    hands.press("Enter")
    expect(page.locator("h1")).to_contain_text("DSP-")
    expect(page.locator("main")).to_contain_text("2026-04-10")
    expect(figure(page, "Difference")).to_contain_text("$1.67")
    assert hands.clicks == 0
