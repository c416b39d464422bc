"""GET /api/v1/rate-limits: how many requests the caller has left in the present minute."""

from __future__ import annotations

from typing import Final

from drf_spectacular.utils import extend_schema
from rest_framework.permissions import IsAuthenticated
from rest_framework.request import Request
from rest_framework.response import Response

from api.admission import allowance_of
from api.authentication import PartnerAuthentication
from api.rest.doors import RestDoor
from api.rest.resources import refuse_unknown
from api.rest.v1.shapes import Shape
from api.rest.v1.statements import instant_text

_ANSWER: Final[Shape] = {
    "type": "object",
    "required": ["limit", "remaining", "resets_at"],
    "properties": {
        "limit": {"type": "integer"},
        "remaining": {"type": "integer"},
        "resets_at": {"type": "string", "format": "date-time"},
    },
}


class RateLimits(RestDoor):
    """What is left to the credential; this request is counted."""

    authentication_classes = (PartnerAuthentication,)
    permission_classes = (IsAuthenticated,)
    required_scope = ""

    @extend_schema(operation_id="rate_limits", responses={200: _ANSWER})
    def get(self, request: Request) -> Response:
        """By any token."""
        refuse_unknown(request, ())
        found = allowance_of(request._request)
        assert found is not None  # it was let in
        return Response(
            {
                "limit": found.limit,
                "remaining": found.left,
                "resets_at": instant_text(found.resets_at.replace(microsecond=0)),
            }
        )
