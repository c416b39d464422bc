"""The most and the least of a whole account, for the part of the period it was there."""

from __future__ import annotations

from typing import Any

import pytest

from billing.rating import DocumentRefused
from tests.rating.pricing import amounts, bill_all, flat, per_unit

YEAR = {"from": "2024-01-01", "until": "2025-01-01"}
BEFORE = {"from": "2023-01-01", "until": "2024-02-01"}
HUNDRED = {"amount": "100", "proration": "day"}


def account(**terms: Any) -> dict[str, Any]:
    fee = {"key": "fee", "price": flat("6.50")}
    usage = {"key": "usage", "price": per_unit("1"), "quantity": "5"}
    return bill_all(fee, usage, **{"period": YEAR, **terms})


@pytest.mark.parametrize(
    ("period", "since", "true_up"),
    [
        (YEAR, "2024-01-01", "88.50"),
        (YEAR, "2024-01-02", "88.23"),
        ({"from": "2024-01-01", "until": "2024-07-01"}, "2024-01-02", "87.95"),
    ],
    ids=["all of the year", "365 of 366 days", "181 of 182 days"],
)
def test_a_minimum_of_an_account_could_not_be_for_the_days_it_was_there(
    period: dict[str, str], since: str, true_up: str
) -> None:
    """lago-account-minimum-prorated."""
    there = {"from": since, "until": period["until"]}
    answer = account(period=period, account={"minimum": HUNDRED, "active": there})
    assert amounts(answer) == [("fee", "6.50"), ("usage", "5.00"), ("true_up", true_up)]


def test_the_days_of_an_account_are_told_in_words() -> None:
    there = {"from": "2024-01-02", "until": "2025-01-01"}
    answer = account(account={"minimum": HUNDRED, "active": there})
    assert answer["explanation"]["words"]["minimum"][:2] == [
        "At least 100 USD per account; the lines come to 11.5.",
        "For 365 of the period's 366 days: × 365/366.",
    ]


def test_a_maximum_of_an_account_is_for_the_days_it_was_there_too() -> None:
    there = {"from": "2024-07-01", "until": "2025-01-01"}
    ten = {"amount": "10", "proration": "day"}
    answer = account(account={"maximum": ten, "active": there})
    assert amounts(answer) == [("fee", "6.50"), ("usage", "5.00"), ("cap", "-6.47")]


def test_a_minimum_that_is_not_prorated_is_due_in_full() -> None:
    there = {"from": "2024-07-01", "until": "2025-01-01"}
    for minimum in ("100", {"amount": "100"}):
        answer = account(account={"minimum": minimum, "active": there})
        assert answer["total"] == "100.00"


@pytest.mark.parametrize(
    ("document", "pointer"),
    [
        ({"account": {"minimum": {"amount": "-1"}}}, "/account/minimum/amount"),
        ({"account": {"minimum": {"amount": "1", "per": "account"}}}, "/account/minimum/per"),
        ({"account": {"minimum": HUNDRED, "active": BEFORE}}, "/account/active"),
        ({"period": None, "account": {"minimum": HUNDRED, "active": BEFORE}}, "/account/active"),
    ],
)
def test_a_limit_of_an_account_that_cannot_be_is_refused_by_name(
    document: dict[str, Any], pointer: str
) -> None:
    with pytest.raises(DocumentRefused) as refused:
        account(**document)
    assert [error.pointer for error in refused.value.errors] == [pointer]
