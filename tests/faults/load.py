"""A small load over HTTP that never gives up: whatever is not acknowledged is sent again."""

from __future__ import annotations

import base64
import http.client
import json
import threading
import time
from collections import Counter
from dataclasses import dataclass, field
from datetime import UTC, datetime
from typing import Any
from urllib.parse import urlencode, urlsplit

from accounts.operations.partners import IssuedCredential

BATCH = 20
PAUSE_S = 0.1
NO_ANSWER = "no answer"
ALLOWED = frozenset({"200", "503", NO_ANSWER})
"""A process that was killed can say nothing; whatever does answer says 200 or 503."""


@dataclass
class Load:
    """Two senders and somebody who asks whether the web lives, until `stop`."""

    url: str
    issued: IssuedCredential
    subjects: int
    answers: Counter[str] = field(default_factory=Counter)
    acknowledged: list[int] = field(default_factory=lambda: [0, 0])
    """Batches of each sender that were acknowledged."""
    longest_silence_s: float = 0.0
    _stops: threading.Event = field(default_factory=threading.Event)
    _threads: list[threading.Thread] = field(default_factory=list)

    def start(self) -> None:
        token = self._token()
        self._threads = [
            *(threading.Thread(target=self._send, args=(number, token)) for number in range(2)),
            threading.Thread(target=self._watch),
        ]
        for thread in self._threads:
            thread.start()

    def stop(self) -> None:
        """Every batch that was begun is acknowledged when this returns."""
        self._stops.set()
        for thread in self._threads:
            thread.join()

    @property
    def event_count(self) -> int:
        return sum(self.acknowledged) * BATCH

    def _send(self, sender: int, token: str) -> None:
        while not self._stops.is_set():
            batch = json.dumps([self._event(sender, number) for number in range(BATCH)])
            headers = {
                "Authorization": f"Bearer {token}",
                "Content-Type": "application/cloudevents-batch+json",
            }
            while self._ask("POST", "/api/v1/usage/events", batch, headers) != "200":
                time.sleep(PAUSE_S)
            self.acknowledged[sender] += 1
            time.sleep(PAUSE_S)

    def _event(self, sender: int, number: int) -> dict[str, Any]:
        place = self.acknowledged[sender] * BATCH + number
        return {
            "specversion": "1.0",
            "id": f"{sender}-{place}",
            "source": "router/us-1",
            "type": "router.requests",
            "subject": f"app-{place % self.subjects}",
            "time": datetime.now(UTC).isoformat(),
            "data": {"quantity": "1"},
        }

    def _watch(self) -> None:
        answered_at = time.monotonic()
        while not self._stops.is_set():
            if self._ask("GET", "/livez") == "200":
                answered_at = time.monotonic()
            self.longest_silence_s = max(self.longest_silence_s, time.monotonic() - answered_at)
            time.sleep(PAUSE_S)

    def _token(self) -> str:
        pair = f"{self.issued.client_id}:{self.issued.client_secret}".encode()
        headers = {
            "Authorization": f"Basic {base64.b64encode(pair).decode()}",
            "Content-Type": "application/x-www-form-urlencoded",
        }
        form = urlencode({"grant_type": "client_credentials", "scope": "usage:write"})
        connection = http.client.HTTPConnection(urlsplit(self.url).netloc, timeout=60)
        connection.request("POST", "/oauth/token", form, headers)
        token: str = json.loads(connection.getresponse().read())["access_token"]
        connection.close()
        return token

    def _ask(self, method: str, path: str, body: str = "", headers: Any = None) -> str:
        connection = http.client.HTTPConnection(urlsplit(self.url).netloc, timeout=30)
        try:
            connection.request(method, path, body or None, headers or {})
            response = connection.getresponse()
            response.read()
            answer = str(response.status)
        except (OSError, http.client.HTTPException):
            answer = NO_ANSWER
        finally:
            connection.close()
        self.answers[answer] += 1
        return answer
