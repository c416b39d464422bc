"""GET /api/v1/accounts/{id}/focus: what was billed to an account, as a FOCUS file."""

from __future__ import annotations

from typing import Any, Final

from django.http import StreamingHttpResponse
from drf_spectacular.types import OpenApiTypes
from drf_spectacular.utils import OpenApiParameter, extend_schema
from rest_framework.renderers import BaseRenderer, JSONRenderer
from rest_framework.request import Request

from accounts.models import CredentialScope
from api.authentication import PartnerAuthentication
from api.rest.days import days_asked
from api.rest.doors import RestDoor
from api.rest.resources import HasScope, accounts_of, principal_of, refuse_unknown
from billing.invoicing.focus.columns import columns_of, version_of
from billing.invoicing.focus.rows import focus_rows
from core.csv_out import CONTENT_TYPE, csv_lines
from core.errors import NotFound
from core.periods import Period, local_midnight

FOCUS_DAYS_MAX: Final = 400
"""Days of one file: a year, and the month it is looked at in."""


class CsvAnswer(BaseRenderer):
    """Says that the answer may be CSV; the file is written while it is sent, not by this."""

    media_type = "text/csv"
    format = "csv"
    charset = "utf-8"

    def render(self, data: Any, *args: Any, **kwargs: Any) -> bytes:
        """A refusal, which has no rows."""
        return JSONRenderer().render(data)


class AccountFocus(RestDoor):
    """What was issued to one account within some days, in UTC, as FOCUS."""

    authentication_classes = (PartnerAuthentication,)
    permission_classes = (HasScope,)
    renderer_classes = (JSONRenderer, CsvAnswer)
    required_scope = CredentialScope.INVOICES_READ

    @extend_schema(
        operation_id="accounts_focus",
        parameters=[
            OpenApiParameter("from", OpenApiTypes.DATE, required=True),
            OpenApiParameter("until", OpenApiTypes.DATE, required=True),
            OpenApiParameter("version", OpenApiTypes.STR, enum=["1.2", "1.4"]),
        ],
        responses={(200, "text/csv"): OpenApiTypes.STR},
    )
    def get(self, request: Request, public_id: str) -> StreamingHttpResponse:
        """The rows of every invoice and credit note; those of an InvoiceId sum to it."""
        refuse_unknown(request, ("from", "until", "version"))
        header = columns_of(version_of(request.query_params.get("version", "")))
        first, until = days_asked(request, at_most=FOCUS_DAYS_MAX)
        period = Period(local_midnight(first, "UTC"), local_midnight(until, "UTC"))
        principal = principal_of(request)
        readable = accounts_of(principal)
        account = readable.filter(public_id=public_id).first()
        if account is None:
            raise NotFound("There is nothing here.")
        paying = readable.filter(payable_invoices__account=account).values_list("pk", flat=True)
        payers = {account.pk, *paying}
        lines = csv_lines(header, focus_rows(account, period, payers=payers), marked=False)
        answer = StreamingHttpResponse(lines, content_type=CONTENT_TYPE)
        answer["Content-Disposition"] = 'attachment; filename="focus.csv"'
        return answer
