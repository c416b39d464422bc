"""docs/catalogue.md: every figure on it comes from the engine."""

import json
import re
from collections.abc import Iterator
from decimal import Decimal
from pathlib import Path
from typing import Any

import pytest

from billing.catalogue.queries.price_book import BookPrice, BookVersion, Prices, draft_book
from billing.catalogue.worked_cases import meter_ids, read_case
from billing.invoicing.drafting.calendar import AccountPeriod
from billing.invoicing.drafting.customers import Customer
from billing.invoicing.drafting.rated import rated_lines
from billing.invoicing.drafting.segments import Subscribed
from billing.invoicing.drafting.snapshots import Label, Snapshot
from billing.publishing.worked_cases import run_case
from billing.rating import parse_price
from core.money import Money
from tests.billing.blast.asking import span
from tests.billing.catalogue.changes import drafts
from tests.billing.prices import dyno_month, dyno_seconds, flat
from tests.story import Story
from usage.queries.quantities import MeteredQuantity

PAGE = (Path(__file__).parents[3] / "docs/catalogue.md").read_text()
JUNE = span("2026-06-01", "2026-07-01")
PARTS = [span("2026-06-01", "2026-06-16"), span("2026-06-16", "2026-07-01")]
CALLS = 1
CAUTIONS = PAGE.split("## What publishing warns of")[1].split("\n## ")[0]
ROOT = Path(__file__).parents[3]


def rows() -> Iterator[list[str]]:
    table = PAGE.split("| old price |", 1)[1].split("\n\n", 1)[0]
    for line in table.splitlines()[2:]:
        yield [cell.strip().strip("`") for cell in line[1:-1].split("|")]


def version(document: dict[str, Any]) -> BookVersion:
    price = parse_price(document)
    meter = None if price.model.kind == "fee" else CALLS
    one = BookPrice(1, "calls", "Calls", meter, {}, (), price)
    by_meter: dict[int, Prices] = {} if meter is None else {meter: {(): {(): (0, one)}}}
    return BookVersion("plv_example", "USD", (one,), by_meter)


def used(window: int, quantity: str) -> list[MeteredQuantity]:
    if not quantity:
        return []
    return [MeteredQuantity(0, CALLS, "calls", 1, {}, Decimal(quantity), 1, window=window)]


@pytest.mark.parametrize("row", list(rows()), ids=lambda row: f"{row[4]}")
def test_a_month_in_which_the_price_changes(row: list[str]):
    old, new, before, after, lines, total = row
    snapshot = Snapshot(
        scope=AccountPeriod(0, JUNE, "UTC"),
        customer=Customer("acc_example", "USD", 0, 0, {}),
        subscribed=[
            Subscribed(0, version(json.loads(text)), part)
            for text, part in zip((old, new), PARTS, strict=True)
        ],
        quantities=[*used(0, before), *used(1, after)],
        labels={1: Label("app-1", "app-1", "app-1")},
        segments=PARTS,
    )
    found = [Money.from_minor(line.amount_minor, "USD").amount for line in rated_lines(snapshot)]
    shown = [amount for amount in map(Decimal, lines.split(", ")) if amount]
    assert ([amount for amount in found if amount], sum(found)) == (shown, Decimal(total))


def test_the_worked_case_comes_out_as_written(story: Story):
    case = json.loads(re.findall(r"```json\n(.*?)```", PAGE, re.S)[0])
    plan = story.plan("heroku", flat("1.00"))
    meter = dyno_seconds(story)
    version = drafts(story, plan, dyno_month(meter, "standard-1x", "25.00"), flat("5.00"))
    meters = meter_ids()
    read = read_case("On the page", case["given"], case["expected"], meters=meters)
    result = run_case(read, draft_book(version), meters=meters)
    assert (result.differences, str(result.total.amount)) == ([], "42.50")


@pytest.mark.parametrize("code", re.findall(r"^\| (`[a-z_`, ]+) \|", CAUTIONS, re.M))
def test_every_caution_on_the_page_exists(code: str):
    files = [
        ROOT / "billing/publishing/cautions.py",
        ROOT / "billing/publishing/queries/publication.py",
    ]
    files += sorted((ROOT / "billing/rating").rglob("*.py"))
    source = "".join(path.read_text() for path in files)
    for name in re.findall(r"`([a-z_]+)`", code):
        assert f'"{name}"' in source, name
