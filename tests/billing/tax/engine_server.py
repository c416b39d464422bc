"""A tax engine on this machine that answers, or fails, as it is told."""

from __future__ import annotations

import json
import threading
import time
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from datetime import date
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any


@dataclass
class EngineServer:
    """`mode` is how it answers; `asked` is every request's questions."""

    mode: str = "well"
    rate: str = "0.0625"
    asked: list[list[dict[str, Any]]] = field(default_factory=list)
    url: str = ""

    def parts(self, question: dict[str, Any]) -> list[dict[str, Any]]:
        days = _days(question)
        place = "-".join(filter(None, [question["country"], question["region"]]))
        return [
            {
                "days": days,
                "jurisdiction": place,
                "treatment": "standard",
                "name": "Sales tax",
                "rate": self.rate,
            }
        ]


def _days(question: dict[str, Any]) -> int:
    first, last = (date.fromisoformat(question[name]) for name in ("first_on", "last_on"))
    return (last - first).days + 1


@contextmanager
def running() -> Iterator[EngineServer]:
    """The server, for as long as the test lasts."""
    engine = EngineServer()

    class Handler(BaseHTTPRequestHandler):
        def do_POST(self) -> None:
            body = self.rfile.read(int(self.headers["Content-Length"]))
            questions = json.loads(body)["questions"]
            engine.asked.append(questions)
            answers = json.dumps({"answers": [{"parts": engine.parts(q)} for q in questions]})
            _answer(self, engine.mode, answers)

        def log_message(self, format: str, *args: object) -> None:
            """Nothing."""

    server = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
    server.daemon_threads = True
    thread = threading.Thread(target=server.serve_forever, daemon=True)
    thread.start()
    engine.url = f"http://127.0.0.1:{server.server_port}/decide"
    try:
        yield engine
    finally:
        server.shutdown()
        server.server_close()


def _answer(to: BaseHTTPRequestHandler, mode: str, answers: str) -> None:
    if mode == "dead":
        to.connection.close()
        return
    if mode == "slow":
        time.sleep(3)
        return
    to.send_response(500 if mode == "failing" else 200)
    to.end_headers()
    if mode == "trickling":
        for sign in answers:
            try:
                to.wfile.write(sign.encode())
                to.wfile.flush()
            except OSError:
                return
            time.sleep(0.3)
        return
    to.wfile.write({"garbage": "<html>", "short": '{"answers": []}'}.get(mode, answers).encode())
