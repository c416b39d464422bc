"""Heroku's reads: its lists, its refusals, its words; one's own accounts alone."""

from __future__ import annotations

import base64
from typing import Any

import pytest
from django.test import Client

from accounts.models import Account
from tests.api.bearer import client_of, token_of
from tests.billing.prices import per_unit, requests
from tests.cast import credential, partner
from tests.story import Customer, Story

PATH = "/heroku/account/invoices"
pytestmark = pytest.mark.django_db


@pytest.fixture
def acme() -> Customer:
    """Acme has five invoices, and Globex, whom nobody here may know, one."""
    story = Story()
    plan = story.plan("calls", per_unit(requests(story), "0.01"))
    story.on("2026-01-01")
    acme, globex = story.account("Acme"), story.account("Canary Globex")
    for each, app in ((acme, "acme-web"), (globex, "canary-web")):
        each.subscribes(plan)
        each.app(app)
    for month in range(1, 6):
        story.on(f"2026-{month + 1:02}-01")
        acme.uses("router.requests", "acme-web", f"2026-{month:02}-05", quantity="150")
        if month == 1:
            globex.uses("router.requests", "canary-web", "2026-01-05", quantity="1")
        story.runs_billing()
    return acme


@pytest.fixture
def client(acme: Customer) -> Client:
    works = partner("Addon Works", reads=(acme.account,), reports_for=())
    return client_of(works, "invoices:read", "payments:read")


def ask(client: Client, path: str = PATH, *, range: str | None = None, **headers: str) -> Any:
    sent = {name.replace("_", "-"): value for name, value in headers.items()}
    return client.get(path, headers=sent | ({} if range is None else {"Range": range}))


def ids(answer: Any) -> list[str]:
    return [each["id"] for each in answer.json()]


def test_invoices_are_told_in_minor_units(client: Client, acme: Customer) -> None:
    told = ask(client).json()
    assert {each["total"] for each in told} == {150}
    first = told[0]
    assert set(first) == {
        "id", "number", "period_start", "period_end", "charges_total", "credits_total", "total",
        "state", "created_at", "updated_at",
    }  # fmt: skip
    assert (first["period_start"], first["state"]) == ("2026-01-01T00:00:00Z", 0)
    for name in (first["id"], str(first["number"]), acme.invoices[0].number):
        assert ask(client, f"{PATH}/{name}").json()["id"] == first["id"]
    for team in ("Acme", acme.account.public_id):
        (one, *_) = ask(client, f"/heroku/teams/{team}/invoices").json()
        assert (one["id"], one["payment_status"]) == (first["id"], "Pending")


class TestTD53:
    @pytest.mark.parametrize("options", ["; max=2", ", max=2", "; max=2;", "; ; max=2"])
    def test_pages_go_on_as_next_range_says(self, options: str, client: Client) -> None:
        pages = [ask(client, range=f"id ..{options}")]
        while "Next-Range" in pages[-1]:
            pages.append(ask(client, range=pages[-1]["Next-Range"]))
        assert [each.status_code for each in pages] == [206, 206, 200]
        found = [id for each in pages for id in ids(each)]
        assert (len(found), len(set(found))) == (5, 5)
        assert found == sorted(found)

    @pytest.mark.parametrize("between", ["; ", ", "])
    def test_the_other_way_round(self, between: str, client: Client) -> None:
        forwards = ids(ask(client))
        first = ask(client, range=f"id ..; max=2{between}order=desc")
        rest = ask(client, range=first["Next-Range"])
        assert ids(first) + ids(rest) == forwards[::-1][:4]

    def test_rows_alike_come_once_each(self, client: Client, acme: Customer) -> None:
        """A field with equal values: ties are broken by id."""
        seen: list[str] = []
        asked = "created_at ..; max=1"
        while asked:
            page = ask(client, range=asked)
            seen += ids(page)
            asked = page.headers.get("Next-Range", "")
        assert (len(seen), len(set(seen))) == (5, 5)

    def test_exactly_as_many_as_are_left_is_the_end(self, client: Client) -> None:
        page = ask(client, range="id ..; max=5")
        assert (page.status_code, "Next-Range" in page) == (200, False)

    def test_it_begins_after_or_at_a_place(self, client: Client) -> None:
        every = ids(ask(client))
        assert ids(ask(client, range=f"id ]{every[2]}..")) == every[3:]
        assert ids(ask(client, range=f"id {every[2]}..")) == every[2:]
        later = ask(client, range="period_start 2026-03-01T00:00:00Z..")
        assert ids(later) == every[2:]

    @pytest.mark.parametrize(
        "asked",
        [
            "id ..; max=0", "id ..; max=5000", "id ..; max=x", "colour ..", "]id..", "id",
            "id ..; order=up", "id ..; page=2", "period_start soon..", "id a..b", "id ..; max=-1",
        ],
    )  # fmt: skip
    def test_what_cannot_be_read_is_answered_with_the_form(
        self, asked: str, client: Client
    ) -> None:
        answer = ask(client, range=asked)
        assert answer.status_code == 416
        assert answer.json()["id"] == "requested_range_not_satisfiable"
        assert "id ..; max=200" in answer.json()["message"]

    def test_an_empty_option_and_no_range_say_nothing(self, client: Client) -> None:
        assert ids(ask(client, range="id ..; ;")) == ids(ask(client, range="")) == ids(ask(client))


class TestRefusals:
    def test_another_ones_are_as_unknown_as_made_up_ones(self, client: Client) -> None:
        globex = Account.objects.get(name="Canary Globex")
        theirs = globex.invoices.get()
        paths = (
            f"{PATH}/{theirs.public_id}", f"{PATH}/{theirs.number}", f"{PATH}/inv_{'0' * 26}",
        )  # fmt: skip
        answers = {(each.status_code, each.content) for each in map(client.get, paths)}
        assert len(answers) == 1
        (status, _) = answers.pop()
        assert status == 404
        for team in ("Canary Globex", globex.public_id, "Nobody"):
            for what in ("invoices", "delinquency"):
                answer = client.get(f"/heroku/teams/{team}/{what}")
                assert (answer.status_code, answer.json()["id"]) == (404, "not_found")

    def test_they_are_said_as_heroku_says_them(self, client: Client, acme: Customer) -> None:
        stranger = Client().get(PATH)
        assert (stranger.status_code, stranger.json()["id"]) == (401, "unauthorized")
        assert set(stranger.json()) == {"id", "message", "url"}
        unknown = client.get("/heroku/apps/acme/dynos")
        assert (unknown.status_code, unknown.json()["id"]) == (404, "not_found")
        assert client.post(PATH, {}).status_code == 405
        other = client_of(partner("Usage", reads=(acme.account,)), "usage:write")
        assert (ask(other).status_code, ask(other).json()["id"]) == (403, "forbidden")


@pytest.mark.parametrize("version", ["3", "3.sdk", "3.cedar-acm"])
def test_any_version_three_is_accepted(version: str, client: Client) -> None:
    accept = f"application/vnd.heroku+json; version={version}"
    answer = ask(client, Accept=accept)
    assert answer.status_code == 200
    assert answer.headers["Request-Id"]
    again = ask(client, Accept=accept, If_None_Match=answer["ETag"])
    assert (again.status_code, again.content) == (304, b"")


def test_a_key_may_come_as_the_password_of_basic(acme: Customer) -> None:
    works = partner("Addon Works", reads=(acme.account,), reports_for=())
    key = token_of(credential(works, "invoices:read"))
    basic = base64.b64encode(f":{key}".encode()).decode()
    signed_in = ask(Client(), "/heroku/account/rate-limits", Authorization=f"Basic {basic}")
    assert signed_in.json() == {"remaining": 4500}
    wrong = ask(Client(), "/heroku/account/rate-limits", Authorization="Basic !!")
    assert wrong.status_code == 401


def test_what_is_late_has_its_days(client: Client) -> None:
    told = client.get("/heroku/teams/Acme/delinquency").json()
    assert set(told) == {"scheduled_suspension_time", "scheduled_deletion_time"}
    assert client.get("/heroku/account/delinquency").json() == told
