"""Work on many at once, and find out what fails without the others.

Owns the rule of every sweep: what cannot be done is set aside by itself, and the rest goes on.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import TypeVar

from core.interruptions import is_interruption

T = TypeVar("T")
Made = TypeVar("Made")


def made_or_wrong(work: Callable[[], Made]) -> Made | Exception:
    """What work comes to, or what is wrong with it.

    What comes from outside (core.interruptions) is no fault of the work and is raised.
    """
    try:
        return work()
    except Exception as problem:
        if is_interruption(problem):
            raise
        return problem


def isolated(
    items: Sequence[T],
    work: Callable[[Sequence[T]], object],
    *,
    set_aside: Callable[[T, Exception], object],
    raises: tuple[type[Exception], ...] = (),
) -> int:
    """Work on all items together; where that fails on halves of them, down to the one that fails.

    Returns how many were worked on. `work` is one transaction, so that what failed left nothing.
    What comes from outside (core.interruptions) or is one of `raises` is no fault of an item and is
    raised.
    """
    if not items:
        return 0
    problem = made_or_wrong(lambda: work(items))
    if not isinstance(problem, Exception):
        return len(items)
    if isinstance(problem, raises):
        raise problem
    if len(items) == 1:
        set_aside(items[0], problem)
        return 0
    half = len(items) // 2
    halves = items[:half], items[half:]
    return sum(isolated(each, work, set_aside=set_aside, raises=raises) for each in halves)
