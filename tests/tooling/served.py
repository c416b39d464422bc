"""A small application under the real web server: what its clients send and get, byte for byte."""

from __future__ import annotations

import json
import os
import socket
import subprocess
import sys
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import pytest

from tests.tooling.checkout import PROJECT, wait_until

_APPLICATION = """
import os, sys, time
def application(environ, start_response):
    body = environ["wsgi.input"].read()
    path = environ["PATH_INFO"]
    if path == "/breaks":
        raise RuntimeError("a secret of ours")
    if path == "/lasts":
        while not os.path.exists(os.environ["LET_GO"]):
            time.sleep(0.02)
    answer = {"/big": b"x" * 20_000_000}.get(path, f"{path} {len(body)}".encode())
    length = ("Content-Length", str(len(answer)))
    start_response("200 OK", [("Content-Type", "text/plain"), length])
    return [answer[:1_000_000], answer[1_000_000:]]
"""


@dataclass
class Answer:
    """What came back, whole."""

    raw: bytes

    @property
    def status(self) -> int:
        return int(self.raw.split(b" ", 2)[1])

    @property
    def head(self) -> str:
        return self.raw.partition(b"\r\n\r\n")[0].decode("latin-1")

    @property
    def body(self) -> bytes:
        return self.raw.partition(b"\r\n\r\n")[2]

    @property
    def problem(self) -> dict[str, Any]:
        assert "application/problem+json" in self.head, self.raw[:500]
        document: dict[str, Any] = json.loads(self.body)
        assert document["status"] == self.status
        return document


class Served:
    """The running server."""

    def __init__(self, directory: Path, *options: str) -> None:
        (directory / "small.py").write_text(_APPLICATION)
        self._path = directory / "web.sock"
        self.let_go = directory / "let-go"
        self._process = subprocess.Popen(
            [
                *(sys.executable, "-m", "gunicorn", "--config", "deploy/gunicorn.conf.py"),
                *("--pythonpath", str(directory), "--bind", f"unix:{self._path}"),
                *("--workers", "1", "--log-level", "critical", *options, "small:application"),
            ],
            cwd=PROJECT,
            env=os.environ | {"LET_GO": str(self.let_go)},
        )
        self._dialled: list[socket.socket] = []
        wait_until(self._answers)

    def dial(self, sent: bytes = b"") -> socket.socket:
        client = socket.socket(socket.AF_UNIX)
        client.settimeout(60)
        self._dialled.append(client)
        client.connect(str(self._path))
        client.sendall(sent)
        return client

    def ask(self, sent: bytes) -> Answer:
        return heard(self.dial(sent))

    def hang_up(self) -> None:
        """Every client of the test goes away."""
        while self._dialled:
            self._dialled.pop().close()

    def terminate(self) -> None:
        self._process.terminate()

    def end(self) -> int:
        self.hang_up()
        self._process.terminate()
        return self._process.wait(timeout=60)

    def _answers(self) -> bool:
        try:
            return self.ask(get("/")).status == 200
        except OSError:
            return False


def get(path: str) -> bytes:
    return f"GET {path} HTTP/1.1\r\nHost: here\r\n\r\n".encode()


def post(path: str, body: bytes, *, announced: int | None = None) -> bytes:
    length = len(body) if announced is None else announced
    return f"POST {path} HTTP/1.1\r\nHost: here\r\nContent-Length: {length}\r\n\r\n".encode() + body


def heard(client: socket.socket) -> Answer:
    """Everything until the server hangs up."""
    parts = []
    while part := client.recv(65_536):
        parts.append(part)
    return Answer(b"".join(parts))


@pytest.fixture(scope="module")
def _served(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Served]:
    """One process, so that whoever stops it stops everything."""
    running = Served(tmp_path_factory.mktemp("web"))
    yield running
    running.end()


@pytest.fixture
def served(_served: Served) -> Iterator[Served]:
    yield _served
    _served.hang_up()
