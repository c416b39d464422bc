"""GET /api/v1/accounts: a partner sees its own accounts, page by page, and no trace of others."""

from datetime import timedelta
from itertools import chain

import pytest
from django.test import Client
from pytest_django import DjangoAssertNumQueries

from accounts.models import Account
from accounts.operations import payers
from tests.api.bearer import client_of
from tests.cast import NOON, OPENING, SETUP, account, partner

ACCOUNTS = "/api/v1/accounts"


@pytest.fixture
def client(globex: Account) -> Client:
    return client_of(partner("Addon Inc", reads=(globex,)))


@pytest.fixture
def inner_client(db: None) -> Client:
    return client_of(partner("Platform", reads_every_account=True))


def test_one_account(client: Client, globex: Account) -> None:
    assert client.get(f"{ACCOUNTS}/{globex.public_id}").json() == {
        "id": globex.public_id,
        "name": "Globex",
        "kind": "team",
        "parent": None,
        "payer": {"id": globex.public_id, "name": "Globex"},
        "currency": "USD",
        "opened_at": "2026-01-01T00:00:00Z",
        "closed_at": None,
        "billing_anchor_on": "2026-01-01",
        "billing_profile": {
            "legal_name": "Globex Ltd",
            "address": "",
            "tax_id": "",
            "email": "",
            "zone": "UTC",
            "terms_days": 30,
            "valid_from": "2026-01-01T00:00:00Z",
        },
    }


class TestOthers:
    def test_a_foreign_account_is_as_unknown_as_none(self, client: Client, acme: Account) -> None:
        foreign = client.get(f"{ACCOUNTS}/{acme.public_id}")
        unknown = client.get(f"{ACCOUNTS}/acc_{'0' * 26}")
        assert foreign.status_code == unknown.status_code == 404
        told = [
            {k: v for k, v in response.json().items() if k not in ("instance", "request_id")}
            for response in (foreign, unknown)
        ]
        assert told[0] == told[1]

    @pytest.mark.parametrize("id", ["99999999999999999999", "-1", "٠", "acc_", "a%00b", "..%2f"])
    def test_what_is_no_id_is_not_found(self, client: Client, id: str) -> None:
        assert client.get(f"{ACCOUNTS}/{id}").status_code == 404

    def test_the_list_holds_only_its_own(self, client: Client, acme: Account) -> None:
        assert [each["name"] for each in client.get(ACCOUNTS).json()["data"]] == ["Globex"]

    def test_neither_parent_nor_payer_is_named_where_it_may_not_be_read(
        self, acme: Account
    ) -> None:
        team = account("Platform", parent=acme, currency="EUR")
        payers.assign(account=team, payer=acme, at=NOON, by=SETUP, reason="Consolidated")
        stranger = client_of(partner("Addon Inc", reads=(team,)))
        response = stranger.get(f"{ACCOUNTS}/{team.public_id}")
        assert (response.json()["parent"], response.json()["payer"]) == (None, None)
        assert "Acme" not in response.content.decode()

    def test_an_internal_team_reads_all(
        self, inner_client: Client, acme: Account, globex: Account
    ) -> None:
        names = {each["name"] for each in inner_client.get(ACCOUNTS).json()["data"]}
        assert names == {"Acme", "Globex"}


class TestPages:
    @pytest.fixture(autouse=True)
    def _seven_accounts(self, db: None) -> None:
        for n in range(7):
            # Three open at one instant: the tie is broken by id.
            account(f"Team {n}", at=OPENING + timedelta(hours=max(n, 3)))

    def pages(self, client: Client, query: str) -> list[list[str]]:
        found, path = [], f"{ACCOUNTS}?{query}"
        while path:
            response = client.get(path)
            body = response.json()
            found.append([each["name"] for each in body["data"]])
            path = f"{ACCOUNTS}?{query}&cursor={body['next_cursor']}" if body["has_more"] else ""
        return found

    @pytest.mark.parametrize("order", ["opened_at", "-opened_at", "name", "-name"])
    def test_every_account_is_on_one_page(self, inner_client: Client, order: str) -> None:
        pages = self.pages(inner_client, f"limit=3&order={order}")
        assert [len(page) for page in pages] == [3, 3, 1]
        assert sorted(chain.from_iterable(pages)) == [f"Team {n}" for n in range(7)]

    def test_an_account_opened_meanwhile_moves_nothing(self, inner_client: Client) -> None:
        first = inner_client.get(f"{ACCOUNTS}?limit=3&order=name").json()
        account("Aardvark")
        second = inner_client.get(
            f"{ACCOUNTS}?limit=3&order=name&cursor={first['next_cursor']}"
        ).json()
        assert [each["name"] for each in second["data"]] == ["Team 3", "Team 4", "Team 5"]

    def test_the_next_page_is_linked(self, inner_client: Client) -> None:
        link = inner_client.get(f"{ACCOUNTS}?limit=6").headers["Link"]
        path = link[link.index("/api") : link.index(">")]
        assert 'rel="next"' in link
        assert len(inner_client.get(path).json()["data"]) == 1

    def test_the_last_page_has_no_link(self, inner_client: Client) -> None:
        assert "Link" not in inner_client.get(ACCOUNTS).headers

    def test_a_page_takes_the_same_queries_however_long(
        self, inner_client: Client, django_assert_num_queries: DjangoAssertNumQueries
    ) -> None:
        inner_client.get(ACCOUNTS)
        with django_assert_num_queries(4):
            inner_client.get(f"{ACCOUNTS}?limit=2")
        with django_assert_num_queries(4):
            inner_client.get(f"{ACCOUNTS}?limit=7")

    @pytest.mark.parametrize(
        ("query", "expected"),
        [
            ("limit=0", (400, "limit_range")),
            ("limit=201", (400, "limit_range")),
            ("limit=1000000000", (400, "limit_range")),
            ("limit=-1", (400, "limit_range")),
            ("limit=٣", (400, "limit_range")),
            ("limit=", (400, "limit_range")),
            ("order=account__partner__secret", (400, "unknown_sort")),
            ("order=--name", (400, "unknown_sort")),
            ("cursor=x", (400, "cursor_invalid")),
            ("cursor=%C3%A9", (400, "cursor_invalid")),
            ("cursor=W10", (400, "cursor_invalid")),
            ("cursor=bnVsbA", (400, "cursor_invalid")),
            ("page=2", (422, "unknown_parameter")),
            ("partner__secret=1", (422, "unknown_parameter")),
            ("format=api", (422, "unknown_parameter")),
        ],
    )
    def test_a_bad_query_is_refused_by_name(
        self, inner_client: Client, query: str, expected: tuple[int, str]
    ) -> None:
        response = inner_client.get(f"{ACCOUNTS}?{query}")
        assert (response.status_code, response.json()["code"]) == expected

    def test_a_cursor_belongs_to_its_order(self, inner_client: Client) -> None:
        cursor = inner_client.get(f"{ACCOUNTS}?limit=2&order=name").json()["next_cursor"]
        response = inner_client.get(f"{ACCOUNTS}?order=-name&cursor={cursor}")
        assert response.json()["code"] == "cursor_invalid"

    def test_a_filter_narrows_the_list(self, inner_client: Client, acme: Account) -> None:
        found = inner_client.get(f"{ACCOUNTS}?kind=enterprise").json()["data"]
        assert [each["name"] for each in found] == ["Acme"]
