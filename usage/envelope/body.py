"""The body of an ingest request becomes items: one event, or a batch read item by item.

Owns limits of a request and which media type may carry what. What is wrong with the body as a whole
is raised; what is wrong with one item of a batch is that item's refusal.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

import msgspec

from core.errors import Malformed, TooLarge
from core.json_reader import DepthRefused, DuplicateKey, JsonInvalid, RootType, parse
from usage.envelope.fast_item import read_ordinary
from usage.envelope.item import read_item
from usage.envelope.received_event import EventRefusal, ReceivedEvent

BODY_BYTES_MAX = 10_485_760
BATCH_MAX = 1_000

SINGLE = "application/cloudevents+json"
BATCH = "application/cloudevents-batch+json"
EITHER = "application/json"
MEDIA_TYPES: dict[str, tuple[type, ...]] = {SINGLE: (dict,), BATCH: (list,), EITHER: (dict, list)}

_split = msgspec.json.Decoder(list[msgspec.Raw]).decode


class BatchTooLarge(TooLarge):
    """More events than one request may bring."""

    code = "batch_too_large"
    title = "Too many events in one request"


class BatchEmpty(Malformed):
    """A batch without events is more likely a defect of the sender than meant."""

    code = "batch_empty"
    title = "There is no event in the batch"
    status = 422


@dataclass(frozen=True, slots=True)
class Body:
    """What a request brought, in order; `is_batch` decides the form of the answer."""

    items: Sequence[ReceivedEvent | EventRefusal]
    is_batch: bool


def read_body(body: bytes, media_type: str) -> Body:
    """Read the events of a request whose media type is one of MEDIA_TYPES.

    Raises: Malformed, TooLarge, Invalid (core.json_reader), BatchEmpty, BatchTooLarge.
    """
    root = MEDIA_TYPES[media_type]
    is_batch = body[:1] == b"["
    if (list if is_batch else dict) in root and len(body) <= BODY_BYTES_MAX:
        ordinary = read_ordinary(body, is_batch=is_batch, count_max=BATCH_MAX)
        if ordinary is not None:
            return Body(ordinary, is_batch)
    return read_exactly(body, media_type)


def read_exactly(body: bytes, media_type: str) -> Body:
    """The same by the exact reader alone, which knows what is wrong with what."""
    root = MEDIA_TYPES[media_type]
    try:
        document = parse(body, max_bytes=BODY_BYTES_MAX, root=root)
    except DuplicateKey:
        items = _split_batch(body) if list in root else None
        if items is None:
            raise
        return Body([_read_alone(item) for item in items], is_batch=True)
    if isinstance(document.value, dict):
        return Body([read_item(document.value, is_plain=document.is_plain)], is_batch=False)
    check_count(len(document.value))
    is_plain = document.is_plain
    return Body([read_item(item, is_plain=is_plain) for item in document.value], is_batch=True)


def _split_batch(body: bytes) -> list[Any] | None:
    """The items of an array as raw JSON, or None where the body is no array.

    Raises: JsonInvalid, DepthRefused, for what lies behind the key that stood twice.
    """
    try:
        items = _split(body)
    except msgspec.ValidationError:
        return None
    except msgspec.DecodeError as error:
        raise JsonInvalid(f"{error}.") from error
    except RecursionError as error:
        raise DepthRefused("Nested deeper than any reader can hold.") from error
    check_count(len(items))
    return items


def _read_alone(item: Any) -> ReceivedEvent | EventRefusal:
    try:
        document = parse(bytes(item), max_bytes=BODY_BYTES_MAX, root=(dict,))
    except DuplicateKey as duplicate:
        return EventRefusal(code=duplicate.code, detail=duplicate.message, pointer="")
    except RootType:
        return read_item(None)
    return read_item(document.value, is_plain=document.is_plain)


def check_count(count: int) -> None:
    """Raises: BatchEmpty, BatchTooLarge."""
    if count <= 0:
        raise BatchEmpty("The batch holds no event.")
    if count > BATCH_MAX:
        raise BatchTooLarge(f"The batch holds {count:,} events; the limit is {BATCH_MAX:,}.")
