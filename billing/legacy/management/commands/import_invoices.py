"""Read the invoices another billing system exported, add them up, and keep them beside ours."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path
from typing import Any

from django.core.management.base import CommandError, CommandParser

from billing.legacy.mapping import read_mapping
from billing.legacy.operations import PreparedImport, keep, prepare
from billing.legacy.readers import SYSTEMS
from core.actor import current_actor, current_reason
from core.clock import now
from core.commands import ActingCommand
from core.errors import DomainError

NOT_BALANCED = 3
"""Exit status where something does not add up or cannot be read; 1 is a file that was refused."""
_NAMED_MOST = 20


class Command(ActingCommand):
    """Without --keep nothing is saved: it says what the files come to, and what is wrong."""

    help = __doc__

    def add_arguments(self, parser: CommandParser) -> None:
        """The files that belong together, and the mapping."""
        parser.add_argument("files", nargs="+", type=Path, help="Exports that belong together.")
        parser.add_argument("--mapping", type=Path, required=True, help="What stands for what.")
        parser.add_argument("--keep", action="store_true", help="Keep the invoices.")

    def handle(self, *args: Any, **options: Any) -> None:
        """Read, say, keep; exits with 3 when something does not add up."""
        try:
            mapping = read_mapping(options["mapping"].read_bytes(), systems=SYSTEMS)
            prepared = prepare(options["files"], mapping)
            for line in _said(prepared):
                self.stdout.write(line)
            if prepared.wrong:
                raise CommandError("Nothing was kept.", returncode=NOT_BALANCED)
            if options["keep"]:
                kept = keep(prepared, at=now(), by=current_actor(), reason=current_reason())
                self.stdout.write(
                    f"Kept {kept.summary['new']:,} invoices as {kept.public_id}."
                    if kept
                    else "Every invoice was kept before."
                )
        except OSError as error:
            raise CommandError(f"{error.filename}: {error.strerror or error}.") from error
        except DomainError as refused:
            raise CommandError(f"{refused.message} ({refused.code})") from refused


def _said(prepared: PreparedImport) -> Iterator[str]:
    for each in prepared.totals:
        yield (
            f"{each.currency}: {each.documents:,} invoices, charged {each.charged.amount}, "
            f"settled {each.settled.amount}, open {each.open.amount}"
        )
    if strangers := prepared.strangers:
        yield f"Customers without an account in the mapping: {', '.join(strangers[:_NAMED_MOST])}"
    wrong = prepared.wrong
    yield from wrong[:_NAMED_MOST]
    if len(wrong) > _NAMED_MOST:
        yield f"and {len(wrong) - _NAMED_MOST:,} more"
