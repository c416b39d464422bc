"""What a change was made from, in HTTP's words: ETag and If-Match.

An ETag is the stamp of a row (core/db/stamps.py), so it changes with every change of it. A change
without one is 428, one made from something older 412.
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from contextlib import contextmanager
from typing import Final

from rest_framework.request import Request

from core.db.stamps import ChangedSince
from core.errors import DomainError

_TAG: Final = re.compile(r'"([0-9.]{1,200})"', re.ASCII)


class PreconditionRequired(DomainError):
    """The change does not say what it was made from."""

    code = "precondition_required"
    title = "Say what the change was made from"
    status = 428


class PreconditionFailed(DomainError):
    """What the change was made from is no longer so."""

    code = "precondition_failed"
    title = "It was changed since"
    status = 412


def etag_of(stamp: str) -> str:
    """The ETag of what a stamp stands for."""
    return f'"{stamp}"'


def stamp_from(request: Request) -> str:
    """The stamp an If-Match holds; a weak one matches nothing.

    Raises: PreconditionRequired, PreconditionFailed.
    """
    said = request.headers.get("If-Match")
    if said is None:
        raise PreconditionRequired("Read it first, and send its ETag as If-Match.")
    found = _TAG.fullmatch(said.strip())
    if found is None:
        raise PreconditionFailed("If-Match is one strong ETag, as the last reading gave it.")
    return found[1]


@contextmanager
def matching() -> Iterator[None]:
    """What was changed since is a failed precondition here. Raises: PreconditionFailed."""
    try:
        yield
    except ChangedSince as changed:
        raise PreconditionFailed(changed.message) from changed
