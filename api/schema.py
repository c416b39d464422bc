"""What drf-spectacular must be told: our authentication and our problems."""

from typing import Any

from drf_spectacular.extensions import OpenApiAuthenticationExtension
from drf_spectacular.openapi import AutoSchema

from api.idempotency import HEADER
from api.models import KEY_LENGTH_MAX
from api.problems import CONTENT_TYPE

EVENTS = "/api/v1/usage/events"

_PROBLEM = {
    "type": "object",
    "description": "RFC 9457. `code` is stable; `errors` points into the body.",
    "required": ["type", "title", "status", "detail", "code", "request_id", "retryable"],
    "properties": {
        "type": {"type": "string", "format": "uri"},
        "title": {"type": "string"},
        "status": {"type": "integer"},
        "detail": {"type": "string"},
        "instance": {"type": "string"},
        "code": {"type": "string"},
        "request_id": {"type": "string"},
        "retryable": {"type": "boolean"},
        "errors": {
            "type": "array",
            "items": {
                "type": "object",
                "required": ["pointer", "code", "detail"],
                "properties": {
                    "pointer": {"type": "string", "format": "json-pointer"},
                    "code": {"type": "string"},
                    "detail": {"type": "string"},
                },
            },
        },
    },
}


class PersonalTokenScheme(OpenApiAuthenticationExtension):  # type: ignore[no-untyped-call]
    """A token a person of the staff made in the console."""

    target_class = "api.staff.StaffAuthentication"
    name = "personalToken"

    def get_security_definition(self, auto_schema: Any) -> dict[str, Any]:
        return {"type": "http", "scheme": "bearer"}


class PartnerTokenScheme(OpenApiAuthenticationExtension):  # type: ignore[no-untyped-call]
    """OAuth 2 client credentials at /oauth/token."""

    target_class = "api.authentication.PartnerAuthentication"
    name = "partnerToken"

    def get_security_definition(self, auto_schema: Any) -> dict[str, Any]:
        from api.oauth import CredentialScopes

        return {
            "type": "oauth2",
            "flows": {
                "clientCredentials": {
                    "tokenUrl": "/oauth/token",
                    "scopes": CredentialScopes().get_all_scopes(),
                }
            },
        }

    def get_security_requirement(self, auto_schema: Any) -> dict[str, list[str]]:
        scope = str(auto_schema.view.required_scope)
        return {self.name: [scope] if scope else []}


class ProblemSchema(AutoSchema):
    """Every operation may answer a problem instead of its result."""

    def get_operation(self, *args: Any, **kwargs: Any) -> dict[str, Any] | None:
        operation: dict[str, Any] | None = super().get_operation(*args, **kwargs)
        if operation is None:
            return None
        if self.method == "POST":
            operation = _takes_a_key(operation)
        return _may_fail(operation, _statuses_of(self.path, self.method))


_MAY_FAIL = {
    400: "The request cannot be read, or the page of a list cannot be found.",
    401: "No usable token came.",
    403: "The token is good, but not for this.",
    404: "There is no such thing, or it is not yours to know of.",
    406: "Something else than JSON is accepted.",
    409: "The state of what is named does not allow it.",
    412: "It was changed since the ETag in If-Match.",
    413: "The body is too large.",
    415: "A body of this type or encoding is not read here.",
    429: "More often than is answered; wait as Retry-After says.",
    422: "A value or a parameter breaks a rule; `errors` names each.",
    428: "Read it first, and send its ETag as If-Match.",
    500: "A defect of ours.",
    503: "The database is away or busy; wait as Retry-After says.",
}
_OF_READING = (400, 401, 403, 406, 422, 429, 500, 503)
_OF_A_BODY = (400, 401, 403, 406, 413, 415, 422, 429, 500, 503)
_OF_WRITING = (*_OF_A_BODY, 404, 409, 412, 428)
_OF_INGEST = (400, 401, 403, 404, 409, 413, 415, 422, 500, 503)


def _statuses_of(path: str, method: str) -> tuple[int, ...]:
    if method in ("POST", "PUT", "PATCH", "DELETE"):
        return _OF_WRITING
    return (*_OF_READING, 404, 409) if "{" in path else _OF_READING


_KEY_OF_A_POST: dict[str, Any] = {
    "name": HEADER,
    "in": "header",
    "required": False,
    "description": "Yours; the same again is answered the same and done once.",
    "schema": {"type": "string", "minLength": 1, "maxLength": KEY_LENGTH_MAX},
}


def _takes_a_key(operation: dict[str, Any]) -> dict[str, Any]:
    return operation | {"parameters": [*operation.get("parameters", []), _KEY_OF_A_POST]}


def _may_fail(operation: dict[str, Any], statuses: tuple[int, ...]) -> dict[str, Any]:
    content = {CONTENT_TYPE: {"schema": {"$ref": "#/components/schemas/Problem"}}}
    problems = {
        str(status): {"description": _MAY_FAIL[status], "content": content}
        for status in sorted(statuses)
    }
    problems["default"] = {"description": "A problem.", "content": content}
    return operation | {"responses": operation["responses"] | problems}


def add_event_list(endpoints: list[tuple[str, str, str, Any]]) -> list[tuple[str, str, str, Any]]:
    """Pre-processing hook: GET of the address whose POST is a plain view that no one sees."""
    from api.rest.v1.usage_reads import EventList

    return [*endpoints, (EVENTS, EVENTS, "GET", EventList.as_view())]


def add_ingest(result: dict[str, Any], **kwargs: Any) -> dict[str, Any]:
    """Post-processing hook: POST of that address."""
    from api.rest.v1.usage_schema import INGEST

    result["paths"][EVENTS]["post"] = _may_fail(_takes_a_key(INGEST), _OF_INGEST)
    return result


def add_problem(result: dict[str, Any], **kwargs: Any) -> dict[str, Any]:
    """Post-processing hook: the one component every operation refers to."""
    result.setdefault("components", {}).setdefault("schemas", {})["Problem"] = _PROBLEM
    return result
