"""How much there is to show."""

from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class Size:
    """Counts of one size of the world the pages are read in."""

    name: str
    accounts: int
    months: int
    """Billed months; each account has an invoice of ten lines of each."""
    events: int
    """Of the open month."""
    big_account_apps: int
    """What one more account runs and is billed for every month."""
    held_events: int
    late_events: int
    imported_rows: int


SIZES = {
    "small": Size("small", 100, 3, 10_000, 100, 50, 50, 500),
    "full": Size("full", 10_000, 10, 1_000_000, 10_000, 1_000, 1_000, 50_000),
}
