"""What every test stands on: no network but this machine's, real transactions, random order."""

import socket
from collections.abc import Iterator
from typing import Any

import pytest

from tests.browser.fixtures import browser, context, page
from tests.cast import acme, ada, globex, sam
from tests.emptying import _append_only_tables_can_be_emptied

__all__ = [
    "_append_only_tables_can_be_emptied",
    "acme",
    "ada",
    "browser",
    "context",
    "globex",
    "page",
    "sam",
]

_LOOPBACK = frozenset({"127.0.0.1", "::1", "localhost"})


class NetworkUsed(AssertionError):
    """A test reached for another machine."""


@pytest.fixture(autouse=True, scope="session")
def _only_this_machine() -> Iterator[None]:
    """Refuses every connection that leaves the machine; Unix sockets and loopback are fine."""
    real_connect = socket.socket.connect

    def connect(self: socket.socket, address: Any) -> None:
        if self.family != socket.AF_UNIX and address[0] not in _LOOPBACK:
            raise NetworkUsed(f"a test tried to connect to {address!r}")
        real_connect(self, address)

    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(socket.socket, "connect", connect)
        yield
