"""The figures printed in docs/metering.md are those the engine comes to."""

from __future__ import annotations

import re
from datetime import UTC, datetime, timedelta
from decimal import Decimal
from pathlib import Path

import pytest

from core.periods import Period
from usage.aggregate.facts import MeterFact
from usage.aggregate.figures import figure_of, quantity_of
from usage.aggregate.rules import Aggregation, Rule
from usage.envelope.samples import read_samples
from usage.expressions import compile_expression
from usage.meter_terms import MeterTerms
from usage.models import Meter
from usage.queries.sampling import sample_pasted

PAGE = (Path(__file__).resolve().parents[2] / "docs" / "metering.md").read_text()
MARCH = Period(datetime(2026, 3, 1, tzinfo=UTC), datetime(2026, 4, 1, tzinfo=UTC))
AGGREGATIONS = re.findall(r"^\| `(\w+)` \| ([\d, ]+) \| (\d+) \|", PAGE, re.M)
SAMPLES = re.findall(r"^\| `(\{.+\})` \| (.+) \|$", PAGE, re.M)
EXPRESSIONS = re.findall(r"^\| `([^`]+)` \| ([\d.]+) \|$", PAGE, re.M)


def test_the_page_has_its_examples():
    assert (len(AGGREGATIONS), len(EXPRESSIONS), len(SAMPLES)) == (7, 6, 4)


@pytest.mark.parametrize(("name", "values", "expected"), AGGREGATIONS)
def test_an_aggregation_comes_to_what_the_page_says(name: str, values: str, expected: str):
    rule = Rule(1, "m", 1, "t", Aggregation(name), percentile=95, sample_seconds=300)
    # A count is of events, so the value a meter reads from each is 1.
    read = ["1" if name == "count" else value for value in values.split(", ")]
    facts = [
        MeterFact(MARCH.start + timedelta(days=day), f"e{day}", "0", Decimal(value), "[{},{}]")
        for day, value in enumerate(read)
    ]
    figures = [figure_of(rule, [fact], zone="UTC") for fact in facts]
    found = quantity_of(rule, figures, window=MARCH, until=MARCH.end, opening=Decimal(0))
    assert found == Decimal(expected)


@pytest.mark.parametrize(("text", "expected"), EXPRESSIONS)
def test_an_expression_comes_to_what_the_page_says(text: str, expected: str):
    assert compile_expression(text).quantity({}) == Decimal(expected)


@pytest.mark.parametrize(("text", "expected"), SAMPLES)
def test_a_sample_is_read_as_the_page_says(text: str, expected: str):
    meter = Meter(code="transfer", aggregation=Aggregation.SUM.value)
    terms = MeterTerms(
        "transfer", value_expression="ceil(bytes / 1024)", filter_expression="region = 'eu'"
    )
    (read,) = sample_pasted(
        meter, terms, read_samples(text, type="transfer", at=MARCH.start)
    ).events
    said = {
        "counted": f"counts {read.value}",
        "filtered": "left out",
        "unreadable": f"cannot be read: {read.problem}",
        "other_type": "another type",
    }
    assert said[read.outcome] == expected
