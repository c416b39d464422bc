"""One module for each system whose exports are read; each gives rows of `billing.legacy.rows`."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping, Sequence
from pathlib import Path

from billing.legacy.mapping import LegacyMapping
from billing.legacy.readers import heroku, kill_bill, lago, stripe, stripe_report
from billing.legacy.rows import LegacyRow

LegacyReader = Callable[[Sequence[Path], LegacyMapping], Iterator[LegacyRow]]

READERS: Mapping[str, LegacyReader] = {
    "heroku": heroku.read,
    "kill_bill": kill_bill.read,
    "lago": lago.read,
    "stripe": stripe.read,
    "stripe_report": stripe_report.read,
}
SYSTEMS = frozenset(READERS)
