"""A stand-in for the ingest API: remembers identities, and can be told to fail."""

from __future__ import annotations

import json
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any


class FakeIngest(ThreadingHTTPServer):
    """Accepts every identity once; `failures` are the statuses of the next answers, in order."""

    daemon_threads = True

    def __init__(self) -> None:
        super().__init__(("127.0.0.1", 0), _Handler)
        self.lock = threading.Lock()
        self.stored: dict[tuple[str, str], Any] = {}
        self.failures: list[int] = []
        self.batch_sizes: list[int] = []
        self.token_count = 0
        self.swallowed_verdicts = 0

    @property
    def base_url(self) -> str:
        return f"http://127.0.0.1:{self.server_address[1]}"


class _Handler(BaseHTTPRequestHandler):
    protocol_version = "HTTP/1.1"
    server: FakeIngest

    def log_message(self, format: str, *args: object) -> None:
        """Quiet: the test reads the answers."""

    def do_POST(self) -> None:
        body = self.rfile.read(int(self.headers["Content-Length"]))
        if self.path == "/oauth/token":
            self.server.token_count += 1
            return self._answer(200, {"access_token": f"token-{self.server.token_count}"})
        if self.headers["Authorization"] != f"Bearer token-{self.server.token_count}":
            return self._answer(401, {"code": "invalid_token"})
        with self.server.lock:
            verdicts = [self._verdict(event) for event in json.loads(body)]
            self.server.batch_sizes.append(len(verdicts))
            failure = self.server.failures.pop(0) if self.server.failures else 0
        if failure:
            return self._answer(failure, {"code": "made_to_fail"})
        return self._answer(200, {"verdicts": verdicts[self.server.swallowed_verdicts :]})

    def _verdict(self, event: dict[str, Any]) -> dict[str, object]:
        if "id" not in event:
            return {"verdict": "rejected", "code": "required:id"}
        identity = event["source"], event["id"]
        if identity not in self.server.stored:
            self.server.stored[identity] = event
            return {"verdict": "accepted"}
        same = self.server.stored[identity] == event
        return {"verdict": "duplicate" if same else "conflict"}

    def _answer(self, status: int, document: object) -> None:
        body = json.dumps(document).encode()
        self.send_response(status)
        self.send_header("Content-Length", str(len(body)))
        self.end_headers()
        self.wfile.write(body)


@contextmanager
def running_fake() -> Iterator[FakeIngest]:
    with FakeIngest() as server:
        thread = threading.Thread(target=server.serve_forever, args=(0.01,), daemon=True)
        thread.start()
        yield server
        server.shutdown()
        thread.join()
