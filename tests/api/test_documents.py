"""A partner lists the documents of an invoice and takes one away as it was made."""

from __future__ import annotations

import base64
import hashlib

import pytest
from django.test import Client

from billing.papers.operations import making, planning
from billing.papers.operations.sellers import name_seller
from tests.api.bearer import client_of
from tests.billing.papers.conftest import TERMS
from tests.billing.prices import flat
from tests.cast import partner
from tests.people import ADA
from tests.story import LONG_AGO, WHY, Customer, Story


@pytest.fixture
def billed(db: None) -> list[Customer]:
    """Acme and Globex, whose March is billed and whose documents are made."""
    name_seller(terms=TERMS, valid_from=LONG_AGO, at=LONG_AGO, by=ADA, reason=WHY)
    story = Story()
    plan = story.plan("team", flat("10.00"))
    story.on("2026-03-01")
    customers = [story.account("Acme"), story.account("Globex")]
    for customer in customers:
        customer.subscribes(plan)
    story.on("2026-04-01").runs_billing()
    planning.plan(at=story.at)
    while files := making.claim_files(at=story.at):
        making.make(files, at=story.at)
    return customers


@pytest.fixture
def client(billed: list[Customer]) -> Client:
    return client_of(partner("Acme's agency", reads=(billed[0].account,)))


def listed(customer: Customer) -> str:
    return f"/api/v1/invoices/{customer.invoice.number}/documents"


def row_of(client: Client, customer: Customer, format: str) -> dict[str, str]:
    rows: list[dict[str, str]] = client.get(listed(customer)).json()["data"]
    return next(row for row in rows if row["format"] == format)


def test_the_documents_of_an_invoice_are_listed(client: Client, billed: list[Customer]) -> None:
    answer = client.get(listed(billed[0]))

    assert answer.status_code == 200, answer.content
    rows = {row["format"]: row for row in answer.json()["data"]}
    assert set(rows) == {"pdf", "html", "csv", "json", "ubl", "cii"}
    assert rows["pdf"]["state"] == "made"
    assert rows["pdf"]["number"] == billed[0].invoice.number
    assert rows["pdf"]["code"] == billed[0].invoice.paper.code
    assert rows["ubl"]["state"] == "withheld"
    assert "customer's country" in rows["ubl"]["withheld_because"]


@pytest.mark.parametrize("accept", ["application/json", "application/pdf", "*/*"])
def test_a_document_is_taken_away_with_its_digest(
    client: Client, billed: list[Customer], accept: str
) -> None:
    row = next(
        each for each in client.get(listed(billed[0])).json()["data"] if each["format"] == "pdf"
    )

    answer = client.get(f"{listed(billed[0])}/{row['id']}/content", headers={"Accept": accept})

    digest = hashlib.sha256(answer.content)
    assert answer.status_code == 200
    assert answer["Content-Type"] == "application/pdf"
    assert digest.hexdigest() == row["sha256"]
    assert answer["Repr-Digest"] == f"sha-256=:{base64.b64encode(digest.digest()).decode()}:"


def test_what_is_withheld_is_a_problem_that_says_why(
    client: Client, billed: list[Customer]
) -> None:
    row = next(
        each for each in client.get(listed(billed[0])).json()["data"] if each["format"] == "cii"
    )

    answer = client.get(f"{listed(billed[0])}/{row['id']}/content")

    assert (answer.status_code, answer.json()["code"]) == (409, "paper_not_made")


def test_documents_of_others_are_not_there(client: Client, billed: list[Customer]) -> None:
    own = client.get(listed(billed[0])).json()["data"][0]["id"]

    assert client.get(listed(billed[1])).status_code == 404
    assert client.get(f"{listed(billed[1])}/{own}/content").status_code == 404


def test_without_the_scope_nothing_is_read(billed: list[Customer]) -> None:
    outsider = client_of(partner("Reporter", reads=(billed[0].account,)), "usage:write")

    assert outsider.get(listed(billed[0])).status_code == 403
