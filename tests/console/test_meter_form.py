"""The form of a meter: its fields follow the aggregation, and nothing is lost on its way."""

from __future__ import annotations

import json
import re
from decimal import Decimal
from typing import Any

import pytest
from django.test import Client
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from billing.catalogue.meter_documents import document_of_terms, read_definition
from console.catalogue.form_shapes import (
    FieldChoice,
    FieldNode,
    FieldSection,
    holds,
    typed_in,
    typed_of,
)
from console.catalogue.form_sheets import FormSheet
from console.catalogue.meter_shapes import NEW_METER, terms_fields
from tests.browsers import TwoPeople
from tests.console.platform import Platform
from tests.console.test_invoice_page import words
from tests.console.test_meter_pages import seen_in
from tests.console.test_price_shapes import sent
from usage.aggregate.rules import Aggregation, Bucket
from usage.meter_terms import MeterTerms, TermsInvalid, check_terms
from usage.models import Meter

NEW = "/catalogue/meters/+new/"
METER = {
    "code": "hits",
    "name": "Hits",
    "unit": "hits",
    "document-aggregation": "sum",
    "document-event_type": "router.requests",
    "effective_from": "2026-05-12T12:00",
    "reason": "Ticket 17",
}
CHOICE = next(node for node in NEW_METER if isinstance(node, FieldChoice))
NAMES = st.from_regex(r"[a-z]{1,6}", fullmatch=True)
LISTS = st.lists(NAMES, max_size=3, unique=True).map(tuple)
FILTERS = st.sampled_from(
    ["", "a = 'x'", "a = 'x' and n > 5", "size in ('s', 'm')", "a = 'x' or b", "n * 2 > 3"]
)
TERMS = st.builds(
    MeterTerms,
    event_type=NAMES,
    value_property=NAMES | st.just("quantity"),
    value_expression=st.sampled_from(["", "ceil(bytes / 1024)"]),
    filter_expression=FILTERS,
    dimensions=LISTS,
    presentation=LISTS,
    state_key=LISTS,
    member_property=NAMES | st.just(""),
    operation_property=NAMES | st.just(""),
    group_property=NAMES | st.just(""),
    bucket=st.sampled_from([None, *Bucket]),
    percentile=st.none() | st.integers(1, 100),
    sample_seconds=st.none() | st.sampled_from([60, 300]),
    scale=st.integers(0, 18),
    signed=st.booleans(),
    max_value=st.none() | st.integers(1, 10**15).map(Decimal),
)


def names_of(nodes: Any) -> set[str]:
    found: set[str] = set()
    for node in nodes:
        found |= names_of(node.nodes) if isinstance(node, FieldSection) else {node.name}
    return found


def through(nodes: tuple[FieldNode, ...], document: Any) -> dict[str, str]:
    shown = FormSheet(nodes, "document", typed_of(nodes, document)).shown
    assert typed_in(nodes, sent(shown), "document") == typed_of(nodes, document)
    return sent(shown)


def test_no_aggregation_is_forgotten() -> None:
    assert set(CHOICE.variants) == {each.value for each in Aggregation}


SAID: dict[str, Any] = {
    "value_property": "bytes",
    "value_expression": "bytes * 2",
    "state_key": ("process",),
    "member_property": "user",
    "operation_property": "action",
    "group_property": "host",
    "bucket": Bucket.DAY,
    "percentile": 90,
    "sample_seconds": 60,
    "signed": True,
}
NEEDED: dict[Aggregation, dict[str, Any]] = {
    Aggregation.UNIQUE: {"member_property": "user"},
    Aggregation.BUCKETED_MAX: {"bucket": Bucket.HOUR},
}


@pytest.mark.parametrize("aggregation", Aggregation)
@pytest.mark.parametrize("name", SAID)
def test_a_field_is_shown_where_the_aggregation_takes_it_and_nowhere_else(
    aggregation: Aggregation, name: str
) -> None:
    terms = MeterTerms("m", **NEEDED.get(aggregation, {}) | {name: SAID[name]})
    try:
        check_terms(aggregation, False, terms)
    except TermsInvalid:
        is_taken = False
    else:
        is_taken = True
    # They count an event as one, whatever its value.
    is_idle = aggregation in (Aggregation.COUNT, Aggregation.UNIQUE) and name in (
        "value_property",
        "signed",
    )

    shown = names_of(terms_fields(aggregation.value))

    assert (name in shown) == (is_taken and not is_idle)


@settings(suppress_health_check=[HealthCheck.too_slow], deadline=None)
@given(st.sampled_from(Aggregation), TERMS)
def test_a_definition_that_goes_through_the_form_is_the_same(
    aggregation: Aggregation, terms: MeterTerms
) -> None:
    document = document_of_terms(terms)
    nodes = terms_fields(aggregation.value)

    assert read_definition(document, aggregation=aggregation).terms == terms
    if holds(nodes, document):
        through(nodes, document)


DEFINED: dict[str, dict[str, str]] = {
    "count": {"document-carries_over": "yes"},
    "sum": {"document-value_property": "bytes"},
    "min": {},
    "max": {},
    "mean": {"document-scale": "4"},
    "unique": {"document-member_property": "user", "document-bucket": "day"},
    "latest": {},
    "time_weighted_sum": {"document-signed": "yes"},
    "percentile": {"document-percentile": "90"},
    "bucketed_max": {"document-bucket": "hour", "document-group_property": "host"},
    "duration": {"document-state_key-0-name": "process_type"},
}


@pytest.mark.parametrize("aggregation", Aggregation)
def test_a_meter_of_each_aggregation_is_defined_from_its_fields(
    aggregation: Aggregation, platform: Platform, two: TwoPeople
) -> None:
    said = METER | {"document-aggregation": aggregation.value} | DEFINED[aggregation]

    two.post(NEW, said | {"seen": seen_in(two.post(NEW, said).content)})

    meter = Meter.objects.get(code="hits")
    assert meter.aggregation == aggregation
    version = meter.versions.get()
    for name, value in DEFINED[aggregation].items():
        field = name.removeprefix("document-")
        if field == "carries_over":
            assert meter.carries_over
        elif field == "state_key-0-name":
            assert version.state_key == ["process_type"]
        elif field == "signed":
            assert version.signed
        else:
            assert str(getattr(version, field)) == value


def test_rows_make_filter_and_dimensions(platform: Platform, two: TwoPeople) -> None:
    said = METER | {
        "document-filter-0-property": "region",
        "document-filter-0-comparison": "one_of",
        "document-filter-0-value": "eu, us",
        "document-filter-1-property": "quantity",
        "document-filter-1-comparison": "above",
        "document-filter-1-value": "10",
        "document-filter_expression": "hidden = null or hidden = false",
        "document-dimensions-0-name": "size",
        "document-presentation-0-name": "host",
    }

    two.post(NEW, said | {"seen": seen_in(two.post(NEW, said).content)})

    version = Meter.objects.get(code="hits").versions.get()
    assert version.filter_expression == (
        "region in ('eu', 'us') and quantity > 10 and (hidden = null or hidden = false)"
    )
    assert (version.dimensions, version.presentation) == (["size"], ["host"])


def test_another_aggregation_shows_its_fields_and_keeps_what_was_typed(
    platform: Platform, two: TwoPeople
) -> None:
    said = METER | {
        "document-filter-0-property": "region",
        "document-filter-0-value": "eu",
        "change": "1",
        "reason": "",
    }

    page = two.post(NEW, said | {"document-aggregation": "unique"})

    fields = sent(page.context["form"].held.sheet.shown)
    assert fields["document-member_property"] == ""
    assert fields["document-filter-0-value"] == "eu"
    assert "document-value_property" not in fields
    assert b"field__error" not in page.content
    assert not Meter.objects.filter(code="hits").exists()


def test_a_row_is_added_without_a_word_of_what_is_missing(
    platform: Platform, two: TwoPeople
) -> None:
    page = two.post(NEW, METER | {"add": "document-dimensions", "reason": "", "code": ""})

    assert b'name="document-dimensions-0-name"' in page.content
    assert b"field__error" not in page.content
    assert not seen_in(page.content)


def test_the_definition_as_data_goes_before_the_fields(platform: Platform, two: TwoPeople) -> None:
    document = {"aggregation": "max", "event_type": "router.requests", "signed": True}
    said = {name: each for name, each in METER.items() if not name.startswith("document-")}

    shown = two.post(NEW, said | {"document": json.dumps(document)})
    fields = sent(shown.context["form"].held.sheet.shown)
    two.post(NEW, said | fields | {"seen": seen_in(shown.content)})

    meter = Meter.objects.get(code="hits")
    assert (meter.aggregation, meter.versions.get().signed) == ("max", True)


@pytest.mark.parametrize(
    ("document", "said"),
    [
        ({"aggregation": "median", "event_type": "m"}, "aggregation must be one of"),
        ({"aggregation": "sum", "event_type": "m", "colour": "red"}, "Not known here"),
        ({"aggregation": "sum", "event_type": ["m"]}, "event_type must be a text"),
        ({"aggregation": "sum", "event_type": "m", "dimensions": "size"}, "must be a list"),
        (
            {"aggregation": "sum", "event_type": "m", "dimensions": [["a"]]},
            "the name of a property",
        ),
        ({"aggregation": "sum", "event_type": "m", "filter": [5]}, "Expected an object"),
        ({"aggregation": "sum", "event_type": "m", "signed": "very"}, "true or false"),
        ({"aggregation": "sum", "event_type": "m", "state_key": ["a"]}, "durations only"),
        ({"aggregation": "sum", "event_type": "m", "max_value": "-1"}, "must be above 0"),
        ([], "This is not a JSON object"),
    ],
)
def test_a_document_that_is_no_definition_says_where(
    document: Any, said: str, platform: Platform, two: TwoPeople
) -> None:
    sent_ = {name: each for name, each in METER.items() if not name.startswith("document-")}

    page = two.post(NEW, sent_ | {"document": json.dumps(document)})

    assert said in words(page.content)
    assert not seen_in(page.content)


def test_what_differs_from_the_version_before_says_what_it_was(
    platform: Platform, two: TwoPeople
) -> None:
    url = "/catalogue/meters/dyno-seconds/version/"
    opened = two.get(url)
    fields = sent(opened.context["form"].held.sheet.shown)
    assert fields["document-state_key-0-name"] == "process_type"
    assert fields["document-dimensions-0-name"] == "size"

    said = {"effective_from": "2026-05-12T12:00", "reason": "Ticket 17"}
    page = words(two.post(url, said | fields | {"document-value_property": "dynos"}).content)

    assert "was empty" in page


# What samples come to


def tried(client: Client, samples: Any, **changed: str) -> str:
    text = samples if isinstance(samples, str) else json.dumps(samples)
    said = METER | {f"document-{name}": each for name, each in changed.items()}
    return words(client.post(NEW, said | {"samples": text, "try": "1"}).content)


def test_pasted_samples_say_what_each_counts_for_and_why_one_does_not(
    platform: Platform, two: TwoPeople
) -> None:
    samples = [
        {"quantity": 20, "region": "eu"},
        {"quantity": "5", "region": "us"},
        {"region": "eu"},
        {"quantity": -1, "region": "eu"},
        {"quantity": "x", "region": "eu"},
        {"type": "build.done", "data": {"quantity": 1}},
        {"quantity": 10, "region": "eu"},
        7,
    ]

    page = tried(
        two, samples, **{"filter-0-property": "region", "filter-0-value": "eu"}
    )  # fmt: skip

    assert "2 counted, 2 left out, 4 could not be read; of 8 samples." in page
    assert "Together, as events of one resource in one period: 30 hits." in page
    assert re.search(r"sample-1 Counted .{0,40}11:53:00 20", page)
    assert "Left out by the filter" in page
    assert "Could not be read Meter hits needs a quantity" in page
    assert "Could not be read Meter hits counts from 0 up" in page
    assert "Refused when it is sent Quantity must be a plain decimal such as 12.50." in page
    assert "Of another type It is a build.done; the meter reads router.requests." in page
    assert "Refused when it is sent An event is a JSON object." in page
    assert not Meter.objects.filter(code="hits").exists()


@pytest.mark.parametrize(
    ("aggregation", "fields", "samples", "together"),
    [
        ("count", {}, [{}, {}, {}], "3 hits"),
        ("max", {}, [{"quantity": 3}, {"quantity": 9}], "9 hits"),
        ("latest", {}, [{"quantity": 9}, {"quantity": 3}], "3 hits"),
        ("mean", {}, [{"quantity": 1}, {"quantity": 2}], "1.5 hits"),
        ("sum", {"value_expression": "ceil(bytes / 1024)"}, [{"bytes": 1500}], "2 hits"),
        ("unique", {"member_property": "user"}, [{"user": "ann"}, {"user": "ann"}], "1 hit"),
        ("bucketed_max", {"bucket": "day"}, [{"quantity": 4}, {"quantity": 2}], "4 hits"),
        ("duration", {}, [{"quantity": 3}, {"quantity": 0}], "180 hits"),
    ],
)
def test_samples_come_to_what_the_aggregation_makes_of_them(
    aggregation: str,
    fields: dict[str, str],
    samples: list[Any],
    together: str,
    platform: Platform,
    two: TwoPeople,
) -> None:
    page = tried(two, samples, aggregation=aggregation, **fields)

    assert f"Together, as events of one resource in one period: {together}." in page


def test_totals_are_told_by_what_the_price_looks_at(platform: Platform, two: TwoPeople) -> None:
    samples = [{"quantity": 2, "size": "s"}, {"quantity": 5, "size": "m"}]

    page = tried(two, samples, **{"dimensions-0-name": "size"})

    assert "2 hits, size s." in page
    assert "5 hits, size m." in page


def test_samples_are_taken_one_to_a_line_too(platform: Platform, two: TwoPeople) -> None:
    assert "2 counted" in tried(two, '{"quantity": 1}\n{"quantity": 2}\n')


@pytest.mark.parametrize(
    ("text", "said"),
    [
        ("{", "This is not JSON"),
        ('{"quantity": 1}\n{"quantity": 2\n', "Line 2 is not JSON"),
        (json.dumps([{"quantity": 1}] * 101), "These are 101 events; 100 can be tried."),
        ('"text"', "This is not JSON"),
    ],
)
def test_samples_that_are_none_are_wrong_at_their_field(
    text: str, said: str, platform: Platform, two: TwoPeople
) -> None:
    page = two.post(NEW, METER | {"samples": text})

    assert re.search(rf'id="id_samples_error".*?{said}', page.content.decode(), re.DOTALL)
    assert not seen_in(page.content)


def test_trying_never_saves(platform: Platform, two: TwoPeople) -> None:
    seen = seen_in(two.post(NEW, METER).content)

    page = two.post(NEW, METER | {"seen": seen, "try": "1"})

    assert seen_in(page.content) == seen
    assert not Meter.objects.filter(code="hits").exists()
