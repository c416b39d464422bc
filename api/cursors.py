"""Cursors of the machines' lists: opaque, signed, and good for the one list that gave them.

A cursor holds the place of a row. It is signed so that what comes back is what was given: no place
that never was, and no value of a column that somebody made up.
"""

from __future__ import annotations

import json
from typing import Any, Final

from django.core.signing import BadSignature, Signer, b64_decode, b64_encode

from core.errors import Malformed

LENGTH_MAX: Final = 2_000


class CursorInvalid(Malformed):
    """The cursor is not one this list gave."""

    code = "cursor_invalid"
    title = "The cursor is not valid"


def cursor_of(name: str, place: list[Any]) -> str:
    """The cursor of a place in the list of this name."""
    written = json.dumps(place, separators=(",", ":")).encode()
    return _signer(name).sign(b64_encode(written).decode())


def place_of(name: str, cursor: str) -> list[Any]:
    """The place a cursor of that list holds. Raises: CursorInvalid."""
    try:
        signed = _signer(name).unsign(cursor[:LENGTH_MAX])
    except BadSignature:
        raise CursorInvalid("The cursor is not one this list gave.", field="cursor") from None
    place: list[Any] = json.loads(b64_decode(signed.encode()))
    return place


def _signer(name: str) -> Signer:
    return Signer(salt=f"api.cursor.{name}", sep=".")
