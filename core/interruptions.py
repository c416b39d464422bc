"""What ends work from outside and is no fault of what was worked on: whose work it was tries again.

A time limit of the worker, a database that went away or cut a statement off, a lock that was not
to be had. A sweep that sets aside what fails must not set anything aside for one of these.
"""

from __future__ import annotations

from billiard.exceptions import SoftTimeLimitExceeded
from django.db import InterfaceError, OperationalError

_INTERRUPTIONS = (SoftTimeLimitExceeded, OperationalError, InterfaceError, MemoryError)


def is_interruption(problem: BaseException) -> bool:
    """Whether this, or what it was raised for, came from outside."""
    seen: set[int] = set()
    each: BaseException | None = problem
    while each is not None and id(each) not in seen:
        if isinstance(each, _INTERRUPTIONS):
            return True
        seen.add(id(each))
        each = each.__cause__ or each.__context__
    return False
