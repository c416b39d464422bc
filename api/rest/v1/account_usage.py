"""GET /api/v1/accounts/{id}/usage: how much of each meter an account used."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any, Final

from drf_spectacular.utils import OpenApiParameter, extend_schema
from rest_framework.request import Request
from rest_framework.response import Response

from accounts.models import CredentialScope
from api.rest.account_door import AccountDoor
from api.rest.days import DAYS, days_asked
from api.rest.resources import refuse_unknown
from api.rest.v1.shapes import Shape
from api.rest.v1.statements import instant_text
from core.clock import now
from core.decimals import decimal_text
from core.filtering import ParameterInvalid
from usage.operations.settling import bring_up_to_date
from usage.queries.by_span import SpanFigure, SpanQuestion, UsageSpan, figures_by_span

_BY: Final = ("meter", "resource")
_TEXT: Final[Shape] = {"type": "string"}
_INSTANT: Final[Shape] = {"type": "string", "format": "date-time"}
_ROW: Final[Shape] = {
    "type": "object",
    "required": ["meter", "unit", "resource", "dimensions", "start", "end", "quantity"],
    "properties": {
        "meter": _TEXT,
        "unit": _TEXT,
        "resource": {"type": ["string", "null"], "description": "The platform's id of it."},
        "dimensions": {"type": "object", "additionalProperties": _TEXT},
        "start": _INSTANT,
        "end": _INSTANT,
        "quantity": {"type": "string", "pattern": r"^-?\d+(\.\d+)?$"},
    },
}
_ANSWER: Final[Shape] = {
    "type": "object",
    "required": ["data", "computed_at", "complete_through"],
    "properties": {
        "data": {"type": "array", "items": _ROW},
        "computed_at": _INSTANT,
        "complete_through": {
            **_INSTANT,
            "description": "All that was received or corrected by then is in the figures.",
        },
    },
}


class AccountUsage(AccountDoor):
    """What an account used, over days of its own calendar."""

    required_scope = CredentialScope.USAGE_READ

    @extend_schema(
        operation_id="accounts_usage",
        parameters=[
            *DAYS,
            OpenApiParameter("every", str, enum=list(UsageSpan)),
            OpenApiParameter("by", str, enum=list(_BY)),
            OpenApiParameter("meter", str, description="The code of one meter."),
        ],
        responses={200: _ANSWER},
    )
    def get(self, request: Request, public_id: str) -> Response:
        """Quantities by meter, pricing dimensions and, with `by=resource`, resource.

        `every` is day, month (of the calendar) or all, which is the usual one: the figure of the
        whole range, as an invoice of these days has it. Of a meter that takes the most or a mean,
        days do not sum to it.
        """
        refuse_unknown(request, ("from", "until", "every", "by", "meter"))
        account = self.account(request, public_id)
        asked = request.query_params
        every = UsageSpan(_one_of(asked.get("every", UsageSpan.ALL), list(UsageSpan), "every"))
        by = _one_of(asked.get("by", "meter"), _BY, "by")
        first, until = days_asked(request, at_most=every.days_max)
        at = now()
        behind = bring_up_to_date([account.pk], at=at)
        question = SpanQuestion(first, until, every, by == "resource", asked.get("meter", ""))
        figures = figures_by_span([account.pk], question, until=at)
        return Response(
            {
                "data": [_figure(each) for each in figures.get(account.pk, ())],
                "computed_at": instant_text(at),
                "complete_through": instant_text(behind.since if behind else at),
            }
        )


def _one_of(text: str, allowed: Sequence[str], name: str) -> str:
    if text not in allowed:
        raise ParameterInvalid(f"{name} is one of {', '.join(allowed)}.", field=name)
    return text


def _figure(each: SpanFigure) -> dict[str, Any]:
    return {
        "meter": each.meter,
        "unit": each.unit,
        "resource": each.platform_id or None,
        "dimensions": dict(each.dimensions),
        "start": instant_text(each.period.start),
        "end": instant_text(each.period.end),
        "quantity": decimal_text(each.quantity),
    }
