"""A spreadsheet: texts are never worked out, numbers are numbers, and no digit is lost."""

from __future__ import annotations

import io
import re
import zipfile
from collections.abc import Iterable, Sequence
from decimal import Decimal
from xml.etree import ElementTree

import pytest

from core import xlsx_out
from core.csv_out import CsvNumber
from core.xlsx_out import xlsx_file

SHEET = "{http://schemas.openxmlformats.org/spreadsheetml/2006/main}"


def cells_of(book: bytes, sheet: int = 1) -> list[dict[str, tuple[str, str]]]:
    """Of each row the cells by their column: what kind they are, and what they say."""
    with zipfile.ZipFile(io.BytesIO(book)) as parts:
        root = ElementTree.fromstring(parts.read(f"xl/worksheets/sheet{sheet}.xml"))  # noqa: S314
    assert root.find(f".//{SHEET}f") is None, "a cell is worked out"
    return [
        {
            re.sub(r"\d", "", cell.get("r", "")): (
                cell.get("t", "n"),
                "".join(node.text or "" for node in cell.iter() if node.text),
            )
            for cell in row
        }
        for row in root.iter(f"{SHEET}row")
    ]


def read_book(book: bytes) -> list[list[str]]:
    """The rows of the first sheet as texts, empty where there is no cell."""
    letters = "ABCDEFGHIJKLMNOPQRSTUVWXYZ"
    names = [*letters, *(f"A{letter}" for letter in letters), *(f"B{each}" for each in letters)]
    return [[row.get(name, ("", ""))[1] for name in names] for row in cells_of(book)]


def written(*cells: object) -> dict[str, tuple[str, str]]:
    """The cells of one row below a heading."""
    heads = [str(number) for number in range(len(cells))]
    return cells_of(made(heads, [cells]))[1]


def made(heads: Sequence[str], rows: Iterable[Sequence[object]]) -> bytes:
    """The bytes of a workbook."""
    with xlsx_file(heads, rows) as file:
        return file.read()


@pytest.mark.parametrize(
    "text", ["=1+1", "+1", "-1", "@SUM(A1)", '=HYPERLINK("x")', "http://x", "12"]
)
def test_BL15_a_text_stays_a_text_whatever_it_begins_with(text: str) -> None:
    assert written(text) == {"A": ("inlineStr", text)}


@pytest.mark.parametrize(
    ("cell", "said"),
    [
        (Decimal("10.50"), "10.5"),
        (Decimal("-0.01"), "-0.01"),
        (Decimal("0.000000000000000001"), "1E-18"),
        (CsvNumber("-1234.5"), "-1234.5"),
        (7, "7"),
        (0, "0"),
    ],
)
def test_a_number_is_a_number(cell: object, said: str) -> None:
    kind, value = written(cell)["A"]

    assert kind == "n"
    assert Decimal(value) == Decimal(said)


@pytest.mark.parametrize(
    "digits", ["1234567890123456", "0.1234567890123456789", "-99999999999999.99"]
)
def test_a_number_of_more_digits_than_a_spreadsheet_keeps_is_written_out(digits: str) -> None:
    assert written(Decimal(digits)) == {"A": ("inlineStr", digits)}


def test_nothing_is_no_cell_and_a_truth_is_a_word() -> None:
    assert written("", None, True, "é") == {"C": ("inlineStr", "True"), "D": ("inlineStr", "é")}


def test_a_text_that_is_too_long_is_cut_where_it_shows() -> None:
    (_, text) = written("x" * 40_000)["A"]

    assert (len(text), text[-1]) == (32_767, "…")


def test_what_does_not_fit_on_a_sheet_goes_on_the_next(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(xlsx_out, "ROWS_MAX", 3)
    book = made(["n"], ([number] for number in range(5)))

    sheets = [[row["A"][1] for row in cells_of(book, sheet)] for sheet in (1, 2, 3)]

    assert sheets == [["n", "0", "1"], ["n", "2", "3"], ["n", "4"]]


def test_an_empty_list_has_its_heading() -> None:
    assert [row["A"][1] for row in cells_of(made(["n"], []))] == ["n"]
