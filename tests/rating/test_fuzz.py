"""A few hundred of the documents that `make fuzz` makes by the million, and that it can fail."""

from __future__ import annotations

import re

import pytest

from billing.rating.models import MODELS
from billing.verifier import arithmetic
from tests.rating import fuzz
from tests.rating.drawn_models import Document
from tests.rating.fuzz import compare, document_of, main, run

CASES = 400


def test_the_two_raters_agree_on_random_documents() -> None:
    tally = run(7, range(CASES))
    assert tally.differences == []
    assert tally.compared + tally.refused == CASES
    assert tally.compared > CASES * 0.8
    assert set(tally.models) == set(MODELS)


def test_a_document_is_had_again_from_its_seed_and_number() -> None:
    assert document_of(7, 3) == document_of(7, 3)
    assert document_of(7, 3) != document_of(7, 4)


def test_a_rater_that_is_wrong_is_noticed(
    monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.setattr(fuzz, "recompute", lambda document: _wrong(document))
    document = {"currency": "USD", "price": {"model": "flat", "amount": "3"}}
    assert "lines" in str(compare(document))
    assert main(["--cases", "60", "--seed", "7"]) == 1
    assert re.search(r"seed 7 case \d+: lines", capsys.readouterr().out)


def _wrong(document: Document) -> Document:
    found = arithmetic.recompute(document)
    for line in found["lines"]:
        line["amount"] += 1
    return found
