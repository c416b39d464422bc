"""F25 and V12-02: a webhook reaches public addresses alone, and takes a bounded time."""

from __future__ import annotations

import time
from collections.abc import Iterator, Sequence

import pytest
from pytest_django import Settings

from eventing.sending.addresses import AddressRefused, is_public, require_reachable
from eventing.sending.posting import ANSWER_BYTES_MAX, PostBounds, post
from tests.eventing.receivers import Receiver, answers, drips, receiving, streams, unused_port

INNER = (
    "127.0.0.1", "127.8.9.1", "0.1.2.3", "10.1.2.3", "100.64.0.1", "169.254.169.254",
    "172.16.0.1", "172.31.255.255", "192.168.1.1", "192.0.0.8", "192.0.2.1", "198.18.0.1",
    "198.51.100.7", "203.0.113.9", "224.0.0.1", "240.0.0.1", "255.255.255.255",
    "::", "::1", "::127.0.0.1", "::ffff:127.0.0.1", "::ffff:8.8.8.8", "64:ff9b::7f00:1",
    "64:ff9b:1::1", "2002:7f00:1::", "2001:0:7f00:1::", "2001:db8::1", "fc00::1", "fd12::1",
    "fe80::1", "fec0::1", "ff02::1", "100::1", "3fff::1",
)  # fmt: skip
PUBLIC = ("8.8.8.8", "93.184.216.34", "2606:4700:4700::1111", "2a00:1450:4001:81b::200e")


@pytest.fixture
def receiver(settings: Settings) -> Iterator[Receiver]:
    with receiving(answers(200)) as running:
        settings.WEBHOOK_ALLOWED_HOSTS = [running.host]
        yield running


def leads_to(*addresses: str) -> PostBounds:
    """PostBounds in which every name leads there."""

    def resolve(host: str, port: int) -> Sequence[str]:
        return addresses

    return PostBounds(milliseconds=2000, resolve=resolve)


@pytest.mark.parametrize("address", INNER)
def test_v12_02_what_is_not_of_the_public_internet_is_never_reached(address: str) -> None:
    answer = post("https://hooks.example.com/in", {}, b"{}", leads_to(address))
    assert (answer.error, answer.status, answer.address) == ("address_refused", None, "")


@pytest.mark.parametrize("address", PUBLIC)
def test_public_addresses_are_public(address: str) -> None:
    from ipaddress import ip_address

    assert is_public(ip_address(address))


def test_one_bad_address_among_good_ones_refuses_the_name() -> None:
    answer = post("https://hooks.example.com/in", {}, b"{}", leads_to("8.8.8.8", "10.0.0.1"))
    assert answer.error == "address_refused"


@pytest.mark.parametrize(
    "url",
    [
        "http://hooks.example.com/in",
        "ftp://hooks.example.com/in",
        "https://hooks.example.com:22/in",
        "https://hooks.example.com:99999/in",
        "https://user:secret@hooks.example.com/in",
        "https://hooks.example.com/in#part",
        "https:///in",
        "https://localhost/in",
        "https://127.0.0.1/in",
        "https://[::1]/in",
        "https://[::ffff:10.0.0.1]/in",
        "https://169.254.169.254/latest/meta-data",
        "https://hooks.example.com/\nin",
        "https://hooks.exämple.com/in",
        "//hooks.example.com",
        "https://hooks.example.com/" + "a" * 500,
    ],
)
def test_an_address_that_says_by_itself_where_it_leads_is_refused_at_once(url: str) -> None:
    with pytest.raises(AddressRefused) as refused:
        require_reachable(url)
    assert refused.value.field == "url"


def test_f25_a_name_that_turns_inward_between_attempts_is_judged_each_time() -> None:
    """Rebinding: it is looked up once an attempt, and what is judged is what is connected to."""
    asked: list[str] = []

    def resolve(host: str, port: int) -> Sequence[str]:
        asked.append(host)
        return ["127.0.0.1"]

    require_reachable("https://hooks.example.com/in")
    answer = post(
        "https://hooks.example.com/in", {}, b"{}", PostBounds(milliseconds=2000, resolve=resolve)
    )
    assert (answer.error, asked) == ("address_refused", ["hooks.example.com"])


def test_f25_a_redirect_is_an_answer_and_leads_nowhere(receiver: Receiver) -> None:
    with receiving(answers(200)) as inner:
        receiver.told = answers(307, Location=inner.url)
        answer = post(receiver.url, {}, b"{}")
        assert (answer.status, inner.came) == (307, [])


def test_f25_what_drips_is_cut_on_the_wall_clock(receiver: Receiver) -> None:
    receiver.told = drips(0.1)
    began = time.monotonic()
    answer = post(receiver.url, {}, b"{}", PostBounds(milliseconds=1000))
    assert (answer.error, answer.status) == ("timeout", None)
    assert time.monotonic() - began < 2.5


def test_f25_a_name_server_that_does_not_answer_takes_no_longer() -> None:
    def resolve(host: str, port: int) -> Sequence[str]:
        time.sleep(1.5)
        return ["8.8.8.8"]

    began = time.monotonic()
    answer = post(
        "https://hooks.example.com/in", {}, b"{}", PostBounds(milliseconds=500, resolve=resolve)
    )
    assert answer.error == "name_unknown"
    assert time.monotonic() - began < 1.2


def test_f25_of_an_endless_answer_little_is_read(receiver: Receiver) -> None:
    receiver.told = streams
    answer = post(receiver.url, {}, b"{}", PostBounds(milliseconds=5000))
    assert (answer.status, len(answer.body)) == (200, ANSWER_BYTES_MAX)
    assert answer.took_ms < 4_000


def test_nobody_there_is_an_answer_too(settings: Settings) -> None:
    port = unused_port()
    settings.WEBHOOK_ALLOWED_HOSTS = [f"127.0.0.1:{port}"]
    assert post(f"http://127.0.0.1:{port}/", {}, b"{}").error == "connection"


def test_the_name_that_was_asked_for_is_the_host(receiver: Receiver, settings: Settings) -> None:
    settings.WEBHOOK_ALLOWED_HOSTS = [f"hooks.internal:{receiver.port}"]
    bounds = leads_to("127.0.0.1")
    answer = post(f"http://hooks.internal:{receiver.port}/in?to=us", {"X-One": "1"}, b"{}", bounds)
    assert (answer.status, answer.address) == (200, "127.0.0.1")
    (came,) = receiver.came
    assert (came.path, came.headers["Host"]) == ("/in?to=us", f"hooks.internal:{receiver.port}")
