"""Whatever refuses a request under /api answers problem+json, also when it is Django itself."""

from collections.abc import Callable

from django.core.exceptions import DisallowedHost
from django.http import HttpRequest, HttpResponse
from django.http.response import HttpResponseBase

from api.problems import CONTENT_TYPE, Problem, problem_of, problem_of_status, problem_response

_PREFIX = "/api/"
_KEPT_HEADERS = ("Allow", "Retry-After", "WWW-Authenticate")


class ProblemMiddleware:
    """Outside the views and inside the request id."""

    def __init__(self, get_response: Callable[[HttpRequest], HttpResponse]) -> None:
        self.get_response = get_response

    def __call__(self, request: HttpRequest) -> HttpResponse:
        if not request.path.startswith(_PREFIX):
            return self.get_response(request)
        try:
            request.get_host()
        except DisallowedHost:
            return problem_response(
                request, Problem(400, "host", "Bad Request", "This host is not served here.")
            )
        response = self.get_response(request)
        if response.status_code < 400 or response.headers.get("Content-Type") == CONTENT_TYPE:
            return response
        return _replaced(request, response)

    def process_exception(self, request: HttpRequest, error: Exception) -> HttpResponse | None:
        """A plain view's broken rule; a defect goes Django's way, with its traceback."""
        problem = problem_of(error) if request.path.startswith(_PREFIX) else None
        return None if problem is None else problem_response(request, problem)


def _replaced(request: HttpRequest, response: HttpResponseBase) -> HttpResponse:
    answer = problem_response(request, problem_of_status(response.status_code))
    for name in _KEPT_HEADERS:
        if name in response.headers:
            answer.headers[name] = response.headers[name]
    return answer
