"""The short code that is printed on a paper and leads back to it.

Twelve characters of Crockford's base 32: 60 bits of a digest of what was sealed at issue, which
nobody guesses. Read without regard to case, hyphens, and what is easily mistaken.
"""

from __future__ import annotations

import hashlib
import re

from core.errors import NotFound

_ALPHABET = "0123456789ABCDEFGHJKMNPQRSTVWXYZ"
_LENGTH = 12
_CODE = re.compile(f"[{_ALPHABET}]{{{_LENGTH}}}", re.ASCII)
_MISTAKEN = str.maketrans({"O": "0", "I": "1", "L": "1", "-": "", " ": ""})


class UnknownCode(NotFound):
    """No paper has this code."""

    code = "paper_code_unknown"
    title = "No paper with this code"


def code_of(public_id: str, content_sha256: str) -> str:
    """The code of what has this id and was sealed with this digest."""
    number = int.from_bytes(hashlib.sha256(f"{public_id}:{content_sha256}".encode()).digest()[:8])
    return "".join(_ALPHABET[(number >> shift) & 31] for shift in range(0, 5 * _LENGTH, 5))


def spoken_code(code: str) -> str:
    """The code in groups of four, as printed."""
    return "-".join(code[start : start + 4] for start in range(0, _LENGTH, 4))


def read_code(text: str) -> str:
    """A code as somebody typed it. Raises: UnknownCode where it cannot be one."""
    code = text.upper().translate(_MISTAKEN)
    if not _CODE.fullmatch(code):
        raise UnknownCode("A code is 12 letters and digits, printed beside the square pattern.")
    return code
