"""Every line of a file comes out as a record, read or named as unreadable; none is lost."""

from pathlib import Path

import pytest

from billing.parallel_run.charges import ForeignCharge, read_charge
from billing.parallel_run.columns import REQUIRED
from billing.parallel_run.csvfile import ColumnMissing, CsvFile
from billing.parallel_run.textfile import FileRefused
from tests.billing.parallel.bill import COLUMNS, file_of, file_with, records, row, text_of

ONE, TWO, THREE = (row(ResourceId=name) for name in ("vol-1", "vol-2", "vol-3"))


def resources(path: Path) -> list[str]:
    """The resource of every record, or what is wrong with it."""
    return [each.values["ResourceId"] if each.values else each.problem for each in records(path)]


def test_quoted_commas_quotes_and_line_breaks_belong_to_the_text(tmp_path):
    tags = '{"env": "prod, west"}\nsecond line'
    path = file_of(tmp_path, row(Tags=tags, InvoiceIssuerName="Amazon, Inc."), TWO)
    first, second = records(path)
    assert first.values is not None
    assert first.values["Tags"] == tags
    assert first.values["InvoiceIssuerName"] == "Amazon, Inc."
    assert (second.number, second.line) == (2, 4)


@pytest.mark.parametrize(
    ("before", "after"),
    [
        (b"", b""),
        (b"\xef\xbb\xbf", b""),
        (b"\r\n\r\n", b"\r\n  \r\n"),
    ],
    ids=["plain", "byte order mark", "blank lines"],
)
def test_what_surrounds_the_records_changes_nothing(tmp_path, before, after):
    content = before + text_of(ONE, TWO).encode() + after
    assert resources(file_with(tmp_path, content)) == ["vol-1", "vol-2"]


def test_lines_may_end_as_on_unix(tmp_path):
    content = text_of(ONE, TWO).replace("\r\n", "\n").encode()
    assert resources(file_with(tmp_path, content)) == ["vol-1", "vol-2"]


def test_null_in_capitals_and_spaces_around_a_text_are_nothing(tmp_path):
    (record,) = records(file_of(tmp_path, row(ResourceId="NULL", SubAccountId="  51  ")))
    assert record.values is not None
    assert (record.values["ResourceId"], record.values["SubAccountId"]) == ("", "51")


def test_a_file_cut_in_a_row_gives_up_only_that_row(tmp_path):
    content = text_of(ONE, TWO).encode()
    cut = content[: content.rindex(b"SunBird")]
    assert resources(file_with(tmp_path, cut)) == ["vol-1", "4 fields instead of 44"]


def test_a_quote_nobody_closes_costs_its_own_line_only(tmp_path):
    lines = text_of(ONE, TWO, THREE).splitlines(keepends=True)
    lines[2] = lines[2].replace("SunBird", '"SunBird')
    path = file_with(tmp_path, "".join(lines).encode())
    assert resources(path) == ["vol-1", "a quotation mark is not closed", "vol-3"]


def test_a_file_cut_in_a_quoted_text_keeps_what_came_before(tmp_path):
    content = text_of(ONE, row(Tags='{"a": "b"}')).encode()
    cut = content[: content.rindex(b"b")]
    assert resources(file_with(tmp_path, cut)) == ["vol-1", "a quotation mark is not closed"]


@pytest.mark.parametrize(
    ("spoilt", "problem"),
    [
        (b"\xff\xfe", "in a code page, not UTF-8"),
        (b"\0", "a NUL character"),
        (b",one,more", "46 fields instead of 44"),
        (b'"x"y', "',' expected after '\"'"),
        (b"x" * 1_100_000, "a line of more than 1,048,576 bytes"),
    ],
    ids=["bytes", "nul", "fields", "quotes", "line"],
)
def test_a_spoilt_line_is_named_and_the_next_one_read(tmp_path, spoilt, problem):
    content = text_of(ONE, TWO).encode().replace(b"SunBird", spoilt, 1)
    assert resources(file_with(tmp_path, content)) == [problem, "vol-2"]


@pytest.mark.parametrize(
    ("content", "says"),
    [
        (b"", "The file is empty."),
        (b"\r\n\r\n", "The file is empty."),
        (b"PK\x03\x04\x00\x00", "a ZIP archive, as a workbook"),
        (b"B\0i\0l\0l\0", "UTF-16 without a byte order mark"),
        ("Kosten für".encode("cp1252"), "in a code page, not UTF-8"),
        (b"sep=#\r\nBilledCost", "The first line says sep=#"),
        (b'{"BilledCost": "1.00"}', "lacks BilledCost"),
        (b"BilledCost;BillingAccountId\r\n1;2\r\n", "separated by semicolons, lacks BillingAcc"),
    ],
)
def test_what_is_no_such_file_is_refused_as_a_whole(tmp_path, content, says):
    with pytest.raises(FileRefused, match=says):
        records(file_with(tmp_path, content))


@pytest.mark.parametrize("column", REQUIRED)
def test_a_missing_column_is_named(tmp_path, column):
    columns = tuple(each for each in COLUMNS if each != column)
    path = file_with(tmp_path, text_of(ONE, columns=columns).encode())
    with pytest.raises(ColumnMissing, match=f"lacks {column}") as refused:
        records(path)
    assert refused.value.field == column


def test_columns_come_in_any_order_and_others_are_welcome(tmp_path):
    columns = (*reversed(COLUMNS), "x_Discounts")
    content = text_of(ONE | {"x_Discounts": "none"}, columns=columns).encode()
    assert resources(file_with(tmp_path, content)) == ["vol-1"]


@pytest.mark.parametrize("column", sorted(set(COLUMNS) - set(REQUIRED)))
def test_a_conditional_column_may_be_missing(tmp_path, column):
    columns = tuple(each for each in COLUMNS if each != column)
    [record] = records(file_with(tmp_path, text_of(ONE, columns=columns).encode()))
    assert isinstance(read_charge(record), ForeignCharge)


def test_a_text_may_be_as_long_as_a_line(tmp_path):
    content = text_of(ONE | {"Tags": "x" * 1_000_000}, TWO).encode()
    assert resources(file_with(tmp_path, content)) == ["vol-1", "vol-2"]


def test_a_column_named_twice_is_refused(tmp_path):
    content = text_of(ONE, columns=(*COLUMNS, "BilledCost")).encode()
    with pytest.raises(FileRefused, match="BilledCost more than once"):
        records(file_with(tmp_path, content))


def test_reading_twice_gives_the_same_records(tmp_path):
    file = CsvFile(file_of(tmp_path, ONE, TWO), required=REQUIRED)
    assert list(file.records()) == list(file.records())
