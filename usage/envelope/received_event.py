"""The two outcomes of reading one event: it was received, or is refused."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime
from decimal import Decimal
from hashlib import blake2b
from typing import Any

from msgspec import Struct

from core.errors import sayable


class ReceivedEvent(Struct, gc=False):
    """A well-formed event. `key` and `fingerprint` are 32 hexadecimal digits, `instant` is
    `occurred_at` as text.

    `quantity` is the data's quantity and `decimals` how many it has; `data` is the rest of it,
    `data_text` that rest as canonical JSON (None when there is none). `sequence` is its source's
    number for it (usage.aggregate.order), `position` its place in the request. A Struct that the
    garbage collector passes over, because there are a thousand in a request and none holds a
    cycle.
    """

    source: str
    id: str
    type: str
    subject: str
    occurred_at: datetime
    instant: str
    quantity: Decimal | None
    decimals: int
    data: dict[str, Any]
    data_text: str | None
    key: str
    fingerprint: str
    sequence: str = ""
    extensions: str = ""
    position: int = 0


@dataclass(frozen=True, slots=True)
class EventRefusal:
    """An event that cannot be read. `status` is the answer when it was sent alone.

    Its texts may quote what was sent; they can always be encoded, because the answer to a batch is
    written after the good events of it are stored.
    """

    code: str
    detail: str
    pointer: str
    id: str | None = None
    source: str | None = None
    status: int = 422

    def __post_init__(self) -> None:
        for name in ("code", "detail", "pointer", "id", "source"):
            said = getattr(self, name)
            if said is not None:
                object.__setattr__(self, name, sayable(said))


def event_key(source: str, id: str) -> str:
    """The identity of (source, id) as 32 hexadecimal digits. Both are case-sensitive."""
    # Neither part can hold a NUL, so no two pairs share a text.
    return blake2b(f"{source}\0{id}".encode(), digest_size=16).hexdigest()


def event_fingerprint(
    type: str,
    subject: str,
    instant: str,
    quantity: str,
    data_text: str | None,
    sequence: str = "",
) -> str:
    """The hash of what an event says. Equal instants and equal quantities are equal content,
    however they were written: 1.50 and 1.5, Z and +00:00."""
    content = f"{type}\0{subject}\0{instant}\0{quantity}\0{data_text or ''}"
    if sequence:
        content = f"{content}\0{sequence}"
    return blake2b(content.encode(), digest_size=16).hexdigest()
