"""Leaves an engine alone that keeps failing, so that a run does not wait for it again and again.

Kept in the cache, which all workers share; nothing in it is the truth, and losing it costs one
more time-out.
"""

from typing import Final

from django.core.cache import cache

FAILURES_MAX: Final = 3
"""So many failures in a row, of all workers together, open it."""
OPEN_SECONDS: Final = 60
"""For so long nobody asks; then the first who does says how it goes on."""

_FAILURES: Final = "tax_engine:failures"
_OPEN: Final = "tax_engine:open"
_REMEMBERED_SECONDS: Final = 600


def is_open() -> bool:
    """Whether nobody asks at the moment."""
    return bool(cache.get(_OPEN))


def failed() -> None:
    """Count a failure."""
    cache.add(_FAILURES, 0, _REMEMBERED_SECONDS)
    try:
        failures = cache.incr(_FAILURES)
    except ValueError:
        # It was forgotten between the two.
        cache.set(_FAILURES, 1, _REMEMBERED_SECONDS)
        return
    if failures >= FAILURES_MAX:
        cache.set(_OPEN, 1, OPEN_SECONDS)


def answered() -> None:
    """Forget the failures."""
    cache.delete_many([_FAILURES, _OPEN])
