"""Who opens which screen, and what a refusal says."""

from __future__ import annotations

import re

import pytest
from django.test import Client

from accounts.permissions import Role
from console.urls import urlpatterns
from tests.cast import person
from tests.console.conftest import client_of
from tests.console.pages import BILLING, COUNTS, GOODWILL, LISTS, WORK, address
from tests.console.platform import Platform

# They change something or need a row of their own; each has its own tests.
ELSEWHERE = {
    "webhooks",
    "webhook",
    "webhook-new",
    "webhook-change",
    "webhook-step",
    "webhook-delivery",
    "webhook-delivery-resend",
    "webhook-delivery-expunge",
    "close-step",
    "invoice-compare-ask",
    "journal-batch",
    "preferences",
    "run-retry",
    "inbox-put-off",
    "inbox-ring",
    "view-end",
    "run-release",
    "account-one-off",
    "invoice-issue",
    "invoice-discard",
    "parallel-run",
    "legacy-import",
    "legacy-invoice",
    "proof",
    "paper-file",
    "paper-retry",
    "paper-codes",
    "paper-proof",
    "paper-proof-file",
    "proof-bill",
    "version-draft",
    "version-dates",
    "version-price",
    "version-price-remove",
    "version-case",
    "version-case-remove",
    "version-publish",
    "simulation-back-test",
    "simulation-blast",
    "simulation-file",
    "receivables-file",
    "books-file",
    "bank-file-file",
    "dunning-late-file",
    "dunning-notices-file",
    "credit-notes-file",
    "refunds-file",
    "settlement-unapply",
    "excess-clear",
    "bank-row-accept",
    "bank-row-take-back",
    "bank-row-ignore",
    "account-terms",
    "sources-require",
    "account-statement-file",
    "account-focus-file",
    "held-settlement",
    "disclosure",
    "account-agree",
    "account-clear",
    "quarantine-register",
    "proposal",
    "proposal-again",
    "proposal-clear",
    "proposals-decide",
    "proposals-mandate",
    "proposals-mandate-review",
    "proposals-deputy-end",
    "proposal-new",
    "dispute-late",
    "dispute-new",
    "dispute-file",
    "dispute-reply",
    "incident-new",
    "incident-amend",
    "licence-amend",
    "licence-days",
    "licence-quote-new",
    *(f"{name}-file" for name in LISTS),
    *WORK,
}


def test_every_screen_is_walked_by_these_tests() -> None:
    names = {pattern.name for pattern in urlpatterns}

    assert names == {*BILLING, *COUNTS, *ELSEWHERE}


@pytest.mark.parametrize("name", [*BILLING, *COUNTS])
def test_a_screen_asks_a_stranger_to_sign_in(name: str, platform: Platform) -> None:
    url = address(name, platform)

    answer = Client().get(url)

    assert answer.status_code == 302
    assert answer.headers["Location"].startswith("/staff/login/?next=/")


@pytest.mark.parametrize("name", [*BILLING, *COUNTS])
def test_a_support_agent_opens_every_screen(name: str, platform: Platform, support: Client) -> None:
    assert support.get(address(name, platform)).status_code == 200


@pytest.mark.parametrize("name", COUNTS)
def test_an_operator_opens_the_screens_that_name_nobody(
    name: str, platform: Platform, operator: Client
) -> None:
    answer = operator.get(address(name, platform))

    assert answer.status_code == 200
    assert b"Acme" not in answer.content
    assert b"Globex" not in answer.content


@pytest.mark.parametrize("name", GOODWILL)
def test_support_prepares_what_goodwill_is(
    name: str, platform: Platform, support: Client, operator: Client
) -> None:
    assert support.get(address(name, platform)).status_code == 200
    assert operator.get(address(name, platform)).status_code == 403


@pytest.mark.parametrize("name", [name for name in WORK if name not in GOODWILL])
def test_a_decision_is_not_prepared_by_support(
    name: str, platform: Platform, support: Client
) -> None:
    assert support.get(address(name, platform)).status_code == 403


@pytest.mark.parametrize("name", BILLING)
def test_an_operator_is_told_who_may_see_customers(
    name: str, platform: Platform, operator: Client
) -> None:
    answer = operator.get(address(name, platform))

    assert answer.status_code == 403
    assert "senior support" in answer.content.decode()
    assert "Acme" not in answer.content.decode()


@pytest.mark.parametrize(
    "path",
    [
        "/accounts/acc_00000000000000000000000000/",
        "/accounts/nonsense/bill/",
        "/invoices/CF-99999999/",
        "/invoices/CF-99999999/lines/1/explain/",
        "/resources/res_00000000000000000000000000/",
        "/usage/events/00000000-0000-0000-0000-000000000000/",
        "/catalogue/versions/plv_00000000000000000000000000/",
        "/catalogue/plans/pln_00000000000000000000000000/",
        "/catalogue/simulations/sim_00000000000000000000000000/",
        "/catalogue/meters/nothing/",
        "/proposals/prp_00000000000000000000000000/",
        "/runs/run_00000000000000000000000000/",
        "/runs/parallel/prl_00000000000000000000000000/",
        "/runs/legacy/lgi_00000000000000000000000000/",
        "/runs/legacy/invoices/lgv_00000000000000000000000000/",
        "/finance/payments/pay_00000000000000000000000000/",
        "/finance/bank-files/bnk_00000000000000000000000000/",
        "/nowhere/at/all/",
    ],
)
def test_what_does_not_exist_is_offered_to_the_search(
    path: str, platform: Platform, support: Client
) -> None:
    answer = support.get(path)

    assert answer.status_code == 404
    assert 'action="/search/"' in answer.content.decode()


@pytest.mark.parametrize(
    "path",
    [
        "/accounts/?kind=planet",
        "/accounts/?after=acc_00000000000000000000000000",
        "/invoices/?state=lost",
        "/invoices/?before=nonsense",
        "/finance/payments/?method=shells",
        "/finance/payments/?after=nonsense",
        "/finance/dunning/?from=2026-05-01&to=2026-07-01",
        "/finance/dunning/?from=2026-05-01&to=2026-05-02&steps=shout",
        "/usage/events/?on=31-12-2026",
        "/usage/events/?type=nothing",
        "/usage/events/?after=not-a-key",
        "/usage/quarantine/?reason=whim",
        "/usage/quarantine/?after=-1",
        "/runs/?after=nonsense",
        "/proposals/?state=lost",
        "/search/?q=%00",
        "/accounts/%00/",
    ],
)
def test_an_address_that_means_nothing_says_so(
    path: str, platform: Platform, support: Client
) -> None:
    answer = support.get(path)

    assert answer.status_code == 422
    assert "Nothing was saved" in answer.content.decode()


# Roles and what they are offered


def links_of(page: str) -> set[str]:
    """The addresses a page offers, without what narrows them; fragments are none."""
    found = re.findall(r'(?:href|action)="(/[^"#?]*)', page)
    return {link for link in found if not link.startswith(("/static/", "/admin/", "/staff/"))}


def _status(browser: Client, link: str) -> int:
    """What a link answers. Its file is closed by itself: closing the answer ends the connection."""
    answer = browser.get(link)
    for close in getattr(answer, "_resource_closers", ()):
        close()
    return answer.status_code


@pytest.mark.parametrize("name", COUNTS)
@pytest.mark.parametrize("role", list(Role))
def test_nobody_is_offered_a_page_they_may_not_open(
    role: Role, name: str, platform: Platform
) -> None:
    browser = client_of(person(f"a-{role.value}", role))

    page = browser.get(address(name, platform)).content.decode()

    offered = links_of(page) - {"/preferences/", f"/runs/{platform.run.public_id}/retry/"}
    refused = {link for link in offered if _status(browser, link) == 403}
    assert offered
    assert refused == set()


def test_a_refusal_keeps_the_way_and_says_what_is_needed_and_who_may(
    platform: Platform, operator: Client
) -> None:
    person("sena", Role.SENIOR_SUPPORT)

    page = operator.get("/accounts/").content.decode()

    said = " ".join(re.sub(r"<[^>]+>", " ", page).split())
    assert "This page is for those who may see customers, their usage and invoices." in said
    assert "Your role: operator." in said
    assert "Who may: " in said
    assert "finance admin or auditor; for example " in said
    assert "[" not in said.partition("You may not do this")[2].partition("Request")[0]
    assert 'aria-label="Main"' in page
    assert "/runs/" in links_of(page)


def test_a_door_that_is_closed_elsewhere_keeps_the_way_too(
    platform: Platform, support: Client
) -> None:
    answer = support.get("/admin/accounts/partner/add/")

    assert answer.status_code == 403
    assert 'aria-label="Main"' in answer.content.decode()


@pytest.mark.parametrize(
    ("path", "status"),
    [
        ("/invoices/CF-99999999/", 404),
        ("/nowhere/at/all/", 404),
        ("/accounts/?kind=planet", 422),
    ],
)
def test_a_page_that_went_wrong_keeps_the_way(
    path: str, status: int, platform: Platform, support: Client
) -> None:
    answer = support.get(path)

    assert answer.status_code == status
    assert 'aria-label="Main"' in answer.content.decode()


def test_a_stranger_is_offered_no_way_beyond_an_address_that_does_not_exist() -> None:
    answer = Client().get("/nowhere/at/all/")

    assert answer.status_code == 404
    assert 'aria-label="Main"' not in answer.content.decode()
