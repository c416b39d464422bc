"""One line that shows how sending goes: rewritten in place on a terminal, repeated elsewhere."""

import time
from collections import Counter
from collections.abc import Callable, Mapping
from typing import Protocol

from demo.platform.values import ExpectedVerdict

_TERMINAL_INTERVAL_SECONDS = 0.1
_LOG_INTERVAL_SECONDS = 2.0


class Stream(Protocol):
    def write(self, text: str, /) -> object: ...
    def flush(self) -> object: ...
    def isatty(self) -> bool: ...


class SendingProgress:
    """Counts verdicts and writes them to `stream`, at most every so often."""

    def __init__(
        self, stream: Stream, total: int, *, tick: Callable[[], float] = time.monotonic
    ) -> None:
        self._stream = stream
        self._total = total
        self._tick = tick
        self._counts: Counter[ExpectedVerdict] = Counter()
        self._started_at = self._written_at = tick()
        self._in_place = stream.isatty()

    def add(self, counts: Mapping[ExpectedVerdict, int]) -> None:
        self._counts.update(counts)
        interval = _TERMINAL_INTERVAL_SECONDS if self._in_place else _LOG_INTERVAL_SECONDS
        if self._tick() - self._written_at >= interval:
            self._write("\r" if self._in_place else "\n")

    def finish(self) -> None:
        self._write("\n")

    def line(self) -> str:
        done = self._counts.total()
        seconds = max(self._tick() - self._started_at, 0.001)
        verdicts = ", ".join(
            f"{self._counts[verdict]:,} {verdict.value}" for verdict in ExpectedVerdict
        )
        return f"  {done:,} of {self._total:,} events, {done / seconds:,.0f}/s: {verdicts}"

    def _write(self, end: str) -> None:
        self._written_at = self._tick()
        # Spaces cover what a longer earlier line left behind.
        self._stream.write(f"{self.line():<110}{end}" if self._in_place else f"{self.line()}{end}")
        self._stream.flush()
