"""Whatever refuses a request of a machine answers as machines are answered, also Django itself.

Under /api and /openmeter that is problem+json, under /oauth the errors of RFC 6749. Beside it, who
asks for the JSON of Heroku's API is led to the door that speaks it.
"""

from __future__ import annotations

from collections.abc import Callable

from django.core.exceptions import DisallowedHost
from django.http import HttpRequest, HttpResponse, JsonResponse
from django.http.response import HttpResponseBase

from api.admission import allowance_of
from api.problems import CONTENT_TYPE, Problem, problem_of, problem_of_status, problem_response
from core.db.outage import outage_of
from core.errors import DomainError, NotFound
from core.middleware import refuse_odd_text
from core.text_in import is_odd

_PREFIXES = ("/api/", "/openmeter/")
_GRAPH = "/graphql"
_OAUTH_PREFIX = "/oauth/"
_HEROKU_JSON = "application/vnd.heroku+json"
_OWN_PREFIXES = (*_PREFIXES, _OAUTH_PREFIX, "/heroku/")
_KEPT_HEADERS = ("Allow", "Retry-After", "WWW-Authenticate")


class ProblemMiddleware:
    """Outside the views and inside the request id."""

    def __init__(self, get_response: Callable[[HttpRequest], HttpResponse]) -> None:
        self.get_response = get_response

    def __call__(self, request: HttpRequest) -> HttpResponse:
        if not request.path.startswith((*_PREFIXES, _GRAPH)):
            return self.get_response(request)
        answer = self._answered(request)
        if allowance := allowance_of(request):
            for name, value in allowance.headers.items():
                answer.headers[name] = value
        return answer

    def _answered(self, request: HttpRequest) -> HttpResponse:
        if not request.path.startswith(_PREFIXES):
            return self.get_response(request)
        try:
            request.get_host()
            if is_odd(request.path):
                raise NotFound("There is nothing here.")  # nothing can be called that
            refuse_odd_text(request)
        except DisallowedHost:
            return problem_response(
                request, Problem(400, "host", "Bad Request", "This host is not served here.")
            )
        except DomainError as refused:
            problem = problem_of(refused)
            assert problem is not None  # every DomainError has one
            return problem_response(request, problem)
        response = self.get_response(request)
        if response.status_code < 400 or response.headers.get("Content-Type") == CONTENT_TYPE:
            return response
        return _replaced(request, response)

    def process_exception(self, request: HttpRequest, error: Exception) -> HttpResponse | None:
        """A plain view's broken rule; a defect goes Django's way, with its traceback."""
        problem = problem_of(error) if request.path.startswith(_PREFIXES) else None
        return None if problem is None else problem_response(request, problem)


class HerokuMiddleware:
    """Whoever asks for Heroku's kind of JSON is answered at Heroku's addresses, from the root on:
    its own client takes the name of a host and no path."""

    def __init__(self, get_response: Callable[[HttpRequest], HttpResponse]) -> None:
        self.get_response = get_response

    def __call__(self, request: HttpRequest) -> HttpResponse:
        if _HEROKU_JSON in request.headers.get("Accept", "") and not request.path.startswith(
            _OWN_PREFIXES
        ):
            request.urlconf = "api.heroku.urls"
        return self.get_response(request)


class OAuthMiddleware:
    """The token endpoints: what cannot be read is an invalid request, as RFC 6749 says it."""

    def __init__(self, get_response: Callable[[HttpRequest], HttpResponse]) -> None:
        self.get_response = get_response

    def __call__(self, request: HttpRequest) -> HttpResponse:
        if not request.path.startswith(_OAUTH_PREFIX):
            return self.get_response(request)
        try:
            refuse_odd_text(request)
        except DomainError as refused:
            return _invalid_request(refused.message)
        if not request.META.get("HTTP_AUTHORIZATION", "").isascii():
            return _invalid_request("The Authorization header is not encoded in base64.")
        if request.method == "POST" and _is_form_odd(request):
            return _invalid_request("A field of the form holds a control character.")
        return self.get_response(request)

    def process_exception(self, request: HttpRequest, error: Exception) -> HttpResponse | None:
        """An outage is said here too; a defect goes Django's way."""
        outage = outage_of(error) if request.path.startswith(_OAUTH_PREFIX) else None
        if outage is None:
            return None
        said = {"error": "temporarily_unavailable", "error_description": outage.message}
        return JsonResponse(said, status=outage.status, headers=outage.headers)


def _is_form_odd(request: HttpRequest) -> bool:
    return any(is_odd(text) for name, texts in request.POST.lists() for text in (name, *texts))


def _invalid_request(description: str) -> HttpResponse:
    return JsonResponse({"error": "invalid_request", "error_description": description}, status=400)


def _replaced(request: HttpRequest, response: HttpResponseBase) -> HttpResponse:
    answer = problem_response(request, problem_of_status(response.status_code))
    for name in _KEPT_HEADERS:
        if name in response.headers:
            answer.headers[name] = response.headers[name]
    return answer
