"""Whatever goes wrong under /api is one problem+json with a code and the request id."""

import gzip
import json
from io import BytesIO
from typing import Any

import pytest
from django.core.handlers.wsgi import WSGIRequest
from django.http import HttpRequest, HttpResponse
from django.test import Client, RequestFactory
from django.urls import include, path
from django.views.decorators.csrf import csrf_exempt
from django.views.decorators.http import require_POST
from rest_framework.exceptions import ValidationError

from accounts.models import Account
from api.bodies import Framing, media_type_of, read_body
from api.problems import problem_of
from core.errors import Conflict, Invalid
from core.json_reader import read_json
from tests.api.bearer import client_of
from tests.cast import partner


class Clash(Conflict):
    code = "clash"
    title = "It clashes"


@csrf_exempt
@require_POST
def broken_rule(request: HttpRequest) -> HttpResponse:
    raise Clash("Two at once.", field="data.slot")


@csrf_exempt
def defect(request: HttpRequest) -> HttpResponse:
    raise RuntimeError("SELECT secret FROM /etc/passwd")


@csrf_exempt
def echo(request: HttpRequest) -> HttpResponse:
    media_type_of(request, ["application/json"])
    read_json(read_body(request, max_bytes=1000), max_bytes=1000)
    return HttpResponse(status=204)


urlpatterns = [
    path("api/v1/broken-rule", broken_rule),
    path("api/v1/defect", defect),
    path("api/v1/echo", echo),
    path("", include("api.urls")),
]

pytestmark = [pytest.mark.urls(__name__), pytest.mark.django_db]


def problem(response: Any) -> dict[str, Any]:
    assert response.headers["Content-Type"] == "application/problem+json"
    body: dict[str, Any] = response.json()
    assert body["status"] == response.status_code
    assert body["request_id"] == response.headers["Request-Id"]
    return body


def test_a_broken_rule_is_told_whole() -> None:
    response = Client().post("/api/v1/broken-rule", headers={"X-Request-Id": "caller-0001"})
    assert problem(response) == {
        "type": "urn:counterfoil:problem:clash",
        "title": "It clashes",
        "status": 409,
        "detail": "Two at once.",
        "instance": "/api/v1/broken-rule",
        "code": "clash",
        "request_id": "caller-0001",
        "errors": [{"pointer": "/data/slot", "code": "clash", "detail": "Two at once."}],
        "retryable": False,
    }


def test_a_defect_tells_nothing_of_the_inside() -> None:
    client = Client(raise_request_exception=False)
    response = client.post("/api/v1/defect")
    body = problem(response)
    assert (body["status"], body["code"], body["retryable"]) == (500, "internal", True)
    assert "SELECT" not in response.content.decode()


@pytest.mark.parametrize(
    ("method", "url", "expected"),
    [
        ("GET", "/api/v1/nothing-here", (404, "not_found")),
        ("GET", "/api/", (404, "not_found")),
        ("GET", "/api/v1/broken-rule", (405, "method")),
        ("DELETE", "/api/v1/accounts", (405, "method")),
        ("POST", "/api/v1/meters", (405, "method")),
    ],
)
def test_django_s_own_refusals_are_problems_too(
    globex: Account, method: str, url: str, expected: tuple[int, str]
) -> None:
    client = client_of(partner("Addon Inc", reads=(globex,)))
    body = problem(client.generic(method, url))
    assert (body["status"], body["code"]) == expected


def test_a_405_names_what_is_allowed() -> None:
    assert Client().get("/api/v1/broken-rule").headers["Allow"] == "POST"


def test_an_unknown_host_is_refused() -> None:
    body = problem(Client(headers={"Host": "evil.example"}).get("/api/v1/accounts"))
    assert (body["status"], body["code"]) == (400, "host")


@pytest.mark.parametrize(
    "offered",
    ["", "short", "has space 123", "x" * 101, "-leading-dash", "new\nline-12345", 'quote"12345'],
)
def test_an_unsound_request_id_is_replaced(offered: str) -> None:
    response = Client().get("/api/v1/accounts", headers={"X-Request-Id": offered})
    assert response.headers["Request-Id"].startswith("req_")


class TestBodies:
    def send(self, body: bytes, **headers: str) -> tuple[int, str | None]:
        response = Client().generic(
            "POST",
            "/api/v1/echo",
            body,
            content_type=headers.pop("content_type", "application/json"),
            headers=headers,
        )
        return response.status_code, response.json()["code"] if response.content else None

    def test_json_is_read(self) -> None:
        assert self.send(b'{"a": 1}') == (204, None)

    def test_gzip_is_unpacked(self) -> None:
        packed = gzip.compress(b'{"a": 1}', mtime=0)
        assert self.send(packed, **{"Content-Encoding": "gzip"}) == (204, None)

    def test_a_small_body_cannot_become_a_large_one(self) -> None:
        bomb = gzip.compress(b" " * 10_000_000, mtime=0)
        assert len(bomb) < 10_000 > 1000
        assert self.send(
            gzip.compress(b" " * 100_000, mtime=0), **{"Content-Encoding": "gzip"}
        ) == (
            413,
            "body_too_large",
        )

    @pytest.mark.parametrize(
        ("body", "headers", "expected"),
        [
            (b"x" * 1001, {}, (413, "body_too_large")),
            (b"{}", {"content_type": "text/plain"}, (415, "media_type")),
            (b"{}", {"content_type": "application/x-www-form-urlencoded"}, (415, "media_type")),
            (b"{}", {"content_type": "application/json; charset=utf-16"}, (415, "media_type")),
            (b"{}", {"Content-Encoding": "br"}, (415, "content_encoding")),
            (b"no gzip", {"Content-Encoding": "gzip"}, (400, "framing")),
            (gzip.compress(b"{}", mtime=0)[:-4], {"Content-Encoding": "gzip"}, (400, "framing")),
            (b"", {}, (400, "body_empty")),
            (b'{"a": 1, "a": 2}', {}, (400, "duplicate_key")),
        ],
    )
    def test_a_body_is_refused_by_name(
        self, body: bytes, headers: dict[str, str], expected: tuple[int, str]
    ) -> None:
        assert self.send(body, **headers) == expected

    @pytest.mark.parametrize("length", ["10", "abc", "٣"])
    def test_a_length_that_is_not_the_body_s_is_refused(self, length: str) -> None:
        request = RequestFactory().post("/api/v1/echo", content_type="application/json")
        request = WSGIRequest(
            request.environ | {"CONTENT_LENGTH": length, "wsgi.input": BytesIO(b"{}")}
        )
        with pytest.raises(Framing):
            read_body(request, max_bytes=1000)

    def test_a_chunked_body_has_no_length_and_is_read_to_its_end(self) -> None:
        request = RequestFactory().post("/api/v1/echo", content_type="application/json")
        chunked = {"wsgi.input_terminated": True, "wsgi.input": BytesIO(b'{"a": 1}')}
        environ = {k: v for k, v in request.environ.items() if k != "CONTENT_LENGTH"}
        assert read_body(WSGIRequest(environ | chunked), max_bytes=1000) == b'{"a": 1}'


def test_drf_s_validation_becomes_pointers() -> None:
    found = problem_of(
        ValidationError({"lines": [{}, {"amount": ["Too small."]}], "non_field_errors": ["Odd."]})
    )
    assert found is not None
    assert [(each.pointer, each.detail) for each in found.errors] == [
        ("/lines/1/amount", "Too small."),
        ("", "Odd."),
    ]


def test_an_error_nobody_anticipated_is_no_problem_of_ours() -> None:
    assert problem_of(RuntimeError("defect")) is None
    assert problem_of(Invalid("known")) is not None


def test_the_schema_is_openapi_3_1_and_needs_no_token() -> None:
    schema = json.loads(Client().get("/api/v1/openapi.json").content)
    assert schema["openapi"].startswith("3.1")
    assert "/api/v1/accounts/{public_id}" in schema["paths"]
    listing = schema["paths"]["/api/v1/accounts"]["get"]
    assert listing["security"] == [{"partnerToken": ["accounts:read"]}]
    assert "application/problem+json" in listing["responses"]["default"]["content"]


def test_outside_api_nothing_is_replaced() -> None:
    request = RequestFactory().get("/staff/nothing")
    from api.middleware import ProblemMiddleware

    answered = ProblemMiddleware(lambda _: HttpResponse("page", status=404))(request)
    assert answered.content == b"page"
