"""POST /api/v1/quotes: the figures of the bill run for anybody's price, and nothing stored."""

from __future__ import annotations

import gzip
import json
from typing import Any

import pytest
from django.test import Client
from pytest_django import DjangoAssertNumQueries

from billing.rating import DocumentRefused, quote
from tests.api.bearer import client_of
from tests.cast import partner
from tests.rating.pricing_docs import examples

QUOTES = "/api/v1/quotes"
DYNO = {
    "currency": "USD",
    "period": {"from": "2026-06-01", "until": "2026-07-01"},
    "quantity": "7200",
    "price": {
        "model": "per_unit",
        "unit_price": "7.00",
        "convert": {"divide_by": "period_seconds"},
    },
}


@pytest.fixture
def client(db: None) -> Client:
    return client_of(partner("Shop"), "quotes:write")


def ask(client: Client, document: Any, **headers: str) -> Any:
    body = document if isinstance(document, bytes | str) else json.dumps(document)
    return client.post(QUOTES, body, content_type="application/json", headers=headers)


def test_a_price_is_worked_out_and_explained(client: Client) -> None:
    answer = ask(client, DYNO).json()
    (line,) = answer["lines"]
    assert (answer["total"], line["kind"], line["amount"]) == ("0.02", "usage", "0.02")
    assert (line["exact_amount"], line["unit_price"], line["quantity"]) == (
        "7/360",
        "7",
        "0.0027778",
    )
    assert line["explanation"][-1]["mode"] == "half_up"
    assert answer["explanation"]["words"][line["key"]]


def command(document: Any) -> dict[str, Any]:
    """What `manage.py quote` makes of a document: the answer, or its problems."""
    try:
        return quote(document)
    except DocumentRefused as refused:
        places = [(error.pointer, error.code, error.detail) for error in refused.errors]
        names = ("pointer", "code", "detail")
        return {"errors": [dict(zip(names, place, strict=True)) for place in places]}


@pytest.mark.parametrize("document", [document for document, _ in examples()])
def test_every_documented_price_comes_to_what_the_command_says(
    client: Client, document: str
) -> None:
    assert ask(client, document).json().items() >= command(json.loads(document)).items()


def test_every_problem_is_named_at_once(client: Client) -> None:
    document = {
        "currency": "DOLLAR",
        "charges": [
            {"price": {"model": "per_unit", "unit_price": "1e3"}, "quantity": "NaN"},
            {"price": {"model": "volume", "tiers": []}, "quantity": "1", "colour": "red"},
        ],
    }
    response = ask(client, document)
    assert response.headers["Content-Type"] == "application/problem+json"
    assert response.status_code == 422
    assert {error["pointer"]: error["code"] for error in response.json()["errors"]} == {
        "/currency": "currency_unknown",
        "/charges/0/price/unit_price": "unit_price_format",
        "/charges/0/quantity": "quantity_format",
        "/charges/1/price/tiers": "tiers_missing",
        "/charges/1/colour": "unknown_field",
    }


@pytest.mark.parametrize(
    ("body", "status", "code"),
    [
        ("", 400, "body_empty"),
        ("{", 400, "json_invalid"),
        ("[]", 400, "root_type"),
        ('{"currency": "USD", "currency": "EUR"}', 400, "duplicate_key"),
        ('{"quantity": NaN}', 400, "json_invalid"),
        ('{"quantity": 1e999999999}', 422, "number_too_large"),
        ('{"quantity": ' + "9" * 5_000 + "}", 422, "number_too_large"),
        ('{"price": ' + "[" * 40 + "]" * 40 + "}", 422, "json_depth"),
        ('{"currency": "U\\u0000D"}', 422, "control_char"),
        ('{"currency": "' + "U" * 1_048_576 + '"}', 413, "body_too_large"),
        (
            '{"currency": "USD", "events": [' + ",".join(["0"] * 100_001) + "]}",
            413,
            "document_too_large",
        ),
        ("{}", 422, "pricing_document_invalid"),
    ],
)
def test_a_hostile_body_is_refused_by_name(
    client: Client, body: str, status: int, code: str
) -> None:
    response = ask(client, body)
    assert (response.status_code, response.json()["code"]) == (status, code)


def test_a_packed_body_is_unpacked_within_the_limit(client: Client) -> None:
    packed = gzip.compress(json.dumps(DYNO).encode())
    assert ask(client, packed, **{"Content-Encoding": "gzip"}).json()["total"] == "0.02"
    bomb = gzip.compress(b" " * 2_000_000)
    assert ask(client, bomb, **{"Content-Encoding": "gzip"}).json()["code"] == "body_too_large"


def test_what_is_no_json_is_not_read(client: Client) -> None:
    response = client.post(QUOTES, "currency=USD", content_type="application/x-www-form-urlencoded")
    assert (response.status_code, response.json()["code"]) == (415, "media_type")


def test_a_parameter_or_another_method_is_refused(client: Client) -> None:
    assert client.post(f"{QUOTES}?save=1", "{}", "application/json").status_code == 422
    assert client.get(QUOTES).status_code == 405


def test_another_scope_is_not_enough(db: None) -> None:
    reader = client_of(partner("Reader"), "invoices:read")
    assert ask(reader, DYNO).json()["code"] == "scope_missing"
    assert ask(Client(), DYNO).status_code == 401


def test_a_quote_asks_the_database_for_the_token_alone(
    client: Client, django_assert_num_queries: DjangoAssertNumQueries
) -> None:
    ask(client, DYNO)
    with django_assert_num_queries(1):
        assert ask(client, DYNO).status_code == 200
