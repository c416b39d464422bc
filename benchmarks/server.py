"""The real web server on a database of ours, and a sender that keeps it busy."""

import base64
import http.client
import json
import os
import queue
import socket
import subprocess
import sys
import time
from collections.abc import Iterator, Sequence
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from urllib.parse import urlencode

from benchmarks.bench import Scene

WORKER_COUNT = 2
CONNECTION_COUNT = 4
EVENTS_PATH = "/api/v1/usage/events"
_PROJECT = Path(__file__).resolve().parent.parent
_STARTS_WITHIN_SECONDS = 60.0

# A request body and how many events it holds.
RequestBody = tuple[int, bytes]
ServerAnswer = tuple[int, bytes]


class ServerFailed(Exception):
    """The server did not start, or answered what a benchmark cannot use."""


@dataclass(frozen=True, slots=True)
class Server:
    """A running server and a token that opens its ingest."""

    pid: int
    port: int
    token: str

    def worker_pids(self) -> list[int]:
        text = Path(f"/proc/{self.pid}/task/{self.pid}/children").read_text()
        return [int(pid) for pid in text.split()]

    def send(self, bodies: Sequence[RequestBody]) -> int:
        """Post every body over a few connections; returns how many events were answered."""
        free: queue.SimpleQueue[http.client.HTTPConnection] = queue.SimpleQueue()
        for _ in range(CONNECTION_COUNT):
            free.put(http.client.HTTPConnection("127.0.0.1", self.port, timeout=60))
        with ThreadPoolExecutor(CONNECTION_COUNT) as pool:
            sent = sum(pool.map(lambda body: self._post(body, free), bodies))
        while not free.empty():
            free.get().close()
        return sent

    def _post(
        self, body: RequestBody, free: "queue.SimpleQueue[http.client.HTTPConnection]"
    ) -> int:
        event_count, content = body
        connection = free.get()
        headers = {"Authorization": f"Bearer {self.token}", "Content-Type": "application/json"}
        connection.request("POST", EVENTS_PATH, content, headers)
        response = connection.getresponse()
        text = response.read()
        free.put(connection)
        if response.status != http.client.OK:
            raise ServerFailed(f"HTTP {response.status}: {text[:300]!r}")
        return event_count

    def refuse(self, count: int) -> int:
        """The cheapest answer there is: no token, so nothing is read or asked of the database."""

        def ask(_: int) -> int:
            connection = http.client.HTTPConnection("127.0.0.1", self.port, timeout=60)
            for _ in range(count // CONNECTION_COUNT):
                connection.request("POST", EVENTS_PATH, b"{}", {"Content-Type": "application/json"})
                connection.getresponse().read()
            connection.close()
            return count // CONNECTION_COUNT

        with ThreadPoolExecutor(CONNECTION_COUNT) as pool:
            return sum(pool.map(ask, range(CONNECTION_COUNT)))


@contextmanager
def running_server(scene: Scene, *, settings: str = "") -> Iterator[Server]:
    """gunicorn with the deployment's settings and two workers, until the block ends.

    `settings` names other ones than ours, of an application that asks for no token.
    """
    port = _free_port()
    command = [sys.executable, "-m", "gunicorn", "--config", "deploy/gunicorn.conf.py",
               "--workers", str(WORKER_COUNT), "--bind", f"127.0.0.1:{port}",
               "--log-level", "warning"]  # fmt: skip
    environment = os.environ | {"DATABASE_URL": scene.database_url, "LOG_LEVEL": "ERROR"}
    if settings:
        environment["DJANGO_SETTINGS_MODULE"] = settings
    process = subprocess.Popen(command, cwd=_PROJECT, env=environment)
    try:
        answer = _first_answer(process, port, scene)
        yield Server(process.pid, port, "" if settings else _token_in(answer))
    finally:
        process.terminate()
        process.wait()


def _first_answer(process: subprocess.Popen[bytes], port: int, scene: Scene) -> ServerAnswer:
    """Wait until the server answers a request for a token."""
    pair = f"{scene.world.client_id}:{scene.world.client_secret}".encode()
    headers = {
        "Authorization": "Basic " + base64.b64encode(pair).decode(),
        "Content-Type": "application/x-www-form-urlencoded",
    }
    body = urlencode({"grant_type": "client_credentials", "scope": "usage:write"})
    gives_up_at = time.monotonic() + _STARTS_WITHIN_SECONDS
    while process.poll() is None and time.monotonic() < gives_up_at:
        connection = http.client.HTTPConnection("127.0.0.1", port, timeout=60)
        try:
            connection.request("POST", "/oauth/token", body, headers)
            response = connection.getresponse()
            text = response.read()
        except ConnectionError:
            time.sleep(0.1)
            continue
        finally:
            connection.close()
        return response.status, text
    raise ServerFailed("the web server did not start")


def _token_in(answer: ServerAnswer) -> str:
    status, text = answer
    if status != http.client.OK:
        raise ServerFailed(f"no token: HTTP {status} {text[:300]!r}")
    return str(json.loads(text)["access_token"])


def _free_port() -> int:
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return int(probe.getsockname()[1])
