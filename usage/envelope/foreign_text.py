"""What a file is that is not text in UTF-8 with commas: UTF-16, packed, a workbook, semicolons.

Owns the names, so that every door that takes text in says the same cause in the same words.
"""

from __future__ import annotations

GZIP = b"\x1f\x8b"
UTF_16 = (b"\xff\xfe", b"\xfe\xff")
"""The byte order marks of UTF-16, little and big end first."""
CODE_PAGE = "in a code page, not UTF-8"
SEPARATORS = {",": "commas", ";": "semicolons", "\t": "tabs", "|": "bars"}

_BEGINNINGS = (
    (b"\xff\xfe\x00\x00", "UTF-32"),
    (b"\x00\x00\xfe\xff", "UTF-32"),
    *((mark, "UTF-16") for mark in UTF_16),
    (GZIP, "packed with gzip"),
    (b"PK\x03\x04", "a ZIP archive, as a workbook (.xlsx) is"),
    (b"\xd0\xcf\x11\xe0", "a workbook of an old spreadsheet (.xls)"),
    (b"BZh", "packed with bzip2"),
    (b"\xfd7zXZ", "packed with xz"),
    (b"\x28\xb5\x2f\xfd", "packed with zstd"),
    (b"%PDF", "a PDF"),
)


def foreign_form(beginning: bytes) -> str | None:
    """What begins with these bytes and is no text in UTF-8, by its name; None for text."""
    for mark, name in _BEGINNINGS:
        if beginning.startswith(mark):
            return name
    return "UTF-16 without a byte order mark" if b"\0" in beginning[:4] else None


def separated_by(header: str) -> str | None:
    """What a header without commas is separated by, by its name."""
    if "," in header:
        return None
    return next((name for mark, name in SEPARATORS.items() if mark in header), None)


def names_separator(line: str) -> bool:
    """Whether a line is the `sep=` that spreadsheets write above a header."""
    return line.strip().strip('"').lower().startswith("sep=")
