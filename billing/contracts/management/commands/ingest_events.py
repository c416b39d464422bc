"""Take in a file of usage events, NDJSON or CSV, through the same ingest as the API's."""

from __future__ import annotations

import json
import sys
from argparse import ArgumentParser
from collections import Counter
from collections.abc import Iterator
from contextlib import AbstractContextManager, nullcontext
from itertools import islice
from pathlib import Path
from typing import Any, BinaryIO

from django.core.management.base import CommandError

from billing.contracts.billability import billable_gate
from core.actor import Actor, current_request_id
from core.clock import now
from core.commands import ActingCommand
from core.db.transactions import retrying
from core.errors import DomainError
from usage.envelope import EventRefusal, ReceivedEvent
from usage.envelope.body import BATCH_MAX
from usage.envelope.records import lines_of, read_csv, read_ndjson
from usage.operations.ingest import IngestOutcome, IngestResult, Verdict, ingest

_READERS = {"ndjson": read_ndjson, "csv": read_csv}
_FORMS = {".ndjson": "ndjson", ".jsonl": "ndjson", ".csv": "csv"}
_SHOWN = 20
_REFUSED = (IngestOutcome.REJECTED, IngestOutcome.CONFLICT)


class Command(ActingCommand):
    """Streams the file, commits a thousand events at a time, and prints the verdicts counted.

    Ends with 1 when an event was rejected or is in conflict. Sent again, nothing is booked twice.
    """

    help = __doc__ or ""

    def add_arguments(self, parser: ArgumentParser) -> None:
        parser.add_argument("file", help="the file, or - for standard input")
        parser.add_argument(
            "--form", choices=sorted(_READERS), help="otherwise told by the name's ending"
        )
        parser.add_argument("--json", action="store_true", help="print one JSON object")

    def handle(self, *args: Any, **options: Any) -> None:
        read = _READERS[_form(options["file"], options["form"])]
        counts: Counter[IngestOutcome] = Counter()
        codes: Counter[str] = Counter()
        try:
            with _opened(options["file"]) as stream:
                for first, result in _ingested(read(lines_of(stream))):
                    counts.update(verdict.outcome for verdict in result.verdicts)
                    for verdict in result.verdicts:
                        self._note(first, verdict, codes)
        except DomainError as refused:
            raise CommandError(f"{options['file']}: {refused.message}", returncode=2) from refused
        said = {"events": counts.total()} | {each.value: counts[each] for each in IngestOutcome}
        self.stdout.write(
            json.dumps(said | {"codes": dict(codes)}) if options["json"] else _told(said)
        )
        if any(counts[outcome] for outcome in _REFUSED):
            sys.exit(1)

    def _note(self, first: int, verdict: Verdict, codes: Counter[str]) -> None:
        """Say what is wrong with the first few; of the others, how many for which reason."""
        if verdict.outcome not in (*_REFUSED, IngestOutcome.QUARANTINED):
            return
        codes[verdict.code or verdict.outcome.value] += 1
        if codes.total() <= _SHOWN:
            where = f"event {first + verdict.index + 1} ({verdict.id or 'no id'})"
            self.stderr.write(f"{where}: {verdict.outcome}, {verdict.code}: {verdict.detail}")


def _ingested(items: Iterator[ReceivedEvent | EventRefusal]) -> Iterator[tuple[int, IngestResult]]:
    """The result of each batch, and how many events came before it."""
    first = 0
    while batch := list(islice(items, BATCH_MAX)):
        yield first, _ingest(batch)
        first += len(batch)


def _ingest(batch: list[ReceivedEvent | EventRefusal]) -> IngestResult:
    at, gate = now(), billable_gate()
    return retrying(
        lambda: ingest(
            batch,
            at=at,
            by=Actor.system("ingest_events"),
            request_id=current_request_id(),
            gate=gate,
        )
    )


def _form(file: str, given: str | None) -> str:
    form = given or _FORMS.get(Path(file).suffix.lower())
    if form is None:
        raise CommandError(f"Say --form; the name {file} does not tell it.", returncode=2)
    return form


def _opened(file: str) -> AbstractContextManager[BinaryIO]:
    if file == "-":
        return nullcontext(sys.stdin.buffer)
    try:
        return Path(file).open("rb")
    except OSError as error:
        raise CommandError(f"Cannot read {file}: {error.strerror}.", returncode=2) from error


def _told(said: dict[str, int]) -> str:
    return "\n".join(f"{count:>12,}  {name}" for name, count in said.items())
