"""Limits on signing in are for a person from an address, and never for their colleagues."""

from __future__ import annotations

from typing import Any

import pytest
from django.core.cache import cache
from django.test import Client

from core.addresses import client_address
from tests.cast import PASSWORD, person

ROUTER = "10.0.0.1"


@pytest.fixture(autouse=True)
def _counted_anew(db: None) -> None:
    cache.clear()


def sign_in(name: str, password: str = PASSWORD, *, at: str = "") -> bool:
    """Whether it works, from behind the router all come through."""
    browser = Client(headers={"X-Forwarded-For": at} if at else {}, REMOTE_ADDR=ROUTER)
    answer = browser.post("/staff/login/", {"login": name, "password": password})
    return answer.status_code == 302


def test_colleagues_behind_one_router_do_not_lock_each_other_out() -> None:
    for name in ("sam", "kim", "lee", "pat"):
        person(name)
        for _ in range(5):
            assert not sign_in(name, "wrong")
    person("ada")
    assert sign_in("ada")


def test_whoever_fails_too_often_waits_even_with_the_right_password() -> None:
    person("sam")
    for _ in range(5):
        sign_in("sam", "wrong")
    assert not sign_in("sam")


def test_nobody_keeps_a_person_out_from_elsewhere(settings: Any) -> None:
    settings.TRUSTED_PROXY_HOPS = 1
    person("sam")
    for _ in range(6):
        sign_in("sam", "wrong", at="203.0.113.9")
    assert not sign_in("sam", at="203.0.113.9")
    assert sign_in("sam", at="198.51.100.7")


@pytest.mark.parametrize(
    ("forwarded", "hops", "expected"),
    [
        ("", 0, "10.0.0.1"),
        ("203.0.113.9", 0, "10.0.0.1"),
        ("203.0.113.9", 1, "203.0.113.9"),
        ("6.6.6.6, 203.0.113.9", 1, "203.0.113.9"),
        ("6.6.6.6, 203.0.113.9, 10.0.0.2", 2, "203.0.113.9"),
        ("203.0.113.9", 2, "10.0.0.1"),
        ("", 1, "10.0.0.1"),
        ("nonsense", 1, "10.0.0.1"),
        ("2001:db8:1:2:3:4:5:6", 1, "2001:db8:1:2::"),
        ("::ffff:203.0.113.9", 1, "203.0.113.9"),
    ],
)
def test_only_our_own_routers_are_believed(forwarded: str, hops: int, expected: str) -> None:
    meta = {"REMOTE_ADDR": ROUTER, "HTTP_X_FORWARDED_FOR": forwarded}
    assert client_address(meta, trusted_hops=hops) == expected


def test_a_socket_without_an_address_is_one_address() -> None:
    assert client_address({"REMOTE_ADDR": ""}, trusted_hops=0) == "unknown"
