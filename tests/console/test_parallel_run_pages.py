"""The pages of a parallel run say whether it passed, and what nobody could compare."""

from __future__ import annotations

from pathlib import Path

from django.test import Client

from billing.parallel_run.importing import import_focus
from billing.parallel_run.models import ParallelRun
from tests.billing.parallel.bill import file_of, row
from tests.billing.parallel.conftest import NOW, bills_at_once
from tests.console.test_invoice_page import words
from tests.people import ADA


def compared(folder: Path, *rows: dict[str, str]) -> ParallelRun:
    """The comparison of a file with these rows."""
    return import_focus(
        file_of(folder, *rows), at=NOW, by=ADA, reason="A test compares", worker=bills_at_once
    )


def test_a_run_of_unreadable_rows_said_every_difference_is_explained(
    senior: Client, tmp_path: Path
) -> None:
    run = compared(tmp_path, row(), row(BilledCost="ten", ListCost="10"))
    page = words(senior.get(f"/runs/parallel/{run.public_id}/").content)
    assert "Not passed" in page
    assert "1 of 2 rows could not be compared." in page
    assert "Unreadable row BilledCost 1 Row 2: BilledCost: &#x27;ten&#x27; is not a number." in page
    assert "Not passed" in words(senior.get("/runs/parallel/").content)


def test_a_run_that_passed_says_so(senior: Client, tmp_path: Path) -> None:
    run = compared(tmp_path, row())
    page = words(senior.get(f"/runs/parallel/{run.public_id}/").content)
    assert "Every difference explained" in page
    assert "not passed" not in page
    assert "Passed" in words(senior.get("/runs/parallel/").content)
