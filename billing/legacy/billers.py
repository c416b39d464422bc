"""Who bills which second of what, before and after a cut over: each second has one biller. Pure."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from datetime import datetime
from enum import StrEnum
from itertools import pairwise

from core.instants import LATEST


class Biller(StrEnum):
    """Which of the two systems."""

    THEIRS = "theirs"
    OURS = "ours"


class BillerFaultKind(StrEnum):
    """What is wrong with a span of time."""

    TWICE = "twice"
    NOBODY = "nobody"


@dataclass(frozen=True, slots=True)
class BillerSpan:
    """One system bills a price's code during [start, end); an open end is None."""

    biller: Biller
    code: str
    start: datetime
    end: datetime | None
    of: str
    """The document or plan that says so."""


@dataclass(frozen=True, slots=True)
class BillerFault:
    """A span of a code that is billed twice, or by nobody; an open end is None."""

    kind: BillerFaultKind
    code: str
    start: datetime
    end: datetime | None
    of: Sequence[str]

    def __str__(self) -> str:
        until = f" until {_said(self.end)}" if self.end else " on"
        by = f" ({', '.join(self.of)})" if self.of else ""
        what = "is billed twice" if self.kind is BillerFaultKind.TWICE else "is billed by nobody"
        return f"{self.code} {what} from {_said(self.start)}{until}{by}"


def biller_faults(
    spans: Iterable[BillerSpan], *, since: datetime, ends: dict[str, datetime] | None = None
) -> list[BillerFault]:
    """Every span after `since` with two billers or none, by code and time.

    A code is looked at from its first span on, to its end in `ends` or for ever. One that nobody
    billed after `since` is over and no fault.
    """
    by_code: dict[str, list[BillerSpan]] = defaultdict(list)
    for span in spans:
        if span.end is None or span.end > since:
            by_code[span.code].append(span)
    found: list[BillerFault] = []
    for code, some in sorted(by_code.items()):
        last = (ends or {}).get(code, LATEST)
        found += _joined(_parts(code, some, last))
    return found


def _parts(code: str, spans: Sequence[BillerSpan], last: datetime) -> Iterator[BillerFault]:
    """The faults between two neighbouring bounds."""
    bounds = {bound for span in spans for bound in (span.start, span.end or LATEST)}
    inside = sorted({each for each in bounds if each < last} | {last})
    for start, end in pairwise(inside):
        holding = [each for each in spans if each.start <= start and (each.end or LATEST) >= end]
        billers = {each.biller for each in holding}
        if len(billers) == 1:
            continue
        kind = BillerFaultKind.TWICE if billers else BillerFaultKind.NOBODY
        said = tuple(dict.fromkeys(each.of for each in holding))
        yield BillerFault(kind, code, start, None if end == LATEST else end, said)


def _joined(parts: Iterable[BillerFault]) -> list[BillerFault]:
    """Neighbours of one kind and the same documents are one."""
    found: list[BillerFault] = []
    for part in parts:
        before = found[-1] if found else None
        if before and (before.kind, before.end, before.of) == (part.kind, part.start, part.of):
            found[-1] = BillerFault(part.kind, part.code, before.start, part.end, part.of)
        else:
            found.append(part)
    return found


def _said(at: datetime) -> str:
    return f"{at:%Y-%m-%d %H:%M:%S}"
