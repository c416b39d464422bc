"""The harness must be able to fail: each of its complaints, provoked once."""

import pytest
from playwright.sync_api import BrowserContext, Page

from tests.browser.accessibility import assert_accessible, violations
from tests.browser.fixtures import watch

pytestmark = pytest.mark.browser

_ACCESSIBLE = """<!doctype html><html lang="en"><title>Ledger</title>
<main><h1>Ledger</h1><p>Nothing is owed.</p></main></html>"""
_INACCESSIBLE = """<!doctype html><html lang="en"><title>Ledger</title>
<main><h1>Ledger</h1><img src="data:," ><input></main></html>"""

_OFFENDING = _INACCESSIBLE.replace("<main>", '<main style="color: red">')


def test_an_accessible_page_passes(page: Page) -> None:
    page.set_content(_ACCESSIBLE)
    assert_accessible(page)


def test_a_nameless_input_and_image_are_found(page: Page) -> None:
    page.set_content(_INACCESSIBLE)
    assert {each["rule"] for each in violations(page)} >= {"image-alt", "label"}


@pytest.fixture
def served(context: BrowserContext) -> Page:
    """An inaccessible page that breaks the strict policy it is served with."""
    page = context.new_page()
    policy = {"Content-Security-Policy": "default-src 'self'"}
    page.route(
        "http://localhost/",
        lambda route: route.fulfill(body=_OFFENDING, content_type="text/html", headers=policy),
    )
    return page


def test_axe_runs_under_a_strict_policy(served: Page) -> None:
    served.goto("http://localhost/")
    assert "label" in {each["rule"] for each in violations(served)}


def test_a_broken_policy_is_a_complaint(served: Page) -> None:
    complaints = watch(served)
    served.goto("http://localhost/")
    assert any("Content Security Policy" in each for each in complaints)


def test_a_request_to_another_machine_is_a_complaint(context: BrowserContext) -> None:
    page = context.new_page()
    page.route("**/*", lambda route: route.abort())
    complaints = watch(page)
    page.set_content('<img alt="" src="https://cdn.example/logo.png">', wait_until="commit")
    page.wait_for_function("document.images[0].complete")
    assert "asked another machine: https://cdn.example/logo.png" in complaints
