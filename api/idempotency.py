"""One effect for each idempotency key, and the same answer however often it is asked for.

What a request does and the answer to it are one transaction, so whoever is cut off in the middle
sends the same again: either nothing was done, or what was done is answered. A key belongs to the
partner or the person; two at once with the same key come one after the other. A refusal had no
effect and takes no key.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from decimal import Decimal
from typing import Any, Final

from django.http import HttpRequest, HttpResponse
from rest_framework.renderers import JSONRenderer
from rest_framework.response import Response

from api.bodies import JSON, keep_body
from api.models import KEY_LENGTH_MAX, IdempotencyKey
from core.canonical_json import digest_of_plain
from core.clock import now
from core.db.locks import alone
from core.db.transactions import transaction
from core.errors import DomainError, Invalid, Malformed
from core.json_reader import read_json
from eventing.sending.signatures import opened, sealed

HEADER: Final = "Idempotency-Key"
REPLAYED: Final = "Idempotency-Replayed"
_META: Final = "HTTP_IDEMPOTENCY_KEY"
_KEY: Final = re.compile(rf"[\x21-\x7e]{{1,{KEY_LENGTH_MAX}}}", re.ASCII)
_KEPT: Final = ("ETag", "Location")
_BYTES_MAX: Final = 11 * 1_048_576
_WORD_BITS: Final = 63


class IdempotencyKeyInvalid(Malformed):
    """The key is none that can be kept."""

    code = "idempotency_key_invalid"
    title = "The idempotency key cannot be used"


class IdempotencyKeyReused(Invalid):
    """The key stands for another request."""

    code = "idempotency_key_reused"
    title = "The idempotency key was used for something else"


@dataclass(frozen=True, slots=True)
class KeyedRequest:
    """Whose key it is, and the digest of what is asked under it."""

    owner: str
    key: str
    request_sha256: str


def keyed(request: HttpRequest, owner: str) -> KeyedRequest | None:
    """What a request asks under its key; None where it has none.

    The body may be read again afterwards. Raises: IdempotencyKeyInvalid, and what the body refuses.
    """
    key = request.META.get(_META)
    if key is None:
        return None
    if not _KEY.fullmatch(key):
        raise IdempotencyKeyInvalid(
            f"{HEADER} is 1 to {KEY_LENGTH_MAX} visible characters of ASCII.", field=HEADER
        )
    said = {
        "method": request.method,
        "path": request.path,
        "query": sorted([name, values] for name, values in request.GET.lists()),
        "body": _plain(_body_of(request)),
    }
    return KeyedRequest(owner, key, digest_of_plain(said))


def once(
    asked: KeyedRequest,
    work: Callable[[], HttpResponse],
    *,
    has_secret: bool = False,
    has_effect: Callable[[], bool] = lambda: True,
) -> HttpResponse:
    """Answer with what `work` answers, or with what it answered before under this key.

    What a refusal left behind stays, as it does without a key. `has_effect` is asked afterwards of
    work that answers a refusal as it answers a success.
    Raises: IdempotencyKeyReused, and what the work refuses.
    """
    refused: DomainError | None = None
    with transaction():
        alone(f"idempotency:{asked.owner}:{asked.key}")
        known = IdempotencyKey.objects.filter(owner=asked.owner, key=asked.key).first()
        if known is not None:
            return _again(known, asked)
        try:
            answer = work()
        except DomainError as error:
            refused = error
        else:
            if has_effect():
                return _kept(asked, answer, has_secret=has_secret)
            return answer
    raise refused


def _again(known: IdempotencyKey, asked: KeyedRequest) -> HttpResponse:
    if known.request_sha256 != asked.request_sha256:
        raise IdempotencyKeyReused(
            f"It stands for another request, answered at {known.answered_at:%Y-%m-%dT%H:%M:%SZ}; "
            "nothing was done. Take a new key for what is new.",
            field=HEADER,
        )
    return _answer_of(known, is_again=True)


def _kept(asked: KeyedRequest, answer: HttpResponse, *, has_secret: bool) -> HttpResponse:
    """The answer as every later one will be; one that refuses is passed on and not kept."""
    if not 200 <= answer.status_code < 300:
        return answer
    text = _text_of(answer)
    row = IdempotencyKey.objects.create(
        owner=asked.owner,
        key=asked.key,
        request_sha256=asked.request_sha256,
        status=answer.status_code,
        headers={name: answer[name] for name in _KEPT if name in answer},
        is_sealed=has_secret,
        answer=sealed(text) if has_secret else text,
        answered_at=now(),
    )
    return _answer_of(row, is_again=False)


def _answer_of(row: IdempotencyKey, *, is_again: bool) -> HttpResponse:
    text = opened(row.answer) if row.is_sealed else row.answer
    headers = {"Content-Type": JSON, **row.headers, REPLAYED: "true" if is_again else "false"}
    return HttpResponse(text.encode(), status=row.status, headers=headers)


def _text_of(answer: HttpResponse) -> str:
    if isinstance(answer, Response):
        rendered: bytes = JSONRenderer().render(answer.data)
        return rendered.decode()
    return answer.content.decode()


def _body_of(request: HttpRequest) -> Any:
    """The body as it is read: a document of JSON, or what the digest of other bytes is."""
    content = keep_body(request, max_bytes=_BYTES_MAX)
    if not content:
        return None
    if request.content_type == JSON:
        return read_json(content, max_bytes=_BYTES_MAX, root=(dict, list))
    return {request.content_type: content.hex()}


def _plain(value: Any) -> Any:
    """With numbers of any size and any decimals as texts that no text is."""
    if isinstance(value, Mapping):
        return {str(name): _plain(inner) for name, inner in value.items()}
    if isinstance(value, list | tuple):
        return [_plain(inner) for inner in value]
    if isinstance(value, Decimal):
        return {"\0number": str(value.normalize())}
    if isinstance(value, int) and value.bit_length() > _WORD_BITS:
        return {"\0number": str(Decimal(value).normalize())}
    return value
