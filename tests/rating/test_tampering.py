"""A proof that was changed anywhere is noticed, whoever changed it and however little."""

from __future__ import annotations

import copy
import json
from collections.abc import Iterator
from decimal import Decimal
from typing import Any

import pytest

from billing.rating import prove
from billing.verifier.proofs import digest_of, verify

Path = tuple[str | int, ...]

DOCUMENT: dict[str, Any] = {
    "currency": "USD",
    "period": {"from": "2026-06-01", "until": "2026-07-01", "zone": "Europe/Amsterdam"},
    "prices": {
        "traffic": {
            "model": "graduated",
            "unit": "GB",
            "tiers": [{"up_to": "10", "unit_price": "1.5", "fee": "2"}, {"unit_price": "1"}],
            "included": {"quantity": "3", "proration": "day"},
            "discounts": [{"percent": "10", "name": "Loyalty"}],
            "maximum": {"amount": "15", "per": "resource"},
            "convert": {"divide_by": "2"},
        }
    },
    "charges": [
        {
            "key": "traffic",
            "price": "traffic",
            "quantity": "40",
            "resource": "app-1",
            "active": {"from": "2026-06-01", "until": "2026-06-16"},
            "already_billed": {"quantity": "4", "amount": "2.00"},
        },
        {
            "key": "payments",
            "price": {"model": "percentage", "percent": "1.2", "free_events": 1},
            "events": [{"amount": "10", "id": "e1"}, {"amount": "33", "id": "e2"}],
        },
        {
            "key": "calls",
            "price": {"model": "per_unit", "unit_price": "0.07", "minimum": "9"},
            "quantity": "3",
            "tax_group": "reduced",
        },
        {
            "key": "team",
            "price": {"model": "flat", "amount": "20"},
            "active": {"from": "2026-06-01", "until": "2026-06-11"},
        },
    ],
    "account": {
        "discounts": [{"amount": "2"}],
        "grants": [{"amount": "1"}],
        "taxes": [{"name": "VAT", "percent": "21", "groups": ["standard"]}],
        "credits": [{"amount": "3"}],
    },
}


def proof() -> dict[str, Any]:
    """A proof as it is downloaded."""
    made = prove(DOCUMENT, line="traffic", evidence={"window": "June", "events": 3})
    read: dict[str, Any] = json.loads(json.dumps(made))
    return read


def places(value: Any, path: Path = ()) -> Iterator[Path]:
    """Every place in a document where a value stands."""
    named = value.items() if isinstance(value, dict) else enumerate(value)
    for step, inner in named:
        yield (*path, step)
        if isinstance(inner, dict | list):
            yield from places(inner, (*path, step))


def holder_of(document: Any, path: Path) -> Any:
    for step in path[:-1]:
        document = document[step]
    return document


def other(value: Any) -> Any:
    """A value of the same kind that is not this one."""
    if isinstance(value, bool):
        return not value
    if isinstance(value, int):
        return value + 1
    if value is None:
        return "1"
    try:
        return str(Decimal(value) + 1)
    except ArithmeticError:
        return f"{value}x"


WHOLE = proof()
PLACES = list(places(WHOLE))
LEAVES = [path for path in PLACES if not isinstance(holder_of(WHOLE, path)[path[-1]], dict | list)]
CLAIMED = [path for path in LEAVES if path[0] == "claim"]


def test_the_proof_is_identical_while_nobody_touched_it() -> None:
    assert verify(proof()).differences == []


def test_a_value_changed_anywhere_is_noticed() -> None:
    for path in LEAVES:
        forged = proof()
        holder = holder_of(forged, path)
        holder[path[-1]] = other(holder[path[-1]])
        assert not verify(forged).is_identical, path


def test_a_value_left_out_anywhere_is_noticed() -> None:
    for path in PLACES:
        forged = proof()
        del holder_of(forged, path)[path[-1]]
        assert not verify(forged).is_identical, path


@pytest.mark.parametrize("path", CLAIMED, ids=lambda path: "/".join(map(str, path)))
def test_a_claim_changed_together_with_the_digest_is_still_worked_out_to_be_wrong(
    path: Path,
) -> None:
    forged = proof()
    holder = holder_of(forged, path)
    holder[path[-1]] = other(holder[path[-1]])
    forged["digest"] = digest_of(forged)
    (said, *_) = verify(forged).differences
    assert "digest" not in said


def test_a_line_claimed_twice_is_noticed() -> None:
    forged = proof()
    forged["claim"]["lines"].append(copy.deepcopy(forged["claim"]["lines"][0]))
    forged["digest"] = digest_of(forged)
    assert verify(forged).differences == ["A line is claimed twice."]


def test_a_unit_price_that_does_not_make_the_amount_is_noticed() -> None:
    forged = proof()
    (line,) = [line for line in forged["claim"]["lines"] if line["key"] == "payments"]
    assert line["unit_price"] is None
    line["unit_price"] = "0.012"
    forged["digest"] = digest_of(forged)
    assert verify(forged).differences == ["payments: unit_price: 0.012 does not make the amount."]
