"""The documents that were set aside, as a file."""

from __future__ import annotations

from typing import Final

from console.shell.sheets import Sheet

SET_ASIDE: Final = Sheet(
    "documents-set-aside",
    {
        "document": "number",
        "invoice": "invoice_ref",
        "format": "format",
        "reason": "why",
        "due_since": "since",
    },
)
