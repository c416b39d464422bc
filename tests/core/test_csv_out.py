"""A file for a spreadsheet: read as UTF-8, and nothing in it is worked out when it is opened."""

from __future__ import annotations

import csv
import io
from datetime import UTC, datetime
from decimal import Decimal

import pytest
from hypothesis import given
from hypothesis import strategies as st

from core.csv_out import CsvNumber, csv_lines, instant_text, neutral


def test_a_file_begins_with_the_mark_excel_looks_for():
    """BL14."""
    text = "".join(csv_lines(["account", "amount"], [["Zürich Müller", Decimal("-1.50")]]))
    assert text.encode().startswith(b"\xef\xbb\xbfaccount,amount\r\n")
    assert text.endswith("Zürich Müller,-1.50\r\n")


@pytest.mark.parametrize(
    "text",
    ["=1+1", "+1", "-1", "@SUM(A1)", "＝1", "＋1", "－1", "＠x", "﹦1", " =1", "\u00a0=1",
     "\u200b=1",     "\ufeff=1", "\n=1", "\nplain", "\tplain", "\rplain", "  \n +1", '=HYPERLINK("http://x","a")'],
)  # fmt: skip
def test_a_text_that_looks_like_a_formula_is_none(text: str):
    """BL15."""
    assert neutral(text) == f"'{text}"


@pytest.mark.parametrize("text", ["", "Acme", " Acme", "a=b", "5-3", "'=1", "é", "#REF", "1e5"])
def test_any_other_text_stays_as_it_is(text: str):
    assert neutral(text) == text


@given(st.lists(st.text(st.characters(exclude_categories=["Cs"])), min_size=1, max_size=4))
def test_every_text_is_read_back_and_no_cell_begins_a_formula(cells: list[str]):
    text = "".join(csv_lines([str(n) for n in range(len(cells))], [cells]))
    _, row = csv.reader(io.StringIO(text.removeprefix("\ufeff"), newline=""))
    assert [cell.removeprefix("'") for cell in row] == [cell.removeprefix("'") for cell in cells]
    assert not any(cell.strip()[:1] in ("=", "+", "-", "@") for cell in row if cell.strip())


def test_a_negative_figure_stays_a_number():
    assert list(csv_lines(["n"], [[CsvNumber("-5.5")], [Decimal("-2")]]))[1:] == [
        "-5.5\r\n",
        "-2\r\n",
    ]


def test_an_instant_is_told_on_the_clock_of_its_zone():
    at = datetime(2026, 8, 31, 22, tzinfo=UTC)
    assert instant_text(at, "Europe/Berlin") == "2026-09-01 00:00"
    assert instant_text(at.replace(second=5), "UTC") == "2026-08-31 22:00:05"
