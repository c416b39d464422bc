"""A file as lines of text, whatever it is packed in or written as, so long as that is certain.

Owns bytes: UTF-8 with or without a byte order mark, UTF-16 with one, and either of them packed with
gzip. Everything else is refused by its name. A bad byte spoils its own line and no other.
"""

from __future__ import annotations

import io
import zlib
from collections.abc import Callable, Iterator
from contextlib import ExitStack
from dataclasses import dataclass
from gzip import BadGzipFile, GzipFile
from pathlib import Path
from typing import BinaryIO, cast

from core.errors import Malformed
from usage.envelope.foreign_text import CODE_PAGE, GZIP, UTF_16, foreign_form
from usage.envelope.records import LINE_BYTES_MAX

_BOM = b"\xef\xbb\xbf"


class FileRefused(Malformed):
    """The file as a whole is not the CSV it should be; nothing of it was taken in."""

    code = "file_refused"
    title = "The file cannot be imported"


@dataclass(frozen=True, slots=True)
class FileLine:
    """One line of the file; `text` is None where it is no text, and `problem` says why."""

    number: int
    text: str | None
    problem: str = ""


def lines_of(path: Path) -> Iterator[FileLine]:
    """The lines in order, none longer in memory than LINE_BYTES_MAX. Raises: FileRefused."""
    number = 0
    with ExitStack() as opened:
        stream = _unpacked(opened.enter_context(path.open("rb")), opened)
        try:
            for number, line in enumerate(_byte_lines(_reader(stream, opened)), start=1):
                yield _line(number, line)
        except (EOFError, BadGzipFile, zlib.error) as error:
            raise FileRefused(
                f"The file is packed with gzip and damaged: it breaks off after line {number:,}."
            ) from error
        except UnicodeError as error:
            raise FileRefused(
                f"The file is UTF-16 and damaged: it cannot be read after line {number:,}."
            ) from error


def _unpacked(file: io.BufferedReader, opened: ExitStack) -> io.BufferedReader:
    if not file.peek(len(GZIP)).startswith(GZIP):
        return file
    packed = cast("io.RawIOBase", GzipFile(fileobj=file))
    return opened.enter_context(io.BufferedReader(packed))


def _reader(stream: io.BufferedReader, opened: ExitStack) -> Callable[[int], bytes]:
    """How to read a line of at most so many bytes or characters, as UTF-8."""
    beginning = stream.peek(4)[:4]
    form = foreign_form(beginning)
    if form is None:
        return cast("BinaryIO", stream).readline
    if not beginning.startswith(UTF_16) or form != "UTF-16":
        raise FileRefused(f"This is no CSV file in UTF-8: it is {form}. Save it as CSV in UTF-8.")
    text = opened.enter_context(io.TextIOWrapper(stream, encoding="utf-16", newline="\n"))
    return lambda size: text.readline(size).encode()


def _byte_lines(readline: Callable[[int], bytes]) -> Iterator[bytes | None]:
    """The lines; None stands for one that is too long."""
    while line := readline(LINE_BYTES_MAX):
        if len(line) < LINE_BYTES_MAX or line.endswith(b"\n"):
            yield line
            continue
        while (rest := readline(LINE_BYTES_MAX)) and not rest.endswith(b"\n"):
            pass
        yield None


def _line(number: int, line: bytes | None) -> FileLine:
    if line is None:
        return FileLine(number, None, f"a line of more than {LINE_BYTES_MAX:,} bytes")
    if number == 1:
        line = line.removeprefix(_BOM)
    if b"\0" in line:
        return FileLine(number, None, "a NUL character")
    try:
        return FileLine(number, line.decode())
    except UnicodeDecodeError:
        return FileLine(number, None, CODE_PAGE)
