"""A proof taken from the console holds offline, is ours, and shows every change made to it."""

from __future__ import annotations

import json
from collections.abc import Callable
from contextlib import AbstractContextManager
from typing import Any

import pytest
from django.test import Client

from billing.invoicing.models import InvoiceLine
from billing.invoicing.queries.proofs import published_key
from billing.verifier.proofs import verify
from tests.console.platform import Platform
from tests.tampering import guards_off


def proof_of(client: Client, url: str) -> dict[str, Any]:
    """The document behind a download, read back."""
    answer = client.get(url)
    assert answer.status_code == 200
    assert answer.headers["Content-Type"] == "application/json"
    document: dict[str, Any] = json.loads(answer.content)
    return document


def test_every_line_of_an_invoice_is_proven_offline(platform: Platform, support: Client) -> None:
    for line in platform.invoice.lines.all():
        url = f"/invoices/{platform.invoice.number}/lines/{line.position}/proof/"

        proof = proof_of(support, url)
        verdict = verify(proof, trusted_key=published_key())

        assert (verdict.differences, verdict.signature) == ([], "valid")
        assert proof["line"] == line.key
        assert proof["evidence"]["state"] == "issued"


def test_every_line_of_the_bill_so_far_is_proven_as_it_stands(
    platform: Platform, support: Client
) -> None:
    account = platform.acme.account.public_id
    for position in (1, 2):
        proof = proof_of(support, f"/accounts/{account}/bill/{position}/proof/")

        assert verify(proof, trusted_key=published_key()).signature == "valid"
        assert verify(proof).is_identical
        assert proof["evidence"]["state"] == "so far"


def test_a_proof_names_the_usage_and_the_price_behind_it(
    platform: Platform, support: Client
) -> None:
    line = platform.invoice.lines.get(description="Router requests")
    url = f"/invoices/{platform.invoice.number}/lines/{line.position}/proof/"

    evidence = proof_of(support, url)["evidence"]

    assert evidence["price"] == "requests"
    assert evidence["usage"]["complete"] is True
    assert [event["value"] for event in evidence["usage"]["events"]] == ["2500001"]
    assert evidence["usage"]["window"] == {
        "from": "2026-04-01T00:00:00+00:00",
        "until": "2026-05-01T00:00:00+00:00",
    }


def test_a_cent_put_into_a_proof_is_found(platform: Platform, support: Client) -> None:
    proof = proof_of(support, f"/invoices/{platform.invoice.number}/lines/1/proof/")
    proof["claim"]["lines"][0]["amount"] = "0.01"

    verdict = verify(proof)

    assert verdict.signature == "invalid"
    assert any("claimed 0.01" in difference for difference in verdict.differences)


def test_a_stored_line_that_does_not_come_out_again_gets_no_proof(
    platform: Platform, support: Client
) -> None:
    with guards_off("invoicing_invoiceline"):
        InvoiceLine.objects.filter(invoice=platform.invoice, position=1).update(amount_minor=1)

    answer = support.get(f"/invoices/{platform.invoice.number}/lines/1/proof/")

    assert answer.status_code == 409
    assert "comes to 100.00" in answer.content.decode()


@pytest.mark.parametrize("path", ["invoices/CF-00000001/lines/99", "invoices/CF-9/lines/1"])
def test_no_line_no_proof(path: str, platform: Platform, support: Client) -> None:
    assert support.get(f"/{path}/proof/").status_code == 404


def test_an_operator_takes_no_proof_away(platform: Platform, operator: Client) -> None:
    answer = operator.get(f"/invoices/{platform.invoice.number}/lines/1/proof/")

    assert answer.status_code == 403


def test_the_page_offers_the_proof_and_says_how_to_check_it(
    platform: Platform, support: Client
) -> None:
    page = support.get(f"/invoices/{platform.invoice.number}/lines/1/explain/").content.decode()

    assert f"/invoices/{platform.invoice.number}/lines/1/proof/" in page
    assert f"--key {published_key()}" in page


def test_a_proof_costs_a_known_number_of_queries(
    platform: Platform,
    senior: Client,
    django_assert_num_queries: Callable[[int], AbstractContextManager[object]],
) -> None:
    url = f"/invoices/{platform.invoice.number}/lines/1/proof/"
    senior.get(url)

    with django_assert_num_queries(15):
        senior.get(url)
