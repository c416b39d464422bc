"""Clocks that a test turns."""

from __future__ import annotations

import os
import time
from collections.abc import Iterator
from contextlib import contextmanager

from core.periods import _local_midnight, billing_period


class Watch:
    """A monotonic clock that stands still until told."""

    def __init__(self) -> None:
        self.seconds = 1000.0

    def __call__(self) -> float:
        return self.seconds


@contextmanager
def process_zone(name: str) -> Iterator[None]:
    """Run this process in a zone, as TZ would, with no boundary remembered from another one."""
    before = os.environ.get("TZ")
    _turn(name)
    try:
        yield
    finally:
        _turn(before)


def _turn(zone: str | None) -> None:
    if zone is None:
        os.environ.pop("TZ", None)
    else:
        os.environ["TZ"] = zone
    time.tzset()
    _local_midnight.cache_clear()
    billing_period.cache_clear()
