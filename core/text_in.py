"""Text that comes in: what no address, header, cookie or field may hold.

Owns what may stand in them: UTF-8 without control characters, NUL above all, which PostgreSQL has
in no text. The doors ask once, outside every view, so that no view, form or filter meets it.
Bodies have readers of their own: core.json_reader for JSON, the fields of a form for forms.
"""

from __future__ import annotations

import re
from typing import Final

from core.errors import Invalid, Malformed

_ODD: Final = re.compile("[\x00-\x08\x0b\x0c\x0e-\x1f\x7f\ud800-\udfff]")
BREAKS_A_HEADER: Final = re.compile("[\x00-\x08\x0a-\x1f\x7f\ud800-\udfff]")


class UnreadableAddress(Invalid):
    """A value in the address means nothing."""

    code = "address_unreadable"
    title = "The address cannot be read"


class UnreadableHeader(Malformed):
    """A header holds a character no header can hold."""

    code = "header_invalid"
    title = "A header cannot be read"


def is_odd(text: str) -> bool:
    """Whether a text holds a control character or half a character."""
    return _ODD.search(text) is not None
