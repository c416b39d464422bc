"""The one reader of the system clock.

Only the edges call it: views, tasks, commands, and the stamps of audit rows. Operations and
queries are given the instant they act at.
"""

import time
from datetime import UTC, datetime


def now() -> datetime:
    """The present instant, aware, in UTC."""
    return datetime.now(UTC)


def unix_ms() -> int:
    """Milliseconds since 1970; for ids that sort by age, never for a rule."""
    return time.time_ns() // 1_000_000
