"""CONTRIBUTING.md: the test and the price model that it shows are real ones."""

from __future__ import annotations

import json
import re
from pathlib import Path
from textwrap import dedent
from typing import Any

import pytest

from billing.rating import DocumentRefused, quote
from billing.rating import models as price_models
from billing.rating.models import simple
from tests.billing import prices
from tests.story import Story, lines

PAGE = Path(__file__).resolve().parents[1] / "CONTRIBUTING.md"


def shown(word: str) -> str:
    """The Python on the page that has a word in it."""
    blocks = re.findall(r"^ *```python\n(.*?)^ *```$", PAGE.read_text(), re.M | re.S)
    (found,) = (dedent(block) for block in blocks if word in block)
    return found


def test_the_test_shown_passes(db: None) -> None:
    names: dict[str, Any] = {**vars(prices), "Story": Story, "lines": lines}
    exec(shown("story.runs_billing()"), names)  # noqa: S102  the page is ours
    names["test_a_month_of_calls_costs_what_they_cost"](Story())


def test_the_price_model_shown_prices_what_the_page_says(monkeypatch: pytest.MonkeyPatch) -> None:
    names: dict[str, Any] = dict(vars(simple))
    exec(shown("class StartedUnit"), names)  # noqa: S102  the page is ours
    with pytest.raises(DocumentRefused):
        quote(document())
    models = {**price_models.MODELS, "started_unit": names["read_started_unit"]}
    monkeypatch.setattr(price_models, "MODELS", models)
    assert quote(document())["total"] == "9.00"


def document() -> dict[str, Any]:
    """The price that the page quotes."""
    found = re.search(r"echo '(.*started_unit.*)'", PAGE.read_text())
    assert found is not None
    read: dict[str, Any] = json.loads(found[1])
    return read
