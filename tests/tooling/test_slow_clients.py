"""Slow, silent and senseless clients cost the web server nothing that others need."""

from __future__ import annotations

import select
import socket
from collections.abc import Iterator

import pytest
from gunicorn.config import Config

from deploy.web.connection import (
    BODY_BYTES_MAX,
    BYTES_PER_SECOND_MIN,
    GRACE_S,
    HEAD_BYTES_MAX,
    HEAD_S,
    LINGER_S,
    REQUEST_S,
    Connection,
    Phase,
)
from deploy.web.framing import Chunks
from tests.tooling.served import Answer, Served, _served, get, heard, post, served

__all__ = ["_served", "served"]

NOON = 1_000.0
CHUNKED = b"POST /events HTTP/1.1\r\nHost: here\r\nTransfer-Encoding: chunked\r\n\r\n"


class Client:
    """One end of a connection; the server's end is looked at when the test says so."""

    def __init__(self) -> None:
        self._here, there = socket.socketpair()
        self._here.settimeout(10)
        self.connection = Connection(there, "", "", Config(), NOON)

    def sends(self, sent: bytes, *, at: float = NOON) -> Phase:
        self._here.sendall(sent)
        self.connection.advance(at)
        return self.connection.phase

    def waits(self, seconds: float) -> Phase:
        self.connection.look_at_the_time(NOON + seconds)
        return self.connection.phase

    def hears(self) -> Answer:
        return heard(self._here)

    def close(self) -> None:
        self._here.close()
        self.connection.close()


@pytest.fixture
def client() -> Iterator[Client]:
    client = Client()
    yield client
    client.close()


def test_two_hundred_half_sent_requests_stop_the_service(served: Served) -> None:
    """They do not: whoever sends all of theirs is answered while they drip."""
    dripping = [
        served.dial(sent)
        for sent in (b"", b"GET / HT", post("/events", b"x", announced=100), CHUNKED + b"5\r\nab")
        for _ in range(50)
    ]
    for number in range(20):
        assert served.ask(post(f"/{number}", b"whole")).body == f"/{number} 5".encode()
    dripping[-1].sendall(b"cde\r\n0\r\n\r\n")
    assert heard(dripping[-1]).body == b"/events 5"
    cut_off, _, _ = select.select(dripping[:-1], [], [], 0)
    assert not cut_off


def test_a_client_that_does_not_fetch_its_answer_holds_up_nobody(served: Served) -> None:
    deaf = [served.dial(get("/big")) for _ in range(10)]
    assert served.ask(get("/others")).body == b"/others 0"
    for each in deaf:
        answer = heard(each)
        assert (answer.status, answer.body.count(b"x")) == (200, 20_000_000)


def test_a_request_that_lasts_leaves_room_for_others(served: Served) -> None:
    lasting = [served.dial(get("/lasts")) for _ in range(2)]
    assert served.ask(get("/livez")).body == b"/livez 0"
    served.let_go.touch()
    for each in lasting:
        assert heard(each).body == b"/lasts 0"


def test_a_body_is_the_same_however_it_comes(served: Served) -> None:
    body = b"0123456789" * 300_000
    in_pieces = served.dial(post("/", b"", announced=len(body)))
    for start in range(0, len(body), 100_000):
        in_pieces.sendall(body[start : start + 100_000])
    chunks = b"".join(
        b"%x;name=value\r\n%s\r\n" % (len(body) // 3, body[n * len(body) // 3 :][: len(body) // 3])
        for n in range(3)
    )
    assert served.ask(post("/", body)).body == b"/ 3000000"
    assert heard(in_pieces).body == b"/ 3000000"
    assert served.ask(CHUNKED + chunks + b"0\r\nX-Sum: 7\r\n\r\n").body == b"/events 3000000"


def test_who_asks_whether_to_go_on_is_told_to(served: Served) -> None:
    asked = post("/", b"", announced=5).replace(b"Host", b"Expect: 100-continue\r\nHost")
    asking = served.dial(asked)
    assert asking.recv(100) == b"HTTP/1.1 100 Continue\r\n\r\n"
    asking.sendall(b"whole")
    assert heard(asking).body == b"/ 5"


@pytest.mark.parametrize(
    ("sent", "status", "code"),
    [
        (b"GET\r\n\r\n", 400, "bad_request"),
        (b"G{T / HTTP/1.1\r\nHost: x\r\n\r\n", 400, "bad_request"),
        (b"GET / HTTP/1.1\nHost: x\n\n", 400, "bad_request"),
        (b"GET / HTTP/3.0\r\nHost: x\r\n\r\n", 400, "bad_request"),
        (b"GET / HTTP/1.1\r\nHo st: x\r\n\r\n", 400, "bad_request"),
        (b"GET / HTTP/1.1\r\nX: a\0b\r\n\r\n", 400, "bad_request"),
        (b"GET / HTTP/1.1\r\nContent-Length: x\r\n\r\n", 400, "bad_request"),
        (b"GET / HTTP/1.1\r\nContent-Length: \xc2\xb2\r\n\r\n", 400, "bad_request"),
        (b"GET / HTTP/1.1\r\nContent-Length: 1\r\nContent-Length: 1\r\n\r\n", 400, "bad_request"),
        (CHUNKED.replace(b"chunked", b"zip"), 501, "transfer_coding"),
        (CHUNKED.replace(b"Host", b"Content-Length: 5\r\nHost"), 400, "bad_request"),
        (b"GET /" + b"x" * 9_000 + b" HTTP/1.1\r\n\r\n", 414, "uri_too_long"),
        (b"GET / HTTP/1.1\r\n" + b"X: y\r\n" * 200 + b"\r\n", 431, "header_too_large"),
        (b"GET / HTTP/1.1\r\nX: " + b"y" * HEAD_BYTES_MAX, 431, "header_too_large"),
        (post("/", b"", announced=BODY_BYTES_MAX + 1), 413, "body_too_large"),
        (get("/breaks"), 500, "internal"),
        (CHUNKED + b"zz\r\n", 400, "bad_request"),
        (CHUNKED + b"1\r\nabc\r\n", 400, "bad_request"),
        (CHUNKED + b"0\r\nContent-Length: 5\r\n\r\n", 400, "bad_request"),
    ],
)
def test_what_is_no_request_is_told_so_in_the_form_of_every_other_problem(
    served: Served, sent: bytes, status: int, code: str
) -> None:
    answer = served.ask(sent)
    assert (answer.status, answer.problem["code"]) == (status, code)
    assert f"Request-Id: {answer.problem['request_id']}" in answer.head
    assert "secret" not in answer.raw.decode()


def test_a_browser_gets_a_page(served: Served) -> None:
    answer = served.ask(b"GET / HTTP/1.1\r\nHo st: x\r\nAccept: text/html\r\n\r\n")
    assert "text/html" in answer.head
    assert b"<h1>Bad request</h1>" in answer.body


def test_a_process_that_stops_finishes_what_it_has(
    tmp_path_factory: pytest.TempPathFactory,
) -> None:
    stopping = Served(tmp_path_factory.mktemp("stopping"))
    lasting = stopping.dial(get("/lasts"))
    silent = stopping.dial()
    assert stopping.ask(get("/")).status == 200
    stopping.terminate()
    assert heard(silent).problem["code"] == "unavailable"
    stopping.let_go.touch()
    assert heard(lasting).body == b"/lasts 0"
    assert stopping.end() == 0


def test_a_request_that_never_ends_keeps_its_process_for_ever(
    tmp_path_factory: pytest.TempPathFactory,
) -> None:
    """The process is ended, also while it reads and answers others, and another serves."""
    short = Served(tmp_path_factory.mktemp("short"), "--timeout", "2")
    assert heard(short.dial(get("/lasts"))).raw == b""
    assert short.ask(get("/")).status == 200
    short.end()


def test_a_process_that_has_too_many_clients_lets_the_slowest_go(
    tmp_path_factory: pytest.TempPathFactory,
) -> None:
    few = Served(tmp_path_factory.mktemp("few"), "--worker-connections", "5")
    dripping = [few.dial(b"GET / HT") for _ in range(5)]
    assert few.ask(get("/")).status == 200
    assert heard(dripping[0]).problem["code"] == "request_timeout"
    few.end()


def test_a_head_that_does_not_end_is_not_waited_for(client: Client) -> None:
    client.sends(b"GET / HTTP/1.1\r\nHost: he")
    assert client.waits(HEAD_S) is Phase.HEAD
    client.waits(HEAD_S + 0.1)
    assert client.hears().problem["code"] == "request_timeout"


def test_a_client_that_says_nothing_at_all_is_hung_up_on(client: Client) -> None:
    assert client.waits(HEAD_S + 0.1) is Phase.CLOSED


def test_a_body_of_a_byte_a_second_is_told_408(client: Client) -> None:
    client.sends(post("/", b"", announced=1_000))
    for second in range(1, int(GRACE_S) + 1):
        assert client.sends(b"x", at=NOON + second) is Phase.BODY
        assert client.waits(second) is Phase.BODY
    client.waits(GRACE_S + 1)
    answer = client.hears()
    assert (answer.status, answer.problem["retryable"]) == (408, True)
    assert answer.problem["instance"] == "/"


def test_a_body_that_comes_steadily_must_still_come_to_its_end(client: Client) -> None:
    client.sends(post("/", b"", announced=1_000_000))
    for second in range(1, int(REQUEST_S) + 1):
        client.sends(b"x" * 2 * BYTES_PER_SECOND_MIN, at=NOON + second)
        assert client.waits(second) is Phase.BODY
    client.waits(REQUEST_S + 1)
    assert client.hears().status == 408


def test_a_body_that_breaks_off_is_told_so(client: Client) -> None:
    client.sends(post("/", b"abc", announced=9))
    client._here.shutdown(socket.SHUT_WR)
    client.connection.advance(NOON)
    assert client.hears().problem["code"] == "framing"


def test_who_goes_on_sending_after_the_answer_is_heard_out_for_a_while(client: Client) -> None:
    assert client.sends(b"GET\r\n\r\n") is Phase.LINGERING
    assert client.sends(b"more" * 1_000, at=NOON + 1) is Phase.LINGERING
    assert client.waits(LINGER_S + 0.1) is Phase.CLOSED


@pytest.mark.parametrize("step", [1, 2, 3, 5, 1_000])
def test_chunks_end_where_they_end_however_they_are_cut(step: int) -> None:
    sent = b"5\r\nhello\r\nA;x=y\r\n\r\n0\r\n\r\n012\r\n00\r\nName: value\r\n\r\n"
    pieces = [sent[start : start + step] for start in range(0, len(sent), step)]
    chunks = Chunks()
    assert [chunks.ends_with(piece) for piece in pieces] == [False] * (len(pieces) - 1) + [True]
