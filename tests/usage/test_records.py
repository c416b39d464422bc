"""Events one a line: each line by itself, and the same event in every form is the same event."""

from __future__ import annotations

import gzip
import json
from io import BytesIO

import pytest

from core.errors import DomainError
from usage.envelope import EventRefusal, ReceivedEvent, read_body, read_item
from usage.envelope.body import BATCH_MAX, BatchEmpty, BatchTooLarge
from usage.envelope.forms import CSV, NDJSON
from usage.envelope.records import (
    LINE_BYTES_MAX,
    ColumnsInvalid,
    TextForeign,
    lines_of,
    read_csv,
    read_ndjson,
)

EVENT = {
    "id": "evt-1",
    "source": "router/us-1",
    "type": "dyno.seconds",
    "subject": "app-1001",
    "time": "2026-01-15T10:00:00Z",
    "data": {"quantity": "3600", "size": "standard-1x"},
}
LINE = json.dumps(EVENT).encode()
HEADER = b"id,source,type,subject,time,quantity,data.size\n"
ROW = b"evt-1,router/us-1,dyno.seconds,app-1001,2026-01-15T10:00:00Z,3600,standard-1x\n"


def told(items: list[ReceivedEvent | EventRefusal]) -> list[str]:
    """The id of what was read, or the code of what was refused."""
    return [item.id if isinstance(item, ReceivedEvent) else item.code for item in items]


def of_csv(content: bytes) -> list[str]:
    return told(list(read_csv(BytesIO(content))))


def test_an_event_is_the_same_in_every_form() -> None:
    (from_lines,) = read_ndjson([LINE])
    (from_rows,) = read_csv([HEADER, ROW])
    assert from_lines == from_rows == read_item(EVENT)


@pytest.mark.parametrize(
    ("line", "code"),
    [
        (b"{", "json_invalid"),
        (b"[]", "root_type"),
        (b'"text"', "root_type"),
        (b"{} {}", "json_invalid"),
        (b'{"id": "a", "id": "b"}', "duplicate_key"),
        (b'{"id": NaN}', "json_invalid"),
        (b'\xef\xbb\xbf{"id": "a"}', "encoding"),
        (b'{"id": "\xff"}', "encoding"),
        (b"{}", "required:id"),
        (b'{"data": ' + b'{"a":' * 40 + b"1" + b"}" * 41, "required:id"),
        (b"[" * 100_000, "json_depth"),
        (b" " * LINE_BYTES_MAX + b"{}", "body_too_large"),
    ],
)
def test_a_bad_line_spoils_no_other(line: bytes, code: str) -> None:
    body = b"\n".join([LINE, b"", line, b"  \r", LINE.replace(b"evt-1", b"evt-2")])
    assert told(list(read_body(body, NDJSON).items)) == ["evt-1", code, "evt-2"]


@pytest.mark.parametrize(
    ("row", "code"),
    [
        (b"evt-2,router/us-1,dyno.seconds", "csv_row"),
        (ROW.replace(b"\n", b",more\n"), "csv_row"),
        (b'"evt-2,' + ROW, "csv_row"),
        (b'"evt-2"x,router/us-1,dyno.seconds,app-1001,2026-01-15T10:00:00Z,1,\n', "csv_row"),
        (ROW.replace(b"evt-1", b"\xff"), "csv_row"),
        (ROW.replace(b"standard", b"x" * 140_000), "meta_too_large"),
        (ROW.replace(b"evt-1", b""), "required:id"),
        (ROW.replace(b"evt-1", b" evt-1"), "id_format"),
        (ROW.replace(b"evt-1", b"e\0"), "control_char"),
        (ROW.replace(b"3600", b'"3,600"'), "quantity_format"),
        (ROW.replace(b"3600", b"3.6e3"), "quantity_format"),
        (ROW.replace(b"Z", b""), "time_zone_required"),
        (ROW.replace(b"3600", b"=1+1"), "quantity_format"),
    ],
)
def test_a_bad_row_spoils_no_other(row: bytes, code: str) -> None:
    body = HEADER + ROW + b"\n" + row.rstrip(b"\n") + b"\r\n" + ROW.replace(b"evt-1", b"evt-3")
    assert told(list(read_body(body, CSV).items)) == ["evt-1", code, "evt-3"]


def test_a_byte_order_mark_and_quotes_are_what_spreadsheets_write() -> None:
    quoted = b'"evt-1","router/us-1","dyno.seconds","app-1001","2026-01-15T10:00:00Z","3600",""\r\n'
    (item,) = read_csv([b"\xef\xbb\xbf" + HEADER.replace(b"\n", b"\r\n"), quoted])
    assert isinstance(item, ReceivedEvent)
    assert (item.quantity, item.data) == (3600, {})


def test_columns_may_stand_in_any_order_and_a_quantity_may_be_absent() -> None:
    rows = b"time,id,subject,type,source,data.user\n2026-01-15T10:00:00Z,a,app-1,x,s,u-7\n"
    (item,) = read_csv(BytesIO(rows))
    assert isinstance(item, ReceivedEvent)
    assert (item.quantity, item.data) == (None, {"user": "u-7"})


@pytest.mark.parametrize(
    ("header", "codes"),
    [
        (b"id,source,type,subject\n", ["column_missing"]),
        (b"id,source,type,subject,time,time\n", ["column_twice"]),
        (b"id,source,type,subject,time,Quantity\n", ["column_unknown"]),
        (b"id,source,type,subject,time,data.quantity\n", ["column_unknown"]),
        (b"id,source,type,subject,time,data.,\n", ["column_unknown", "column_unknown"]),
        (b'"id\n', []),
        (b"\xff\n", []),
        (b"what,ever\n", ["column_missing"] * 5 + ["column_unknown"] * 2),
    ],
)
def test_a_header_says_all_that_is_wrong_with_it(header: bytes, codes: list[str]) -> None:
    with pytest.raises(ColumnsInvalid) as refused:
        read_body(header + ROW, CSV)
    assert [error.code for error in refused.value.errors] == codes


@pytest.mark.parametrize(
    ("foreign", "cause"),
    [
        (HEADER.decode().encode("utf-16"), "UTF-16"),
        (HEADER.decode().encode("utf-16-le"), "UTF-16 without a byte order mark"),
        (HEADER.decode().encode("utf-32"), "UTF-32"),
        (gzip.compress(HEADER + ROW), "packed with gzip"),
        (b"PK\x03\x04" + HEADER, "workbook"),
    ],
)
@pytest.mark.parametrize("media_type", [CSV, NDJSON])
def test_a_file_that_is_no_text_was_called_a_bad_header(
    foreign: bytes, cause: str, media_type: str
) -> None:
    with pytest.raises(TextForeign, match=cause):
        read_body(foreign, media_type)
    with pytest.raises(TextForeign, match=cause):
        list(read_csv(BytesIO(foreign)) if media_type == CSV else read_ndjson(BytesIO(foreign)))


@pytest.mark.parametrize(
    ("header", "cause"),
    [
        (HEADER.replace(b",", b";"), "separated by semicolons; here they are by commas"),
        (HEADER.replace(b",", b"\t"), "separated by tabs"),
        (b"sep=;\n" + HEADER.replace(b",", b";"), "The first line is sep="),
        (b"\xef\xbb\xbfsep=,\n" + HEADER, "The first line is sep="),
        (HEADER.replace(b"size", b"Gr\xf6\xdfe"), "in a code page, not UTF-8: byte 0xf6 at 45"),
    ],
)
def test_a_header_of_a_spreadsheet_did_not_name_the_cause(header: bytes, cause: str) -> None:
    with pytest.raises(ColumnsInvalid, match=cause):
        read_body(header + ROW, CSV)


def test_a_row_in_a_code_page_names_the_cause() -> None:
    (item,) = read_csv([HEADER, ROW.replace(b"evt-1", b"\xfcber")])
    assert isinstance(item, EventRefusal)
    assert item.detail == "The line is in a code page, not UTF-8: byte 0xfc at 1."


@pytest.mark.parametrize(
    ("body", "media_type", "error"),
    [
        (b"", NDJSON, BatchEmpty),
        (b"\n \r\n", NDJSON, BatchEmpty),
        (HEADER, CSV, BatchEmpty),
        (b"", CSV, BatchEmpty),
        ((LINE + b"\n") * (BATCH_MAX + 1), NDJSON, BatchTooLarge),
        (HEADER + ROW * (BATCH_MAX + 1), CSV, BatchTooLarge),
    ],
)
def test_the_limits_of_a_batch_hold_in_every_form(
    body: bytes, media_type: str, error: type[DomainError]
) -> None:
    with pytest.raises(error):
        read_body(body, media_type)


def test_a_line_of_a_file_is_never_held_whole_when_it_is_too_long() -> None:
    lines = list(lines_of(BytesIO(b"a\n" + b"x" * (3 * LINE_BYTES_MAX) + b"\nb\nc")))
    assert [len(line) for line in lines] == [2, LINE_BYTES_MAX + 1, 2, 1]
    assert of_csv(HEADER + b'"' + b"x" * (2 * LINE_BYTES_MAX) + b'"\n' + ROW) == [
        "csv_row",
        "evt-1",
    ]
