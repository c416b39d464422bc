"""Mutations: the operations of REST and the console, once for a key, refused with typed errors."""

from __future__ import annotations

import json
from typing import Any

import pytest
from django.test import Client

from accounts.models import CredentialScope, User
from accounts.operations import personal_tokens
from accounts.permissions import Role
from api.graphql.schema import schema
from api.models import IdempotencyKey
from approvals.models import Proposal
from billing.disputes.models import CaseMessage, DisputeCase, DisputeLine
from core.clock import now
from tests.api.bearer import client_of
from tests.api.test_graphql import EVERYTHING_OF_STAFF
from tests.billing.disputes.claiming import Counter
from tests.billing.receivables.books import Books
from tests.cast import partner, person
from tests.story import WHY, Story

NODE = "node { id } errors { code message status pointer }"
CHANGES = {
    "openDispute": "mutation ($i: OpenDisputeInput!) { openDispute(input: $i) { %s } }",
    "sayInDispute": "mutation ($i: SayInDisputeInput!) { sayInDispute(input: $i) { %s } }",
    "withdrawDisputeLine": (
        "mutation ($i: WithdrawLineInput!) { withdrawDisputeLine(input: $i) { %s } }"
    ),
    "putForward": "mutation ($i: PutForwardInput!) { putForward(input: $i) { %s } }",
    "proposeGrant": "mutation ($i: ProposalOfInput!) { proposeGrant(input: $i) { %s } }",
    "correctUsage": "mutation ($i: ProposalOfInput!) { correctUsage(input: $i) { %s } }",
    "withdrawProposal": (
        "mutation ($i: WithdrawProposalInput!) { withdrawProposal(input: $i) { %s } }"
    ),
}


@pytest.fixture
def books(db: None) -> Books:
    story = Story()
    customer = story.account("Acme", currency="EUR")
    return Books(story.on("2026-06-01"), customer)


@pytest.fixture
def counter(db: None) -> Counter:
    return Counter(Story()).runs_a_dyno()


@pytest.fixture
def client(counter: Counter) -> Client:
    agency = partner("Agency", reads=(counter.invoice.account,))
    return client_of(agency, *CredentialScope.values)


def of_person(who: User) -> Client:
    secret = personal_tokens.issue(person=who, label="script", at=now()).secret
    return Client(headers={"Authorization": f"Bearer {secret}"})


@pytest.fixture
def sena(books: Books) -> Client:
    return of_person(person("sena", Role.SENIOR_SUPPORT))


def send(client: Client, name: str, said: Any, *, key: str | None = None) -> Any:
    body = json.dumps({"query": CHANGES[name] % NODE, "variables": {"i": said}})
    headers = {} if key is None else {"Idempotency-Key": key}
    return client.post("/graphql", body, content_type="application/json", headers=headers)


def changed(answer: Any) -> Any:
    """What a mutation answered, by name of the mutation."""
    assert answer.status_code == 200, answer.content
    told = answer.json()
    assert "errors" not in told, told
    (found,) = told["data"].values()
    return found


def contest(counter: Counter, **more: Any) -> dict[str, Any]:
    charge = counter.charge
    line = {"invoice": charge.invoice.number, "line": charge.position, "reasonCode": "not_ours"}
    account = charge.invoice.account.public_id
    return {"account": account, "said": "Not ours.", "lines": [line], "author": "Ann"} | more


def test_every_mutation_has_a_case_here() -> None:
    shape = schema._schema.mutation_type
    assert shape is not None
    assert set(shape.fields) == set(CHANGES)


def test_a_dispute_is_opened_said_of_and_withdrawn(counter: Counter, client: Client) -> None:
    said = contest(counter)
    answers = [send(client, "openDispute", said, key="K") for _ in range(3)]
    assert {each.content for each in answers} == {answers[0].content}
    assert [each["Idempotency-Replayed"] for each in answers] == ["false", "true", "true"]
    opened = changed(answers[0])
    case = DisputeCase.objects.get()
    assert opened == {"node": {"id": case.public_id}, "errors": []}
    words = {"dispute": case.public_id, "body": "It was off."}
    for _ in range(2):
        assert changed(send(client, "sayInDispute", words, key="S"))["errors"] == []
    assert CaseMessage.objects.filter(body="It was off.").count() == 1
    line = DisputeLine.objects.get()
    back = {"dispute": case.public_id, "line": line.public_id, "reason": WHY}
    assert changed(send(client, "withdrawDisputeLine", back))["node"]["id"] == case.public_id
    again = changed(send(client, "withdrawDisputeLine", back))
    assert (again["node"], again["errors"][0]["code"]) == (None, "dispute_line_decided")


def test_td56_what_is_contested_already_is_said_without_a_word_of_the_database(
    counter: Counter, client: Client
) -> None:
    said = contest(counter)
    assert changed(send(client, "openDispute", said))["errors"] == []
    refused = send(client, "openDispute", said, key="K")
    (error,) = changed(refused)["errors"]
    assert (error["code"], error["status"]) == ("line_disputed_already", 409)
    text = refused.content.decode().lower()
    assert not [word for word in ("constraint", "relation", "psycopg", "sql") if word in text]
    assert not IdempotencyKey.objects.exists()
    assert DisputeCase.objects.count() == 1


@pytest.mark.parametrize(
    ("more", "code", "pointer"),
    [
        ({"said": ""}, "blank", "/said"),
        ({"said": "x" * 100_001}, "max_length", "/said"),
        ({"account": "acc_" + "0" * 26}, "not_found", "/account"),
        ({"lines": []}, "min_length", "/lines"),
        ({"lines": [{"invoice": "X", "line": 1, "reasonCode": "not_ours"}]}, "not_found", "/lines"),
        (
            {"lines": [{"invoice": "X", "line": 1, "reasonCode": "whim"}]},
            "invalid_choice",
            "/lines/0/reason_code",
        ),
    ],
)
def test_a_field_that_is_wrong_is_named_and_nothing_is_done(
    counter: Counter, client: Client, more: dict[str, Any], code: str, pointer: str
) -> None:
    answer = send(client, "openDispute", contest(counter, **more))
    if "x" * 1_000 in json.dumps(more):
        assert answer.status_code == 413
    else:
        (error,) = changed(answer)["errors"]
        assert (error["code"], error["pointer"]) == (code, pointer)
    assert not DisputeCase.objects.exists()


def test_a_person_puts_forward_and_takes_back(books: Books, sena: Client) -> None:
    invoice = books.invoice({"a": "100.00"}, rate="19")
    lines = [{"charge": "a", "amount": "30.00"}]
    said = {
        "kind": "credit_note", "payload": {"invoice": invoice.number, "lines": lines},
        "reasonCode": "billing_error", "reason": WHY, "ticket": "T-1",
    }  # fmt: skip
    answers = [send(sena, "putForward", said, key="K") for _ in range(2)]
    assert answers[0].content == answers[1].content
    proposal = Proposal.objects.get()
    assert changed(answers[0])["node"]["id"] == proposal.public_id
    told = sena.post(
        "/graphql", json.dumps({"query": EVERYTHING_OF_STAFF}), content_type="application/json"
    ).json()
    assert "errors" not in told, told
    (shown,) = told["data"]["accounts"]["nodes"][0]["proposals"]["nodes"]
    assert (shown["amount"]["decimal"], shown["state"]) == ("35.70", "open")
    back = {"proposal": proposal.public_id, "seal": proposal.seal, "reason": WHY}
    assert changed(send(sena, "withdrawProposal", back))["errors"] == []
    proposal.refresh_from_db()
    assert proposal.state == Proposal.State.WITHDRAWN


def test_a_grant_is_proposed_and_what_cannot_be_read_is_named(books: Books, sena: Client) -> None:
    payload = {
        "account": books.customer.account.public_id, "type": "goodwill", "name": "Sorry",
        "amount": "5.00", "from": "2026-06-01T00:00:00Z",
    }  # fmt: skip
    said = {"payload": payload, "reasonCode": "goodwill", "reason": WHY}
    assert changed(send(sena, "proposeGrant", said))["errors"] == []
    assert Proposal.objects.get().kind == "grant"
    for name, code in (("proposeGrant", "goodwill"), ("correctUsage", "by_mistake")):
        odd: list[Any] = [{}, [], {"colour": "red"}]
        for wrong in odd:
            told = changed(send(sena, name, said | {"payload": wrong, "reasonCode": code}))
            assert told["errors"][0]["code"] == "payload_invalid", told


def test_who_may_not_is_told_so(counter: Counter, client: Client) -> None:
    sena = of_person(person("sally", Role.SENIOR_SUPPORT))
    payload = {"invoice": counter.invoice.number}
    wish = {"kind": "void", "payload": payload, "reasonCode": "x", "reason": WHY}
    assert changed(send(client, "putForward", wish))["errors"][0]["code"] == "scope_missing"
    assert (
        changed(send(sena, "openDispute", contest(counter)))["errors"][0]["code"] == "role_missing"
    )
    reader = client_of(partner("Reader", reads=(counter.invoice.account,)), "disputes:read")
    told = changed(send(reader, "openDispute", contest(counter)))
    assert told["errors"][0]["code"] == "scope_missing"
    staff_only = json.dumps({"query": "{ proposals(first: 1) { nodes { id } } }"})
    asked = client.post("/graphql", staff_only, content_type="application/json").json()
    assert asked["errors"][0]["extensions"]["code"] == "scope_missing"
    operator = of_person(person("otis", Role.OPERATOR))
    assert operator.post("/graphql", staff_only, content_type="application/json").status_code == 403


def test_a_mutation_changes_one_thing(counter: Counter, client: Client) -> None:
    query = (
        "mutation ($i: SayInDisputeInput!) { a: sayInDispute(input: $i) { errors { code } }"
        " b: sayInDispute(input: $i) { errors { code } } }"
    )
    body = json.dumps({"query": query, "variables": {"i": {"dispute": "x", "body": "y"}}})
    answer = client.post("/graphql", body, content_type="application/json")
    assert (answer.status_code, answer.json()["errors"][0]["extensions"]["code"]) == (
        400,
        "graphql_unreadable",
    )
