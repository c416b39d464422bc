"""Lists as files to keep: for a spreadsheet or for any program, by one way for every list."""

from __future__ import annotations

from collections.abc import Iterable, Sequence

from django.http import FileResponse, HttpResponseBase, StreamingHttpResponse
from django.urls import register_converter

from core import xlsx_out
from core.csv_out import CONTENT_TYPE, csv_lines

CSV, XLSX = "csv", "xlsx"


class FileKindPath:
    """In which form a list is asked for: the end of an address."""

    regex = f"{CSV}|{XLSX}"

    def to_python(self, value: str) -> str:
        """The kind."""
        return value

    def to_url(self, value: str) -> str:
        """The kind."""
        return value


register_converter(FileKindPath, "file_kind")


def list_file(
    kind: str,
    name: str,
    columns: Sequence[str],
    rows: Iterable[Sequence[object]],
    *,
    marked: bool = True,
) -> HttpResponseBase:
    """A file of that name, without the ending; `marked` is that of `csv_lines`.

    A CSV file is written while it is sent; a spreadsheet is made first, outside memory.
    """
    if kind == XLSX:
        book = xlsx_out.xlsx_file(columns, rows)
        return FileResponse(
            book, as_attachment=True, filename=f"{name}.xlsx", content_type=xlsx_out.CONTENT_TYPE
        )
    return written_csv(name, csv_lines(columns, rows, marked=marked))


def written_csv(name: str, lines: Iterable[str]) -> StreamingHttpResponse:
    """A CSV file of that name, without the ending, whose lines are written already."""
    answer = StreamingHttpResponse(lines, content_type=CONTENT_TYPE)
    answer["Content-Disposition"] = f'attachment; filename="{name}.csv"'
    return answer
