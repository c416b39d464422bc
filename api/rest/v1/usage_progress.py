"""POST /api/v1/usage/progress: how far a source is complete, so that bills need not guess."""

from __future__ import annotations

from typing import Any, Final

from drf_spectacular.utils import OpenApiExample, extend_schema
from rest_framework.request import Request
from rest_framework.response import Response

from accounts.models import CredentialScope
from api.authentication import PartnerAuthentication
from api.bodies import JSON, media_type_of, read_body
from api.rest.doors import RestDoor
from api.rest.resources import HasScope, principal_of, refuse_unknown
from api.rest.v1.shapes import Shape
from core.clock import now
from core.errors import FieldError, Invalid, NotFound
from core.instants import read_instant
from core.json_reader import read_json
from core.text_in import is_odd
from usage.models import Source, SourceProgress
from usage.operations import source_progress

_BYTES_MAX: Final = 10_000
_FIELDS: Final = {"source", "complete_through", "sequence"}
_SAID: Final[Shape] = {
    "type": "object",
    "required": ["source", "complete_through"],
    "additionalProperties": False,
    "properties": {
        "source": {"type": "string", "maxLength": 255},
        "complete_through": {
            "type": "string",
            "format": "date-time",
            "description": "Every event before this instant was sent.",
        },
        "sequence": {"type": "integer", "minimum": 0, "description": "Of the last event sent."},
    },
}
_EXAMPLE: Final = {"source": "router/us-1", "complete_through": "2026-02-01T00:00:00Z"}


class ProgressUnreadable(Invalid):
    """The body is no report of progress."""

    code = "progress_unreadable"
    title = "The progress cannot be read"


class UsageProgress(RestDoor):
    """What a source says of itself: complete through an instant."""

    authentication_classes = (PartnerAuthentication,)
    permission_classes = (HasScope,)
    required_scope = CredentialScope.USAGE_WRITE

    @extend_schema(
        operation_id="usage_progress_report",
        request={JSON: _SAID},
        responses={200: _SAID},
        examples=[OpenApiExample("A month is complete", value=_EXAMPLE, request_only=True)],
    )
    def post(self, request: Request) -> Response:
        """Report progress of one of your sources; the same again changes nothing."""
        refuse_unknown(request, ())
        media_type_of(request._request, (JSON,))
        body = read_body(request._request, max_bytes=_BYTES_MAX)
        said = read_json(body, max_bytes=_BYTES_MAX, root=(dict,))
        source = _source(request, said)
        complete_through = read_instant(said["complete_through"], field="complete_through")
        principal = principal_of(request)
        row = source_progress.report(
            source=source,
            complete_through=complete_through,
            sequence=said.get("sequence"),
            at=now(),
            by=principal.actor,
        )
        return Response(_answer(row))


def _source(request: Request, said: dict[str, Any]) -> Source:
    """Raises: ProgressUnreadable, NotFound."""
    wrong = [
        FieldError(f"/{name}", "unknown_field", "Not known here.") for name in said.keys() - _FIELDS
    ]
    wrong += [
        FieldError(f"/{name}", "required", "A text is required.")
        for name in ("source", "complete_through")
        if not isinstance(said.get(name), str)
    ]
    sequence = said.get("sequence")
    if sequence is not None and (isinstance(sequence, bool) or not isinstance(sequence, int)):
        wrong.append(FieldError("/sequence", "type", "A whole number."))
    if wrong:
        raise ProgressUnreadable("The body is no report of progress.", errors=wrong)
    principal = principal_of(request)
    name: str = said["source"]
    known = Source.objects.filter(partner_id=principal.partner_id)
    found = None if is_odd(name) else known.filter(name=name).first()
    if found is None:
        raise NotFound("None of your sources that sent an event has this name.", field="source")
    return found


def _answer(row: SourceProgress) -> dict[str, Any]:
    assert row.complete_through is not None
    return {
        "source": row.source.name,
        "complete_through": row.complete_through.isoformat().replace("+00:00", "Z"),
        "sequence": row.sequence,
    }
