"""Bodies in which nothing is odd, read by a typed decoder several times as fast as the exact one.

Owns no rule: whatever this does not recognise as ordinary it leaves to usage.envelope.item, which
decides and says what is wrong. What both can read, both read alike:
tests/usage/test_fast_item.py holds them to it.

The decoder keeps the last of two equal keys, which would hide a defect. Without a backslash in the
body every quote begins or ends a text, so a text that was dropped leaves quotes behind: written out
again, the events then hold fewer of them than the body.
"""

from __future__ import annotations

import re
from collections.abc import Sequence
from datetime import datetime
from decimal import Decimal
from functools import lru_cache
from typing import Any, Literal

import msgspec
from msgspec import UNSET, Struct, UnsetType

from core.json_reader import NUMBER_DIGITS_MAX, is_large, is_shallow, problem_in
from usage.envelope import fields
from usage.envelope.fields import ItemRefused
from usage.envelope.item import DATA_KEYS_MAX, data_text_of
from usage.envelope.received_event import ReceivedEvent, event_fingerprint, event_key

_LARGE = 10**NUMBER_DIGITS_MAX
_PLAIN_INSTANT = re.compile(
    r"[2-8][0-9]{3}-[0-9]{2}-[0-9]{2}T(?:[01][0-9]|2[0-3]):[0-9]{2}:[0-9]{2}"
    r"(?:\.(?!000000)[0-9]{6})?Z",
    re.ASCII,
)


class _Envelope(Struct, forbid_unknown_fields=True, gc=False):
    id: str
    source: str
    type: str
    subject: str
    time: str
    data: dict[str, Any]
    specversion: Literal["1.0"] | UnsetType = UNSET
    datacontenttype: Literal["application/json"] | UnsetType = UNSET
    sequence: str | UnsetType = UNSET
    sequencetype: str | UnsetType = UNSET


class _Odd(Exception):
    """Something here is for the exact reader."""


def _fraction(text: str) -> Decimal:
    number = Decimal(text)
    if is_large(number):
        raise ValueError("large")
    return number


_decode_batch = msgspec.json.Decoder(list[_Envelope], float_hook=_fraction).decode
_decode_single = msgspec.json.Decoder(_Envelope, float_hook=_fraction).decode
_encode = msgspec.json.Encoder(decimal_format="number").encode
_is_source = lru_cache(maxsize=4_096)(fields.SOURCE.fullmatch)
_is_type = lru_cache(maxsize=4_096)(fields.TYPE.fullmatch)
_is_subject = lru_cache(maxsize=16_384)(fields.SUBJECT.fullmatch)


def read_ordinary(body: bytes, *, is_batch: bool, count_max: int) -> Sequence[ReceivedEvent] | None:
    """The events of a body, or None where the exact reader has to look at it."""
    if b"\\" in body:
        return None
    try:
        found = _decode_batch(body) if is_batch else [_decode_single(body)]
        if not 0 < len(found) <= count_max or _encode(found).count(b'"') != body.count(b'"'):
            return None
        is_flat = body.count(b"{") == 2 * len(found) and body.count(b"[") == is_batch
        if not is_flat and not is_shallow(body):
            return None
        if not _are_ids([each.id for each in found]):
            return None
        return [_draft(each, is_flat) for each in found]
    except (msgspec.DecodeError, UnicodeDecodeError, RecursionError, ItemRefused, _Odd):
        return None


def _are_ids(ids: Sequence[str]) -> bool:
    """Whether all are ids; looks at them as one text, since nearly always they are."""
    return (
        min(map(len, ids)) > 0
        and max(map(len, ids)) <= fields.LENGTH_MAX
        and fields.ID_FIRST.issuperset([id[0] for id in ids])
        and not "".join(ids).encode().translate(None, fields.ID_CHARACTERS)
    )


def _draft(each: _Envelope, is_flat: bool) -> ReceivedEvent:
    source, id, type_, subject, data = each.source, each.id, each.type, each.subject, each.data
    if not (_is_source(source) and _is_type(type_) and _is_subject(subject)):
        raise _Odd
    if len(data) > DATA_KEYS_MAX or not _is_sound(data, is_flat):
        raise _Odd
    occurred_at, instant = _instant(each.time)
    quantity, text = None, ""
    if "quantity" in data:
        quantity, text = fields.read_quantity(data.pop("quantity"))
    data_text = data_text_of(data) if data else None
    sequence = ""
    if each.sequence is not UNSET:
        kind = each.sequencetype
        sequence = fields.read_sequence(each.sequence, fields.TEXT if kind is UNSET else kind)
    elif each.sequencetype is not UNSET:
        raise _Odd
    return ReceivedEvent(
        source,
        id,
        type_,
        subject,
        occurred_at,
        instant,
        quantity,
        len(text.partition(".")[2]),
        data,
        data_text,
        event_key(source, id),
        event_fingerprint(type_, subject, instant, text, data_text, sequence),
        sequence,
    )


def _instant(text: str) -> tuple[datetime, str]:
    """The instant and its canonical text, which for most is the text as it was sent."""
    if _PLAIN_INSTANT.fullmatch(text):
        try:
            return datetime.fromisoformat(text), f"{text[:-1]}+00:00"
        except ValueError as error:
            raise _Odd from error
    at = fields.read_instant(text)
    return at, at.isoformat()


def _is_sound(data: dict[str, Any], is_flat: bool) -> bool:
    """What core.json_values.problem_in looks for; texts without escapes hold nothing odd."""
    if not is_flat:
        return problem_in(data) is None
    numbers = [value for value in data.values() if type(value) is int]
    return not numbers or max(map(abs, numbers)) < _LARGE
