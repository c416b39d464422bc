"""What a file is, by its own bytes: only what parses whole and is followed by nothing has a name.

A file can be two formats at once, and each reader sees another. So a name, an ending and what the
sender says count for nothing here, and whatever is not one of a few formats from its first byte to
its last is an unknown file, to be kept and downloaded, never shown. Nothing is ever unpacked.
"""

from __future__ import annotations

import re
import zlib
from typing import Final

PDF: Final = "application/pdf"
PNG: Final = "image/png"
JPEG: Final = "image/jpeg"
TEXT: Final = "text/plain"
UNKNOWN: Final = "application/octet-stream"

_PNG_HEAD: Final = b"\x89PNG\r\n\x1a\n"
_PDF_HEAD: Final = re.compile(rb"%PDF-[12]\.[0-9]")
_PDF_END: Final = re.compile(rb"startxref\s+([0-9]{1,10})\s+%%EOF\s*\Z")
_PDF_TABLE: Final = re.compile(rb"\s*(xref|[0-9]{1,10}\s+[0-9]{1,5}\s+obj)")
_PDF_TAIL: Final = 1024
_ZIP_MARKS: Final = (b"PK\x03\x04", b"PK\x05\x06")
_ZIP_END_WITHIN: Final = 66_000
_MARKUP: Final = re.compile(rb"\A\s*<|<(script|svg|html|!doctype|\?xml|\?php)", re.IGNORECASE)
_TEXT_ODD: Final = re.compile(rb"[\x00-\x08\x0b\x0c\x0e-\x1f\x7f]")
_LONE: Final = frozenset({0x01, *range(0xD0, 0xD8)})


def sniffed(content: bytes) -> str:
    """The media type of bytes: one of a few, or `UNKNOWN`. Looks once over them."""
    if content.startswith(_PNG_HEAD):
        return PNG if _is_png(content) else UNKNOWN
    if content.startswith(b"\xff\xd8"):
        return JPEG if _is_jpeg(content) else UNKNOWN
    if content.startswith(b"%PDF-"):
        return PDF if _is_pdf(content) else UNKNOWN
    return TEXT if _is_text(content) else UNKNOWN


def _is_png(content: bytes) -> bool:
    """Chunks with their checksums up to the last one, which ends the file."""
    at, first = len(_PNG_HEAD), True
    while at + 12 <= len(content):
        length = int.from_bytes(content[at : at + 4], "big")
        kind, end = content[at + 4 : at + 8], at + 12 + length
        if end > len(content) or (first and kind != b"IHDR"):
            return False
        if zlib.crc32(content[at + 4 : end - 4]) != int.from_bytes(content[end - 4 : end], "big"):
            return False
        if kind == b"IEND":
            return length == 0 and end == len(content)
        at, first = end, False
    return False


def _is_jpeg(content: bytes) -> bool:
    """Segments, scans and the mark of the end, which ends the file."""
    at = 2
    while at + 2 <= len(content):
        if content[at] != 0xFF:
            return False
        mark = content[at + 1]
        if mark == 0xD9:
            return at + 2 == len(content) and at > 2
        if mark == 0xFF:
            at += 1
            continue
        if mark in _LONE:
            at += 2
            continue
        length = int.from_bytes(content[at + 2 : at + 4], "big")
        at += 2 + length
        if length < 2 or at > len(content):
            return False
        if mark == 0xDA:
            at = _after_scan(content, at)
    return False


def _after_scan(content: bytes, at: int) -> int:
    """Where the next mark is after entropy-coded bytes."""
    while True:
        at = content.find(b"\xff", at)
        if at < 0 or at + 1 >= len(content):
            return len(content)
        if content[at + 1] != 0 and content[at + 1] not in _LONE:
            return at
        at += 2


def _is_pdf(content: bytes) -> bool:
    """A head, a table that the end points at, and no archive within the end."""
    end = _PDF_END.search(content, max(0, len(content) - _PDF_TAIL))
    if _PDF_HEAD.match(content) is None or end is None:
        return False
    if any(content.find(mark, max(0, len(content) - _ZIP_END_WITHIN)) >= 0 for mark in _ZIP_MARKS):
        return False
    return _PDF_TABLE.match(content, int(end[1])) is not None


def _is_text(content: bytes) -> bool:
    """UTF-8 without control characters that no browser could take for a page."""
    if _TEXT_ODD.search(content) or _MARKUP.search(content):
        return False
    try:
        content.decode()
    except UnicodeDecodeError:
        return False
    return True
