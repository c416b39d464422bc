"""Lists as files to keep: written while they are sent, so none is ever held in memory."""

from __future__ import annotations

from collections.abc import Iterable, Sequence

from django.http import StreamingHttpResponse

from core.csv_out import CONTENT_TYPE, csv_lines


def csv_file(
    name: str, columns: Sequence[str], rows: Iterable[Sequence[object]], *, marked: bool = True
) -> StreamingHttpResponse:
    """A CSV file of that name, without the ending; `marked` is that of `csv_lines`."""
    return written_csv(name, csv_lines(columns, rows, marked=marked))


def written_csv(name: str, lines: Iterable[str]) -> StreamingHttpResponse:
    """A CSV file of that name, without the ending, whose lines are written already."""
    answer = StreamingHttpResponse(lines, content_type=CONTENT_TYPE)
    answer["Content-Disposition"] = f'attachment; filename="{name}.csv"'
    return answer
