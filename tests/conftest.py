"""What every test stands on: no network but this machine's, real transactions, random order."""

import gc
import socket
from collections.abc import Iterator
from typing import Any

import pytest
from django.db import connection
from hypothesis import HealthCheck
from hypothesis import settings as hypothesis_settings

from tests.browser.fixtures import browser, context, page
from tests.cast import acme, ada, globex, sam
from tests.emptying import _append_only_tables_can_be_emptied
from tests.payloads import _payloads_fit_the_catalogue
from tests.quick_migrations import migrate_quickly

__all__ = [
    "_append_only_tables_can_be_emptied",
    "_payloads_fit_the_catalogue",
    "acme",
    "ada",
    "browser",
    "context",
    "globex",
    "page",
    "sam",
]

# A law holds or not; how fast the machine is today is nothing to it.
hypothesis_settings.register_profile(
    "no clock", deadline=None, suppress_health_check=[HealthCheck.too_slow]
)
hypothesis_settings.load_profile("no clock")

_LOOPBACK = frozenset({"127.0.0.1", "::1", "localhost"})


def pytest_collection_finish() -> None:
    """What is loaded by now stays to the end: looking through it for garbage finds none.

    It was a fifth of the time. What a test leaves is looked for seldom, and found then.
    """
    gc.collect()
    gc.freeze()
    gc.set_threshold(10_000, 20, 20)


class NetworkUsed(AssertionError):
    """A test reached for another machine."""


@pytest.fixture(scope="session")
def _migrating_quickly() -> Iterator[pytest.MonkeyPatch]:
    with pytest.MonkeyPatch.context() as patch:
        migrate_quickly(patch)
        yield patch


@pytest.fixture(scope="session")
def django_db_setup(
    _migrating_quickly: pytest.MonkeyPatch, django_db_setup: None, django_db_blocker: Any
) -> Iterator[None]:
    """Makes the database; ends what killed workers left connected, so that it can be dropped."""
    _migrating_quickly.undo()
    yield
    with django_db_blocker.unblock():
        # A test may have left this connection cut off by the server; a new one is not.
        connection.close()
        with connection.cursor() as cursor:
            cursor.execute(
                "SELECT pg_terminate_backend(pid) FROM pg_stat_activity"
                " WHERE datname = current_database() AND pid <> pg_backend_pid()"
                " AND backend_type = 'client backend'"
            )


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
