"""POST /api/v1/quotes: a pricing document in, the lines it comes to out. Nothing is stored.

The same function as `manage.py quote` and the bill run. Here are only HTTP and the bound on what a
stranger's document may cost to work out.
"""

from __future__ import annotations

from typing import Any, Final

from drf_spectacular.utils import OpenApiExample, extend_schema
from rest_framework.request import Request
from rest_framework.response import Response

from accounts.models import CredentialScope
from api.authentication import PartnerAuthentication
from api.bodies import BODY_BYTES_MAX, JSON, media_type_of, read_body
from api.rest.doors import RestDoor
from api.rest.resources import HasScope, refuse_unknown
from api.rest.v1.shapes import PRICING_DOCUMENT, QUOTE
from billing.rating import quote
from billing.rating.bounds import require_bounded
from core.json_reader import read_json

_EXAMPLE: Final[dict[str, Any]] = {
    "currency": "USD",
    "quantity": "150000",
    "price": {
        "model": "graduated",
        "tiers": [{"up_to": "100000", "unit_price": "0.001"}, {"unit_price": "0.0005"}],
    },
}


class Quotes(RestDoor):
    """What a price comes to, before anybody is billed by it."""

    authentication_classes = (PartnerAuthentication,)
    permission_classes = (HasScope,)
    required_scope = CredentialScope.QUOTES_WRITE

    @extend_schema(
        operation_id="quotes_create",
        request={JSON: PRICING_DOCUMENT},
        responses={200: QUOTE},
        examples=[OpenApiExample("Graduated requests", value=_EXAMPLE, request_only=True)],
    )
    def post(self, request: Request) -> Response:
        """Work out a pricing document; one with problems is answered with all of them."""
        refuse_unknown(request, ())
        media_type_of(request._request, (JSON,))
        body = read_body(request._request, max_bytes=BODY_BYTES_MAX)
        document = read_json(body, max_bytes=BODY_BYTES_MAX, root=(dict,))
        require_bounded(document)
        return Response(quote(document))
