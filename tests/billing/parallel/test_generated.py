"""Bills nobody wrote by hand: whatever is in them, every row is accounted for and named."""

from __future__ import annotations

import csv
import io
import random
from collections import Counter
from decimal import Decimal
from pathlib import Path

import pytest
from django.apps import apps

from billing.invoicing.models import Invoice
from billing.parallel_run.models import ParallelRun
from billing.parallel_run.reasons import DifferenceReason
from core.invariants import invariants
from core.money import Money
from tests.billing.parallel.bill import file_with
from tests.billing.parallel.conftest import NOW, Importer
from tests.billing.parallel.generated import Bill, Made, our_total, written
from usage.models import Event

SEEDS = range(3)
pytestmark = pytest.mark.slow


def file_from(folder: Path, rows: list[Made], *, seed: int, name: str = "bill.csv") -> Path:
    """The rows, written as this seed writes."""
    how = written(rows, seed)
    out = io.StringIO(newline="")
    writer = csv.DictWriter(
        out, how["columns"], extrasaction="ignore", lineterminator=how["line_end"]
    )
    writer.writeheader()
    writer.writerows(how["rows"])
    return file_with(folder, how["mark"] + out.getvalue().encode(), name=name)


def everything() -> dict[str, int]:
    """How many rows every table has: business, history and outbox."""
    return {model._meta.db_table: model._default_manager.count() for model in apps.get_models()}


def check(run: ParallelRun, rows: list[Made]) -> None:
    """Hold a comparison against what the rows were made to be."""
    summary = run.summary
    billed = [each for each in rows if each.is_billed]
    assert (summary["rows"], summary["billed"]) == (len(rows), len(billed))
    assert summary["rows"] == summary["billed"] + summary["quarantined"]
    named = Counter(each.reason.value for each in rows if each.reason is not None)
    explained = Counter(summary["explained"]) + Counter(summary["unexplained_by"])
    explained.pop(DifferenceReason.OUR_ROUNDING.value, None)
    assert explained == named
    assert summary["matched"] + sum(summary["explained"].values()) + summary["unexplained"] == len(
        rows
    )
    expected = sum((each.expected for each in rows), Decimal(0))
    assert Decimal(summary["expected_total"]) == expected
    assert Decimal(summary["our_total"]) == our_total(rows)
    differences = sum(map(Decimal, summary["differences"].values()), Decimal(0))
    assert differences == our_total(rows) - expected
    stored = run.rows.order_by("row_number").values_list("difference_reason", flat=True)
    for made, reason in zip(rows, stored, strict=True):
        assert reason == (made.reason.value if made.reason else reason)
        assert made.reason or reason in ("", DifferenceReason.OUR_ROUNDING.value)


@pytest.mark.parametrize("seed", SEEDS)
def test_every_row_is_accounted_for_and_every_difference_named(
    imports: Importer, tmp_path: Path, seed: int
) -> None:
    rows = Bill(seed).rows(60)
    run = imports(file_from(tmp_path, rows, seed=seed))
    check(run, rows)
    assert set(run.summary["unexplained_by"]) == {DifferenceReason.UNREADABLE_ROW}
    lines = [Money.from_minor(each.subtotal_minor, each.currency) for each in Invoice.objects.all()]
    invoiced = sum((each.amount for each in lines), Decimal(0))
    assert invoiced == our_total(rows)


def test_the_same_file_adds_nothing_and_a_longer_one_what_is_new(
    imports: Importer, tmp_path: Path
) -> None:
    bill = Bill(11)
    rows = bill.rows(60)
    imports(file_from(tmp_path, rows, seed=11))
    before = everything()
    imports(file_from(tmp_path, rows, seed=11))
    assert everything() == before
    event_count = Event.objects.count()

    longer = rows + bill.rows(40)
    run = imports(file_from(tmp_path, longer, seed=11, name="longer.csv"))
    check(run, longer)
    added = sum(each.is_billed for each in longer) - sum(each.is_billed for each in rows)
    assert Event.objects.count() == event_count + added


def test_issued_bills_keep_every_invariant(imports: Importer, tmp_path: Path) -> None:
    rows = Bill(21).rows(60)
    run = imports(file_from(tmp_path, rows, seed=21), issues=True, at=NOW)
    check(run, rows)
    assert {each["state"] for each in run.summary["invoices"]} == {"issued"}
    broken = [(each.id, each.check().sample_ids) for each in invariants() if not each.check().holds]
    assert broken == []


def test_a_bill_that_contradicts_itself_names_the_rows(imports: Importer, tmp_path: Path) -> None:
    rows = Bill(31).rows(40)
    numbers = [n for n, each in enumerate(rows) if each.reason is None and each.is_billed][:3]
    for n in numbers:
        was = rows[n]
        texts = was.texts | {"BilledCost": f"{was.expected + 1:f}"}
        rows[n] = Made(texts, DifferenceReason.UNEXPLAINED, True, was.price, was.quantity)
    run = imports(file_from(tmp_path, rows, seed=31))
    check(run, rows)
    assert run.summary["unexplained_by"]["unexplained"] == 3
    named = run.rows.filter(difference_reason="unexplained").values_list("row_number", flat=True)
    assert list(named) == [n + 1 for n in numbers]


@pytest.mark.parametrize("seed", range(6))
def test_a_file_that_was_cut_or_spoilt_loses_no_row_unnamed(
    imports: Importer, tmp_path: Path, seed: int
) -> None:
    """Bytes are cut off or overwritten anywhere; what is read is billed or quarantined."""
    draw = random.Random(seed)
    path = file_from(tmp_path, Bill(seed).rows(25), seed=seed)
    content = bytearray(path.read_bytes())
    header = content.index(b"\n") + 1
    if seed % 3 == 0:
        del content[draw.randrange(header + 500, len(content)) :]
    for _ in range(seed % 4 + 1):
        content[draw.randrange(header, len(content))] = draw.choice(b'\x00\xff",\n5')
    path.write_bytes(content)
    summary = imports(path).summary
    assert summary["rows"] == summary["billed"] + summary["quarantined"]
    explained = sum(summary["explained"].values())
    assert summary["rows"] == summary["matched"] + explained + summary["unexplained"]
