"""One keep-alive connection to the ingest API, with a bearer token from client credentials."""

import base64
import http.client
import json
import threading
import time
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from urllib.parse import SplitResult, urlencode, urlsplit

from demo.platform.deliveries import Envelope

EVENTS_PATH = "/api/v1/usage/events"
TOKEN_PATH = "/oauth/token"  # noqa: S105  a path, not a secret
BATCH_MEDIA_TYPE = "application/cloudevents-batch+json"

# A server that starts or restarts is away for seconds, not minutes.
_PATIENCE_SECONDS = 30.0
_LONGEST_PAUSE_SECONDS = 2.0
_UNAUTHORIZED = 401
_RETRYABLE = frozenset({429, 500, 502, 503, 504})


class SendingFailed(Exception):
    """The API did not take a batch, and sending it again would not help."""


@dataclass(frozen=True, slots=True)
class Credential:
    client_id: str
    client_secret: str


@dataclass(frozen=True, slots=True)
class IngestAnswer:
    """Verdicts in the order of the batch; `attempts` above one means an earlier try was lost."""

    verdicts: Sequence[Mapping[str, object]]
    attempts: int


class BearerToken:
    """The access token shared by every connection; fetched when first needed."""

    def __init__(self, base_url: str, credential: Credential, *, scope: str = "usage:write"):
        self._base = urlsplit(base_url)
        self._credential = credential
        self._scope = scope
        self._lock = threading.Lock()
        self._token = ""

    def current(self) -> str:
        with self._lock:
            if not self._token:
                self._token = self._fetch()
            return self._token

    def forget(self, token: str) -> None:
        """Called by whoever was told that `token` no longer opens the door."""
        with self._lock:
            if self._token == token:
                self._token = ""

    def _fetch(self) -> str:
        pair = f"{self._credential.client_id}:{self._credential.client_secret}"
        headers = {
            "Authorization": "Basic " + base64.b64encode(pair.encode()).decode(),
            "Content-Type": "application/x-www-form-urlencoded",
        }
        body = urlencode({"grant_type": "client_credentials", "scope": self._scope})
        connection = _connect(self._base)
        try:
            connection.request("POST", TOKEN_PATH, body, headers)
            response = connection.getresponse()
            text = response.read()
        finally:
            connection.close()
        if response.status != http.client.OK:
            raise SendingFailed(f"no token: HTTP {response.status} {text[:300]!r}")
        return str(json.loads(text)["access_token"])


class IngestClient:
    """Sends batches over one connection; not for two threads at once.

    A batch is sent again after a broken connection or a passing error of the server: its ids make
    that harmless. Raises SendingFailed for any other answer, and when patience runs out.
    """

    def __init__(
        self,
        base_url: str,
        token: BearerToken,
        *,
        pause: Callable[[float], None] = time.sleep,
        patience_seconds: float = _PATIENCE_SECONDS,
    ):
        self._base = urlsplit(base_url)
        self._token = token
        self._pause = pause
        self._patience_seconds = patience_seconds
        self._connection = _connect(self._base)

    def send(self, batch: Sequence[Envelope]) -> IngestAnswer:
        body = json.dumps(batch, separators=(",", ":")).encode()
        gives_up_at = time.monotonic() + self._patience_seconds
        attempts = 0
        while True:
            attempts += 1
            try:
                status, text = self._post(body)
            except (OSError, http.client.HTTPException) as broken:
                self._connection.close()
                status, text = 503, repr(broken).encode()
            if status == http.client.OK:
                return IngestAnswer(_verdicts(text, len(batch)), attempts)
            if status not in _RETRYABLE or time.monotonic() > gives_up_at:
                raise SendingFailed(f"batch refused: HTTP {status} {text[:500]!r}")
            self._pause(min(0.1 * 2**attempts, _LONGEST_PAUSE_SECONDS))

    def close(self) -> None:
        self._connection.close()

    def _post(self, body: bytes) -> tuple[int, bytes]:
        token = self._token.current()
        status, text = self._request(body, token)
        if status == _UNAUTHORIZED:
            self._token.forget(token)
            status, text = self._request(body, self._token.current())
        return status, text

    def _request(self, body: bytes, token: str) -> tuple[int, bytes]:
        headers = {"Authorization": f"Bearer {token}", "Content-Type": BATCH_MEDIA_TYPE}
        self._connection.request("POST", EVENTS_PATH, body, headers)
        response = self._connection.getresponse()
        return response.status, response.read()


def _verdicts(text: bytes, event_count: int) -> Sequence[Mapping[str, object]]:
    verdicts: Sequence[Mapping[str, object]] = json.loads(text)["verdicts"]
    if len(verdicts) != event_count:
        raise SendingFailed(f"{len(verdicts)} verdicts came back for {event_count} events")
    return verdicts


def _connect(base: SplitResult) -> http.client.HTTPConnection:
    if not base.hostname or base.scheme not in ("http", "https"):
        raise SendingFailed(f"not an address of a server: {base.geturl()!r}")
    kind = http.client.HTTPSConnection if base.scheme == "https" else http.client.HTTPConnection
    return kind(base.hostname, base.port, timeout=60)
