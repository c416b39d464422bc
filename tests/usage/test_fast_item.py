"""The two readers of a body: what the fast one takes, the exact one reads to the same letter."""

from __future__ import annotations

import json
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from core.errors import DomainError
from usage.envelope.body import EITHER, read_exactly
from usage.envelope.fast_item import read_ordinary

EVENT = {
    "specversion": '"1.0"',
    "id": '"evt-1"',
    "source": '"router/us-1"',
    "type": '"requests"',
    "subject": '"app-1"',
    "time": '"2026-05-16T10:00:00Z"',
    "data": '{"quantity": "1.5", "region": "eu"}',
}
LARGE = "1" * 41

ORDINARY = [
    {},
    {"time": '"2026-05-16T10:00:00.250000Z"'},
    {"time": '"2026-05-16T12:00:00+02:00"'},
    {"data": '{"quantity": 12.50, "n": -0, "x": 1e3, "no": null, "yes": true, "é": "ü\u2028"}'},
    {"data": '{"labels": {"a": ["b", {"c": 1.10}]}, "quantity": "007"}'},
    {"data": "{}"},
    {"data": '{"s": ":", "t": "{[", "quantity": 12345678901234567890}'},
    {"datacontenttype": '"application/json"'},
]
ODD = [
    {"id": '""'},
    {"id": '"-evt"'},
    {"id": '"evt 1"'},
    {"id": '"evt\\u00e9"'},
    {"id": '"evt\x01"'},
    {"id": f'"{"x" * 256}"'},
    {"id": "5"},
    {"specversion": '"0.3"'},
    {"dataschema": '"urn:x"'},
    {"ID": '"evt-2"'},
    {"traceparent": '"00-0af7651916cd43dd8448eb211c80319c-b7ad6b7169203331-01"'},
    {"data_base64": '"e30="'},
    {"time": '"2026-02-30T10:00:00Z"'},
    {"time": '"2026-05-16T24:00:00Z"'},
    {"time": '"1999-12-31T23:59:59Z"'},
    {"time": '"2026-05-16T10:00:00.1234567Z"'},
    {"subject": '" app"'},
    {"source": '"a b"'},
    {"type": '"a/b"'},
    {"data": '{"quantity": "1e3"}'},
    {"data": '{"quantity": null}'},
    {"data": f'{{"quantity": "1", "n": {LARGE}}}'},
    {"data": f'{{"quantity": "1", "n": {{"m": -{LARGE}}}}}'},
    {"data": '{"quantity": "1", "n": 1e41}'},
    {"data": '{"quantity": "1", "quantity": "2"}'},
    {"data": '{"quantity": "1", "a": {"b": "c", "b": "c"}}'},
    {"data": '{"quantity": "1", "a" : 1, "a":2}'},
    {"data": '{"quantity": NaN}'},
    {"data": '{"quantity": 01}'},
    {"data": '{"quantity": "1",}'},
    {"data": '{"a": ' + "[" * 40 + "]" * 40 + "}"},
    {"data": '{"a": "' + "x" * 70_000 + '"}'},
    {"data": '"5"'},
]


def text_of(changes: dict[str, str]) -> str:
    return "{" + ", ".join(f'"{key}": {value}' for key, value in (EVENT | changes).items()) + "}"


def exactly(body: bytes) -> list[Any] | str:
    """What the exact reader makes of it: its items, or the code of its refusal."""
    try:
        return list(read_exactly(body, EITHER).items)
    except DomainError as refused:
        return refused.code


def same(body: bytes) -> bool:
    """Whether the fast reader leaves the body alone or reads it as the exact one does."""
    found = read_ordinary(body, is_batch=body[:1] == b"[", count_max=1_000)
    # As texts: 1, 1.0 and Decimal("1.0") are equal, and not the same.
    return found is None or repr(found) == repr(exactly(body))


@pytest.mark.parametrize("changes", ORDINARY)
def test_ordinary_events_are_read_fast_and_to_the_letter(changes: dict[str, str]):
    another = text_of(changes | {"id": '"evt-2"'})
    for body in (text_of(changes), f"[{text_of({})},\n {another}]"):
        found = read_ordinary(body.encode(), is_batch=body[0] == "[", count_max=1_000)
        assert found is not None
        assert repr(found) == repr(exactly(body.encode()))


@pytest.mark.parametrize("changes", ODD)
def test_what_is_odd_is_left_to_the_exact_reader(changes: dict[str, str]):
    for body in (text_of(changes), f"[{text_of({})}, {text_of(changes)}]"):
        assert read_ordinary(body.encode(), is_batch=body[0] == "[", count_max=1_000) is None


@pytest.mark.parametrize(
    "body",
    [
        b"", b"[]", b"{}", b"[", b" [1]", b"\xef\xbb\xbf[]", b"[{}]x", b"[" * 100_000,
        text_of({}).encode() + b" 1", text_of({"subject": '"app-\xe9"'}).encode("latin-1"),
        text_of({})[:-1].encode() + b', "id": "evt-2"}',
        text_of({})[:-1].encode() + b', "id" : "evt-1"}',
    ],
)  # fmt: skip
def test_no_body_but_a_sound_one_is_taken(body: bytes):
    assert read_ordinary(body, is_batch=body[:1] == b"[", count_max=1_000) is None


def test_a_batch_has_its_bound():
    body = f"[{text_of({})}, {text_of({})}]".encode()
    assert read_ordinary(body, is_batch=True, count_max=1) is None
    assert read_ordinary(body, is_batch=True, count_max=2) is not None


fragments = st.sampled_from(
    ['"a"', '""', '":"', '"{"', '"\\"', '"\\\\"', '"a":1', '"a" :', "1", "-0", "1.10", "1e5", LARGE,
     "null", "true", "[1]", "[]", "{}", '{"a": 1}', '{"a": 1, "a": 2}', ",", " ", "\t", "NaN",
     '"2026-05-16T10:00:00Z"', '"2026-05-16T10:00:00.000001+00:00"', '"é"', '"\x7f"', '"\\ud800"']
)  # fmt: skip


@given(
    field=st.sampled_from([*EVENT, "datacontenttype", "extra", "data_base64", "traceparent"]),
    parts=st.lists(fragments, min_size=1, max_size=3),
    again=st.sampled_from([*EVENT, ""]),
)
def test_any_text_in_any_field_is_read_alike(field: str, parts: list[str], again: str):
    text = text_of({field: "".join(parts)})
    if again:
        text = f'{text[:-1]}, "{again}": {EVENT[again]}}}'
    assert same(text.encode())
    assert same(f"[{text}, {text_of({})}]".encode())


@given(
    data=st.dictionaries(
        st.text(max_size=6),
        st.recursive(
            st.none() | st.booleans() | st.integers() | st.text(max_size=12),
            lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.text(max_size=4), inner),
            max_leaves=6,
        ),
        max_size=5,
    ),
    is_ascii=st.booleans(),
)
def test_any_data_is_read_alike(data: dict[str, Any], is_ascii: bool):
    assert same(text_of({"data": json.dumps(data, ensure_ascii=is_ascii)}).encode(errors="replace"))
