"""Lists of money coming in as files: imported bank files with their rows, and reminders sent."""

from __future__ import annotations

from typing import Final

from console.shell.sheets import Sheet

BANK_FILES: Final = Sheet(
    "bank-files",
    {
        "id": "file.public_id",
        "imported_at": "file.imported_at",
        "imported_by": "file.imported_by",
        "file": "file.name",
        "account_of_ours": "file.bank_account",
        "format": "file.format_code",
        "rows": "file.row_count",
        "new": "file.new_count",
        "waiting": "waiting",
    },
)
