"""CloudEvents in binary mode: the attributes in ce- headers, the data in the body.

Owns how a header becomes an attribute (HTTP binding 1.0.2, section 3.1.3). What an event must look
like is usage.envelope.item, as for every other form.
"""

from __future__ import annotations

import re
from collections.abc import Mapping
from typing import Any, Final
from urllib.parse import unquote_to_bytes

from core.json_reader import parse
from usage.envelope.body import BODY_BYTES_MAX, Body
from usage.envelope.item import read_item
from usage.envelope.received_event import EventRefusal, ReceivedEvent

HEADER_PREFIX: Final = "ce-"
_IN_THE_BODY: Final = frozenset({"data", "data_base64", "datacontenttype"})
_ESCAPED = re.compile(r"\\(.)", re.DOTALL)


def read_binary(headers: Mapping[str, str], body: bytes) -> Body:
    """The one event of a request; `headers` by the names of their attributes, without ce-.

    Raises: Malformed, TooLarge, Invalid (core.json_reader) for a body that is no JSON.
    """
    document = parse(body, max_bytes=BODY_BYTES_MAX, root=(dict, list, str, int))
    return Body([_item(headers, document.value)], is_batch=False)


def _item(headers: Mapping[str, str], data: Any) -> ReceivedEvent | EventRefusal:
    item: dict[str, Any] = {}
    for name, value in headers.items():
        if name in _IN_THE_BODY:
            detail = f"{HEADER_PREFIX}{name} is no header: the body holds the data."
            return EventRefusal(code="unknown_field", detail=detail, pointer=f"/{name}")
        try:
            item[name] = attribute_of(value)
        except UnicodeDecodeError:
            detail = f"{HEADER_PREFIX}{name} is not UTF-8 where its percent signs are read."
            return EventRefusal(code="header_encoding", detail=detail, pointer=f"/{name}")
    if "specversion" not in item:
        detail = f"{HEADER_PREFIX}specversion is missing."
        return EventRefusal(code="required:specversion", detail=detail, pointer="/specversion")
    return read_item(item | {"data": data})


def attribute_of(value: str) -> str:
    """What a header says: without quotes, percent signs read. Raises: UnicodeDecodeError."""
    text = value.strip(" \t")
    if len(text) >= 2 and text[0] == text[-1] == '"':
        text = _ESCAPED.sub(r"\1", text[1:-1])
    # A server hands headers over byte by byte.
    return unquote_to_bytes(text.encode("latin-1", "replace")).decode()
