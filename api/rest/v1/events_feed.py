"""GET /api/v1/events-feed: what happened, in one order, to be followed without missing anything.

Also GET /api/v1/event-types, which says what each type of event carries.
"""

from __future__ import annotations

import re
from typing import Any, Final

from drf_spectacular.utils import OpenApiParameter, extend_schema
from rest_framework.request import Request
from rest_framework.response import Response

from accounts.models import CredentialScope
from api.authentication import PartnerAuthentication
from api.pagination import limit_of
from api.rest.doors import RestDoor
from api.rest.resources import HasScope, accounts_of, principal_of, refuse_unknown
from api.rest.v1.shapes import Shape
from api.tokens import AccountReader, PartnerPrincipal
from core.clock import now
from core.errors import Invalid, Malformed
from eventing.audience import Audience
from eventing.catalogue import CATALOGUE, PublishedType
from eventing.envelope import cloud_event
from eventing.operations import telling
from eventing.queries.feed import feed_page, open_since

_PARAMETERS: Final = ("after", "limit", "type", "account")
_PLACE = re.compile(r"[0-9]{1,18}", re.ASCII)

EVENT: Final[Shape] = {
    "type": "object",
    "description": "CloudEvents 1.0. `data` is as the catalogue says of its `type`.",
    "required": ["specversion", "id", "source", "type", "subject", "time", "sequence", "data"],
    "properties": {
        "specversion": {"type": "string"},
        "id": {"type": "string"},
        "source": {"type": "string"},
        "type": {"type": "string", "description": "A list that may grow."},
        "subject": {"type": "string"},
        "account": {"type": "string"},
        "time": {"type": "string", "format": "date-time"},
        "sequence": {"type": "integer", "description": "1, 2, 3 … of its subject."},
        "datacontenttype": {"type": "string"},
        "dataschema": {"type": "string"},
        "data": {"type": "object"},
    },
}
_PAGE: Final[Shape] = {
    "type": "object",
    "required": ["data", "next_after", "has_more", "complete_until", "open_since"],
    "properties": {
        "data": {"type": "array", "items": EVENT},
        "next_after": {"type": "string", "description": "Ask for what comes after this next."},
        "has_more": {"type": "boolean"},
        "complete_until": {
            "type": "string",
            "format": "date-time",
            "description": "What was committed by then is in the feed.",
        },
        "open_since": {
            "type": ["string", "null"],
            "format": "date-time",
            "description": "A change that began then is not finished; its events come later.",
        },
    },
}
_TYPES: Final[Shape] = {
    "type": "object",
    "required": ["data"],
    "properties": {
        "data": {
            "type": "array",
            "items": {
                "type": "object",
                "required": ["type", "says", "schema", "example"],
                "properties": {
                    "type": {"type": "string"},
                    "says": {"type": "string"},
                    "schema": {"type": "object"},
                    "example": {"type": "object"},
                },
            },
        }
    },
}


class PlaceInvalid(Malformed):
    """`after` is no place of the feed."""

    code = "place_invalid"
    title = "There is no such place in the feed"


class EventTypeUnknown(Invalid):
    """There is no such type of event, or it is not for this reader."""

    code = "event_type_unknown"
    title = "There is no such type of event"


def audience_of(principal: AccountReader) -> Audience:
    """What of the feed the partner may read."""
    if principal.reads_every_account:
        return Audience()
    return Audience(accounts_of(principal).values("public_id"))


def types_for(principal: PartnerPrincipal) -> list[PublishedType]:
    """The types of events the partner may hear of."""
    return [
        each for each in CATALOGUE.values() if each.for_partners or principal.reads_every_account
    ]


class EventsFeed(RestDoor):
    """Follow it: ask, work, keep `next_after`, ask again."""

    authentication_classes = (PartnerAuthentication,)
    permission_classes = (HasScope,)
    required_scope = CredentialScope.EVENTS_READ

    @extend_schema(
        operation_id="events_feed_list",
        parameters=[
            OpenApiParameter("after", str, description="A `next_after`; 0 is the beginning."),
            OpenApiParameter("limit", int),
            OpenApiParameter("type", str, description="Types, comma-separated."),
            OpenApiParameter("account", str, description="Id of an account."),
        ],
        responses={200: _PAGE},
    )
    def get(self, request: Request) -> Response:
        """What happened after a place, oldest first."""
        refuse_unknown(request, _PARAMETERS)
        principal = principal_of(request)
        size = limit_of(request.query_params.get("limit"))
        after = _place(request.query_params.get("after", "0"))
        types = _types(request.query_params.get("type"), principal)
        # Read before anything is placed: what was committed by then is.
        at = now()
        waiting = open_since()
        telling.catch_up(at=at)
        page = feed_page(
            audience_of(principal),
            after=after,
            size=size,
            types=types,
            account=request.query_params.get("account", ""),
        )
        return Response(
            {
                "data": [cloud_event(each.event) for each in page.entries],
                "next_after": str(page.after),
                "has_more": page.has_more,
                "complete_until": at.isoformat().replace("+00:00", "Z"),
                "open_since": waiting and waiting.isoformat().replace("+00:00", "Z"),
            }
        )


class EventTypes(RestDoor):
    """The catalogue of events."""

    authentication_classes = (PartnerAuthentication,)
    permission_classes = (HasScope,)
    required_scope = CredentialScope.EVENTS_READ

    @extend_schema(operation_id="event_types_list", responses={200: _TYPES})
    def get(self, request: Request) -> Response:
        """The types of events this client may hear of, with their schema and an example."""
        refuse_unknown(request, ())
        return Response({"data": [_described(each) for each in types_for(principal_of(request))]})


def _described(kind: PublishedType) -> dict[str, Any]:
    return {
        "type": kind.name,
        "says": kind.says,
        "schema": kind.schema,
        "example": kind.example,
    }


def _place(text: str) -> int:
    if not _PLACE.fullmatch(text):
        raise PlaceInvalid("after is a next_after that the feed gave, or 0.", field="after")
    return int(text)


def _types(text: str | None, principal: PartnerPrincipal) -> list[str]:
    """Raises: EventTypeUnknown."""
    asked = [] if text is None else text.split(",")
    known = {each.name for each in types_for(principal)}
    for each in asked:
        if each not in known:
            raise EventTypeUnknown(
                f"{each[:100]!r} is no type you may hear of; /api/v1/event-types lists them.",
                field="type",
            )
    return asked
