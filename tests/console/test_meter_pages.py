"""Meters at work on screen: tried on real events, then defined, revised, retired."""

from __future__ import annotations

import re
from decimal import Decimal

import pytest
from django.test import Client

from accounts.permissions import Role
from tests.browsers import TwoPeople
from tests.cast import person
from tests.console.conftest import client_of
from tests.console.platform import Platform
from tests.console.test_invoice_page import words
from usage.models import Meter, MeterVersion

NEW = "/catalogue/meters/+new/"
REVISE = "/catalogue/meters/requests/version/"
RETIRE = "/catalogue/meters/requests/retire/"

TERMS = {
    "document-event_type": "router.requests",
    "document-value_property": "quantity",
    "document-scale": "10",
    "document-max_value": "1000000000",
    "effective_from": "2026-05-12T12:00",
    "reason": "Ticket 17",
}
METER = TERMS | {"code": "hits", "name": "Hits", "unit": "hits", "document-aggregation": "sum"}


@pytest.fixture
def proposer(platform: Platform) -> Client:
    """Fay, who prepares changes of the catalogue."""
    return client_of(person("fay", Role.FINANCE_ADMIN))


def seen_in(content: bytes) -> str:
    found = re.search(r'name="seen" value="([0-9a-f]{64})"', content.decode())
    return found.group(1) if found else ""


def versions() -> int:
    return MeterVersion.objects.filter(meter__code="requests").count()


def test_a_new_version_shows_quantity_and_money_before_it_is_made(
    platform: Platform, proposer: Client
) -> None:
    said = TERMS | {"document-value_expression": "quantity * 10"}

    page = words(proposer.post(REVISE, said).content)

    assert "2 counted, 0 left out, 0 could not be read; of the latest 2." in page
    assert "acme-web Acme 3,600,000 requests" in page
    now, then = re.findall(r"Acme \$([0-9.]+) \$([0-9.]+)", page)[0]
    assert Decimal(then) - Decimal(now) == Decimal("1.20")  # 3 million beyond the free one
    assert versions() == 1


def test_an_approver_makes_the_version_that_was_seen(platform: Platform, two: TwoPeople) -> None:
    said = TERMS | {"document-filter_expression": "quantity > 1000000"}
    seen = seen_in(two.post(REVISE, said).content)

    two.post(REVISE, said | {"seen": seen})

    page = words(two.get("/catalogue/meters/requests/").content)
    assert versions() == 2
    assert "where quantity &gt; 1000000" in page


def test_changed_terms_are_tried_anew(platform: Platform, two: TwoPeople) -> None:
    seen = seen_in(two.post(REVISE, TERMS).content)

    two.post(REVISE, TERMS | {"document-filter_expression": "quantity > 5", "seen": seen})

    assert versions() == 1


def test_an_approver_tries_and_does_not_put_forward(platform: Platform, proposer: Client) -> None:
    ada = client_of(person("ada", Role.FINANCE_APPROVER))
    said = TERMS | {"reason_code": "counted_wrong"}
    shown = ada.post(REVISE, said)
    seen = seen_in(proposer.post(REVISE, said).content)

    answer = ada.post(REVISE, said | {"seen": seen})

    assert "Finance admin puts it forward; you approve it" in words(shown.content)
    assert answer.status_code == 403
    assert versions() == 1


def test_what_a_proposer_puts_forward_is_not_made_yet(platform: Platform, proposer: Client) -> None:
    said = TERMS | {"document-filter_expression": "quantity > 1000000"}
    seen = seen_in(proposer.post(REVISE, said).content)

    page = words(proposer.post(REVISE, said | {"seen": seen}, follow=True).content)

    assert "You put it forward" in page
    assert "filter: as usual → " in page or "filter expression" in page
    assert versions() == 1


@pytest.mark.parametrize(
    ("said", "complaint"),
    [
        ({"document-filter_expression": "quantity >"}, "at character"),
        (
            {"document-filter_expression": "quantity ; 1"},
            "&#x27;;&#x27; at character 10 is not known.",
        ),
        ({"document-event_type": "a b"}, "event_type is not a type of event."),
        ({"document-event_type": ""}, "event_type is required."),
        (
            {"document-dimensions-0-name": "size", "document-dimensions-1-name": "size"},
            "size is named twice.",
        ),
        ({"document-scale": "many"}, "scale must be a whole number, got a text."),
        ({"document-max_value": "much"}, "max_value must be a plain decimal such as 12.50."),
        (
            {"document-filter-0-property": "a b", "document-filter-0-value": "5"},
            "Expected the end at character 3",
        ),
        ({"document-filter-0-property": "size"}, "value is required."),
        ({"samples": "{"}, "This is not JSON"),
        ({"effective_from": "soon"}, "Enter a valid date/time."),
        ({"effective_from": "2019-01-01T00:00"}, ""),
        ({"reason": "\u200b"}, "Say why."),
    ],
)
def test_what_is_wrong_is_said_at_its_field(
    said: dict[str, str], complaint: str, platform: Platform, two: TwoPeople
) -> None:
    first = two.post(REVISE, TERMS | said)
    answer = two.post(REVISE, TERMS | said | {"seen": seen_in(first.content)})

    assert complaint in answer.content.decode()
    assert "field__error" in answer.content.decode() or "notice--negative" in (
        answer.content.decode()
    )
    assert versions() == 1


def test_a_new_meter_is_tried_on_the_events_it_would_read(
    platform: Platform, two: TwoPeople
) -> None:
    shown = two.post(NEW, METER)
    two.post(NEW, METER | {"seen": seen_in(shown.content)})

    assert "2 counted" in words(shown.content)
    assert Meter.objects.get(code="hits").unit == "hits"


def test_a_code_that_is_taken_is_not_taken_twice(platform: Platform, two: TwoPeople) -> None:
    said = METER | {"code": "requests"}
    seen = seen_in(two.post(NEW, said).content)

    answer = two.post(NEW, said | {"seen": seen})

    assert "A meter with this code exists." in words(answer.content)
    assert Meter.objects.filter(code="requests").count() == 1


def test_a_retired_meter_says_so_and_is_retired_once(platform: Platform, two: TwoPeople) -> None:
    said = {"effective_until": "2026-05-12T12:00", "reason": "Nobody sells it"}

    two.post(RETIRE, said)
    again = two.post(RETIRE, said)

    page = words(two.get("/catalogue/meters/requests/").content)
    assert "Retired" in page
    assert "New version…" not in page
    assert again.status_code == 409


def test_support_reads_meters_and_changes_none(platform: Platform, support: Client) -> None:
    assert "New version…" not in words(support.get("/catalogue/meters/requests/").content)
    for path in (NEW, REVISE, RETIRE):
        assert support.post(path, TERMS).status_code == 403
    assert versions() == 1


def test_an_expression_that_cannot_be_read_is_wrong_at_its_field(
    platform: Platform, two: TwoPeople
) -> None:
    page = words(two.post(REVISE, TERMS | {"document-filter_expression": "quantity >"}).content)

    assert "Nothing was saved. And where, as an expression : Expected a number" in page


def test_a_meter_does_not_end_before_its_version_begins(platform: Platform, two: TwoPeople) -> None:
    said = {"effective_until": "2019-05-12T12:00", "reason": "Nobody sells it"}

    page = words(two.post(RETIRE, said).content)

    assert "Nothing was saved. Reads events until Version 1 takes effect only at" in page
    assert Meter.objects.get(code="requests").retired_at is None


def test_an_approver_does_not_ask_to_retire(platform: Platform) -> None:
    ada = client_of(person("ada", Role.FINANCE_APPROVER))
    assert ada.get(RETIRE).status_code == 403
