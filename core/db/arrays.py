"""Many values as one parameter."""

from collections.abc import Iterable


def array(values: Iterable[object]) -> str:
    """A PostgreSQL array literal of values that need no quoting: numbers, dates, uuids; None is
    NULL."""
    return "{" + ",".join(["NULL" if value is None else str(value) for value in values]) + "}"
