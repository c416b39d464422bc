"""Receivers of webhooks on this machine: they answer as told, and remember what came."""

from __future__ import annotations

import socket
import threading
from collections.abc import Callable, Iterator
from contextlib import contextmanager, suppress
from dataclasses import dataclass, field
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any


@dataclass(frozen=True, slots=True)
class Came:
    """One request as it came."""

    path: str
    headers: dict[str, str]
    body: bytes


Told = Callable[["Receiver", Came, BaseHTTPRequestHandler], None]


def answers(status: int, body: bytes = b"ok", **headers: str) -> Told:
    """Answer this."""

    def tell(receiver: Receiver, came: Came, handler: BaseHTTPRequestHandler) -> None:
        handler.send_response(status)
        for name, value in headers.items():
            handler.send_header(name.replace("_", "-"), value)
        handler.send_header("Content-Length", str(len(body)))
        handler.end_headers()
        handler.wfile.write(body)

    return tell


def drips(seconds: float) -> Told:
    """A byte of the head now and then, for ever."""

    def tell(receiver: Receiver, came: Came, handler: BaseHTTPRequestHandler) -> None:
        handler.wfile.write(b"HTTP/1.1 200 OK\r\nX-Slow: ")
        while not receiver.over.wait(seconds):
            handler.wfile.write(b"a")
            handler.wfile.flush()

    return tell


def streams(receiver: Receiver, came: Came, handler: BaseHTTPRequestHandler) -> None:
    """An answer without an end."""
    handler.wfile.write(b"HTTP/1.1 200 OK\r\n\r\n")
    while not receiver.over.is_set():
        handler.wfile.write(b"x" * 65_536)


@dataclass
class Receiver:
    """A server; `told` says how it answers, and may be changed at any time."""

    told: Told
    came: list[Came] = field(default_factory=list)
    over: threading.Event = field(default_factory=threading.Event)
    port: int = 0

    @property
    def url(self) -> str:
        return f"http://127.0.0.1:{self.port}/hook"

    @property
    def host(self) -> str:
        return f"127.0.0.1:{self.port}"


@contextmanager
def receiving(told: Told) -> Iterator[Receiver]:
    """A receiver that runs meanwhile."""
    receiver = Receiver(told)

    class Handler(BaseHTTPRequestHandler):
        protocol_version = "HTTP/1.1"

        def do_POST(self) -> None:
            length = int(self.headers.get("Content-Length", "0"))
            came = Came(self.path, dict(self.headers.items()), self.rfile.read(length))
            receiver.came.append(came)
            self.close_connection = True
            with suppress(OSError):
                receiver.told(receiver, came, self)

        def log_message(self, format: str, *args: Any) -> None:
            pass

    server = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
    server.daemon_threads = True
    receiver.port = server.server_address[1]
    thread = threading.Thread(target=server.serve_forever, kwargs={"poll_interval": 0.05})
    thread.start()
    try:
        yield receiver
    finally:
        receiver.over.set()
        server.shutdown()
        server.server_close()
        thread.join()


def unused_port() -> int:
    """A port at which nobody listens."""
    with socket.socket() as free:
        free.bind(("127.0.0.1", 0))
        port: int = free.getsockname()[1]
    return port
