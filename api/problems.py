"""One shape for everything that goes wrong under /api: RFC 9457 problem+json.

DRF views, plain Django views and Django's own refusals all end here. `code` is stable; `errors`
points into the body; `retryable` says whether the same request may succeed later. Nothing of the
inside (SQL, paths, stack) is ever told; the request id finds it in the logs.
"""

from __future__ import annotations

import json
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from http import HTTPStatus
from typing import Any

from django.core.exceptions import PermissionDenied
from django.http import Http404, HttpRequest, HttpResponse
from rest_framework import exceptions as drf
from rest_framework.request import Request
from rest_framework.response import Response
from rest_framework.views import set_rollback

from core.actor import current_request_id
from core.db.outage import outage_of
from core.errors import DomainError, FieldError, pointer_to

CONTENT_TYPE = "application/problem+json"

_SAID_OF_STATUS: Mapping[int, tuple[str, str]] = {
    400: ("bad_request", "The request cannot be read."),
    401: ("auth_required", "Send a bearer token."),
    403: ("forbidden", "This is not permitted."),
    404: ("not_found", "There is nothing here."),
    405: ("method", "This address does not answer that method."),
    406: ("not_acceptable", "Only JSON is answered here."),
    413: ("body_too_large", "The body is too large."),
    415: ("media_type", "This media type is not read here."),
    429: ("rate_limited", "Too many requests; wait as Retry-After says."),
    500: (
        "internal",
        "Something broke on our side. If you were sending something, send it again: what was stored"
        " already is not stored twice.",
    ),
    503: ("unavailable", "Not available right now; try again in a few seconds."),
}
_RETRYABLE = frozenset({429, 500, 502, 503, 504})


@dataclass(frozen=True, slots=True)
class Problem:
    """What is answered instead of a result."""

    status: int
    code: str
    title: str
    detail: str
    errors: Sequence[FieldError] = ()
    is_retryable: bool = False
    headers: Mapping[str, str] = field(default_factory=dict)

    def as_dict(self, instance: str) -> dict[str, Any]:
        return {
            "type": f"urn:counterfoil:problem:{self.code}",
            "title": self.title,
            "status": self.status,
            "detail": self.detail,
            "instance": instance,
            "code": self.code,
            "request_id": current_request_id(),
            "errors": [
                {"pointer": each.pointer, "code": each.code, "detail": each.detail}
                for each in self.errors
            ],
            "retryable": self.is_retryable,
        }


def problem_of_status(status: int) -> Problem:
    """The problem of a bare status, where nothing more is known."""
    code, detail = _SAID_OF_STATUS.get(status, _SAID_OF_STATUS[500 if status >= 500 else 400])
    return Problem(
        status,
        code,
        HTTPStatus(status).phrase.capitalize(),
        detail,
        is_retryable=status in _RETRYABLE,
    )


def problem_of(error: Exception) -> Problem | None:
    """The problem an exception stands for; None for one nobody anticipated."""
    error = outage_of(error) or error
    if isinstance(error, DomainError):
        return Problem(
            error.status,
            error.code,
            error.title,
            error.message,
            errors=error.errors,
            is_retryable=error.retryable,
            headers=getattr(error, "headers", {}),
        )
    if isinstance(error, Http404):
        return problem_of_status(404)
    if isinstance(error, PermissionDenied):
        return problem_of_status(403)
    if isinstance(error, drf.ValidationError):
        errors = list(_field_errors(error.get_full_details()))
        detail = " ".join(each.detail for each in errors)
        return Problem(422, "invalid", "The input breaks a rule", detail, errors=errors)
    if isinstance(error, drf.APIException):
        return problem_of_status(error.status_code)
    return None


def problem_response(request: HttpRequest, problem: Problem) -> HttpResponse:
    """The answer of a plain Django view."""
    return HttpResponse(
        json.dumps(problem.as_dict(request.path)),
        status=problem.status,
        content_type=CONTENT_TYPE,
        headers=dict(problem.headers),
    )


def drf_exception_handler(error: Exception, context: Mapping[str, Any]) -> Response | None:
    """DRF's hook: the same problems, and nothing for what nobody anticipated."""
    problem = problem_of(error)
    if problem is None:
        return None
    set_rollback()
    request: Request = context["request"]
    return Response(
        problem.as_dict(request.path),
        status=problem.status,
        headers=dict(problem.headers),
        content_type=CONTENT_TYPE,
    )


def _field_errors(details: Any, path: tuple[str | int, ...] = ()) -> list[FieldError]:
    """Flatten DRF's nested details of lists and dicts into pointers."""
    if _is_leaf(details):
        return [FieldError(pointer_to(*path), str(details["code"]), str(details["message"]))]
    if isinstance(details, Mapping):
        return [
            each
            for name, inner in details.items()
            for each in _field_errors(inner, path if name == "non_field_errors" else (*path, name))
        ]
    return [
        each
        for position, inner in enumerate(details)
        for each in _field_errors(inner, path if _is_leaf(inner) else (*path, position))
    ]


def _is_leaf(details: Any) -> bool:
    return isinstance(details, Mapping) and set(details) == {"message", "code"}
