"""What every address of this door does: who asks, what goes wrong in Heroku's words, ETag.

The key of a client is a token of ours (/oauth/token), sent as a bearer's or, as older clients do,
as the password of Basic. Its "account" is all that it may read.
"""

from __future__ import annotations

import base64
import binascii
import hashlib
from collections.abc import Callable
from datetime import date, datetime
from functools import wraps
from typing import Any, Final

import msgspec
from django.conf import settings
from django.db.models import QuerySet
from django.http import HttpRequest, HttpResponse
from django.views.decorators.csrf import csrf_exempt

from accounts.models import Account
from api.authentication import bearer_token, require_scope, tokens
from api.rest.resources import accounts_of
from api.tokens import PartnerPrincipal, TokenInvalid
from core.clock import now
from core.errors import DomainError, Invalid, NotFound
from core.instants import DateInvalid, read_day

HerokuView = Callable[..., HttpResponse]

_encoder: Final = msgspec.json.Encoder(decimal_format="number")

_IDS: Final = {
    400: "bad_request",
    401: "unauthorized",
    403: "forbidden",
    404: "not_found",
    405: "method_not_allowed",
    416: "requested_range_not_satisfiable",
    422: "invalid_params",
    429: "rate_limit",
}


class InvalidParams(Invalid):
    """A parameter of the address cannot be read, or asks for too much at once."""

    code = "invalid_params"
    title = "A parameter is not valid"


def told(body: Any, *, status: int = 200, headers: dict[str, str] | None = None) -> HttpResponse:
    """An answer in JSON; decimals are numbers with all their digits."""
    return HttpResponse(
        _encoder.encode(body), status=status, headers=headers, content_type="application/json"
    )


def instant_text(at: datetime) -> str:
    """An instant in UTC, as Heroku writes it."""
    return at.isoformat().replace("+00:00", "Z")


def read_date(text: str, *, field: str) -> date:
    """A day of a parameter. Raises: InvalidParams."""
    try:
        return read_day(text, field=field)
    except DateInvalid as refused:
        raise InvalidParams(refused.message, field=field) from None


def read_month(text: str, *, field: str) -> date:
    """The first day of a month of a parameter, written as 2026-10. Raises: InvalidParams."""
    if len(text) != 7:
        raise InvalidParams(f"{text[:40]!r} is not a month; write it as 2026-10.", field=field)
    return read_date(f"{text}-01", field=field)


def heroku_read(scope: str) -> Callable[[HerokuView], HerokuView]:
    """A GET of a partner with this scope; the view takes the partner after the request."""

    def wrap(view: HerokuView) -> HerokuView:
        @csrf_exempt
        @wraps(view)
        def answered(request: HttpRequest, *args: Any, **kwargs: Any) -> HttpResponse:
            try:
                if request.method not in ("GET", "HEAD"):
                    return _refusal(405, "Nothing is changed at this address.")
                principal = require_scope(
                    tokens.partner_of(_key(request), at=now(), is_fresh=True), scope
                )
                answer = view(request, principal, *args, **kwargs)
            except DomainError as refused:
                return _refusal(refused.status, refused.message)
            return _with_etag(request, answer)

        return answered

    return wrap


def team_named(principal: PartnerPrincipal, name: str) -> Account:
    """The team of this id or name. Raises: NotFound."""
    return _account_named(accounts_of(principal), name, "team")


def enterprise_named(principal: PartnerPrincipal, name: str) -> Account:
    """The enterprise of this id or name. Raises: NotFound."""
    rows = accounts_of(principal).filter(kind=Account.Kind.ENTERPRISE)
    return _account_named(rows, name, "enterprise account")


def _account_named(rows: QuerySet[Account], name: str, noun: str) -> Account:
    field = "public_id" if name.startswith("acc_") else "name"
    found = rows.select_related("parent").filter(**{field: name}).order_by("pk").first()
    if found is None:
        raise NotFound(f"Couldn't find that {noun}.")
    return found


def nothing(request: HttpRequest) -> HttpResponse:
    """An address that this door does not have."""
    return _refusal(404, "The requested API endpoint was not found.")


def _key(request: HttpRequest) -> str:
    """Raises: Unauthenticated and its kinds."""
    header = request.META.get("HTTP_AUTHORIZATION", "")
    scheme, _, value = header.partition(" ")
    if scheme.lower() != "basic" or len(value) > 4_096:
        return bearer_token(request)
    try:
        _, _, key = base64.b64decode(value, validate=True).decode("ascii").partition(":")
    except (binascii.Error, ValueError):
        raise TokenInvalid("The key cannot be read.") from None
    return key


def _refusal(status: int, message: str) -> HttpResponse:
    url = f"{settings.SITE_URL}/api/v1/openapi.json"
    body = {"id": _IDS.get(status, "internal_server_error"), "message": message, "url": url}
    answer = told(body, status=status)
    if status == 405:
        answer["Allow"] = "GET, HEAD"
    return answer


def _with_etag(request: HttpRequest, answer: HttpResponse) -> HttpResponse:
    answer["ETag"] = f'"{hashlib.sha256(answer.content).hexdigest()[:32]}"'
    if request.headers.get("If-None-Match") == answer["ETag"]:
        return HttpResponse(status=304, headers={"ETag": answer["ETag"]})
    return answer
