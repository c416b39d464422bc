"""When something is tried again, and when an endpoint is left alone."""

from __future__ import annotations

from datetime import timedelta
from typing import Any

import pytest

from eventing.sending.schedule import RETRY_AFTER_SECONDS, after_failure, asked_wait
from tests.cast import NOON


def following(**said: Any) -> Any:
    usual: dict[str, Any] = {"tries": 1, "failures": 1, "status": 500, "retry_after": ""}
    return after_failure(**usual | {"at": NOON, "chance": 0} | said)


def test_waits_grow_and_end() -> None:
    waits = [following(tries=tries).retry_at - NOON for tries in range(1, 10)]
    assert waits == [timedelta(seconds=each) for each in RETRY_AFTER_SECONDS]
    assert following(tries=10).retry_at is None
    assert sum(RETRY_AFTER_SECONDS) > 72 * 3_600


def test_jitter_makes_a_wait_longer_by_a_fifth_at_most() -> None:
    waits = {following(tries=2, chance=chance).retry_at - NOON for chance in (0, 500, 999)}
    assert len(waits) == 3
    assert all(timedelta(seconds=300) <= each <= timedelta(seconds=360) for each in waits)


@pytest.mark.parametrize(
    ("text", "seconds"),
    [
        ("120", 120),
        ("0", 0),
        ("999999999", 86_400),
        ("Tue, 05 May 2026 12:10:00 GMT", None),
        ("soon", None),
        ("", None),
        ("-5", None),
        ("١٢", None),
    ],
)
def test_retry_after_is_seconds_or_a_date(text: str, seconds: int | None) -> None:
    if text.startswith("Tue"):
        text = (NOON + timedelta(minutes=10)).strftime("%a, %d %b %Y %H:%M:%S GMT")
        seconds = 600
    wait = asked_wait(text, at=NOON)
    assert wait == (None if seconds is None else timedelta(seconds=seconds))


def test_who_asks_for_time_gets_it() -> None:
    found = following(status=429, retry_after="120")
    assert (found.retry_at, found.pause_until) == (NOON + timedelta(seconds=120),) * 2
    assert following(status=500, retry_after="120").retry_at == NOON + timedelta(seconds=120)


@pytest.mark.parametrize("status", [429, 502, 503, 504])
def test_who_is_overloaded_is_left_alone(status: int) -> None:
    assert following(status=status).pause_until == NOON + timedelta(seconds=30)


def test_who_fails_on_and_on_is_left_alone_for_longer_each_time() -> None:
    pauses = [following(failures=times).pause_until for times in (4, 5, 6, 7, 60)]
    assert pauses == [
        None,
        *(NOON + timedelta(seconds=seconds) for seconds in (30, 60, 120, 900)),
    ]
