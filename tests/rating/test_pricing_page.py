"""docs/pricing.md: every example runs, gives the figures printed, and verifies."""

from __future__ import annotations

import json
from typing import Any

import pytest

from billing.rating import DocumentRefused, prove
from billing.rating.models import MODELS
from billing.rating.price import STEPS
from billing.verifier.proofs import verify
from tests.rating.pricing_docs import PAGE, examples, figures_of, whole_answer


@pytest.mark.parametrize(("document", "figures"), examples())
def test_an_example_gives_the_figures_printed(document: str, figures: str) -> None:
    assert figures_of(json.loads(document)) == figures


def test_the_answer_shown_in_full_is_the_one_given() -> None:
    shown, given = whole_answer()
    assert shown == given


def provable() -> list[Any]:
    return [json.loads(document) for document, figures in examples() if "total" in figures]


@pytest.mark.parametrize("document", provable())
def test_an_example_can_be_proven(document: Any) -> None:
    assert verify(prove(document)).differences == []


@pytest.mark.parametrize("model", MODELS)
def test_every_model_has_an_example(model: str) -> None:
    assert any(f'"model": "{model}"' in document for document, _ in examples())


@pytest.mark.parametrize(
    "field",
    [
        *("convert", "included", "commitment", "proration", "discounts", "maximum", "minimum"),
        *("cycle", "seats"),
        *("priced_in", "prices", "groups", "already_billed", "prorated_quantity", "tax_group"),
    ],
)
def test_every_modifier_has_an_example(field: str) -> None:
    assert any(f'"{field}"' in document for document, _ in examples())


def test_the_page_shows_a_document_with_problems() -> None:
    assert sum("total" not in figures for _, figures in examples()) == 1
    refused = next(document for document, figures in examples() if "total" not in figures)
    with pytest.raises(DocumentRefused):
        prove(json.loads(refused))


def test_the_order_on_the_page_is_the_order_of_the_engine() -> None:
    page = PAGE.read_text("utf-8")
    assert len(STEPS) == 13
    assert "13. total" in page
