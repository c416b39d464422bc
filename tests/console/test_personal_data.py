"""Personal data on screen: cut or hidden, shown for a while to whoever said why, and logged."""

from __future__ import annotations

import pytest
import time_machine
from django.test import Client

from accounts.models import Disclosure
from accounts.operations import profiles
from accounts.operations.profiles import ProfileTerms
from accounts.permissions import Role
from tests.cast import person
from tests.console.conftest import client_of
from tests.console.platform import Platform
from tests.console.test_invoice_page import words
from tests.people import ADA
from tests.story import instant

NAME, TAX, EMAIL = "Blaue Stunde GmbH", "DE123456789", "anna@blaue-stunde.example"


@pytest.fixture
def blaue(platform: Platform) -> Platform:
    """Acme prints what a person's company prints."""
    profiles.revise(
        account=platform.acme.account,
        terms=ProfileTerms(legal_name=NAME, tax_id=TAX, email=EMAIL, zone="UTC"),
        at=instant("2026-05-12T11:00"),
        by=ADA,
        reason="Sold",
    )
    return platform


@pytest.fixture
def auditor(platform: Platform) -> Client:
    """Aude, who audits."""
    return client_of(person("aude", Role.AUDITOR))


def pages(platform: Platform) -> list[str]:
    account = platform.acme.account.public_id
    return [f"/accounts/{account}/", f"/accounts/{account}/history/"]


def personal(platform: Platform) -> str:
    return f"/accounts/{platform.acme.account.public_id}/personal/"


@pytest.mark.parametrize(
    ("role", "name"),
    [
        (Role.SUPPORT, "hidden for your role"),
        (Role.AUDITOR, "hidden for your role"),
        (Role.SENIOR_SUPPORT, NAME),
        (Role.FINANCE_APPROVER, NAME),
        (Role.FINANCE_ADMIN, NAME),
    ],
)
def test_names_are_by_role_and_addresses_are_cut_for_everybody(
    role: Role, name: str, blaue: Platform
) -> None:
    reader = client_of(person("reader", role))

    for url in pages(blaue):
        page = words(reader.get(url).content)
        assert f"Legal name {name}" in page or name in page
        assert "a•••@blaue…" in page
        assert EMAIL not in page
        assert (TAX in page) == (name == NAME)


def test_who_says_why_sees_all_of_it_for_a_while(blaue: Platform, senior: Client) -> None:
    answer = senior.post(personal(blaue), {"reason": "On the phone, ticket 4711"})
    assert answer.headers["Location"] == pages(blaue)[0]

    for url in pages(blaue):
        assert EMAIL in words(senior.get(url).content)
    globex = blaue.globex.account.public_id
    assert "Show personal data…" in words(senior.get(f"/accounts/{globex}/").content)
    with time_machine.travel("2026-05-12T12:15:00+00:00", tick=False):
        assert EMAIL not in words(senior.get(pages(blaue)[0]).content)


def test_what_one_person_is_shown_nobody_else_sees(blaue: Platform, senior: Client) -> None:
    senior.post(personal(blaue), {"reason": "On the phone"})

    other = client_of(person("other", Role.SENIOR_SUPPORT))

    assert EMAIL not in words(other.get(pages(blaue)[0]).content)


def test_no_file_holds_what_was_shown_for_a_while(blaue: Platform, senior: Client) -> None:
    senior.post(personal(blaue), {"reason": "On the phone"})

    rows = b"".join(senior.get("/accounts/+csv/").streaming_content).decode()  # type: ignore[attr-defined]

    assert "a•••@blaue…" in rows
    assert EMAIL not in rows


@pytest.mark.parametrize("said", [{}, {"reason": " "}])
def test_without_a_reason_nothing_is_shown(
    said: dict[str, str], blaue: Platform, senior: Client
) -> None:
    answer = senior.post(personal(blaue), said)

    assert answer.status_code == 422
    assert not Disclosure.objects.exists()


def test_support_is_not_offered_what_it_may_not_ask(blaue: Platform, support: Client) -> None:
    page = words(support.get(pages(blaue)[0]).content)

    assert "Show personal data" not in page
    assert support.post(personal(blaue), {"reason": "Curious"}).status_code == 403
    assert not Disclosure.objects.exists()


def test_an_auditor_asks_and_a_colleague_decides_from_the_inbox(
    blaue: Platform, auditor: Client, senior: Client
) -> None:
    asked = auditor.post(personal(blaue), {"reason": "Audit of May"})
    where = asked.headers["Location"]
    assert EMAIL not in words(auditor.get(pages(blaue)[0]).content)
    assert "and never the person who asks" in words(auditor.get(where).content)
    assert "Audit of May" in words(senior.get("/").content)

    senior.post(where, {"answer": "allow", "reason": "Agreed with finance"})

    seen = words(auditor.get(pages(blaue)[0]).content)
    assert EMAIL in seen
    assert NAME in seen
    assert "Audit of May" not in words(senior.get("/").content)
    assert senior.post(where, {"answer": "refuse", "reason": "No"}).status_code == 409


def test_the_log_says_who_of_whom_when_and_why(
    blaue: Platform, auditor: Client, senior: Client
) -> None:
    senior.post(personal(blaue), {"reason": "On the phone, ticket 4711"})

    log = words(auditor.get("/disclosures/").content)

    assert "12 May 2026, 12:00 Sena" in log
    assert "Acme On the phone, ticket 4711 Shown own role 12 May 2026, 12:15" in log


@pytest.mark.parametrize("role", [Role.SUPPORT, Role.OPERATOR])
def test_the_log_is_not_for_everybody(role: Role, blaue: Platform) -> None:
    assert client_of(person("reader", role)).get("/disclosures/").status_code == 403


def test_records_print_no_address_in_full_but_for_who_maintains_it(blaue: Platform) -> None:
    profile = blaue.acme.account.profiles.get(valid_until__isnull=True).pk
    url = f"/admin/accounts/billingprofile/{profile}/change/"

    def record(role: Role) -> str:
        return client_of(person(role.value, role)).get(url).content.decode()

    approver = record(Role.FINANCE_APPROVER)
    assert NAME in approver
    assert EMAIL not in approver
    assert EMAIL not in record(Role.AUDITOR)
    assert EMAIL in record(Role.FINANCE_ADMIN)
