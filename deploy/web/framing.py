"""Where the body of a request ends. What it says is read by gunicorn's parser, once all is here."""

from __future__ import annotations

from collections.abc import Callable

_LINE_MAX = 8_190
_CRLF = b"\r\n"


class Length:
    """A body whose length was announced."""

    def __init__(self, length: int) -> None:
        self._left = length

    def ends_with(self, sent: bytes) -> bool:
        """Whether the body has come to its end with these next bytes."""
        self._left -= len(sent)
        return self._left <= 0


class Chunks:
    """A body in chunks, each with its size before it, the last of size nought.

    What is malformed ends it: then the parser, which is exact, says what is wrong.
    """

    def __init__(self) -> None:
        self._line = bytearray()
        self._skip = 0
        self._next: Callable[[bytes], bool] = self._size

    def ends_with(self, sent: bytes) -> bool:
        """Whether the body has come to its end with these next bytes."""
        at = 0
        while at < len(sent):
            if self._skip:
                taken = min(self._skip, len(sent) - at)
                self._skip, at = self._skip - taken, at + taken
                continue
            end = sent.find(b"\n", at)
            self._line += sent[at : len(sent) if end < 0 else end + 1]
            if end < 0:
                return len(self._line) > _LINE_MAX
            at = end + 1
            line, self._line = bytes(self._line), bytearray()
            if len(line) > _LINE_MAX or self._next(line):
                return True
        return False

    def _size(self, line: bytes) -> bool:
        text = line.partition(b";")[0].strip()
        if not line.endswith(_CRLF) or not text or text.strip(b"0123456789abcdefABCDEF"):
            return True
        size = int(text, 16)
        if size:
            self._skip = size + len(_CRLF)
        else:
            self._next = self._trailer
        return False

    def _trailer(self, line: bytes) -> bool:
        return line == _CRLF
