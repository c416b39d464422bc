"""What a file is by its own bytes: whole and alone, or unknown."""

from __future__ import annotations

import struct
import zlib

import pytest

from core.sniffing import JPEG, PDF, PNG, TEXT, UNKNOWN, sniffed


def _chunk(kind: bytes, data: bytes = b"") -> bytes:
    return struct.pack(">I", len(data)) + kind + data + struct.pack(">I", zlib.crc32(kind + data))


A_PNG = (
    b"\x89PNG\r\n\x1a\n"
    + _chunk(b"IHDR", struct.pack(">IIBBBBB", 1, 1, 8, 0, 0, 0, 0))
    + _chunk(b"IDAT", zlib.compress(b"\0\0"))
    + _chunk(b"IEND")
)
_PDF_BODY = b"%PDF-1.4\n1 0 obj\n<< /Type /Catalog >>\nendobj\n"
A_PDF = (
    _PDF_BODY
    + b"xref\n0 1\ntrailer\n<< /Root 1 0 R >>\nstartxref\n"
    + str(len(_PDF_BODY)).encode()
    + b"\n%%EOF\n"
)
A_JPEG = (
    b"\xff\xd8\xff\xe0\x00\x10JFIF\x00\x01\x01\x00\x00\x01\x00\x01\x00\x00"
    b"\xff\xda\x00\x08\x01\x01\x00\x00\x3f\x00\x12\xff\x00\x34\xff\xd9"
)
A_ZIP = b"PK\x03\x04" + b"\0" * 26 + b"PK\x05\x06" + b"\0" * 18

KNOWN = {
    "a picture": (A_PNG, PNG),
    "a photograph": (A_JPEG, JPEG),
    "a document": (A_PDF, PDF),
    "words": ("Wir haben am 21. gelöscht.\n".encode(), TEXT),
}
TWO_AT_ONCE = {
    "a document with an archive at its end": A_PDF + A_ZIP,
    "an archive whose last words end a document": A_PDF[:-6] + A_ZIP + b"\n%%EOF\n",
    "a document without a table": b"%PDF-1.4\nhello\nstartxref\n9\n%%EOF\n",
    "a picture with a script behind it": A_PNG + b"<script>alert(1)</script>",
    "a picture with a bit that fell": A_PNG[:-20] + b"\x01" + A_PNG[-19:],
    "a photograph with an archive behind it": A_JPEG + A_ZIP,
    "a photograph cut off": A_JPEG[:-2],
    "an animation that is a script": b"GIF89a/*\x01\x00\x00*/=1;alert(1);",
    "a drawing with a script": b'<svg xmlns="http://www.w3.org/2000/svg"><script/></svg>',
    "a page that is called a picture": b"<!DOCTYPE html><p>hi",
    "words with a page within": b"hello <script>alert(1)</script>",
    "an archive": A_ZIP,
    "half a letter": b"Gel\xc3",
    "words with nothing in between": b"a\0b",
}


@pytest.mark.parametrize("name", KNOWN)
def test_what_is_whole_has_a_name(name: str) -> None:
    content, media_type = KNOWN[name]
    assert sniffed(content) == media_type


@pytest.mark.parametrize("name", TWO_AT_ONCE)
def test_td18_what_is_two_things_at_once_is_unknown(name: str) -> None:
    assert sniffed(TWO_AT_ONCE[name]) == UNKNOWN


@pytest.mark.parametrize("content", [A_PNG, A_JPEG, A_PDF])
def test_td18_a_known_file_cut_anywhere_is_unknown(content: bytes) -> None:
    for end in range(5, len(content) - 1):
        assert sniffed(content[:end]) == UNKNOWN
