"""The pictures of docs/tour.md: each is of a page that opens, is there, and is small.

WRITE_TOUR=1 takes them anew (`make tour`).
"""

from __future__ import annotations

import os
import re
from collections.abc import Callable
from pathlib import Path

import pytest
from playwright.sync_api import BrowserContext, Page, ViewportSize, expect

from tests.browser.console import Site, site
from tests.browser.test_stories import QUESTION

__all__ = ["site"]
# The mark has pytest-django make the database; the rows are the module's own.
pytestmark = [pytest.mark.browser, pytest.mark.django_db]

DOCS = Path(__file__).parents[2] / "docs"
MOST_BYTES = 100_000
SIZE: ViewportSize = {"width": 1000, "height": 600}


def _inbox(page: Page, site: Site) -> None:
    page.goto(site.url)


def _question(page: Page, site: Site) -> None:
    page.goto(site.url)
    page.keyboard.press("/")
    page.locator("#palette input[type=search]").fill(QUESTION)
    expect(page.locator("#palette-results")).to_contain_text("Lines of exactly these amounts")


def _explain(page: Page, site: Site) -> None:
    page.goto(f"{site.url}/invoices/{site.platform.invoice.number}/lines/1/explain/")


def _account(page: Page, site: Site) -> None:
    page.goto(f"{site.url}/accounts/{site.platform.acme.account.public_id}/")


def _timeline(page: Page, site: Site) -> None:
    page.goto(f"{site.url}/accounts/{site.platform.acme.account.public_id}/history/")


def _as_of(page: Page, site: Site) -> None:
    account = site.platform.acme.account.public_id
    page.goto(f"{site.url}/accounts/{account}/?as_of=2026-05-01T09:00")


PICTURES: dict[str, Callable[[Page, Site], None]] = {
    "tour-inbox.png": _inbox,
    "tour-question.png": _question,
    "tour-explain.png": _explain,
    "tour-account.png": _account,
    "tour-timeline.png": _timeline,
    "tour-as-of.png": _as_of,
}


def test_the_tour_shows_every_picture_and_no_other() -> None:
    shown = re.findall(r"\]\(images/(tour-[\w-]+\.png)\)", (DOCS / "tour.md").read_text())

    assert shown == list(PICTURES)


@pytest.mark.parametrize("name", PICTURES)
def test_a_picture_of_the_tour_is_of_a_page_that_opens(
    name: str, site: Site, page: Page, context: BrowserContext
) -> None:
    page.set_viewport_size(SIZE)
    page.emulate_media(reduced_motion="reduce", color_scheme="light")
    site.sign_in(context)
    PICTURES[name](page, site)
    expect(page.locator("h1")).to_be_visible()
    file = DOCS / "images" / name
    if os.environ.get("WRITE_TOUR"):
        page.screenshot(path=file)

    assert file.exists()
    assert file.stat().st_size <= MOST_BYTES
