"""Views of lists by name, rows of the inbox put off, and an account as the customer sees it."""

from __future__ import annotations

import html
from collections.abc import Iterator
from datetime import timedelta
from typing import Any

import pytest
from django.test import Client

from accounts.models import CustomerLook, Partner, PutOff, Role, SavedView, User
from accounts.operations import desks, disclosures
from console.accounts.customer_door import PAGES
from console.shell.inbox_queue import queue_of
from tests.api.bearer import token_of
from tests.cast import credential, partner, person
from tests.console.conftest import client_of
from tests.console.platform import NOW as NOON
from tests.console.platform import Platform
from tests.console.test_invoice_page import words
from tests.story import instant

NOW = instant(NOON)
WHY = "The customer is on the phone, ticket 4711"


@pytest.fixture
def sena(senior: Client) -> User:
    """Who is signed in with the browser of senior support."""
    found: User = User.objects.get(pk=senior.session["_auth_user_id"])
    return found


# Views


def test_a_list_is_saved_as_it_is_narrowed_and_offered_again(
    platform: Platform, senior: Client
) -> None:
    page = senior.get("/invoices/?state=issued&named=&sort=-total&after=").content.decode()
    assert 'name="query" value="state=issued&amp;sort=-total"' in page

    said = {"page": "invoices", "query": "state=issued&sort=-total&after=x", "name": "Dear ones"}
    answer = senior.post("/views/", said)

    assert answer.headers["Location"] == "/invoices/?state=issued&sort=-total"
    again = senior.get("/invoices/?sort=-total&state=issued")
    assert again.status_code == 200
    assert "Dear ones" in words(senior.get("/invoices/").content)


def test_the_palette_finds_a_view(platform: Platform, senior: Client, sena: User) -> None:
    desks.save_view(
        person=sena, page="disputes", name="Mine, late", query="owner=me", shared=False, at=NOW
    )

    found = senior.get("/search/?q=mine lat").content.decode()

    assert 'href="/disputes/?owner=me"' in found


def test_a_shared_view_is_offered_only_where_its_list_opens(
    platform: Platform, operator: Client, sena: User
) -> None:
    for page in ("invoices", "runs"):
        desks.save_view(person=sena, page=page, name=page, query="", shared=True, at=NOW)

    shown = operator.get("/views/").content.decode()

    assert 'href="/runs/"' in shown
    assert 'href="/invoices/"' not in shown


@pytest.mark.parametrize("page", ["inbox", "account", "no-such", "", "//evil.example"])
def test_nothing_but_a_list_is_saved(page: str, platform: Platform, senior: Client) -> None:
    answer = senior.post("/views/", {"page": page, "query": "", "name": "x"}, follow=True)

    assert "Nothing was saved." in words(answer.content)
    assert not SavedView.objects.exists()


def test_a_view_goes_with_whose_it_is(
    platform: Platform, senior: Client, support: Client, sena: User
) -> None:
    view = desks.save_view(person=sena, page="invoices", name="Ours", query="", shared=True, at=NOW)

    assert support.post(f"/views/{view.public_id}/end/").status_code == 403
    senior.post(f"/views/{view.public_id}/end/")

    assert "Ours" not in words(support.get("/invoices/").content)
    assert senior.post(f"/views/{view.public_id}/end/").status_code == 404


# Rows put off


def test_a_row_of_the_inbox_is_put_off_with_a_reason_and_comes_back(
    platform: Platform, senior: Client, sena: User
) -> None:
    asked = disclosures.ask(
        account=platform.acme.account,
        by=person("aude", Role.AUDITOR),
        at=NOW,
        reason="The yearly audit",
    )
    day = (NOW + timedelta(days=1)).date().isoformat()

    said = {"about": asked.public_id, "day": day, "reason": "Waits for their bank"}
    senior.post("/inbox/put-off/", said)

    page = senior.get("/")
    assert asked.public_id not in [each.about for each in page.context["queue"].rows]
    assert "Waits for their bank" in words(page.content)
    again = queue_of(sena, at=NOW + timedelta(days=1)).rows
    assert asked.public_id in [each.about for each in again]


def test_a_row_is_brought_back_at_once(platform: Platform, support: Client) -> None:
    queue = support.get("/").context["queue"]
    row = next(each for each in queue.rows if each.about)
    PutOff.objects.create(
        person=User.objects.get(pk=support.session["_auth_user_id"]),
        about=row.about,
        said_at=NOW - timedelta(hours=1),
        until=NOW + timedelta(days=1),
        reason="Later",
    )
    assert row.about not in [each.about for each in support.get("/").context["queue"].rows]

    support.post("/inbox/put-off/", {"about": row.about, "back": "yes"})

    assert row.about in [each.about for each in support.get("/").context["queue"].rows]


@pytest.mark.parametrize(
    "said",
    [
        {"about": "dsp_of_nobody", "day": "2026-05-14", "reason": "x"},
        {"day": "2026-05-14", "reason": "x"},
    ],
)
def test_only_what_waits_for_oneself_is_put_off(
    said: dict[str, str], platform: Platform, support: Client
) -> None:
    answer = support.post("/inbox/put-off/", said, follow=True)

    assert "Nothing was put off" in words(answer.content)
    assert not PutOff.objects.exists()


@pytest.mark.parametrize(
    ("day", "reason"), [("", "x"), ("tomorrow", "x"), ("2026-05-14", " "), ("1999-01-01", "x")]
)
def test_a_row_is_put_off_to_a_day_to_come_and_with_a_reason(
    day: str, reason: str, platform: Platform, support: Client
) -> None:
    row = next(each for each in support.get("/").context["queue"].rows if each.about)

    said = {"about": row.about, "day": day, "reason": reason}
    support.post("/inbox/put-off/", said, follow=True)

    assert not PutOff.objects.exists()


# As the customer sees it


@pytest.fixture
def reader(platform: Platform) -> Partner:
    """A partner that reads Acme alone, and may read all there is of it."""
    made = partner("Dashboard", reads=(platform.acme.account,), reports_for=())
    credential(made)
    return made


def url_of(platform: Platform, query: str = "") -> str:
    return f"/accounts/{platform.acme.account.public_id}/as-customer/{query}"


def test_nobody_looks_without_saying_why(platform: Platform, senior: Client) -> None:
    assert "Before you look" in words(senior.get(url_of(platform, "?show=invoices")).content)
    assert senior.post(url_of(platform), {"reason": " "}).status_code == 422

    assert not CustomerLook.objects.exists()


@pytest.mark.parametrize("role", [Role.SUPPORT, Role.AUDITOR, Role.FINANCE_APPROVER])
def test_a_look_is_kept_in_the_timeline_of_the_account(
    role: Role, platform: Platform, senior: Client, reader: Partner
) -> None:
    client_of(person(f"a-{role.value}", role)).post(url_of(platform), {"reason": WHY})

    timeline = senior.get(f"/accounts/{platform.acme.account.public_id}/history/?kind=personal")

    said = words(timeline.content)
    assert "Looked at the account as it is shown outside" in said
    assert WHY in said


@pytest.mark.parametrize("show", [*PAGES])
def test_what_is_shown_is_what_the_partner_is_answered(
    show: str, platform: Platform, senior: Client, reader: Partner
) -> None:
    senior.post(url_of(platform), {"reason": WHY})

    page = senior.get(url_of(platform, f"?show={show}"))

    told = page.context["told"]
    method, path = told.asked.split(" ")
    answer = Client().get(path, headers={"authorization": f"Bearer {token_of(credential(reader))}"})
    assert (method, told.status) == ("GET", answer.status_code)
    shown = html.unescape(page.content.decode())
    for text in texts_of(answer.json()):
        assert text in shown, (show, text)


def test_an_invoice_of_the_account_opens_with_its_lines_and_no_draft_is_shown(
    platform: Platform, senior: Client, reader: Partner
) -> None:
    senior.post(url_of(platform), {"reason": WHY})
    ref = platform.invoice.public_id

    rows = senior.get(url_of(platform, "?show=invoices")).context["told"].tables[0].rows
    lines = senior.get(url_of(platform, f"?show=lines&ref={ref}")).context["told"]
    other = senior.get(url_of(platform, "?show=invoice&ref=inv_00000000000000000000000000"))

    assert ref in [row_ref for row_ref, _ in rows]
    assert lines.status == 200
    assert len(lines.tables[0].rows) == platform.invoice.lines.count()
    assert other.status_code == 404


def test_whose_role_sees_no_personal_data_sees_none_through_the_door(
    platform: Platform, support: Client, senior: Client, reader: Partner
) -> None:
    for browser in (support, senior):
        browser.post(url_of(platform), {"reason": WHY})
    name = platform.acme.account.profiles.earliest("pk").legal_name

    assert name not in support.get(url_of(platform)).content.decode()
    assert name in senior.get(url_of(platform)).content.decode()


def test_without_scopes_or_readers_the_page_says_so(platform: Platform, senior: Client) -> None:
    senior.post(url_of(platform), {"reason": WHY})
    assert "No partner reads this account." in words(senior.get(url_of(platform)).content)

    partner("Idle", reads=(platform.acme.account,), reports_for=())

    assert "is refused this with 403" in words(senior.get(url_of(platform)).content)


def test_a_look_changes_nothing(platform: Platform, senior: Client, reader: Partner) -> None:
    senior.post(url_of(platform), {"reason": WHY})

    page = senior.get(url_of(platform)).content.decode()

    main = page.partition("<main")[2].partition("</main>")[0]
    assert "<form" not in main
    assert "recorded" in main or "stays in the account’s timeline" in main


def texts_of(value: Any) -> Iterator[str]:
    """Every text of an answer but e-mail addresses, which the console cuts for everybody."""
    if isinstance(value, dict):
        for name, each in value.items():
            yield from () if name == "email" else texts_of(each)
    elif isinstance(value, list):
        for each in value:
            yield from texts_of(each)
    elif isinstance(value, str):
        yield value
