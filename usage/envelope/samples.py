"""Sample events that somebody pastes, to see how a meter would read them.

A sample is a whole event or its data alone. What an event must have and a sample does not is filled
in; what it has is read as strictly as an event that is sent.
"""

from __future__ import annotations

from collections.abc import Iterator
from datetime import datetime, timedelta
from typing import Any

from core.errors import DomainError, Malformed
from core.json_reader import read_json
from usage.envelope.item import read_item
from usage.envelope.received_event import EventRefusal, ReceivedEvent

SAMPLES_MAX = 100
BYTES_MAX = 200_000
_OF_AN_EVENT = ("data", "data_base64", "specversion")
_APART = timedelta(minutes=1)


class SamplesUnreadable(Malformed):
    """What was pasted is no JSON."""

    code = "samples_unreadable"
    title = "These are no events"


def read_samples(text: str, *, type: str, at: datetime) -> list[ReceivedEvent | EventRefusal]:
    """Read one JSON object, a list of them, or one to a line; at most 100.

    Samples without an instant are a minute apart, the last at `at`; without a type they are of
    `type`. Raises: SamplesUnreadable.
    """
    samples = _decoded(text)
    if len(samples) > SAMPLES_MAX:
        raise SamplesUnreadable(f"These are {len(samples)} events; {SAMPLES_MAX} can be tried.")
    first = at - _APART * (len(samples) - 1)
    return [
        read_item(_whole(sample, number, type, first + _APART * number))
        for number, sample in enumerate(samples)
    ]


def _decoded(text: str) -> list[Any]:
    try:
        read = _read(text)
    except DomainError as problem:
        lines = [line for line in text.splitlines() if line.strip()]
        if len(lines) < 2 or not all(line.lstrip().startswith("{") for line in lines):
            raise SamplesUnreadable(f"This is not JSON: {problem}") from problem
        return list(_lines(lines))
    return read if isinstance(read, list) else [read]


def _lines(lines: list[str]) -> Iterator[Any]:
    for number, line in enumerate(lines, start=1):
        try:
            yield _read(line)
        except DomainError as problem:
            raise SamplesUnreadable(f"Line {number} is not JSON: {problem}") from problem


def _read(text: str) -> Any:
    return read_json(text.encode(errors="surrogatepass"), max_bytes=BYTES_MAX)


def _whole(sample: Any, number: int, type: str, at: datetime) -> Any:
    if not isinstance(sample, dict):
        return sample
    said = sample if any(name in sample for name in _OF_AN_EVENT) else {"data": sample}
    filled = {"id": f"sample-{number + 1}", "source": "sample", "type": type, "subject": "sample"}
    return filled | {"time": at.isoformat()} | said
