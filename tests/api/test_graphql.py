"""The graph: one's own and nothing else, in every spelling; bounded, and as cheap for many."""

from __future__ import annotations

import json
import re
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import pytest
from django.db import connection
from django.test import Client
from django.test.utils import CaptureQueriesContext
from graphql import GraphQLObjectType

from accounts.models import Account
from accounts.operations import payers
from api.graphql.cost import COST_MAX, read_question
from api.graphql.graph import SHAPES
from api.graphql.kinds import KINDS
from api.graphql.schema import FREE_FIELDS, schema
from billing.invoicing.models import Invoice
from billing.receivables.models import Payment
from core.clock import now
from eventing.operations import telling
from tests.api.bearer import client_of
from tests.billing.disputes.claiming import Counter
from tests.billing.prices import per_unit, requests
from tests.cast import partner
from tests.people import ADA
from tests.story import Customer, Story

ROOT = Path(__file__).parents[2]
SCOPES = (
    "accounts:read", "invoices:read", "payments:read", "disputes:read", "events:read", "usage:read",
)  # fmt: skip
pytestmark = pytest.mark.django_db


@pytest.fixture
def story() -> Story:
    return Story()


@pytest.fixture
def acme(story: Story) -> Customer:
    """Acme with three months of bills of two lines; Globex, whom nobody here may know, too."""
    plan = story.plan("calls", per_unit(requests(story), "0.01"))
    story.on("2026-01-01")
    customers = [story.account(name) for name in ("Acme", "Canary Globex")]
    for each in customers:
        each.subscribes(plan)
        for app in ("web", "api"):
            each.app(f"{each.account.name.lower().replace(' ', '-')}-{app}")
    for month in (1, 2, 3):
        story.on(f"2026-{month + 1:02}-01")
        for each in customers:
            for app in ("web", "api"):
                name = f"{each.account.name.lower().replace(' ', '-')}-{app}"
                each.uses("router.requests", name, f"2026-{month:02}-05", quantity="150")
        story.runs_billing()
    telling.tell(at=now())
    return customers[0]


@pytest.fixture
def client(acme: Customer) -> Client:
    return client_of(partner("Addon Works", reads=(acme.account,), reports_for=()), *SCOPES)


def ask(client: Client, query: str, *, status: int = 200, **variables: Any) -> Any:
    body = json.dumps({"query": query, "variables": variables})
    answer = client.post("/graphql", body, content_type="application/json")
    assert answer.status_code == status, answer.content
    return answer.json()


DEEP = """
    query ($few: Int = 2) {
      accounts(first: 5) { nodes { name currency
        subscriptions(first: 2) { nodes { plan startedAt account { id } } }
        invoices(first: 5) { nodes { number total { currency minor decimal }
          lines(first: $few) { pageInfo { hasNextPage endCursor }
            nodes { position description quantity unitPrice amount { decimal } explanation } }
          events(first: 2) { nodes { type sequence } } } } } }
    }
"""


def test_the_graph_is_read_from_the_account_to_the_explanation(client: Client) -> None:
    told = ask(client, DEEP)
    (account,) = told["data"]["accounts"]["nodes"]
    assert (account["name"], account["subscriptions"]["nodes"][0]["plan"]) == ("Acme", "calls")
    invoices = account["invoices"]["nodes"]
    assert [each["total"]["decimal"] for each in invoices] == ["3.00", "3.00", "3.00"]
    (line, *_) = invoices[0]["lines"]["nodes"]
    assert line["amount"] == {"decimal": "3.00"} or line["amount"] == {"decimal": "1.50"}
    assert line["explanation"]
    assert invoices[0]["events"]["nodes"][0]["type"] == "invoice.issued"
    assert "errors" not in told
    cost = told["extensions"]["cost"]
    assert 0 < cost["actual"] <= cost["requested"] <= cost["available"] == COST_MAX


def test_lists_go_on_where_their_cursor_says(client: Client) -> None:
    page = "query ($after: String) { invoices(first: 2, after: $after) { edges { cursor node { id } } pageInfo { hasNextPage endCursor } } }"  # noqa: E501
    first = ask(client, page)["data"]["invoices"]
    rest = ask(client, page, after=first["pageInfo"]["endCursor"])["data"]["invoices"]
    ids = [each["node"]["id"] for each in (*first["edges"], *rest["edges"])]
    assert (len(ids), len(set(ids))) == (3, 3)
    assert (first["pageInfo"]["hasNextPage"], rest["pageInfo"]["hasNextPage"]) == (True, False)
    wrong = ask(client, page, after="made-up")
    assert wrong["errors"][0]["extensions"]["code"] == "cursor_invalid"


class TestOnlyOnesOwn:
    def test_td54_who_pays_is_null_where_it_may_not_be_known(
        self, acme: Customer, client: Client
    ) -> None:
        globex = Account.objects.get(name="Canary Globex")
        paying = datetime(2026, 4, 1, tzinfo=UTC)
        payers.assign(account=acme.account, payer=globex, at=paying, by=ADA, reason="A merger")
        acme.story.on("2026-05-01")
        acme.uses("router.requests", "acme-web", "2026-04-05", quantity="150")
        acme.story.runs_billing()
        bill = acme.invoices[-1]
        assert bill.payer == globex
        dispute = "disputes(first: 1) { nodes { account { name } } }"
        spellings = (
            "{ invoices(first: 9) { nodes { payer { name } } } }",
            "{ accounts(first: 9) { nodes { invoices(first: 9) { nodes { payer { name } } } } } }",
            f'{{ node(id: "{bill.public_id}") {{ ... on Invoice {{ payer {{ name }} }} }} }}',
            f'{{ nodes(ids: ["{bill.public_id}"]) {{ ... on Invoice {{ payer {{ name }} }} }} }}',
            f"{{ {dispute} }}",
        )
        for spelling in spellings:
            told = ask(client, spelling)
            assert "errors" not in told, told
            assert "Canary" not in json.dumps(told)

    def test_another_ones_ids_are_as_unknown_as_made_up_ones(self, client: Client) -> None:
        theirs = [
            Account.objects.get(name="Canary Globex").public_id,
            *Invoice.objects.filter(account__name="Canary Globex").values_list(
                "public_id", flat=True
            ),
        ]
        query = "query ($ids: [ID!]!) { nodes(ids: $ids) { id } }"
        made_up = ["acc_" + "0" * 26, "inv_" + "0" * 26, "xyz", "prc_1"]
        told = ask(client, query, ids=[*theirs, *made_up])
        assert told["data"]["nodes"] == [None] * (len(theirs) + len(made_up))

    def test_no_list_and_no_text_of_the_graph_names_anybody_else(self, client: Client) -> None:
        text = json.dumps(ask(client, EVERYTHING))
        assert "Acme" in text
        for canary in ("Canary", "canary-globex"):
            assert canary not in text

    def test_a_scope_that_is_missing_is_said_where_it_is_needed(self, acme: Customer) -> None:
        row = partner("Accounts only", reads=(acme.account,), reports_for=())
        client = client_of(row, "accounts:read")
        told = ask(
            client, "{ accounts(first: 1) { nodes { name payments(first: 1) { nodes { id } } } } }"
        )
        (error,) = told["errors"]
        assert error["extensions"]["code"] == "scope_missing"
        assert error["path"] == ["accounts", "nodes", 0, "payments"]


EVERYTHING = """
    {
      accounts(first: 9) { edges { cursor node { id name accountKind currency openedAt parent { id }
        subscriptions(first: 3) { nodes { id plan planName startedAt endedAt account { id } } }
        payments(first: 3) { nodes { id method receivedAt amount { decimal } account { id }
          settlements(first: 3) { nodes { id } } } }
        disputes(first: 3) { nodes { id number state openedAt account { id }
          events(first: 3) { nodes { id } } } }
        events(first: 3) { nodes { id type sequence happenedAt cloudEvent } }
        licences(first: 2) { nodes { id number name currency purchaseOrder startsAt endsAt
          account { id } pools { poolName poolUnit window left }
          products { code productName quantity productUnit unitPrice overagePrice } } }
        usage(since: "2026-01-01", until: "2026-04-01", byResource: true, first: 50) {
          hasMore computedAt completeThrough
          nodes { meter unit resource dimensions start end quantity } }
        invoices(first: 3) { nodes { id number invoiceKind state periodFrom periodUntil issuedAt
          dueOn total { decimal } subtotal { minor } tax { currency } account { id } payer { id }
          lines(first: 2) { nodes { id position lineKind description resource quantity unit
            unitPrice explanation amount { decimal } invoice { id } } }
          creditNotes(first: 1) { nodes { id number reasonCode issuedAt total { decimal }
            invoice { id } } }
          settlements(first: 1) { nodes { id settlementKind effectiveAt amount { decimal }
            invoice { id } payment { id } } }
          events(first: 1) { nodes { id } } } } } }
        pageInfo { hasNextPage endCursor } }
    }
"""


EVERYTHING_OF_STAFF = """
    {
      accounts(first: 9) { nodes { proposals(first: 3) { nodes {
        id proposalKind state outcome version seal reasonCode ticket putForwardAt expiresAt
        decidedAt amount { currency minor decimal } madeBy decidedBy account { id } } } } }
      proposals(first: 3) { nodes { id } }
    }
"""
OF_LISTS = ("Connection", "Edge", "Payload", "Query", "Mutation", "Refusal", "PageInfo")


def test_every_field_of_every_type_is_asked_for_by_the_question_of_everything() -> None:
    """So whoever adds one adds it there, where anybody else's names are looked for."""
    asked = set(re.findall(r"\w+", EVERYTHING + EVERYTHING_OF_STAFF))
    assert {kind.name for kind in KINDS} == set(SHAPES)
    for name, shape in schema._schema.type_map.items():
        if isinstance(shape, GraphQLObjectType) and not name.startswith("__"):
            left = set() if name.endswith(OF_LISTS) else set(shape.fields) - asked
            assert left == set(), name


class TestCost:
    SPELLINGS = (
        "{ accounts(first: 10) { nodes { invoices(first: 20) { nodes { lines(first: 5) { nodes { id } } } } } } }",  # noqa: E501
        "{ accounts(first: 10) { edges { node { invoices(first: 20) { edges { node { lines(first: 5) { edges { node { id } } } } } } } } } }",  # noqa: E501
        "query { accounts(first: 10) { nodes { ...I } } } fragment I on Account { invoices(first: 20) { nodes { ...L } } } fragment L on Invoice { lines(first: 5) { nodes { id amount { decimal } } } }",  # noqa: E501
        "{ accounts(first: 10) { ... { nodes { ... on Account { invoices(first: 20) { nodes { lines(first: 5) { nodes { id } } } } } } } } }",  # noqa: E501
        "{ mine: accounts(first: 10) { nodes { bills: invoices(first: 20) { nodes { lines(first: 5) { nodes { id } } } } } } }",  # noqa: E501
        "query ($a: Int!, $b: Int = 20) { accounts(first: $a) { nodes { invoices(first: $b) { nodes { lines(first: 5) { nodes { id } } } } } } }",  # noqa: E501
        "{ accounts(first: 10) { nodes { invoices { nodes { lines(first: 5) { nodes { id } } } } } } }",  # noqa: E501
        "query { accounts(first: 10) { nodes { ...I ...I } } } fragment I on Account { invoices(first: 20) { nodes { lines(first: 5) { nodes { id } } } } }",  # noqa: E501
    )

    @pytest.mark.parametrize("spelling", SPELLINGS)
    def test_td55_the_same_question_costs_the_same_in_each_spelling(
        self, spelling: str, client: Client
    ) -> None:
        told = ask(client, spelling, a=10)
        assert told["extensions"]["cost"]["requested"] == 1_210

    def test_td55_twice_under_two_names_is_twice(self) -> None:
        query = (
            "query { a: accounts(first: 10) { ...F } b: accounts(first: 10) { ...F } }"
            "fragment F on AccountConnection { nodes { invoices(first: 20)"
            " { nodes { lines(first: 5) { nodes { id } } } } } }"
        )
        assert read_question(query, {}, free=FREE_FIELDS).cost == 2_420

    @pytest.mark.parametrize(
        ("query", "status", "code"),
        [
            ("{ accounts(first: 100) { nodes { invoices(first: 100) { nodes { id lines(first: 1) { nodes { id } } } } } } }", 422, "graphql_too_large"),  # noqa: E501
            ("{ " + "invoices { nodes { account { " * 5 + "id" + " } } }" * 5 + " }", 422, "graphql_too_large"),  # noqa: E501
            ("{ " + " ".join(f"a{n}: accounts(first: 1) {{ nodes {{ id }} }}" for n in range(16)) + " }", 422, "graphql_too_large"),  # noqa: E501
            ("{ accounts(first: 1) { nodes { " + "id " * 2_000 + "} } }", 422, "graphql_too_large"),
            ("{ __schema { types { name } } }", 422, "graphql_introspection"),
            ('{ __type(name: "Account") { name } }', 422, "graphql_introspection"),
            ("mutation { accounts { id } }", 400, "graphql_invalid"),
            ("subscription { accounts { id } }", 400, "graphql_unreadable"),
            ("{ accounts", 400, "graphql_unreadable"),
            ("query A { accounts { nodes { id } } } query B { accounts { nodes { id } } }", 400, "graphql_unreadable"),  # noqa: E501
            ("fragment F on Query { ...F } { ...F }", 400, "graphql_invalid"),
            ("{ acounts(first: 1) { nodes { id } } }", 400, "graphql_invalid"),
        ],
        ids=["dear", "deep", "aliases", "tokens", "schema", "type", "mutation", "subscription", "cut", "two", "circle", "typo"],  # noqa: E501
    )  # fmt: skip
    def test_what_asks_for_too_much_or_makes_no_sense_is_refused(
        self, query: str, status: int, code: str, client: Client
    ) -> None:
        told = ask(client, query, status=status)
        assert told["errors"][0]["extensions"]["code"] == code
        assert "Did you mean" not in json.dumps(told)

    def test_first_has_a_range(self, client: Client) -> None:
        told = ask(client, "{ accounts(first: 101) { nodes { id } } }")
        assert told["errors"][0]["extensions"]["code"] == "limit_range"


class TestManyAndFew:
    def test_td57_of_each_parent_so_many_rows_are_read_as_are_shown_and_one(
        self, client: Client
    ) -> None:
        query = "{ invoices(first: 3) { nodes { lines(first: 1) { nodes { id } pageInfo { hasNextPage } } } } }"  # noqa: E501
        with CaptureQueriesContext(
            connection,
        ) as asked:
            told = ask(client, query)
        lists = [each["lines"] for each in told["data"]["invoices"]["nodes"]]
        assert [len(each["nodes"]) for each in lists] == [1, 1, 1]
        cut = [each["sql"] for each in asked if "ROW_NUMBER" in each["sql"]]
        assert len(cut) == 1
        assert "<= 2" in cut[0]

    def test_statements_do_not_grow_with_nodes(self, client: Client) -> None:
        counted = []
        for few in (1, 3):
            query = DEEP.replace("invoices(first: 5)", f"invoices(first: {few})")
            ask(client, query)
            with CaptureQueriesContext(connection) as asked:
                ask(client, query)
            counted.append(len(asked))
        assert counted[0] == counted[1] <= 12, counted


class TestTheDoor:
    def test_a_stranger_gets_a_problem(self) -> None:
        answer = Client().post("/graphql", "{}", content_type="application/json")
        assert (answer.status_code, answer.json()["code"]) == (401, "auth_required")

    def test_there_is_no_get_and_no_batch(self, client: Client) -> None:
        assert client.get("/graphql", {"query": "{ accounts { nodes { id } } }"}).status_code == 405
        batch = client.post("/graphql", "[]", content_type="application/json")
        assert batch.status_code == 400
        form = client.post("/graphql", {"query": "{ accounts { nodes { id } } }"})
        assert form.status_code == 415

    @pytest.mark.parametrize(
        "body", [{}, {"query": 7}, {"query": "{a}", "variables": []}, {"query": "{a}", "x": 1}]
    )
    def test_what_is_no_question_is_refused(self, body: dict[str, Any], client: Client) -> None:
        answer = client.post("/graphql", json.dumps(body), content_type="application/json")
        assert answer.status_code == 400
        assert answer.json()["errors"][0]["extensions"]["code"] == "graphql_unreadable"


def test_the_costs_of_the_page_are_what_is_reckoned() -> None:
    page = (ROOT / "docs/graphql.md").read_text()
    rows = re.findall(r"^\| `(\{.*\})` \| ([\d,]+) \|$", page, re.MULTILINE)
    assert len(rows) == 3
    for query, cost in rows:
        assert read_question(query, {}, free=FREE_FIELDS).cost == int(cost.replace(",", ""))


def test_the_committed_schema_is_what_is_answered() -> None:
    kept = (ROOT / "docs/schema.graphql").read_text()
    assert kept == schema.as_str() + "\n", "manage.py graphql_schema > docs/schema.graphql"


def test_a_dispute_and_a_payment_are_part_of_the_graph() -> None:
    counter = Counter(Story()).runs_a_dyno()
    account = counter.invoice.account
    reader = partner("Addon Works", reads=(account,), reports_for=())
    client = client_of(reader, *SCOPES)
    assert Payment.objects.count() == 0
    told = ask(client, EVERYTHING)
    assert told["data"]["accounts"]["edges"][0]["node"]["payments"]["nodes"] == []
