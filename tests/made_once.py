"""A world that is dear to make, made once for all tests of a module."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager

import pytest_django
import time_machine
from django.db import transaction


@contextmanager
def made_once(blocker: pytest_django.DjangoDbBlocker, now: str) -> Iterator[None]:
    """A transaction that every test's own nests in; what is made in it is undone at its end.

    One may be made inside another. Until it is left, every test of the module sees what it made.
    """
    with blocker.unblock(), time_machine.travel(now, tick=False):
        around = transaction.atomic()
        around._from_testcase = True  # type: ignore[attr-defined]  # operations may nest in it
        with around:
            yield
            transaction.set_rollback(True)
