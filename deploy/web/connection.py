"""One connection, one request, one answer: read to its end, worked on, sent, closed.

Nothing here waits. A client has so long for the head, so long for all of it, and must not be slower
than a minimum; who is, is told so. What is read and what is answered lies in memory while it is
small and in a temporary file when it is not.
"""

from __future__ import annotations

import io
import socket
from enum import Enum
from tempfile import SpooledTemporaryFile
from typing import IO, Any, Final

from gunicorn.config import Config
from gunicorn.http.body import ChunkedReader, LengthReader
from gunicorn.http.errors import NoMoreData, ParseException
from gunicorn.http.message import Request
from gunicorn.http.unreader import Unreader

from deploy.web import refusals
from deploy.web.framing import Chunks, Length
from deploy.web.refusals import HttpRefusal, refusal_of, written

HEAD_BYTES_MAX: Final = 65_536
BODY_BYTES_MAX: Final = 16 * 1_048_576
"""More than any address takes; the application has its own, smaller bounds."""
HEAD_S: Final = 10.0
REQUEST_S: Final = 60.0
GRACE_S: Final = 10.0
BYTES_PER_SECOND_MIN: Final = 1_024
"""How fast a body must come, and an answer be taken, once GRACE_S are over."""
LINGER_S: Final = 2.0
IN_MEMORY: Final = 1_048_576
_PIECE: Final = 262_144
_LINGER_BYTES_MAX: Final = 4 * 1_048_576


class Phase(Enum):
    """What a connection does next."""

    HEAD = "head"
    BODY = "body"
    READY = "ready"
    SENDING = "sending"
    LINGERING = "lingering"
    CLOSED = "closed"


class _Received(Unreader):  # type: ignore[misc]  # gunicorn has no types
    """What gunicorn's parser reads from: the head, then the body once it is all here."""

    def __init__(self, head: bytes) -> None:
        super().__init__()
        self._head = head
        self.body = SpooledTemporaryFile(max_size=IN_MEMORY)  # noqa: SIM115  closed with its connection

    def chunk(self, size_hint: int | None = None) -> bytes:
        if self._head:
            head, self._head = self._head, b""
            return head
        return self.body.read(max(size_hint or 0, _PIECE))


class Connection:
    """A client's socket and how far it has come."""

    def __init__(
        self, client: socket.socket, address: Any, server: Any, config: Config, now: float
    ) -> None:
        client.setblocking(False)
        self.socket, self.address, self.server, self._config = client, address, server, config
        self.phase, self.since = Phase.HEAD, now
        self.watched_for = 0
        """What the worker's selector looks for; the worker's to set."""
        self.request: Request | None = None
        self.answer = BufferedResponse()
        self._head = bytearray()
        self._received: _Received | None = None
        self._body: Length | Chunks | None = None
        self._phase_since, self._moved = now, 0

    @property
    def is_reading(self) -> bool:
        """The request is not all here yet."""
        return self.phase in (Phase.HEAD, Phase.BODY)

    @property
    def has_begun(self) -> bool:
        """Something has come."""
        return bool(self._head)

    def body(self) -> IO[bytes]:
        """The body as the application reads it. Raises: ParseException, for senseless chunks."""
        assert self.request is not None
        assert self._received is not None
        reader = self.request.body.reader
        if isinstance(reader, ChunkedReader):
            try:
                return io.BytesIO(self.request.body.read())
            except NoMoreData as error:
                raise ParseException from error
        # What was sent after the end is no part of it: one connection, one request.
        self._received.body.truncate(reader.length)
        return self._received.body

    def advance(self, now: float) -> None:
        """Read or send what can be without waiting."""
        try:
            if self.phase is Phase.SENDING:
                self._send(now)
            else:
                self._read(now)
        except (BlockingIOError, InterruptedError):
            pass
        except OSError:
            self._end()

    def look_at_the_time(self, now: float) -> None:
        """End what has taken too long."""
        waited = now - self._phase_since
        if self.is_reading:
            if not self._is_late(now, waited):
                return
            if self.has_begun:
                self.refuse(refusals.TOO_SLOW, now)
            else:
                self._end()  # nothing was asked
        elif (self.phase is Phase.SENDING and self._is_too_slow(waited)) or (
            self.phase is Phase.LINGERING and waited > LINGER_S
        ):
            self._end()

    def refuse(self, refusal: HttpRefusal, now: float) -> None:
        """Answer without the application."""
        self.answer.replace(written(refusal, head=bytes(self._head), instance=self._path()))
        self.send_answer(now)

    def send_answer(self, now: float) -> None:
        """The answer is whole: begin to send it."""
        self._enter(Phase.SENDING, now)
        self.answer.rewind()
        self.advance(now)

    def close(self) -> None:
        """Give back what it held."""
        self._end()
        self.socket.close()
        self.answer.close()
        if self._received is not None:
            self._received.body.close()

    def _end(self) -> None:
        self.phase = Phase.CLOSED

    def _read(self, now: float) -> None:
        sent = self.socket.recv(_PIECE)
        self._moved += len(sent)
        if self.phase is Phase.LINGERING:
            if not sent or self._moved > _LINGER_BYTES_MAX:
                self._end()
        elif self.phase is Phase.BODY:
            self._read_body(sent, now)
        elif not sent:
            self._end()
        elif self.phase is Phase.HEAD:
            self._read_head(sent, now)

    def _read_head(self, sent: bytes, now: float) -> None:
        searched = max(len(self._head) - 3, 0)
        self._head += sent
        end = self._head.find(b"\r\n\r\n", searched)
        # Two bare line feeds end no head; the parser says so at once instead of waiting.
        if end < 0 and self._head.find(b"\n\n", searched) < 0:
            if len(self._head) > HEAD_BYTES_MAX:
                self.refuse(refusals.HEAD_TOO_LARGE, now)
            return
        end = len(self._head) if end < 0 else end + 4
        head, rest = bytes(self._head[:end]), bytes(self._head[end:])
        del self._head[end:]
        self._received = _Received(head)
        try:
            self.request = Request(self._config, self._received, self.address)
        except (ParseException, NoMoreData, StopIteration, ValueError) as error:
            self.refuse(refusal_of(error), now)
            return
        self._begin_body(rest, now)

    def _begin_body(self, rest: bytes, now: float) -> None:
        assert self.request is not None
        reader = self.request.body.reader
        length = reader.length if isinstance(reader, LengthReader) else None
        if length is not None and length > BODY_BYTES_MAX:
            self.refuse(refusals.BODY_TOO_LARGE, now)
            return
        assert length is not None or isinstance(reader, ChunkedReader)
        self._body = Chunks() if length is None else Length(length)
        self._enter(Phase.BODY, now)
        if length == 0:
            self._enter(Phase.READY, now)
            return
        if self.request._expected_100_continue:
            self.request._expected_100_continue = False
            if not rest:
                self.socket.send(b"HTTP/1.1 100 Continue\r\n\r\n")
        if rest:
            self._moved += len(rest)
            self._read_body(rest, now)

    def _read_body(self, sent: bytes, now: float) -> None:
        assert self._received is not None
        assert self._body is not None
        if not sent:
            self.refuse(refusals.ENDED_EARLY, now)
            return
        self._received.body.write(sent)
        if self._body.ends_with(sent):
            self._received.body.seek(0)
            self._enter(Phase.READY, now)
        elif self._moved > BODY_BYTES_MAX + HEAD_BYTES_MAX:
            self.refuse(refusals.BODY_TOO_LARGE, now)

    def _send(self, now: float) -> None:
        while piece := self.answer.next_piece():
            sent = self.socket.send(piece)
            self.answer.was_sent(sent)
            self._moved += sent
        # Whoever still sends would lose the answer if the socket were closed at once.
        self._enter(Phase.LINGERING, now)
        self.socket.shutdown(socket.SHUT_WR)

    def _enter(self, phase: Phase, now: float) -> None:
        self.phase, self._phase_since, self._moved = phase, now, 0

    def _is_late(self, now: float, waited: float) -> bool:
        if self.phase is Phase.HEAD:
            return waited > HEAD_S
        return now - self.since > REQUEST_S or self._is_too_slow(waited)

    def _is_too_slow(self, waited: float) -> bool:
        return waited > GRACE_S and self._moved < (waited - GRACE_S) * BYTES_PER_SECOND_MIN

    def _path(self) -> str:
        return "" if self.request is None else str(self.request.path)


class BufferedResponse:
    """Stands in for the socket where gunicorn writes a response, and keeps it until it is whole."""

    def __init__(self) -> None:
        self._file = SpooledTemporaryFile(max_size=IN_MEMORY)  # noqa: SIM115  closed with its connection
        self._piece = memoryview(b"")

    def sendall(self, data: bytes) -> None:
        self._file.write(data)

    def replace(self, whole: bytes) -> None:
        """This instead of what was written."""
        self._file.seek(0)
        self._file.truncate()
        self._file.write(whole)

    def rewind(self) -> None:
        self._file.seek(0)

    def next_piece(self) -> memoryview:
        """What is to be sent next; empty at the end."""
        if not self._piece:
            self._piece = memoryview(self._file.read(_PIECE))
        return self._piece

    def was_sent(self, count: int) -> None:
        self._piece = self._piece[count:]

    def close(self) -> None:
        self._piece = memoryview(b"")
        self._file.close()
