"""Read a request body within bounds: media type, length, content encoding.

Reads the stream itself, so that a body over the limit is refused before it is in memory. What is
in the body is `core.json_reader`'s business.
"""

from __future__ import annotations

import zlib
from collections.abc import Collection
from typing import Any, Final

from django.http import HttpRequest
from rest_framework.parsers import BaseParser

from core.errors import DomainError, Malformed
from core.json_reader import BodyEmpty, BodyTooLarge, read_json

JSON: Final = "application/json"
BODY_BYTES_MAX: Final = 1_048_576
_FORM: Final = "application/x-www-form-urlencoded"
_CURL: Final = " curl -d says so unless told otherwise: add -H 'Content-Type: {}'."
_KEPT: Final = "_counterfoil_body"
_GZIP_WINDOW: Final = 16 + zlib.MAX_WBITS


class MediaTypeRefused(DomainError):
    """The body is of a type this address does not read."""

    code = "media_type"
    title = "Unsupported media type"
    status = 415


class EncodingUnknown(DomainError):
    """The body is packed in a way this address does not unpack."""

    code = "content_encoding"
    title = "Unsupported content encoding"
    status = 415


class Framing(Malformed):
    """The body is not as long as its length says."""

    code = "framing"
    title = "The body ended early"


def media_type_of(request: HttpRequest, allowed: Collection[str]) -> str:
    """The media type of the body, lower case, without parameters.

    Raises: MediaTypeRefused, BodyEmpty.
    """
    given = (request.content_type or "").lower()
    if not given and not _announced_length(request):
        raise BodyEmpty("The body is empty, and no media type says what it should be.")
    if given not in allowed:
        hint = _CURL.format(next(iter(allowed))) if given == _FORM else ""
        raise MediaTypeRefused(
            f"{given[:100] or 'No media type'} is not read here; send {', '.join(allowed)}.{hint}"
        )
    charset = (request.content_params or {}).get("charset", "utf-8").lower()
    if charset not in ("utf-8", "utf8"):
        raise MediaTypeRefused(f"Send UTF-8, not {charset[:40]}.")
    return given


def read_body(request: HttpRequest, *, max_bytes: int) -> bytes:
    """The whole body, unpacked, of at most `max_bytes`.

    Raises: BodyTooLarge, Framing, EncodingUnknown.
    """
    kept: bytes | None = getattr(request, _KEPT, None)
    if kept is not None:
        if len(kept) > max_bytes:
            raise BodyTooLarge(f"The body has {len(kept):,} bytes; the limit is {max_bytes:,}.")
        return kept
    announced = _announced_length(request)
    if announced is not None and announced > max_bytes:
        raise BodyTooLarge(f"The body has {announced:,} bytes; the limit is {max_bytes:,}.")
    body = _read(request, announced, max_bytes)
    encoding = request.headers.get("Content-Encoding", "identity").lower()
    if encoding == "identity":
        return body
    if encoding == "gzip":
        return _unzipped(body, max_bytes)
    raise EncodingUnknown(f"{encoding[:40]} is not unpacked here; send gzip or nothing.")


def keep_body(request: HttpRequest, *, max_bytes: int) -> bytes:
    """The same, for whoever looks before the view does; the view reads it once more.

    Raises: BodyTooLarge, Framing, EncodingUnknown.
    """
    content = read_body(request, max_bytes=max_bytes)
    setattr(request, _KEPT, content)
    request._body = content  # where Django and DRF look
    return content


class StrictJSONParser(BaseParser):
    """DRF's door to the strict reader: one JSON object, bounded, packed or not."""

    media_type = JSON

    def parse(
        self, stream: Any, media_type: str | None = None, parser_context: Any = None
    ) -> dict[str, Any]:
        assert parser_context is not None  # DRF gives the view's
        request: HttpRequest = parser_context["request"]._request
        content = read_body(request, max_bytes=BODY_BYTES_MAX)
        document: dict[str, Any] = read_json(content, max_bytes=BODY_BYTES_MAX, root=(dict,))
        return document


def _announced_length(request: HttpRequest) -> int | None:
    text = request.META.get("CONTENT_LENGTH") or ""
    if not text:
        return None
    if not text.isascii() or not text.isdigit():
        raise Framing("Content-Length is not a number.")
    return int(text)


def _read(request: HttpRequest, announced: int | None, max_bytes: int) -> bytes:
    if announced is None and request.META.get("wsgi.input_terminated"):
        # Chunked: the server ends the stream, and Django, which counts by length, would see none.
        body: bytes = request.META["wsgi.input"].read(max_bytes + 1)
    else:
        body = request.read(max_bytes + 1)
    if len(body) > max_bytes:
        raise BodyTooLarge(f"The body is larger than the limit of {max_bytes:,} bytes.")
    if announced is not None and len(body) < announced:
        raise Framing(f"{announced:,} bytes were announced, {len(body):,} came.")
    return body


def _unzipped(body: bytes, max_bytes: int) -> bytes:
    """Unpack at most `max_bytes`, so that a small body cannot become a large one."""
    unpacker = zlib.decompressobj(wbits=_GZIP_WINDOW)
    try:
        unpacked = unpacker.decompress(body, max_bytes + 1)
    except zlib.error as error:
        raise Framing("The body is not gzip.") from error
    if len(unpacked) > max_bytes:
        raise BodyTooLarge(f"Unpacked, the body is larger than {max_bytes:,} bytes.")
    if not unpacker.eof:
        raise Framing("The gzip body ended early.")
    return unpacked
