"""The command prints one comparison, the same each time, and says by its exit how it ended."""

from __future__ import annotations

import io
import json
from decimal import Decimal
from pathlib import Path

import pytest
from django.core.management import CommandError, call_command

from billing.parallel_run.models import ParallelRun
from billing.parallel_run.reasons import DifferenceReason
from billing.parallel_run.reporting import FIELDS
from tests.billing.parallel.bill import file_of, file_with, row

pytestmark = pytest.mark.django_db

DOCUMENT = Path(__file__).parents[3] / "docs" / "parallel-run.md"
CREDIT = row(ChargeCategory="Credit", BilledCost="-2.61", ListUnitPrice="", PricingQuantity="0")


def printed(path: Path, *options: str) -> str:
    """What the command writes for a file."""
    out = io.StringIO()
    call_command("import_focus", str(path), *options, stdout=out)
    return out.getvalue()


def test_json_is_one_object_with_exact_decimals(tmp_path: Path):
    summary = json.loads(printed(file_of(tmp_path, row(), row(), CREDIT), "--json"))
    assert list(summary) == list(FIELDS)
    assert (summary["rows"], summary["billed"], summary["quarantined"]) == (3, 2, 1)
    assert summary["explained"] == {"credit": 1}
    assert Decimal(summary["expected_total"]) == Decimal("17.39")
    assert Decimal(summary["our_total"]) == 20


def test_the_same_file_prints_the_same_text(tmp_path: Path):
    path = file_of(tmp_path, row(), row(BillingCurrency="EUR"), CREDIT)
    assert printed(path, "--json") == printed(path, "--json")
    assert ParallelRun.objects.count() == 1


def test_a_person_reads_totals_reasons_invoices_and_skus(tmp_path: Path):
    text = printed(file_of(tmp_path, row(ResourceId="vol-7"), CREDIT), "--all")
    for expected in (
        "2 rows: 1 billed, 1 quarantined, 1 without a difference",
        "USD: expected 7.39, ours 10, difference 2.61",
        "Credit",
        "SunBird · AWS 1234567890123 · USD  2024-09-01  draft  10.00 USD",
        "1  G95FST5F.JRTCKXETXF  10  10  equal",
        "Every difference is explained.",
    ):
        assert expected in text


def test_an_unexplained_difference_fails_after_printing(tmp_path: Path):
    path = file_of(tmp_path, row(BilledCost="11", ListCost="10"))
    out = io.StringIO()
    with pytest.raises(CommandError) as failed:
        call_command("import_focus", str(path), "--json", stdout=out)
    assert failed.value.returncode == 3
    assert json.loads(out.getvalue())["unexplained"] == 1


@pytest.mark.parametrize(
    ("content", "says"),
    [
        (b"", "The file is empty."),
        (b"a,b,c\r\n1,2,3\r\n", "The header lacks BilledCost"),
        (b"\x89PNG\r\n\x1a\n\0\0", "no CSV"),
    ],
)
def test_a_file_that_is_none_is_refused_in_words(tmp_path: Path, content: bytes, says: str):
    with pytest.raises(CommandError, match=says) as refused:
        printed(file_with(tmp_path, content))
    assert refused.value.returncode == 1


def test_a_file_that_is_not_there_is_named(tmp_path: Path):
    with pytest.raises(CommandError, match="No such file"):
        printed(tmp_path / "gone.csv")


def test_every_reason_and_field_is_documented():
    text = DOCUMENT.read_text()
    missing = [name for name in (*DifferenceReason, *FIELDS) if f"`{name}`" not in text]
    assert not missing
