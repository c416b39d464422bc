"""The corpus of bad input, area graphql: each row in our spelling, refused as our table says."""

from __future__ import annotations

import json
from collections.abc import Callable
from typing import Any

import pytest
from django.db import ProgrammingError
from django.test import Client

from accounts.models import Account, CredentialScope
from api.graphql.loading import GraphReader
from billing.disputes.models import DisputeCase
from tests.api import corpus
from tests.api.bearer import client_of
from tests.cast import partner

pytestmark = pytest.mark.django_db

INVOICES = "{ invoices(first: %s) { edges { node { id } } } }"
SAY = 'sayInDispute(input: {dispute: "x", body: "y"}) { errors { code } }'
FLOOD = "query { ...A } " + " ".join(
    f"fragment {name} on Query {{ "
    + " ".join(f"{name}{n}: accounts(first: 1) {{ nodes {{ id }} }}" for n in range(9))
    + f" ...{following} }}"
    for name, following in (("A", "B"), ("B", "C"))
) + " fragment C on Query { accounts(first: 1) { nodes { id } } }"  # fmt: skip

REFUSED: dict[str, tuple[Any, int, str]] = {
    "unknown_field": ("{ invoices { nope } }", 400, "graphql_invalid"),
    "introspection": ("{ __schema { types { name } } }", 422, "graphql_introspection"),
    "alias_2000": (
        "{ " + " ".join(f"a{n}: accounts {{ nodes {{ id }} }}" for n in range(2_000)) + " }",
        422,
        "graphql_too_large",
    ),
    "alias_via_fragments": (FLOOD, 422, "graphql_too_large"),
    "duplicate_field_10000": (
        "{ accounts { nodes { " + "id " * 10_000 + "} } }",
        422,
        "graphql_too_large",
    ),
    "directive_flood": (
        "{ accounts " + "@skip(if: false) " * 2_000 + "{ nodes { id } } }",
        422,
        "graphql_too_large",
    ),
    "first_1e9": (INVOICES % 10**9, 422, "graphql_too_large"),
    "first_negative": (INVOICES % -1, 200, "limit_range"),
    "int_overflow": (INVOICES % (10**20 - 1), 422, "graphql_too_large"),
    "int_5000_digits": (INVOICES % ("9" * 5_000), 422, "graphql_too_large"),
    "decimal_float_variable": (
        {"query": "query ($n: Int!) { accounts(first: $n) { nodes { id } } }",
         "variables": {"n": 0.30000000000000004}},
        400,
        "graphql_invalid",
    ),
    "variables_not_object": (
        {"query": "{ accounts { nodes { id } } }", "variables": "x"},
        400,
        "graphql_unreadable",
    ),
    "field_level_permission": ("{ accounts { nodes { taxId } } }", 400, "graphql_invalid"),
    "many_mutations_one_request": (
        "mutation { " + " ".join(f"m{n}: {SAY}" for n in range(12)) + " }",
        400,
        "graphql_unreadable",
    ),
    "timeout_query": (
        "{ accounts(first: 100) { nodes { invoices(first: 100) { nodes { id } } } } }",
        422,
        "graphql_too_large",
    ),
}  # fmt: skip


@pytest.fixture
def client(acme: Account) -> Client:
    return client_of(partner("Agency", reads=(acme,)), *CredentialScope.values)


def post(client: Client, said: Any) -> Any:
    body = said if isinstance(said, dict | list) else {"query": said}
    return client.post("/graphql", json.dumps(body), content_type="application/json")


@pytest.mark.parametrize("name", REFUSED)
def test_what_cannot_be_answered_is_refused(client: Client, name: str) -> None:
    said, status, code = REFUSED[name]
    answer = post(client, said)
    assert answer.status_code == status, answer.content[:300]
    assert answer.json()["errors"][0]["extensions"]["code"] == code
    assert not DisputeCase.objects.exists()


def batch(client: Client) -> None:
    assert post(client, [{"query": "{ accounts { nodes { id } } }"}] * 1_000).status_code == 400


def by_get(client: Client) -> None:
    answer = client.get("/graphql", {"query": f"mutation {{ {SAY} }}"})
    assert answer.status_code == 405


OTHERWISE: dict[str, Callable[[Client], None]] = {
    "batch_array_1000": batch,
    "mutation_by_get": by_get,
}


@pytest.mark.parametrize("name", OTHERWISE)
def test_what_is_no_question_is_refused(client: Client, name: str) -> None:
    OTHERWISE[name](client)


def test_node_id_of_other_tenant_and_of_another_type(client: Client, globex: Account) -> None:
    for id in (globex.public_id, globex.public_id.replace("acc_", "usr_")):
        told = post(client, f'{{ node(id: "{id}") {{ id }} }}').json()
        assert told["data"] == {"node": None}


def test_error_masking(client: Client, monkeypatch: pytest.MonkeyPatch) -> None:
    def broken(*_: Any) -> Any:
        raise ProgrammingError('relation "accounts_account" does not exist')

    monkeypatch.setattr(GraphReader, "_load_top", broken)
    answer = post(client, "{ accounts { nodes { id } } }")
    assert answer.json()["errors"][0]["extensions"]["code"] == "internal"
    assert "relation" not in answer.content.decode()


def test_every_row_of_the_corpus_is_here() -> None:
    known = {
        *REFUSED,
        *OTHERWISE,
        "node_id_of_other_tenant",
        "node_type_confusion",
        "error_masking",
    }
    assert {case.name for case in corpus._all() if case.area == "graphql"} <= known
