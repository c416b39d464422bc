"""What an event may look like: equal content is equal however written, odd content is refused."""

from __future__ import annotations

import json
from datetime import UTC, datetime, timedelta
from decimal import Decimal
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from core.json_reader import DepthRefused, JsonInvalid, RootType
from usage.envelope import BatchTooLarge, EventRefusal, ReceivedEvent, read_body, read_item
from usage.envelope.body import BATCH, EITHER, SINGLE, BatchEmpty

EVENT: dict[str, Any] = {
    "specversion": "1.0",
    "id": "evt-1",
    "source": "router/us-1",
    "type": "requests",
    "subject": "app-1",
    "time": "2026-05-16T10:00:00Z",
    "data": {"quantity": "1.5", "region": "eu"},
}
RESOLUTION = timedelta(microseconds=1)


def read(**changes: Any) -> ReceivedEvent:
    found = read_item(EVENT | changes)
    assert isinstance(found, ReceivedEvent), found
    return found


def refused(**changes: Any) -> str:
    found = read_item(EVENT | changes)
    assert isinstance(found, EventRefusal), found
    return found.code


class TestContent:
    @pytest.mark.parametrize(
        "same",
        [
            {"time": "2026-05-16T12:00:00+02:00"},
            {"time": "2026-05-16T10:00:00.000000Z"},
            {"data": {"region": "eu", "quantity": "1.50"}},
            {"data": {"quantity": "01.5", "region": "eu"}},
        ],
    )
    def test_equal_content_has_one_fingerprint(self, same: dict[str, Any]):
        assert read(**same).fingerprint == read().fingerprint

    @pytest.mark.parametrize(
        "other",
        [
            {"time": "2026-05-16T10:00:00.000001Z"},
            {"subject": "app-2"},
            {"type": "other"},
            {"data": {"quantity": "1.51", "region": "eu"}},
            {"data": {"quantity": "1.5", "region": "us"}},
            {"data": {"quantity": "1.5"}},
        ],
    )
    def test_other_content_has_another(self, other: dict[str, Any]):
        assert read(**other).fingerprint != read().fingerprint
        assert read(**other).key == read().key

    def test_ids_are_case_sensitive_and_belong_to_their_source(self):
        keys = {read().key, read(id="EVT-1").key, read(source="router/us-2").key}
        assert len(keys) == 3

    def test_the_specversion_is_no_content(self):
        assert read().fingerprint == read(datacontenttype="application/json").fingerprint


@pytest.mark.parametrize(
    ("changes", "code"),
    [
        ({"specversion": "0.3"}, "specversion"),
        ({"datacontenttype": "text/xml"}, "datacontenttype"),
        ({"dataschema": 5}, "type:dataschema"),
        ({"data": "5"}, "type:data"),
        ({"data": {"quantity": True}}, "type:quantity"),
        ({"data": {"quantity": None}}, "type:quantity"),
        ({"time": "2026-05-16T10:00:60Z"}, "time_format"),
        ({"time": "2026-05-16t10:00:00z"}, "time_format"),
        ({"time": "2026-W20-6T10:00:00Z"}, "time_format"),
        ({"time": "1999-12-31T23:59:59Z"}, "time_range"),
        ({"subject": " app"}, "subject_format"),
        ({"subject": "x" * 201}, "subject_length"),
        ({"type": "a/b"}, "type_charset"),
        ({"source": "a b"}, "source_charset"),
        ({"subject": 5}, "type:subject"),
    ],
)
def test_what_is_refused_and_by_which_name(changes: dict[str, Any], code: str):
    assert refused(**changes) == code


class TestInstants:
    def test_wA16_a_fraction_of_a_second_is_read_as_it_is_written(self):
        """A binary float makes .099999904 of it, the microsecond before."""
        at = datetime(1970, 1, 1, tzinfo=UTC) + timedelta(seconds=1780586634, milliseconds=100)
        assert read(time="2026-06-04T15:23:54.1Z").occurred_at == at
        assert read(time="2026-06-04T15:23:54.100000Z").occurred_at == at
        assert read(time="2026-06-04T15:23:54.099999Z").occurred_at == at - RESOLUTION

    @pytest.mark.parametrize(
        ("epoch", "code"),
        [("1780586634.1", "time_format"), (Decimal("1780586634.1"), "type:time")],
    )
    def test_wA16_seconds_since_1970_are_no_instant(self, epoch: object, code: str):
        assert refused(time=epoch) == code

    @given(st.datetimes(datetime(2000, 1, 1), datetime(8999, 12, 31)))  # noqa: DTZ001
    def test_T13_every_microsecond_is_read_exactly(self, wall: datetime):
        """lago-api#5651: instants went through a float and came out a little earlier."""
        assert read(time=wall.isoformat() + "Z").occurred_at == wall.replace(tzinfo=UTC)


class TestBodies:
    def test_a_duplicate_key_in_one_item_does_not_sink_the_others(self):
        good = json.dumps(EVENT)
        twice = good[:-1] + ', "id": "evt-2"}'
        body = read_body(f"[{good},{twice}]".encode(), EITHER)
        assert [type(item).__name__ for item in body.items] == ["ReceivedEvent", "EventRefusal"]
        assert body.items[1].code == "duplicate_key"  # type: ignore[union-attr]

    def test_a_media_type_says_whether_it_is_one_event_or_many(self):
        one, many = json.dumps(EVENT).encode(), json.dumps([EVENT]).encode()
        assert not read_body(one, SINGLE).is_batch
        assert read_body(many, BATCH).is_batch
        for body, media_type in ((one, BATCH), (many, SINGLE)):
            with pytest.raises(RootType):
                read_body(body, media_type)

    def test_a_batch_has_bounds(self):
        with pytest.raises(BatchTooLarge):
            read_body(json.dumps([{}] * 1_001).encode(), EITHER)
        with pytest.raises(BatchEmpty):
            read_body(b"[]", EITHER)

    def test_garbage_after_a_duplicate_key_is_garbage(self):
        with pytest.raises(JsonInvalid):
            read_body(b'[{"a":1,"a":2}] x', EITHER)

    def test_a_bottomless_item_behind_a_duplicate_key_is_refused(self):
        with pytest.raises(DepthRefused):
            read_body(b'[{"a":1,"a":2},' + b"[" * 100_000, EITHER)


json_values = st.recursive(
    st.none()
    | st.booleans()
    | st.integers()
    | st.text(max_size=20)
    | st.decimals(allow_nan=False, allow_infinity=False),
    lambda inner: st.lists(inner, max_size=4) | st.dictionaries(st.text(max_size=8), inner),
    max_leaves=10,
)


@given(item=json_values)
def test_any_value_is_read_or_refused(item: Any):
    assert isinstance(read_item(item), ReceivedEvent | EventRefusal)


@given(field=st.sampled_from(sorted(EVENT)), value=json_values)
def test_any_value_in_any_field_is_read_or_refused(field: str, value: Any):
    assert isinstance(read_item(EVENT | {field: value}), ReceivedEvent | EventRefusal)
