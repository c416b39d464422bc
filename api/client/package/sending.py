"""Sends a file of events, one JSON object a line, and goes on where it was when it is run again.

What was taken in is noted beside the file, FILE.sent, after each answer: so many bytes, and what
became of their events. Whatever was sent without its answer being noted is sent again: an event has
its own identity, so that is a duplicate and counts once. Events that were refused are written to
FILE.refused, one a line with the reason.
"""

from __future__ import annotations

import hashlib
import json
import os
import sys
import time
from collections.abc import Callable, Iterator, Mapping
from contextlib import closing
from dataclasses import asdict, dataclass, field
from pathlib import Path
from typing import Any, BinaryIO, Final

from api.client.package.transport import ApiConnection, ApiRefused

EVENTS_PATH: Final = "/api/v1/usage/events"
BATCH_EVENTS: Final = 1_000
BATCH_BYTES: Final = 8_000_000
_HEAD: Final = 4_096
_REFUSED: Final = frozenset({"conflict", "rejected"})


class FileChanged(Exception):
    """The file is not the one of which a part was sent."""


@dataclass(slots=True)
class SentSoFar:
    """How far a file is: bytes and lines done, verdicts counted, bytes of the list of refusals."""

    head: str
    offset: int = 0
    lines: int = 0
    refused_bytes: int = 0
    counts: dict[str, int] = field(default_factory=dict)

    @property
    def refused(self) -> int:
        """Events that were not taken in."""
        return sum(self.counts.get(verdict, 0) for verdict in _REFUSED)


@dataclass(frozen=True, slots=True)
class LineBatch:
    """Some lines, the number of each, and the place in the file after them."""

    lines: list[bytes]
    numbers: list[int]
    offset: int
    last_line: int


def send_file(
    path: Path,
    transport: ApiConnection,
    *,
    at_once: int = BATCH_EVENTS,
    tell: Callable[[SentSoFar, int], None] = lambda *_: None,
) -> SentSoFar:
    """Send what of a file was not sent yet. `tell` hears how far it is, of how many bytes.

    Raises: ApiRefused where the whole call is refused, FileChanged, OSError.
    """
    size = path.stat().st_size
    with path.open("rb") as stream:
        sent = _resumed(path, stream, size)
        with _refusals(path).open("ab") as refusals:
            refusals.truncate(sent.refused_bytes)
            for batch in _batches(stream, sent, at_once):
                answer = transport.ask(
                    "POST",
                    EVENTS_PATH,
                    body=b"\n".join(batch.lines),
                    headers={"Content-Type": "application/x-ndjson"},
                )
                _note(sent, batch, answer.value(), refusals)
                _keep(path, sent)
                tell(sent, size)
    return sent


def _resumed(path: Path, stream: BinaryIO, size: int) -> SentSoFar:
    """Raises: FileChanged."""
    head = hashlib.sha256(stream.read(min(size, _HEAD))).hexdigest()
    try:
        kept = json.loads(_noted(path).read_text())
    except FileNotFoundError:
        kept = None
    # A file may have grown since: its first bytes are those that were there.
    sent = SentSoFar(head) if kept is None else SentSoFar(**kept)
    if kept is not None:
        stream.seek(0)
        known = hashlib.sha256(stream.read(min(sent.offset, _HEAD))).hexdigest()
        if size < sent.offset or (sent.offset and known != sent.head):
            raise FileChanged(
                f"{path} is not the file that was sent up to byte {sent.offset:,}. Delete "
                f"{_noted(path)} to send it from its beginning; what is known counts once."
            )
    stream.seek(sent.offset)
    return sent


def _batches(stream: BinaryIO, sent: SentSoFar, at_once: int) -> Iterator[LineBatch]:
    """Batches from where the stream is; blank lines are none."""
    lines: list[bytes] = []
    numbers: list[int] = []
    number, offset, held = sent.lines, sent.offset, 0
    for line in stream:
        if lines and (len(lines) == at_once or held + len(line) > BATCH_BYTES):
            yield LineBatch(lines, numbers, offset, number)
            lines, numbers, held = [], [], 0
        number, offset = number + 1, offset + len(line)
        if line.strip():
            lines.append(line.rstrip(b"\r\n"))
            numbers.append(number)
            held += len(line)
    if lines:
        yield LineBatch(lines, numbers, offset, number)


def _note(sent: SentSoFar, batch: LineBatch, said: Mapping[str, Any], refusals: BinaryIO) -> None:
    for verdict in said["verdicts"]:
        outcome = str(verdict["verdict"])
        sent.counts[outcome] = sent.counts.get(outcome, 0) + 1
        if outcome in _REFUSED:
            row = {"line": batch.numbers[verdict["index"]], **verdict}
            refusals.write(json.dumps(row).encode() + b"\n")
    refusals.flush()
    os.fsync(refusals.fileno())
    sent.offset, sent.lines, sent.refused_bytes = batch.offset, batch.last_line, refusals.tell()


def _keep(path: Path, sent: SentSoFar) -> None:
    """In one step: whoever dies in between leaves the note as it was."""
    with path.open("rb") as stream:
        sent.head = hashlib.sha256(stream.read(min(sent.offset, _HEAD))).hexdigest()
    fresh = _noted(path).with_name(f"{path.name}.sent.new")
    with fresh.open("w") as note:
        json.dump(asdict(sent), note)
        note.flush()
        os.fsync(note.fileno())
    fresh.replace(_noted(path))


def _noted(path: Path) -> Path:
    return path.with_name(f"{path.name}.sent")


def _refusals(path: Path) -> Path:
    return path.with_name(f"{path.name}.refused")


def main(words: list[str]) -> int:
    """`python -m counterfoil_client send URL FILE`, with COUNTERFOIL_CLIENT_ID and _SECRET.

    COUNTERFOIL_AT_ONCE sends fewer events at once than a thousand.

    0: everything was taken in. 1: some events were refused. 2: it could not go on.
    """
    if len(words) != 3 or words[0] != "send":
        sys.stderr.write("send URL FILE\n")
        return 2
    names = ("COUNTERFOIL_CLIENT_ID", "COUNTERFOIL_CLIENT_SECRET")
    identity = [os.environ.get(name, "") for name in names]
    if not all(identity):
        sys.stderr.write(f"{' and '.join(names)} name no credential.\n")
        return 2
    path, began = Path(words[2]), time.monotonic()

    def tell(sent: SentSoFar, size: int) -> None:
        took = max(time.monotonic() - began, 1 / 1_000)
        sys.stderr.write(
            f"{sent.lines:,} lines, {100 * sent.offset // max(size, 1)} %,"
            f" {int(sent.lines / took):,} a second, {sent.refused:,} refused\n"
        )

    try:
        with closing(ApiConnection(words[1], *identity)) as transport:
            at_once = int(os.environ.get("COUNTERFOIL_AT_ONCE", BATCH_EVENTS))
            sent = send_file(path, transport, at_once=at_once, tell=tell)
    except (ApiRefused, FileChanged, OSError, ValueError) as stopped:
        sys.stderr.write(f"{stopped}\nRun it again to go on.\n")
        return 2
    sys.stdout.write(json.dumps({"lines": sent.lines, "counts": sent.counts}) + "\n")
    return 1 if sent.refused else 0
