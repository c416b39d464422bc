"""GET /api/v1/entitlements/check: may this account use that feature, now or at another instant?"""

from __future__ import annotations

from datetime import datetime
from typing import Any, Final

from drf_spectacular.utils import OpenApiParameter, extend_schema
from rest_framework.request import Request
from rest_framework.response import Response

from accounts.models import CredentialScope
from api.authentication import PartnerAuthentication
from api.rest.doors import RestDoor
from api.rest.resources import HasScope, accounts_of, principal_of, refuse_unknown
from billing.invoicing.queries.allowances import check_use
from core.clock import now
from core.decimals import decimal_text
from core.errors import Invalid, NotFound

_ANSWER: Final[dict[str, Any]] = {
    "type": "object",
    "properties": {
        "account": {"type": "string"},
        "feature": {"type": "string"},
        "at": {"type": "string", "format": "date-time"},
        "allowed": {"type": "boolean"},
        "kind": {"type": "string", "enum": ["none", "boolean", "static", "metered"]},
        "value": {"type": ["string", "null"]},
        "used": {"type": ["string", "null"]},
        "remaining": {"type": ["string", "null"]},
        "source": {"type": ["string", "null"]},
        "until": {"type": ["string", "null"], "format": "date-time"},
    },
}


class CheckInvalid(Invalid):
    """A parameter is missing, or is no instant."""

    code = "entitlement_check_invalid"
    title = "The question cannot be read"


class EntitlementCheck(RestDoor):
    """One question, one answer, which says until when it holds."""

    authentication_classes = (PartnerAuthentication,)
    permission_classes = (HasScope,)
    required_scope = CredentialScope.ACCOUNTS_READ

    @extend_schema(
        operation_id="entitlements_check",
        parameters=[
            OpenApiParameter("account", str, required=True),
            OpenApiParameter("feature", str, required=True),
            OpenApiParameter("at", str, description="An instant with its offset; none is now."),
        ],
        responses={200: _ANSWER},
    )
    def get(self, request: Request) -> Response:
        """What the account is entitled to."""
        refuse_unknown(request, ("account", "feature", "at"))
        asked = {name: request.query_params.get(name, "") for name in ("account", "feature", "at")}
        for name in ("account", "feature"):
            if not asked[name] or len(asked[name]) > 64:
                raise CheckInvalid(f"Say the {name}.", field=name)
        readable = accounts_of(principal_of(request)).filter(public_id=asked["account"])
        account = readable.first()
        if account is None:
            raise NotFound("There is no such account.", field="account")
        use = check_use(account, asked["feature"], at=_at(asked["at"]))
        answer = use.answer
        return Response(
            {
                "account": asked["account"],
                "feature": answer.feature,
                "at": answer.at,
                "allowed": use.is_allowed,
                "kind": use.kind,
                "value": answer.value,
                "used": None if use.used is None else decimal_text(use.used),
                "remaining": None if use.remaining is None else decimal_text(use.remaining),
                "source": answer.source or None,
                "until": use.until,
            }
        )


def _at(text: str) -> datetime:
    if not text:
        return now()
    try:
        found = datetime.fromisoformat(text)
    except ValueError:
        found = None
    if found is None or found.tzinfo is None or not 2000 <= found.year < 9000:
        raise CheckInvalid("Expected an instant with its offset.", field="at")
    return found
