"""Nobody learns of anybody else: at no address that reads, by no filter, at no node of the graph.

The addresses are those of the OpenAPI document; a new one without a case here fails.
"""

from __future__ import annotations

import json
import re
from typing import Any

import pytest
from django.test import Client
from django.urls import resolve
from drf_spectacular.generators import SchemaGenerator

from accounts.models import Account, CredentialScope, Resource
from billing.contracts.models import Subscription
from billing.disputes.models import Attachment, DisputeCase
from billing.invoicing.models import CreditGrant, CreditNote, Invoice
from billing.licences.models import License, Movement
from billing.papers.models import Paper
from billing.receivables.models import Hold, Payment
from tests.api.bearer import client_of
from tests.api.test_graphql import EVERYTHING
from tests.api.two_tenants import CANARY, TwoTenants, app_of, two_tenants

pytestmark = [pytest.mark.django_db, pytest.mark.slow]

DAYS = {"from": "2026-01-01", "until": "2026-06-01"}
SINCE = {"since": "2026-03-01T00:00:00Z", "until": "2026-03-31T00:00:00Z"}
QUERIES: dict[str, dict[str, str]] = {
    "accounts/{public_id}/focus": DAYS,
    "accounts/{public_id}/statement": DAYS,
    "accounts/{public_id}/usage": DAYS | {"by": "resource"},
    "entitlements/check": {"feature": "spaces"},
    "events-feed": {"after": "0"},
    "usage/events": SINCE,
}
"""What an address must be asked with."""
NOUNS: dict[str, Any] = {
    "accounts": Account,
    "credit-notes": CreditNote,
    "disputes": DisputeCase,
    "grants": CreditGrant,
    "holds": Hold,
    "invoices": Invoice,
    "licences": License,
    "payments": Payment,
    "pool-movements": Movement,
    "resources": Resource,
    "subscriptions": Subscription,
}
"""Whose ids stand in an address below the noun."""
ASKED_ELSEWHERE = {
    "late-usage/{public_id}": "tests/api/test_late_usage.py",
    "spending-limits": "tests/api/test_spending_limits.py",
    "spending-limits/{public_id}": "tests/api/test_spending_limits.py",
    "usage/backfills/{public_id}": "tests/api/test_usage_reads.py",
    "usage/events/{key}": "tests/api/test_usage_reads.py",
    "usage/quarantine/{key}": "tests/api/test_partner_reach.py",
    "webhook-deliveries/{public_id}": "tests/api/test_webhooks.py",
    "webhook-endpoints/{public_id}": "tests/api/test_webhooks.py",
}
"""Addresses that another test asks as somebody else: most are of what a partner itself sent."""
NOBODYS = {
    "openapi.json",
    "rate-limits",
    "event-types",
    "meters",
    "plans",
    "meters/{public_id}",
    "plans/{public_id}",
}
"""The same for everybody."""


def reads() -> list[str]:
    """Every GET of the document that a partner's token opens, below /api/v1/."""
    document = SchemaGenerator().get_schema(public=True)
    return [
        path.removeprefix("/api/v1/")
        for path, operations in document["paths"].items()
        if "get" in operations and "partnerToken" in operations["get"]["security"][0]
    ]


@pytest.fixture
def world(db: None) -> TwoTenants:
    return two_tenants()


@pytest.fixture
def client(world: TwoTenants) -> Client:
    return client_of(world.agency, *CredentialScope.values)


def parts_of(world: TwoTenants, path: str, *, theirs: bool) -> str:
    """The address with the ids of either."""
    noun = path.partition("/")[0]
    if noun == "invoices" and "{" in path:
        invoice = world.one_of(Invoice, theirs=theirs)
        path = path.replace("{invoice}", invoice.public_id).replace("{position}", "1")
        if "documents/{public_id}" in path:
            paper = Paper.objects.filter(invoice=invoice).first()
            assert paper is not None
            return path.replace("{public_id}", paper.files.all()[0].public_id)
    if "{file}" in path:
        path = path.replace("{file}", world.one_of(Attachment, theirs=theirs).public_id)
    if "{public_id}" in path:
        path = path.replace("{public_id}", world.one_of(NOUNS[noun], theirs=theirs).public_id)
    return path


def get(client: Client, path: str, query: dict[str, str]) -> Any:
    return client.get(f"/api/v1/{path}", query)


def text_of(answer: Any) -> str:
    content = b"".join(answer.streaming_content) if answer.streaming else answer.content
    return content.decode(errors="replace").lower()


def test_no_address_tells_of_anybody_else(world: TwoTenants, client: Client) -> None:
    canaries, told = world.canaries, {}
    assert len(canaries) > 10
    for path in reads():
        if path in ASKED_ELSEWHERE or ("{" in path and path in NOBODYS):
            continue
        query = dict(QUERIES.get(path, {}))
        if path == "entitlements/check":
            query["account"] = world.mine.account.public_id
        answer = get(client, parts_of(world, path, theirs=False), query)
        assert answer.status_code in (200, 404, 409), (path, answer.content)
        told[path] = answer.status_code
        text = text_of(answer)
        found = {each for each in canaries if each in text}
        assert not found, (path, found)
    assert list(told.values()).count(200) > len(told) * 3 // 4, told


def test_what_is_anybody_elses_is_what_is_nobodys(world: TwoTenants, client: Client) -> None:
    for path in reads():
        if "{" not in path or path in ASKED_ELSEWHERE or path in NOBODYS:
            continue
        query, address = QUERIES.get(path, {}), parts_of(world, path, theirs=True)
        theirs = get(client, address, query)
        made_up = re.sub(r"([a-z]{3})_[0-9a-z]{26}", r"\1_" + "0" * 26, address)
        nobodys = get(client, made_up, query)
        assert (theirs.status_code, nobodys.status_code) == (404, 404), (path, theirs.content)
        assert plain(theirs) == plain(nobodys), path


def plain(answer: Any) -> Any:
    """A refusal without what differs from request to request."""
    told = answer.json()
    return {name: told[name] for name in told if name not in ("instance", "request_id")}


def test_no_filter_finds_anybody_else(world: TwoTenants, client: Client) -> None:
    """Every text filter of every list, asked for the other one's name, id and numbers."""
    wanted = [
        CANARY,
        world.theirs.account.public_id,
        world.theirs.invoices[0].number or "",
        app_of(world.theirs),
        f"T-{CANARY}",
    ]
    asked = 0
    for path in reads():
        filters = getattr(resolve(f"/api/v1/{path}").func, "cls", None) if "{" not in path else None
        noun = getattr(filters, "filters", None)
        for name in [] if noun is None else noun.base_filters:
            for value in wanted:
                answer = get(client, path, {name: value})
                assert answer.status_code in (200, 422), (path, name, answer.content)
                if answer.status_code == 200:
                    asked += 1
                    text = text_of(answer)
                    assert not {each for each in world.canaries if each in text}, (path, name)
    assert asked > 50


def test_every_address_has_a_case() -> None:
    known = {*NOUNS, *(each.partition("/")[0] for each in (*QUERIES, *ASKED_ELSEWHERE, *NOBODYS))}
    assert [path for path in reads() if path.partition("/")[0] not in known] == []


def test_the_graph_tells_of_nobody_else(world: TwoTenants, client: Client) -> None:
    answer = ask(client, EVERYTHING)
    text = json.dumps(answer).lower()
    assert "acme" in text
    assert not {each for each in world.canaries if each in text}
    theirs = [
        world.one_of(model, theirs=True).public_id
        for model in NOUNS.values()
        if model not in (Hold, Movement, Resource)
    ]
    query = "query ($ids: [ID!]!) { nodes(ids: $ids) { id } }"
    told = ask(client, query, ids=theirs)
    assert told["data"]["nodes"] == [None] * len(theirs)


def ask(client: Client, query: str, **variables: Any) -> Any:
    body = json.dumps({"query": query, "variables": variables})
    answer = client.post("/graphql", body, content_type="application/json")
    assert answer.status_code == 200, answer.content
    return answer.json()
