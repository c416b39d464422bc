"""One decoded JSON value becomes a draft or a refusal.

Owns which fields an event has. This is the hot path of ingest: the good case does no work it could
leave to the refusing case.
"""

from __future__ import annotations

from base64 import b64decode
from typing import Any

from msgspec.json import Encoder

from core.errors import DomainError, pointer_to
from core.json_reader import parse, problem_in
from usage.envelope import fields
from usage.envelope.extensions import EXTENSIONS, read_extensions
from usage.envelope.fields import ItemRefused, refuse_text
from usage.envelope.received_event import EventRefusal, ReceivedEvent, event_fingerprint, event_key

DATA_BYTES_MAX = 65_536
DATA_KEYS_MAX = 1_000

_REQUIRED = ("id", "source", "type", "subject", "time", "data")
_KNOWN = EXTENSIONS | {
    *_REQUIRED,
    *("specversion", "datacontenttype", "dataschema"),
    *("sequence", "sequencetype"),
}
_BINARY = "data_base64"

_encode = Encoder(decimal_format="number", order="sorted").encode


def read_item(item: Any, *, is_plain: bool = False) -> ReceivedEvent | EventRefusal:
    """Read one event, as decoded by core.json_reader.

    `is_plain` is the document's: nothing in it can hold a control character, a lone surrogate, a
    huge number or too deep a nesting, so the item need not be searched for them.
    """
    try:
        return _draft(item, is_plain)
    except ItemRefused as refused:
        said = item if isinstance(item, dict) else {}
        return EventRefusal(
            code=refused.code,
            detail=refused.detail,
            pointer=refused.pointer,
            id=_shown(said.get("id")),
            source=_shown(said.get("source")),
            status=refused.status,
        )


def _draft(item: Any, is_plain: bool) -> ReceivedEvent:
    if type(item) is not dict:
        raise ItemRefused("root_type", "", "An event is a JSON object.")
    if _BINARY in item:
        item, is_plain = _with_data(item), False
    if not item.keys() <= _KNOWN:
        raise _unknown_field(item)
    try:
        id, source, type_ = item["id"], item["source"], item["type"]
        subject, data = item["subject"], item["data"]
        occurred_at = fields.read_instant(item["time"])
    except KeyError as missing:
        field = missing.args[0]
        raise ItemRefused(f"required:{field}", f"/{field}", f"{field} is missing.") from None
    if type(id) is not str or fields.ID.fullmatch(id) is None:
        raise refuse_text("id", id, fields.LENGTH_MAX)
    if type(source) is not str or fields.SOURCE.fullmatch(source) is None:
        raise refuse_text("source", source, fields.LENGTH_MAX)
    if type(type_) is not str or fields.TYPE.fullmatch(type_) is None:
        raise refuse_text("type", type_, fields.LENGTH_MAX)
    if type(subject) is not str or fields.SUBJECT.fullmatch(subject) is None:
        raise refuse_text("subject", subject, fields.SUBJECT_LENGTH_MAX)
    sequence = _read_optional(item) if len(item) > len(_REQUIRED) else ""
    quantity, quantity_text, rest = _split_data(data)
    if not is_plain:
        problem = problem_in(item)
        if problem is not None:
            raise fields.odd_value(problem)
    extensions = "" if EXTENSIONS.isdisjoint(item) else data_text_of(read_extensions(item))
    data_text = data_text_of(rest) if rest else None
    instant = occurred_at.isoformat()
    return ReceivedEvent(
        source,
        id,
        type_,
        subject,
        occurred_at,
        instant,
        quantity,
        len(quantity_text.partition(".")[2]),
        rest,
        data_text,
        event_key(source, id),
        event_fingerprint(type_, subject, instant, quantity_text, data_text, sequence),
        sequence,
        extensions,
    )


def _with_data(item: dict[str, Any]) -> dict[str, Any]:
    """An item whose data came in base64, with the data itself. Raises: ItemRefused."""
    pointer = f"/{_BINARY}"
    if "data" in item:
        raise ItemRefused("data_twice", pointer, "Send data or data_base64, not both.")
    text = item[_BINARY]
    if type(text) is not str:
        raise ItemRefused(f"type:{_BINARY}", pointer, "data_base64 must be a text.")
    try:
        content = b64decode(text, validate=True)
        data = parse(content, max_bytes=DATA_BYTES_MAX * 2, root=(dict,)).value
    except (ValueError, DomainError) as refused:
        detail = f"data_base64 is not a JSON object in base64: {refused}"
        raise ItemRefused(_BINARY, pointer, detail) from refused
    return {name: value for name, value in item.items() if name != _BINARY} | {"data": data}


def _split_data(data: Any) -> tuple[Any, str, dict[str, Any]]:
    if type(data) is not dict:
        raise ItemRefused("type:data", "/data", "data must be a JSON object.")
    if len(data) > DATA_KEYS_MAX:
        raise ItemRefused("meta_too_large", "/data", f"data has more than {DATA_KEYS_MAX} keys.")
    if "quantity" not in data:
        return None, "", data
    quantity, text = fields.read_quantity(data["quantity"])
    rest = data.copy()
    del rest["quantity"]
    return quantity, text, rest


def data_text_of(rest: dict[str, Any]) -> str:
    """The canonical JSON of an event's data without its quantity. Raises: ItemRefused."""
    encoded = _encode(rest)
    if len(encoded) > DATA_BYTES_MAX:
        raise ItemRefused(
            "meta_too_large", "/data", f"data has more than {DATA_BYTES_MAX:,} bytes."
        )
    return encoded.decode()


def _read_optional(item: dict[str, Any]) -> str:
    """The sequence, where there is one. Raises: ItemRefused, for any other that is wrong."""
    if item.get("specversion", "1.0") != "1.0":
        raise ItemRefused("specversion", "/specversion", "specversion must be 1.0.")
    if item.get("datacontenttype", "application/json") != "application/json":
        raise ItemRefused(
            "datacontenttype", "/datacontenttype", "datacontenttype must be application/json."
        )
    schema = item.get("dataschema", "about:blank")
    if type(schema) is not str or fields.SUBJECT.fullmatch(schema) is None:
        raise refuse_text("dataschema", schema, fields.SUBJECT_LENGTH_MAX)
    if "sequence" in item or "sequencetype" in item:
        return fields.read_sequence(item.get("sequence"), item.get("sequencetype", fields.TEXT))
    return ""


def _unknown_field(item: dict[str, Any]) -> ItemRefused:
    unknown = next(field for field in item if field not in _KNOWN)
    # "ID" beside "id" is no extra field but a second name for a known one: unreadable, not invalid.
    status = 400 if unknown.lower() in _KNOWN else 422
    shown = unknown[:64].encode("ascii", "backslashreplace").decode()
    return ItemRefused(
        "unknown_field", pointer_to(shown), f"{shown} is not a field of an event.", status=status
    )


def _shown(value: object) -> str | None:
    """An id as an answer may repeat it: printable, and not longer than an id can be."""
    if not isinstance(value, str):
        return None
    return value[: fields.LENGTH_MAX].encode("ascii", "backslashreplace").decode()
