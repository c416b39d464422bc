"""A line to PostgreSQL that can break, before a commit is asked or after it was.

The cases that matter to a sender: nothing arrived, or everything did and nobody heard.
"""

from __future__ import annotations

import contextlib
import socket
import threading
from collections.abc import Iterator
from pathlib import Path

from django.db import connection

_NUMBER = ".s.PGSQL.5432"


class Line:
    """Carries bytes both ways until it is told at which word of ours to break."""

    def __init__(self, directory: Path, host: str, port: str) -> None:
        self._upstream = (host, port or "5432")
        self._ends: list[socket.socket] = []
        self._word: bytes | None = None
        self._delivers, self._is_breaking = True, False
        self._listener = socket.socket(socket.AF_UNIX)
        self._listener.bind(str(directory / _NUMBER))
        self._listener.listen()
        threading.Thread(target=self._accept, daemon=True).start()

    def break_at(self, word: bytes, *, delivers: bool) -> None:
        """Break when this word is sent: after the server got it (`delivers`), or before."""
        self._word, self._delivers = word, delivers

    def close(self) -> None:
        """Nothing gets through any more."""
        # A blocked accept() ends when its socket is shut down, not when it is closed.
        with contextlib.suppress(OSError):
            self._listener.shutdown(socket.SHUT_RDWR)
        self._listener.close()
        _hang_up(*self._ends)

    def _accept(self) -> None:
        while True:
            try:
                here, _ = self._listener.accept()
            except OSError:
                return
            there = self._dial()
            self._ends += [here, there]
            for source, target in ((here, there), (there, here)):
                threading.Thread(
                    target=self._carry, args=(source, target, source is here), daemon=True
                ).start()

    def _dial(self) -> socket.socket:
        host, port = self._upstream
        if not host.startswith("/"):
            return socket.create_connection((host, int(port)))
        there = socket.socket(socket.AF_UNIX)
        there.connect(f"{host}/.s.PGSQL.{port}")
        return there

    def _carry(self, source: socket.socket, target: socket.socket, is_ours: bool) -> None:
        with contextlib.suppress(OSError):
            while sent := source.recv(65_536):
                if is_ours and self._word is not None and self._word in sent:
                    self._word, self._is_breaking = None, self._delivers
                    if not self._delivers:
                        break
                elif not is_ours and self._is_breaking:
                    # The server has done it and says so; nobody hears.
                    self._is_breaking = False
                    break
                target.sendall(sent)
        _hang_up(source, target)
        source.close()


def _hang_up(*ends: socket.socket) -> None:
    for end in ends:
        with contextlib.suppress(OSError):
            end.shutdown(socket.SHUT_RDWR)


@contextlib.contextmanager
def breakable_line(directory: Path) -> Iterator[Line]:
    """This thread's connection goes through a line that can break, for the time of the block."""
    settings = connection.settings_dict
    kept = {name: settings[name] for name in ("HOST", "PORT")}
    connection.close()
    line = Line(directory, str(kept["HOST"] or "/var/run/postgresql"), str(kept["PORT"]))
    settings |= {"HOST": str(directory), "PORT": "5432"}
    try:
        yield line
    finally:
        line.close()
        settings |= kept
        connection.close()
