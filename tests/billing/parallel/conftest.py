"""Imports on a real PostgreSQL, with a worker that bills at once."""

from __future__ import annotations

from collections.abc import Callable
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import pytest

from billing.models import BillRun, ParallelRun
from billing.operations import billruns
from billing.parallel.importing import import_focus
from tests.billing.parallel.bill import file_of
from tests.people import ADA

NOW = datetime(2026, 11, 2, 9, tzinfo=UTC)
Importer = Callable[..., ParallelRun]


def bills_at_once(run: BillRun) -> None:
    """Work on whatever is due."""
    while chunk := billruns.claim_chunk(at=NOW):
        billruns.work(chunk=chunk, at=NOW)


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
