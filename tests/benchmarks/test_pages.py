"""`make pages` reads every page there is, and says what one costs."""

from __future__ import annotations

from dataclasses import replace
from datetime import date

import pytest
from django.http import HttpResponse
from django.urls import URLPattern, URLResolver, get_resolver, path

from benchmarks.machine import Machine
from benchmarks.pages import running, table
from benchmarks.pages.addresses import Address, PageForgotten, addresses
from benchmarks.pages.readers import machine, staff
from benchmarks.pages.reading import PageFailed, PageReading, read
from benchmarks.pages.sights import Sights, month
from benchmarks.pages.sizes import SIZES

SIZE = replace(
    SIZES["small"],
    accounts=4,
    months=2,
    events=200,
    big_account_apps=5,
    held_events=2,
    late_events=2,
    imported_rows=20,
)
MACHINE = Machine(
    cores=2, memory_gb=8, processor="Loom 3", python="3.11", postgresql="18.1", settings="fsync on",
    measured_on=date(2026, 11, 23),
)  # fmt: skip
INVOICES = Address("console:invoices", "/invoices/?state=issued", "?state=issued")


@pytest.fixture
def sights(db: None) -> Sights:
    with running.at_noon(SIZE):
        return running.prepare(SIZE, lambda said: None)


def test_every_page_of_the_world_it_builds_opens(sights: Sights) -> None:
    with running.at_noon(SIZE):
        people, partner = staff(), machine(sights)
        found = [
            read(each, [partner] if each.is_api else people, times=0) for each in addresses(sights)
        ]

    assert {each.address.name for each in found} > {"console:inbox", "invoice-list", "admin:index"}
    assert min(each.size for each in found) > 0
    assert max(each.queries for each in found) > 0


def test_a_page_nobody_gave_a_row_stops_it(sights: Sights, monkeypatch: pytest.MonkeyPatch) -> None:
    new: list[URLPattern | URLResolver] = [
        path("overdue/", lambda request: HttpResponse(), name="overdue")
    ]
    monkeypatch.setattr(get_resolver(), "url_patterns", [*get_resolver().url_patterns, *new])

    with pytest.raises(PageForgotten, match="overdue"):
        addresses(sights)


def test_a_page_that_is_not_there_fails(sights: Sights) -> None:
    with running.at_noon(SIZE), pytest.raises(PageFailed, match=r"/invoices/CF-9/ answers 404"):
        read(Address("console:invoice", "/invoices/CF-9/"), staff(), times=1)


def test_months_follow_one_another_over_the_year() -> None:
    assert [month(each) for each in (0, 2, 3)] == [
        date(2024, 10, 1),
        date(2024, 12, 1),
        date(2025, 1, 1),
    ]


@pytest.mark.parametrize(
    ("seconds", "size", "said"),
    [
        (0.08, 500_000, ""),
        (0.081, 2_000, "slow"),
        (0.2, 2_000, "slow"),
        (0.201, 2_000, "**too slow**"),
        (0.01, 500_001, "**too large**"),
        (0.3, 500_001, "**too slow**, **too large**"),
    ],
)
def test_a_page_is_marked_for_what_it_costs(seconds: float, size: int, said: str) -> None:
    assert table.verdict(PageReading(INVOICES, 1.0, seconds, 4, size)) == said


def test_the_table_has_the_slowest_first() -> None:
    slow = PageReading(INVOICES, 0.4, 0.12, 4, 51_600)
    fast = PageReading(Address("console:runs", "/runs/"), 0.05, 0.01, 5, 9_400)

    text = table.page([fast, slow], SIZES["full"], MACHINE)

    assert text.splitlines()[-2:] == [
        "| `console:invoices` ?state=issued | 400 | 120 | 4 | 52 | slow |",
        "| `console:runs` | 50 | 10 | 5 | 9 |  |",
    ]
    assert "1,000,000 events, 10,000 accounts, 100,000 invoices" in text
