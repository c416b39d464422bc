"""A partner takes the proof of a line away, and checks it with the published keys."""

from __future__ import annotations

import base64
import json
from pathlib import Path
from typing import Any

import pytest
from django.core.management import call_command
from django.test import Client
from pytest_django import DjangoAssertNumQueries
from pytest_django.fixtures import Settings

from billing.invoicing.proofs.signing import public_key
from billing.invoicing.queries.proofs import published_key
from billing.verifier.__main__ import main
from billing.verifier.proofs import verify
from tests.api.bearer import client_of
from tests.billing.prices import flat
from tests.cast import partner
from tests.story import Customer, Story

KEYS = "/.well-known/counterfoil-proof-keys.json"
NEXT_SECRET = bytes(range(1, 33))


@pytest.fixture
def billed(db: None) -> list[Customer]:
    """Acme and Globex, whose March is billed: a fee of 10.00 each."""
    story = Story()
    plan = story.plan("team", flat("10.00"))
    story.on("2026-03-01")
    customers = [story.account("Acme"), story.account("Globex")]
    for customer in customers:
        customer.subscribes(plan)
    story.on("2026-04-01").runs_billing()
    return customers


@pytest.fixture
def client(billed: list[Customer]) -> Client:
    return client_of(partner("Acme's agency", reads=(billed[0].account,)))


def proof_of(customer: Customer, line: int = 1) -> str:
    return f"/api/v1/invoices/{customer.invoice.number}/lines/{line}/proof"


def read(client: Client, path: str) -> dict[str, Any]:
    answer = client.get(path)
    assert answer.status_code == 200, answer.content
    document: dict[str, Any] = json.loads(answer.content)
    return document


def test_a_line_is_proven_offline(client: Client, billed: list[Customer], tmp_path: Path) -> None:
    proof, keys = tmp_path / "proof.json", tmp_path / "keys.json"
    proof.write_bytes(client.get(proof_of(billed[0])).content)
    keys.write_bytes(Client().get(KEYS).content)
    assert main([str(proof), "--key", str(keys)]) == 0

    proof.write_text(proof.read_text().replace("10.00", "9.00"))
    assert main([str(proof), "--key", str(keys)]) == 1


def test_a_proof_says_which_key_signed_it(client: Client, billed: list[Customer]) -> None:
    signature = read(client, proof_of(billed[0]))["signature"]
    (key,) = read(Client(), KEYS)["keys"]
    assert (key["kid"], key["alg"]) == (signature["key_id"], "EdDSA")


def test_what_a_retired_key_signed_still_holds(
    client: Client, billed: list[Customer], settings: Settings
) -> None:
    before = read(client, proof_of(billed[0]))
    settings.PROOF_RETIRED_KEYS = [base64.b64decode(published_key())]
    settings.PROOF_SIGNING_KEY = NEXT_SECRET

    published = Client().get(KEYS).content.decode()
    after = read(client, proof_of(billed[0]))

    assert after["signature"]["public_key"] == public_key(NEXT_SECRET)
    for proof in (before, after):
        assert verify(proof, trusted_key=published).signature == "valid"
        assert verify(proof, trusted_key=published).is_identical


def test_the_keys_are_for_everybody_and_may_be_kept_for_an_hour(client: Client) -> None:
    answer = Client().get(KEYS)
    assert answer.headers["Cache-Control"] == "public, max-age=3600"
    assert Client().post(KEYS).status_code == 405


def test_the_command_prints_what_is_published(db: None, capsys: pytest.CaptureFixture[str]) -> None:
    call_command("proof_keys")
    printed = capsys.readouterr()
    assert json.loads(printed.out) == read(Client(), KEYS)
    assert published_key() in printed.err


class TestOthers:
    def test_a_foreign_line_is_as_unknown_as_none(
        self, client: Client, billed: list[Customer]
    ) -> None:
        for path in (proof_of(billed[1]), proof_of(billed[0], line=2)):
            answer = client.get(path)
            assert (answer.status_code, answer.json()["code"]) == (404, "not_found")

    def test_another_scope_is_not_enough(self, billed: list[Customer]) -> None:
        reader = client_of(partner("Reader", reads=(billed[0].account,)), "accounts:read")
        assert reader.get(proof_of(billed[0])).json()["code"] == "scope_missing"

    def test_an_unknown_parameter_is_named(self, client: Client, billed: list[Customer]) -> None:
        answer = client.get(f"{proof_of(billed[0])}?format=pdf")
        assert (answer.status_code, answer.json()["code"]) == (422, "unknown_parameter")


def test_a_proof_costs_a_known_number_of_queries(
    client: Client, billed: list[Customer], django_assert_num_queries: DjangoAssertNumQueries
) -> None:
    client.get(proof_of(billed[0]))
    with django_assert_num_queries(9):
        client.get(proof_of(billed[0]))
