"""What is answered to a request that never reached the application.

The same problem+json as the application's; a browser gets a page. Knows nothing of the application,
which may not even have loaded.
"""

from __future__ import annotations

import html
import json
import secrets
from collections.abc import Mapping
from dataclasses import dataclass
from http import HTTPStatus
from typing import Final

from gunicorn import util
from gunicorn.http import errors


@dataclass(frozen=True, slots=True)
class HttpRefusal:
    """A status, a stable code, and a sentence for a person."""

    status: HTTPStatus
    code: str
    detail: str
    retry_after_s: int | None = None


TOO_SLOW: Final = HttpRefusal(
    HTTPStatus.REQUEST_TIMEOUT,
    "request_timeout",
    "The request did not arrive in time. Nothing of it was read; send it again, all at once.",
)
BODY_TOO_LARGE: Final = HttpRefusal(
    HTTPStatus.REQUEST_ENTITY_TOO_LARGE, "body_too_large", "The body is too large."
)
HEAD_TOO_LARGE: Final = HttpRefusal(
    HTTPStatus.REQUEST_HEADER_FIELDS_TOO_LARGE,
    "header_too_large",
    "The headers of the request are too large.",
)
ENDED_EARLY: Final = HttpRefusal(
    HTTPStatus.BAD_REQUEST, "framing", "The body ended before its announced end."
)
STOPPING: Final = HttpRefusal(
    HTTPStatus.SERVICE_UNAVAILABLE,
    "unavailable",
    "This process stops and did not read the request to its end; send it again.",
    retry_after_s=1,
)
BROKEN: Final = HttpRefusal(
    HTTPStatus.INTERNAL_SERVER_ERROR,
    "internal",
    "Something broke on our side. If you were sending something, send it again: what was stored"
    " already is not stored twice.",
)
_UNREADABLE: Final = "The request is not HTTP as this server reads it."
_PARSING: Final[Mapping[type[Exception], tuple[HTTPStatus, str, str]]] = {
    errors.LimitRequestLine: (
        HTTPStatus.REQUEST_URI_TOO_LONG,
        "uri_too_long",
        "The address is too long.",
    ),
    errors.LimitRequestHeaders: (
        HTTPStatus.REQUEST_HEADER_FIELDS_TOO_LARGE,
        "header_too_large",
        "The headers of the request are too large.",
    ),
    errors.UnsupportedTransferCoding: (
        HTTPStatus.NOT_IMPLEMENTED,
        "transfer_coding",
        "This transfer coding is not read here; send chunked or a Content-Length.",
    ),
    errors.ExpectationFailed: (
        HTTPStatus.EXPECTATION_FAILED,
        "expectation",
        "Only 100-continue can be expected here.",
    ),
    errors.InvalidRequestMethod: (
        HTTPStatus.BAD_REQUEST,
        "bad_request",
        "The method is no word of HTTP.",
    ),
    errors.InvalidHTTPVersion: (
        HTTPStatus.BAD_REQUEST,
        "bad_request",
        "Only HTTP/1.0 and HTTP/1.1 are spoken here.",
    ),
    errors.InvalidHeaderName: (
        HTTPStatus.BAD_REQUEST,
        "bad_request",
        "A header has a name that HTTP does not allow.",
    ),
    errors.InvalidHeader: (
        HTTPStatus.BAD_REQUEST,
        "bad_request",
        "A header has a value that HTTP does not allow, or stands there twice.",
    ),
}


def refusal_of(error: Exception) -> HttpRefusal:
    """What a request is answered with that gunicorn's parser did not take."""
    for kind in type(error).__mro__:
        if kind in _PARSING:
            return HttpRefusal(*_PARSING[kind])
    return HttpRefusal(HTTPStatus.BAD_REQUEST, "bad_request", _UNREADABLE)


def written(refusal: HttpRefusal, *, head: bytes, instance: str = "") -> bytes:
    """The whole answer as it is sent; a page where the head asks for one."""
    request_id = f"req_{secrets.token_hex(13)}"
    wants_page = b"text/html" in head.lower()
    body = (_page if wants_page else _problem)(refusal, request_id, instance).encode()
    media_type = "text/html; charset=utf-8" if wants_page else "application/problem+json"
    lines = [
        f"HTTP/1.1 {refusal.status.value} {refusal.status.phrase}",
        f"Date: {util.http_date()}",
        "Connection: close",
        "Cache-Control: no-store",
        "X-Content-Type-Options: nosniff",
        "Content-Security-Policy: default-src 'none'; frame-ancestors 'none'",
        f"Request-Id: {request_id}",
        f"Content-Type: {media_type}",
        f"Content-Length: {len(body)}",
    ]
    if refusal.retry_after_s is not None:
        lines.append(f"Retry-After: {refusal.retry_after_s}")
    return "\r\n".join([*lines, "", ""]).encode("latin-1") + body


def _problem(refusal: HttpRefusal, request_id: str, instance: str) -> str:
    return json.dumps(
        {
            "type": f"urn:counterfoil:problem:{refusal.code}",
            "title": refusal.status.phrase.capitalize(),
            "status": refusal.status.value,
            "detail": refusal.detail,
            "instance": instance,
            "code": refusal.code,
            "request_id": request_id,
            "errors": [],
            "retryable": refusal.status in (408, 500, 503),
        }
    )


def _page(refusal: HttpRefusal, request_id: str, instance: str) -> str:
    title = html.escape(refusal.status.phrase.capitalize())
    return (
        '<!DOCTYPE html><html lang="en"><head><meta charset="utf-8">'
        '<meta name="viewport" content="width=device-width, initial-scale=1">'
        '<meta name="color-scheme" content="light dark">'
        f"<title>{title} · Counterfoil</title></head><body><main><h1>{title}</h1>"
        f"<p>{html.escape(refusal.detail)}</p><p>Request id: {request_id}</p>"
        '<p><a href="/">To the inbox</a></p></main></body></html>'
    )
