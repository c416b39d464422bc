"""gunicorn's worker: one loop that waits for clients, a few threads that never do.

The loop reads requests to their end and sends answers; a thread gets a request when all of it is
here. While one is worked on, this process takes no new connection, so that another, idle one does;
only when it lasts does a second thread serve beside it. The first thread that is free is used: its
connection to the database is warm and knows its statements.
"""

from __future__ import annotations

import errno
import os
import queue
import selectors
import socket
import threading
import time
from collections import deque
from contextlib import suppress
from datetime import timedelta
from typing import Any, Final

from gunicorn import util
from gunicorn.http import wsgi
from gunicorn.http.errors import ParseException
from gunicorn.workers.base import Worker

from deploy.web import refusals
from deploy.web.connection import Connection, Phase

LASTS_S: Final = 0.25
"""From when on a request lasts, so that others are taken in beside it."""
STOP_READING_S: Final = 5.0
"""How long a stopping process still reads what has begun to come."""
_LOOK_EVERY_S: Final = 1.0


class BufferingWorker(Worker):  # type: ignore[misc]  # gunicorn has no types
    """See the module. The configuration's threads and worker_connections bound it."""

    alive: bool

    def run(self) -> None:
        self._selector = selectors.DefaultSelector()
        self._connections: set[Connection] = set()
        self._ready: deque[Connection] = deque()
        self._answered: queue.SimpleQueue[Connection] = queue.SimpleQueue()
        self._threads = [_Thread(self, number) for number in range(max(self.cfg.threads, 1))]
        self._listens, self._looked_at = False, 0.0
        self._stops_at: float | None = None
        os.set_blocking(self.PIPE[0], False)
        self._selector.register(self.PIPE[0], selectors.EVENT_READ)
        for listener in self.sockets:
            listener.setblocking(False)
        while not self._is_over(time.monotonic()):
            self._turn()
        for connection in self._connections:
            connection.close()

    def wake(self, answered: Connection) -> None:
        """Called by a thread: this connection's answer is whole."""
        self._answered.put(answered)
        # A pipe that is full wakes as well as one more byte in it would.
        with suppress(BlockingIOError):
            os.write(self.PIPE[1], b"1")

    def _turn(self) -> None:
        now = time.monotonic()
        self._listen(self._may_accept(now))
        for key, _ in self._selector.select(self._patience(now)):
            self._handle(key, time.monotonic())
        now = time.monotonic()
        while not self._answered.empty():
            connection = self._answered.get()
            connection.send_answer(now)
            self._follow(connection)
        self._hand_out(now)
        if now - self._looked_at >= _LOOK_EVERY_S:
            self._look_at_the_time(now)

    def _handle(self, key: selectors.SelectorKey, now: float) -> None:
        if isinstance(key.data, Connection):
            key.data.advance(now)
            self._follow(key.data)
        elif key.fileobj == self.PIPE[0]:
            os.read(self.PIPE[0], 4_096)
        else:
            self._accept(key.data, now)

    def _accept(self, listener: Any, now: float) -> None:
        try:
            client, address = listener.accept()
        except (BlockingIOError, ConnectionAbortedError):
            return  # another process had it, or the client thought better of it
        except OSError as error:
            if error.errno not in (errno.EMFILE, errno.ENFILE):
                raise
            self._end_the_slowest(now)
            return
        util.close_on_exec(client)
        if client.family != socket.AF_UNIX:
            client.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
        self._make_room(now)
        connection = Connection(client, address, listener.getsockname(), self.cfg, now)
        self._connections.add(connection)
        connection.advance(now)
        self._follow(connection)
        self._hand_out(now)

    def _make_room(self, now: float) -> None:
        """Where there are too many, whoever has been sending the longest gives way."""
        if len(self._connections) >= self.cfg.worker_connections:
            self._end_the_slowest(now)

    def _end_the_slowest(self, now: float) -> None:
        reading = [each for each in self._connections if each.is_reading]
        if reading:
            slowest = min(reading, key=lambda each: each.since)
            slowest.refuse(refusals.TOO_SLOW, now)
            self._follow(slowest)

    def _follow(self, connection: Connection) -> None:
        """Look for what the connection needs next."""
        wanted = _EVENT_OF[connection.phase]
        if wanted != connection.watched_for:
            if not connection.watched_for:
                self._selector.register(connection.socket, wanted, connection)
            elif wanted:
                self._selector.modify(connection.socket, wanted, connection)
            else:
                self._selector.unregister(connection.socket)
            connection.watched_for = wanted
        if connection.phase is Phase.READY:
            self._ready.append(connection)
        elif connection.phase is Phase.CLOSED:
            self._connections.discard(connection)
            connection.close()

    def _hand_out(self, now: float) -> None:
        """Give what is ready to threads that are free, the first of them first."""
        for thread in self._threads:
            if not self._ready:
                return
            if thread.connection is None:
                thread.take(self._ready.popleft(), now)
                self.nr += 1
        if self.nr >= self.max_requests and self.alive:
            self.log.info("Autorestarting worker after %d requests.", self.nr)
            self.alive = False

    def _may_accept(self, now: float) -> bool:
        busy = [thread.since for thread in self._threads if thread.connection is not None]
        if not self.alive or self._ready or len(busy) == len(self._threads):
            return False
        return not busy or now - max(busy) >= LASTS_S

    def _listen(self, does: bool) -> None:
        if does is self._listens:
            return
        self._listens = does
        for listener in self.sockets:
            if does:
                self._selector.register(listener, selectors.EVENT_READ, listener)
            else:
                self._selector.unregister(listener)

    def _patience(self, now: float) -> float:
        """How long to wait for something to happen."""
        lasting = [LASTS_S - (now - thread.since) for thread in self._threads if thread.connection]
        soon = [left for left in lasting if left > 0] if not self._listens else []
        return min([_LOOK_EVERY_S, *soon])

    def _look_at_the_time(self, now: float) -> None:
        self._looked_at = now
        for connection in list(self._connections):
            if connection.phase is not Phase.READY:
                connection.look_at_the_time(now)
                self._follow(connection)
        if self.ppid != os.getppid():
            self.log.info("Parent changed, shutting down: %s", self)
            self.alive = False
        self.notify()

    def notify(self) -> None:
        """Last heard of when the oldest request began; the arbiter ends who is not heard of."""
        busy = [thread.since for thread in self._threads if thread.connection is not None]
        heard_of = min(busy, default=time.monotonic())
        os.utime(self.tmp.fileno(), (heard_of, heard_of))

    def _is_over(self, now: float) -> bool:
        if self.alive:
            return False
        if self._stops_at is None:
            self._stops_at = now + STOP_READING_S
        for connection in list(self._connections):
            if connection.is_reading and (now > self._stops_at or not connection.has_begun):
                connection.refuse(refusals.STOPPING, now)
                self._follow(connection)
        return all(connection.phase is Phase.LINGERING for connection in self._connections)


_EVENT_OF: Final = {
    Phase.HEAD: selectors.EVENT_READ,
    Phase.BODY: selectors.EVENT_READ,
    Phase.READY: 0,
    Phase.SENDING: selectors.EVENT_WRITE,
    Phase.LINGERING: selectors.EVENT_READ,
    Phase.CLOSED: 0,
}


class _Thread:
    """Works on one request after the other."""

    def __init__(self, worker: BufferingWorker, number: int) -> None:
        self.connection: Connection | None = None
        self.since = 0.0
        self._worker = worker
        self._given: queue.SimpleQueue[Connection] = queue.SimpleQueue()
        threading.Thread(target=self._run, name=f"web-{number}", daemon=True).start()

    def take(self, connection: Connection, now: float) -> None:
        self.connection, self.since = connection, now
        self._given.put(connection)

    def _run(self) -> None:
        while True:
            connection = self._given.get()
            try:
                self._answer(connection)
            except ParseException as error:
                connection.answer.replace(refusals.written(refusals.refusal_of(error), head=b""))
            except Exception:
                self._worker.log.exception("Error handling request")
                connection.answer.replace(refusals.written(refusals.BROKEN, head=b""))
            self.connection = None
            self._worker.wake(connection)

    def _answer(self, connection: Connection) -> None:
        worker, request = self._worker, connection.request
        began = time.monotonic()
        response, environ = wsgi.create(
            request, connection.answer, connection.address, connection.server, worker.cfg
        )
        environ |= {"wsgi.input": connection.body(), "wsgi.multithread": True}
        response.force_close()
        parts = worker.wsgi(environ, response.start_response)
        try:
            for part in parts:
                response.write(part)
            response.close()
        finally:
            took = timedelta(seconds=time.monotonic() - began)
            worker.log.access(response, request, environ, took)
            if hasattr(parts, "close"):
                parts.close()
