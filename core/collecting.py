"""Python's search for cycles, kept away from work that makes many objects and no cycles.

A chunk of a bill run makes some hundred thousand values that live until its commit. The search
would look through them again and again, find nothing, and take an eighth of the time.
"""

from __future__ import annotations

import gc
from collections.abc import Iterator
from contextlib import contextmanager


@contextmanager
def uncollected() -> Iterator[None]:
    """Cycles made in the block are collected after it. For work of a bounded size only."""
    if not gc.isenabled():
        yield
        return
    gc.disable()
    try:
        yield
    finally:
        gc.enable()
