"""A line explains itself: four cards, plain words, and data that JSON keeps."""

from __future__ import annotations

import json
from datetime import UTC, datetime
from decimal import Decimal
from typing import Any

import pytest
from hypothesis import HealthCheck, given, settings

from billing.rating import (
    Charge,
    Terms,
    cards,
    cards_of,
    compile_price,
    expand,
    measured_of,
    parse_price,
    quote,
    rate,
    words,
)
from core.periods import Period
from tests.rating.documents import Document, pricing_documents
from tests.rating.pricing import JUNE, bill, events, flat, graduated, per_unit

MONTH = Period(datetime(2026, 6, 1, tzinfo=UTC), datetime(2026, 7, 1, tzinfo=UTC))
TERMS = Terms.of("USD", period=MONTH)


def only_line(price: Document, quantity: str) -> Any:
    (line,) = rate([Charge("usage", compile_price(parse_price(price), TERMS), Decimal(quantity))])
    return line


def test_a_dyno_is_explained_from_seconds_to_cents() -> None:
    dyno = per_unit("7", unit="dyno-month", convert={"divide_by": "period_seconds"})
    line = only_line(dyno, "7200")
    assert cards(line, TERMS, unit="dyno-month") == {
        "quantity": ["Measured: 7200.", "7200 × 1/2592000 = 1/360 dyno-month."],
        "price": ["1/360 dyno-month × 7 = 7/360 USD."],
        "rated": [],
        "rounding": ["7/360 is rounded half up to 2 decimals: 0.02 USD."],
    }


@pytest.mark.parametrize("quantity", ["0", "1", "0.25", "7200", "123456789.000000000000000001"])
@pytest.mark.parametrize(
    "price",
    [
        per_unit("7", unit="dyno-month", convert={"divide_by": "period_seconds"}),
        graduated("5:2+1", "inf:1", included="3"),
        flat("20.00"),
        per_unit("0.5", discounts=[{"name": "Tenth", "percent": "10"}]),
    ],
)
def test_what_was_measured_is_read_without_the_steps(price: Document, quantity: str) -> None:
    compiled = compile_price(parse_price(price), TERMS)
    for line in rate([Charge("usage", compiled, Decimal(quantity))]):
        said = json.loads(json.dumps(line.explanation))
        assert measured_of(said) == expand(said).measured


def test_tiers_and_allowance_are_worded() -> None:
    line = only_line(graduated("5:2+1", "inf:1", included="3"), "10")
    assert words(line, TERMS) == [
        "Measured: 10.",
        "3 are included; 3 of them are used here, so 7 are billed.",
        "5 × 2 + a fee of 1 = 11 USD.",
        "From 5 on: 2 × 1 = 2 USD.",
        "Together 13 USD.",
        "13 is rounded half up to 2 decimals: 13 USD.",
    ]


@pytest.mark.parametrize(
    ("document", "said"),
    [
        (
            {
                "price": flat("24.95", proration="day"),
                "period": JUNE,
                "active": {"from": "2026-06-22", "until": "2026-07-01"},
            },
            "For 9 of the period's 30 days: × 9/30.",
        ),
        (
            {"price": per_unit("2", commitment={"quantity": "5"}), "quantity": "3"},
            "Agreed were 5; 6 of 10 came together.",
        ),
        (
            {
                "price": per_unit("2", commitment={"amount": "5", "overage_factor": "2"}),
                "quantity": "3",
            },
            "Beyond the agreed 5 USD, the price is × 2.",
        ),
        (
            {
                "price": per_unit("2", commitment={"quantity": "1", "overage_unit_price": "3"}),
                "quantity": "3",
            },
            "Beyond the agreed 1, a unit costs 3.",
        ),
        (
            {
                "price": per_unit("1", discounts=[{"percent": "10", "name": "Welcome"}]),
                "quantity": "5",
            },
            "Welcome: 10 % off 5 USD.",
        ),
        (
            {"price": per_unit("1", discounts=[{"amount": "2"}]), "quantity": "5"},
            "discount: 2 USD off, at most 5.",
        ),
        (
            {"price": per_unit("1", maximum="4"), "quantity": "5"},
            "At most 4 USD per charge; the lines come to 5.",
        ),
        (
            {
                "price": per_unit("1", minimum="9"),
                "quantity": "5",
                "already_billed": {"quantity": "1"},
            },
            "At least 9 USD per charge; the lines come to 5 and 1 were billed before.",
        ),
        (
            {
                "price": {"model": "volume", "tiers": [{"unit_price": "1"}]},
                "quantity": "5",
                "already_billed": {"quantity": "1", "amount": "1"},
            },
            "1 USD billed earlier are taken back.",
        ),
        (
            {
                "price": {"model": "percentage", "percent": "1", "free_events": 1},
                "events": events("5"),
            },
            "Measured: 1 events.",
        ),
        (
            {"price": per_unit("1", priced_in={"unit": "credit", "value": "2"}), "quantity": "5"},
            "One credit is 2 USD.",
        ),
        (
            {
                "price": {
                    "model": "matrix",
                    "dimensions": ["size"],
                    "cells": [{"match": {}, "unit_price": "1"}],
                },
                "quantity": "5",
                "dimensions": {"size": "xl"},
            },
            "Price for everything else.",
        ),
        (
            {
                "price": per_unit("1", convert={"divide_by": "3", "round": "half_up"}),
                "quantity": "5",
            },
            "5 × 1/3 = 2, rounded half up.",
        ),
        (
            {"price": flat("9"), "account": {"grants": [{"name": "Promo", "amount": "10"}]}},
            "Promo: 10 USD granted, 1 left.",
        ),
        (
            {"price": flat("9"), "account": {"credits": [{"name": "Prepaid", "amount": "10"}]}},
            "Prepaid: 10 USD available, 1 left.",
        ),
        (
            {"price": flat("9"), "account": {"taxes": [{"name": "VAT", "percent": "21"}]}},
            "VAT: 21 % of 9 USD.",
        ),
        (
            {
                "price": {"model": "volume", "tiers": [{"unit_price": "1"}]},
                "quantity": "300",
                "prorated_quantity": "198.6",
            },
            "Of these, 198.6 count by the time in use.",
        ),
    ],
)
def test_every_step_has_its_sentence(document: Document, said: str) -> None:
    answer = quote({"currency": "USD", **document})
    sentences = [each for line in answer["explanation"]["words"].values() for each in line]
    assert said in sentences


def test_a_long_table_is_cut_short_in_words_only() -> None:
    price = {"model": "percentage", "percent": "1", "fee_per_event": "1"}
    answer = bill(price, events=events(*["1"] * 30))
    assert "And 10 rows more." in answer["explanation"]["words"]["charge-1"]
    assert len(answer["lines"][0]["explanation"][0]["rows"]) == 30


@settings(suppress_health_check=[HealthCheck.too_slow], deadline=None)
@given(pricing_documents())
def test_every_line_of_every_document_can_be_worded(document: Document) -> None:
    for charge in document["charges"]:
        charge.pop("already_billed", None)
    answer = quote(document)
    for line in answer["lines"]:
        assert answer["explanation"]["words"][line["key"]]
        assert line["explanation"][-1]["step"] == "rounding"


def test_an_explanation_survives_being_stored_as_json() -> None:
    line = only_line(graduated("5:2+1", "inf:1", included="3", convert={"divide_by": "7"}), "100")
    stored = json.loads(json.dumps(line.explanation))
    assert expand(stored) == expand(line.explanation)
    assert cards_of(expand(stored), "USD") == cards(line, TERMS)
