"""Requests over one connection that is kept: signing in, refusals as errors, patience.

Not for two threads at once.
"""

from __future__ import annotations

import base64
import http.client
import json
import random
import time
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Any, Final
from urllib.parse import urlencode, urlsplit

PASSING: Final = frozenset({429, 502, 503, 504})
"""Answers that another try may change."""


class ApiRefused(Exception):
    """The API refused a call: `status`, the stable `code`, `detail` for people, `errors` by field.

    `status` is 0 where there was no answer.
    """

    def __init__(self, status: int, body: Mapping[str, Any]) -> None:
        self.status = status
        self.code = str(body.get("code") or body.get("error") or "")
        self.detail = str(body.get("detail") or body.get("error_description") or "")
        self.errors = body.get("errors", [])
        self.request_id = str(body.get("request_id", ""))
        super().__init__(f"{status} {self.code}: {self.detail}")


@dataclass(frozen=True, slots=True)
class ApiAnswer:
    """What came back; header names are in lower case."""

    status: int
    headers: Mapping[str, str]
    content: bytes

    def value(self) -> Any:
        """The JSON, or the bytes of anything else; None where there is nothing."""
        if not self.content:
            return None
        kind = self.headers.get("content-type", "").partition(";")[0].strip()
        return json.loads(self.content) if kind.endswith("json") else self.content


class ApiConnection:
    """Asks, signs in where a token is missing or has run out, and tries again what passes.

    `patience` is for how many seconds it tries again; waits grow to half a minute, a random part
    shorter each, or as long as Retry-After asks.
    """

    def __init__(
        self,
        base: str,
        client_id: str,
        client_secret: str,
        *,
        patience: int = 300,
        pause: Callable[[Any], None] = time.sleep,
    ) -> None:
        self._base = urlsplit(base.rstrip("/"))
        if self._base.scheme not in ("http", "https") or not self._base.hostname:
            raise ValueError(f"{base!r} is not the address of a server")
        self._identity = f"{client_id}:{client_secret}"
        self._patience, self._pause = patience, pause
        self._token = ""
        self._connection: http.client.HTTPConnection | None = None

    def ask(
        self,
        method: str,
        path: str,
        *,
        query: Mapping[str, Any] | None = None,
        body: bytes | None = None,
        headers: Mapping[str, str] | None = None,
    ) -> ApiAnswer:
        """One call. What changes something is tried again only where it bears its own identity.

        Raises: ApiRefused.
        """
        asked = {name: _text(value) for name, value in (query or {}).items() if value is not None}
        address = f"{path}?{urlencode(asked)}" if asked else path
        given = dict(headers or {})
        may_repeat = method in ("GET", "PUT", "DELETE") or _is_identified(given, path)
        gives_up_at, tries, had_token = time.monotonic() + self._patience, 0, False
        while True:
            answer = self._once(method, address, body, given)
            if answer.status == 401 and self._token and not had_token:
                self._token, had_token = "", True
                continue
            if answer.status not in PASSING and answer.status != 0:
                return _checked(answer)
            tries += 1
            if not may_repeat or time.monotonic() > gives_up_at:
                return _checked(answer)
            self._pause(_wait(answer, tries))

    def close(self) -> None:
        """Close the connection; the next call opens another."""
        if self._connection is not None:
            self._connection.close()
        self._connection = None

    def _once(
        self, method: str, address: str, body: bytes | None, headers: Mapping[str, str]
    ) -> ApiAnswer:
        if not self._token:
            signed_in = self._sign_in()
            if signed_in.status != 200:
                return signed_in
            self._token = str(json.loads(signed_in.content)["access_token"])
        return self._send(
            method, address, body, {**headers, "Authorization": f"Bearer {self._token}"}
        )

    def _sign_in(self) -> ApiAnswer:
        basic = base64.b64encode(self._identity.encode()).decode()
        headers = {
            "Authorization": f"Basic {basic}",
            "Content-Type": "application/x-www-form-urlencoded",
        }
        return self._send("POST", "/oauth/token", b"grant_type=client_credentials", headers)

    def _send(
        self, method: str, address: str, body: bytes | None, headers: Mapping[str, str]
    ) -> ApiAnswer:
        try:
            if self._connection is None:
                self._connection = self._connect()
            self._connection.request(method, self._base.path + address, body, dict(headers))
            came = self._connection.getresponse()
            named = {name.lower(): value for name, value in came.getheaders()}
            return ApiAnswer(came.status, named, came.read())
        except (OSError, http.client.HTTPException) as broken:
            self.close()
            said = {"code": "unreachable", "detail": repr(broken)}
            return ApiAnswer(0, {"content-type": "application/json"}, json.dumps(said).encode())

    def _connect(self) -> http.client.HTTPConnection:
        assert self._base.hostname is not None  # checked when made
        if self._base.scheme == "https":
            return http.client.HTTPSConnection(self._base.hostname, self._base.port, timeout=60)
        return http.client.HTTPConnection(self._base.hostname, self._base.port, timeout=60)


def _is_identified(headers: Mapping[str, str], path: str) -> bool:
    """Events bear their own identity; other calls a key."""
    return "Idempotency-Key" in headers or path.endswith("/usage/events")


def _text(value: Any) -> str:
    if isinstance(value, bool):
        return "true" if value else "false"
    return str(value)


def _wait(answer: ApiAnswer, tries: int) -> Any:
    asked = answer.headers.get("retry-after", "")
    if asked.isdigit():
        return min(int(asked), 300)
    return min(2**tries / 4, 30) * random.uniform(1 / 2, 1)  # noqa: S311  no secret


def _checked(answer: ApiAnswer) -> ApiAnswer:
    """Raises: ApiRefused."""
    if 200 <= answer.status < 300 or answer.status == 304:
        return answer
    try:
        said = answer.value()
    except ValueError:
        said = None
    raise ApiRefused(answer.status, said if isinstance(said, dict) else {"detail": answer.content})
