"""Imports on a real PostgreSQL, with a worker that bills at once."""

from __future__ import annotations

from collections.abc import Callable
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import pytest

from billing.invoicing.models import BillRun
from billing.invoicing.operations import bill_runs
from billing.parallel_run.importing import import_focus
from billing.parallel_run.models import ParallelRun
from tests.billing.parallel.bill import file_of
from tests.people import ADA

NOW = datetime(2026, 11, 2, 9, tzinfo=UTC)
Importer = Callable[..., ParallelRun]


def bills_at_once(run: BillRun) -> None:
    """Work on whatever is due."""
    while chunk := bill_runs.claim_chunk(at=NOW):
        bill_runs.work(chunk=chunk, at=NOW)


@pytest.fixture
def imports(db: None, tmp_path: Path) -> Importer:
    """Import rows, or a file; the same rows make the same file."""

    def imported(*rows: dict[str, str] | Path, **options: Any) -> ParallelRun:
        first = rows[0]
        path = (
            first
            if isinstance(first, Path)
            else file_of(tmp_path, *[row for row in rows if isinstance(row, dict)])
        )
        given: dict[str, Any] = {
            "at": NOW,
            "by": ADA,
            "reason": "A test compares",
            "worker": bills_at_once,
        }
        return import_focus(path, **given | options)

    return imported
