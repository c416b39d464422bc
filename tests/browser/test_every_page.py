"""Every page there is, on a phone: nothing is cut off at its edge, and none breaks its own policy.

Pages with a mistake of any kind are collected and named together, because they mostly share it.
"""

from __future__ import annotations

from collections.abc import Iterator

import pytest
from django.contrib import admin
from django.test import Client
from django.urls import reverse
from playwright.sync_api import BrowserContext, Page
from pytest_django import DjangoDbBlocker

from accounts.permissions import Role
from tests.browser.console import Site, licensed, signed_in_as, site
from tests.browser.fixtures import watch
from tests.cast import person
from tests.console.pages import BILLING, COUNTS, WORK, address
from tests.console.test_access import links_of

__all__ = ["licensed", "site"]
pytestmark = [pytest.mark.browser, pytest.mark.django_db]

PHONE_WIDTH = 320
WALKING = (Role.FINANCE_ADMIN, Role.FINANCE_APPROVER, Role.OPERATOR)
# A list of records may scroll in its own frame; a form or a page may not.
_BEYOND = """() => [...document.querySelectorAll('main *, #content *')].filter(each => {
    const box = each.getBoundingClientRect();
    if (box.width < 2 || box.right <= innerWidth + 1) return false;
    if (each.closest('.results, .table-frame, .visually-hidden, pre, svg')) return false;
    return getComputedStyle(each).position !== 'absolute';
}).slice(0, 3).map(each => `${each.tagName} ${each.className} ${each.id}`)"""


def walk(page: Page, site: Site, paths: Iterator[str], opened: Client) -> list[str]:
    """What is wrong with those of the pages that open, page by page."""
    wrong = []
    complaints = watch(page)
    page.set_viewport_size({"width": PHONE_WIDTH, "height": 640})
    for path in paths:
        answer = opened.get(path)
        if answer.streaming:
            answer.getvalue()  # a file that is read to its end is closed
        if answer.status_code != 200 or answer.get("Content-Disposition"):  # a file is no page
            continue
        page.goto(site.url + path)
        assert page.url.startswith(site.url + path.partition("?")[0]), f"{path} led to {page.url}"
        wide = page.evaluate("document.documentElement.scrollWidth")
        cut_off = page.evaluate(_BEYOND)
        if wide != PHONE_WIDTH or cut_off or complaints:
            wrong.append(f"{path}: {wide} px {cut_off} {complaints}")
            complaints.clear()
    return wrong


@pytest.fixture(scope="module")
def sessions(site: Site, django_db_blocker: DjangoDbBlocker) -> dict[Role, tuple[Client, str]]:
    """People of the roles that walk; committed, so that the server knows them.

    The client of the test and the browser have a session each: what the test writes of its own
    stays locked to its end, and the server would wait for it.
    """
    with django_db_blocker.unblock():
        people = {role: person(f"walks-{role.value}", role) for role in WALKING}
        return {role: (signed_in_as(who)[0], signed_in_as(who)[1]) for role, who in people.items()}


def records() -> Iterator[str]:
    """Of every kind of record the list, the form of a new one and the latest."""
    for model in admin.site._registry:
        stem = f"admin:{model._meta.app_label}_{model._meta.model_name}"
        yield reverse(f"{stem}_changelist")
        yield reverse(f"{stem}_add")
        last = model._default_manager.order_by("pk").last()
        if last is not None:
            yield reverse(f"{stem}_change", args=[last.pk])
            yield reverse(f"{stem}_history", args=[last.pk])


@pytest.mark.parametrize("role", [Role.FINANCE_ADMIN, Role.OPERATOR])
def test_no_record_is_cut_off_or_breaks_its_policy(
    role: Role,
    site: Site,
    sessions: dict[Role, tuple[Client, str]],
    context: BrowserContext,
) -> None:
    opened, value = sessions[role]
    site.carry(context, value)

    assert walk(context.new_page(), site, records(), opened) == []


@pytest.mark.parametrize("role", [Role.FINANCE_APPROVER, Role.FINANCE_ADMIN])
def test_no_screen_that_a_page_leads_to_is_cut_off_or_breaks_its_policy(
    role: Role,
    site: Site,
    sessions: dict[Role, tuple[Client, str]],
    context: BrowserContext,
) -> None:
    opened, value = sessions[role]
    site.carry(context, value)
    known = [address(name, site.platform) for name in (*BILLING, *COUNTS, *WORK)]
    led_to = {link for path in known for link in links_of(opened.get(path).content.decode())}
    led_to = {link for link in led_to if not link.startswith("/.well-known/")}  # no screen

    assert walk(context.new_page(), site, iter(sorted({*known, *led_to})), opened) == []
