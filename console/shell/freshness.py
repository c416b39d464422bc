"""Figures are brought up to date before a page reads them; where that fails, the page says so."""

from __future__ import annotations

from collections.abc import Collection
from datetime import datetime

from console.shell.access import StaffRequest
from usage.operations.settling import bring_up_to_date


def up_to_date(request: StaffRequest, account_ids: Collection[int], *, at: datetime) -> None:
    """Call before figures of these accounts are read; the frame of the page shows the rest."""
    request.figures_behind = bring_up_to_date(account_ids, at=at) if account_ids else None
