"""One POST to somebody else's address, within bounds.

All of it has one limit on the wall clock, from the name to the last byte; little of the answer is
read; a redirect is an answer like any other; and the connection goes to an address that was judged.
"""

from __future__ import annotations

import socket
import ssl
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager, suppress
from dataclasses import dataclass
from decimal import Decimal
from http.client import HTTPConnection, HTTPException, HTTPResponse
from threading import Timer
from time import monotonic_ns
from typing import Final
from urllib.parse import SplitResult

from eventing.sending.addresses import (
    AddressRefused,
    NameUnknown,
    Resolve,
    addresses_of,
    port_of,
    require_reachable,
)

MILLISECONDS: Final = 15_000
ANSWER_BYTES_MAX: Final = 65_536
_HEADERS_MAX: Final = 40
_TRIED_MAX: Final = 4
_HEADER_LENGTH_MAX: Final = 500

_SAID: Final = {
    "timeout": "It did not answer in {seconds} s, to the last byte.",
    "connection": "No connection, or it was cut.",
    "tls": "The connection is not trusted: {problem}",
    "answer": "What came is no answer of HTTP.",
}


@dataclass(frozen=True, slots=True)
class PostAnswer:
    """What came back. `error` is empty where an answer came, whatever it says."""

    took_ms: int
    address: str = ""
    status: int | None = None
    headers: tuple[tuple[str, str], ...] = ()
    body: bytes = b""
    error: str = ""
    said: str = ""

    def header(self, name: str) -> str:
        """A header of the answer, or nothing."""
        return next((value for key, value in self.headers if key.lower() == name), "")


@dataclass(frozen=True, slots=True)
class PostBounds:
    """How a POST is made; tests and probes give their own."""

    milliseconds: int = MILLISECONDS
    resolve: Resolve | None = None
    trust: ssl.SSLContext | None = None


def post(
    url: str, headers: Mapping[str, str], body: bytes, bounds: PostBounds | None = None
) -> PostAnswer:
    """Send it and say what came; nothing that the other side does is raised."""
    bounds = bounds or PostBounds()
    clock = _Clock(bounds.milliseconds)
    try:
        parts = require_reachable(url)
        addresses = addresses_of(parts, resolve=bounds.resolve, milliseconds=clock.left_ms)
    except AddressRefused as refused:
        return PostAnswer(clock.spent_ms, error=refused.code, said=refused.message)
    except NameUnknown as unknown:
        return PostAnswer(clock.spent_ms, error="name_unknown", said=str(unknown))
    address = ""
    try:
        with _connected(parts, addresses, clock, bounds.trust) as (connection, address):
            connection.request("POST", _target(parts), body=body, headers=dict(headers))
            with connection.getresponse() as response:
                return _read(response, address, clock)
    except ssl.SSLCertVerificationError as problem:
        said = _SAID["tls"].format(problem=problem.verify_message)
        return PostAnswer(clock.spent_ms, address, error="tls", said=said)
    except (OSError, HTTPException, ValueError) as problem:
        kind = _kind_of(problem, clock)
        said = _SAID[kind].format(seconds=Decimal(bounds.milliseconds) / 1_000)
        return PostAnswer(clock.spent_ms, address, error=kind, said=said)


class _Clock:
    """The wall clock of one POST."""

    def __init__(self, milliseconds: int) -> None:
        self._began = monotonic_ns()
        self._milliseconds = milliseconds

    @property
    def spent_ms(self) -> int:
        return (monotonic_ns() - self._began) // 1_000_000

    @property
    def left_ms(self) -> int:
        return max(self._milliseconds - self.spent_ms, 1)

    @property
    def is_over(self) -> bool:
        return self.spent_ms >= self._milliseconds


class _Connection(HTTPConnection):
    """Speaks over a socket that is there already; the host stays the name that was asked for."""

    def __init__(self, parts: SplitResult, connected: socket.socket) -> None:
        super().__init__(parts.hostname or "", port_of(parts))
        # Which port is the usual one, and left out of the Host header, depends on the scheme.
        self.default_port = 443 if parts.scheme == "https" else 80
        self.sock = connected

    def connect(self) -> None:
        raise ConnectionError("The connection was lost.")


@contextmanager
def _connected(
    parts: SplitResult, addresses: Sequence[str], clock: _Clock, trust: ssl.SSLContext | None
) -> Iterator[tuple[HTTPConnection, str]]:
    """A connection that is cut when the time is up, however slowly something trickles in."""
    plain, address = _first_of(addresses[:_TRIED_MAX], port_of(parts), clock)
    with plain, plain.dup() as handle:
        cut = Timer(clock.left_ms / 1_000, _cut, [handle])
        cut.daemon = True
        cut.start()
        try:
            connected = plain
            if parts.scheme == "https":
                context = trust or ssl.create_default_context()
                connected = context.wrap_socket(plain, server_hostname=parts.hostname)
            with connected:
                connection = _Connection(parts, connected)
                yield connection, address
                connection.close()
        finally:
            cut.cancel()


def _first_of(addresses: Sequence[str], port: int, clock: _Clock) -> tuple[socket.socket, str]:
    """A connection to the first address that takes one, each with its share of the time."""
    problem: OSError = ConnectionError("There is no address.")
    for number, address in enumerate(addresses):
        share = clock.left_ms / 1_000 / (len(addresses) - number)
        try:
            connected = socket.create_connection((address, port), timeout=share)
        except OSError as failed:
            problem = failed
            continue
        # From here on the clock cuts it.
        connected.settimeout(None)
        return connected, address
    raise problem


def _cut(handle: socket.socket) -> None:
    with suppress(OSError):
        handle.shutdown(socket.SHUT_RDWR)


def _target(parts: SplitResult) -> str:
    path = parts.path or "/"
    return f"{path}?{parts.query}" if parts.query else path


def _read(response: HTTPResponse, address: str, clock: _Clock) -> PostAnswer:
    body = response.read(ANSWER_BYTES_MAX)
    if clock.is_over:
        raise TimeoutError
    headers = tuple(
        (name[:_HEADER_LENGTH_MAX], value[:_HEADER_LENGTH_MAX])
        for name, value in response.getheaders()[:_HEADERS_MAX]
    )
    return PostAnswer(clock.spent_ms, address, response.status, headers, body)


def _kind_of(problem: Exception, clock: _Clock) -> str:
    if clock.is_over or isinstance(problem, TimeoutError):
        return "timeout"
    return "connection" if isinstance(problem, OSError) else "answer"
