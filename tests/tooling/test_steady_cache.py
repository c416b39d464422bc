"""Without the shared cache each process remembers for itself; nothing waits and nothing breaks."""

import socket
from collections.abc import Iterator

import pytest
from django.core.cache import caches
from django.test import Client, override_settings

from config.steady_cache import AWAY_SECONDS, SteadyCache
from tests.accounts.test_staff import again
from tests.cast import PASSWORD, person
from tests.clocks import Watch

NOBODY_LISTENS = "redis://127.0.0.1:1/0"


@pytest.fixture
def frozen() -> Iterator[tuple[str, socket.socket]]:
    """A server that accepts and never says a word, as a stopped process does."""
    with socket.socket() as server:
        server.bind(("127.0.0.1", 0))
        server.listen(16)
        server.setblocking(False)
        yield f"redis://127.0.0.1:{server.getsockname()[1]}/0", server


def asked(server: socket.socket) -> int:
    """How many connections wait to be answered."""
    seen = 0
    while True:
        try:
            server.accept()[0].close()
        except BlockingIOError:
            return seen
        seen += 1


def test_a_cache_that_is_down_is_memory(db: None) -> None:
    cache = SteadyCache(NOBODY_LISTENS, {})
    assert cache.add("tries", 1) is True
    assert cache.add("tries", 1) is False
    assert cache.incr("tries") == 2
    cache.set("tries", 5, 60)
    assert (cache.get("tries"), cache.get("other", 0)) == (5, 0)
    assert cache.delete("tries") is True


def test_a_frozen_cache_is_asked_once_and_then_left_alone(
    frozen: tuple[str, socket.socket],
) -> None:
    url, server = frozen
    cache, watch = SteadyCache(url, {}), Watch()
    cache.monotonic = watch
    for _ in range(20):
        cache.get("anything")
    assert asked(server) == 1
    watch.seconds += AWAY_SECONDS
    cache.get("anything")
    assert asked(server) == 1


@pytest.mark.parametrize("broker", ["down", "frozen"])
def test_people_sign_in_without_the_cache(
    db: None, broker: str, frozen: tuple[str, socket.socket]
) -> None:
    sam = person("sam")
    url = NOBODY_LISTENS if broker == "down" else frozen[0]
    steady = {"default": {"BACKEND": "config.steady_cache.SteadyCache", "LOCATION": url}}
    with override_settings(CACHES=steady):
        caches["default"].clear()
        browser = Client()
        form = {"login": "sam", "password": PASSWORD}
        assert browser.post("/staff/login/", form).status_code == 302
        assert "_auth_user_id" in browser.session
        wrong = [
            Client().post("/staff/login/", form | {"password": "wrong"}).content.decode()
            for _ in range(6)
        ]
        assert "Too many failed login attempts" in wrong[-1]
    assert again(sam).is_active
