"""Rows of a table by the names of their columns, with what nobody read kept."""

from __future__ import annotations

import csv
from collections.abc import Iterator, Mapping, Sequence
from pathlib import Path

from billing.legacy.amounts import LegacyValueInvalid
from billing.legacy.rows import LegacyProblem, RowOrigin
from billing.parallel_run.textfile import FileRefused, lines_of


class Cells:
    """One row. What is taken is read; the rest is `unmapped`, kept as it was written."""

    def __init__(
        self, file: str, line: int, cells: Mapping[str, str], taken: frozenset[str]
    ) -> None:
        self._cells = cells
        unmapped = {key: text for key, text in cells.items() if key not in taken and text}
        self.origin = RowOrigin(file, line, unmapped)

    def __call__(self, column: str) -> str:
        """What stands there. Raises: LegacyValueInvalid, when nothing does."""
        if not (text := self.get(column)):
            raise LegacyValueInvalid(f"{column} is empty.")
        return text

    def get(self, column: str) -> str:
        """What stands there, or nothing."""
        return self._cells.get(column, "").strip()


def heading_of(path: Path) -> Sequence[str]:
    """The names of a file's columns. Raises: FileRefused, for an empty file."""
    for line in lines_of(path):
        return [name.strip() for name in next(csv.reader([line.text or ""]), [])]
    raise FileRefused(f"{path.name} is empty.")


def csv_rows(
    path: Path, *, needed: Sequence[str], taken: frozenset[str]
) -> Iterator[Cells | LegacyProblem]:
    """The rows of a CSV file with a heading; columns come in any order, and there may be others.

    A row with more or fewer fields than the heading is a problem, never shifted. Raises:
    FileRefused, for a file without the columns that are needed.
    """
    numbers: list[int] = []

    def noted() -> Iterator[str]:
        for line in lines_of(path):
            if line.text is None:
                raise FileRefused(f"{path.name}, line {line.number:,}: {line.problem}")
            numbers.append(line.number)
            yield line.text.rstrip("\r\n") + "\n"

    try:
        reader = csv.reader(noted(), strict=True)
        heading = [name.strip() for name in next(reader, [])]
        if missing := [name for name in needed if name not in heading]:
            raise FileRefused(f"{path.name} has no column {', '.join(missing)}.")
        first = len(numbers)
        for fields in reader:
            number, first = numbers[first] if first < len(numbers) else 0, len(numbers)
            if len(fields) == len(heading):
                yield Cells(path.name, number, dict(zip(heading, fields, strict=True)), taken)
            elif fields:
                yield LegacyProblem(
                    RowOrigin(path.name, number, {}),
                    f"The row has {len(fields)} fields, the heading {len(heading)}.",
                )
    except csv.Error as error:
        raise FileRefused(f"{path.name}, line {numbers[-1]:,}: {error}.") from error
