"""GET under /api/v1/usage: what became of the events a partner sent.

A partner sees the events of its own sources, the held ones with the reason, and for one event why
it counts or not. Who is billed for them it does not see.
"""

from __future__ import annotations

from collections.abc import Mapping
from datetime import datetime
from typing import Any
from uuid import UUID

from django.db.models import QuerySet
from drf_spectacular.utils import OpenApiParameter, extend_schema
from rest_framework import serializers
from rest_framework.request import Request
from rest_framework.response import Response

from accounts.models import CredentialScope
from api.authentication import PartnerAuthentication
from api.cursors import cursor_of, place_of
from api.narrowing import parameters_of
from api.pagination import limit_of
from api.rest.doors import RestDoor
from api.rest.resources import HasScope, ReadOnlyResource, principal_of, refuse_unknown
from api.rest.values import DecimalTextField
from api.tokens import PartnerPrincipal
from core.clock import now
from core.decimals import decimal_text
from core.errors import Invalid
from core.instants import DateInvalid, read_instant
from core.periods import Period
from usage.filters import BackfillFilters, EventFilters, HeldEventFilters
from usage.models import Backfill, QuarantinedEvent
from usage.operations.settling import bring_up_to_date
from usage.queries.fate import EventNotFound, Fate, fate_of
from usage.queries.freshness import owners_of
from usage.queries.sent_events import Place, SentEvent, is_sent_by, sent_events

_EVENTS = "usage.events.by_report"
_LIST = frozenset({"since", "until", "limit", "cursor"})


class WindowInvalid(Invalid):
    """since and until are instants with their zone, in this order."""

    code = "window_invalid"
    title = "The window is not valid"


class HeldEventSerializer(serializers.ModelSerializer[QuarantinedEvent]):
    """An event that was taken in but cannot be billed as it is."""

    key = serializers.CharField(source="key.hex", read_only=True)
    id = serializers.CharField(source="event_id", read_only=True)
    source = serializers.CharField(  # type: ignore[assignment]  # a field of this name
        source="source.name", read_only=True
    )
    quantity = DecimalTextField(read_only=True, allow_null=True)

    class Meta:
        model = QuarantinedEvent
        fields = (
            "key", "id", "source", "type", "subject", "occurred_at", "received_at", "quantity",
            "reason", "detail", "state", "decided_at",
        )  # fmt: skip


class QuarantineResource(ReadOnlyResource):
    """The partner's events that are held, released or dropped."""

    serializer_class = HeldEventSerializer
    required_scope = CredentialScope.USAGE_READ
    lookup_field = "key"
    lookup_value_regex = "[0-9a-f]{32}"
    orders = {"received_at": "received_at", "occurred_at": "occurred_at"}
    filters = HeldEventFilters

    def readable(self, principal: PartnerPrincipal) -> QuerySet[QuarantinedEvent]:
        return QuarantinedEvent.objects.filter(
            source__partner_id=principal.partner_id
        ).select_related("source")


class BackfillSerializer(serializers.ModelSerializer[Backfill]):
    """A past range that may be, or was, reported again; open while `closed_at` is null."""

    id = serializers.CharField(source="public_id", read_only=True)
    source = serializers.CharField(  # type: ignore[assignment]  # a field of this name
        source="source.name", read_only=True
    )
    subject = serializers.CharField(
        source="resource.platform_id", read_only=True, allow_null=True, default=None
    )
    taken_back_at = serializers.DateTimeField(source="reverted_at", read_only=True, allow_null=True)

    class Meta:
        model = Backfill
        fields = (
            "id", "source", "subject", "occurred_from", "occurred_until", "replaces", "reason",
            "opened_at", "closed_at", "taken_back_at",
        )  # fmt: skip


class BackfillResource(ReadOnlyResource):
    """The back-fills of the partner's sources."""

    serializer_class = BackfillSerializer
    required_scope = CredentialScope.USAGE_READ
    orders = {"opened_at": "opened_at"}
    filters = BackfillFilters

    def readable(self, principal: PartnerPrincipal) -> QuerySet[Backfill]:
        return Backfill.objects.filter(source__partner_id=principal.partner_id).select_related(
            "source", "resource"
        )


class _UsageView(RestDoor):
    authentication_classes = (PartnerAuthentication,)
    permission_classes = (HasScope,)
    required_scope = CredentialScope.USAGE_READ


class EventList(_UsageView):
    """The partner's accepted events, newest first."""

    @extend_schema(
        operation_id="usage_events_list",
        parameters=[
            OpenApiParameter("since", datetime, required=True, description="The first instant."),
            OpenApiParameter("until", datetime, required=True, description="Up to, not with."),
            OpenApiParameter("cursor", str),
            OpenApiParameter("limit", int),
            *(
                OpenApiParameter(each["name"], str, enum=each["schema"].get("enum"))
                for each in parameters_of(EventFilters)
            ),
        ],
        responses={200: dict},
    )
    def get(self, request: Request) -> Response:
        """Accepted events with instants in [since, until), at most 31 days."""
        asked = request.query_params
        filters = EventFilters.asked(asked, beside=_LIST)
        page = sent_events(
            partner_id=principal_of(request).partner_id,
            window=_window(asked.get("since"), asked.get("until")),
            filters=filters,
            after=_place(asked.get("cursor")),
            limit=limit_of(asked.get("limit")),
        )
        return Response(
            {
                "data": [_event(event) for event in page.events],
                "has_more": page.following is not None,
                "next_cursor": page.following and _cursor(page.following),
            }
        )


class EventFate(_UsageView):
    """Why one event of the partner's counts, or why it does not."""

    @extend_schema(operation_id="usage_events_retrieve", responses={200: dict})
    def get(self, request: Request, key: str) -> Response:
        """Where an event stands, what each meter made of it, and every later word on it."""
        refuse_unknown(request, ())
        wanted = UUID(key)
        if not is_sent_by(wanted, principal_of(request).partner_id):
            raise EventNotFound(f"You sent no event with the key {key}.")
        behind = bring_up_to_date(owners_of(wanted), at=now())
        fate = _fate(fate_of(wanted), principal_of(request).partner_id)
        return Response({**fate, "behind": None if behind is None else behind.text})


def _window(since: str | None, until: str | None) -> Period:
    texts = {"since": since or "", "until": until or ""}
    try:
        start, end = (read_instant(text, field=name) for name, text in texts.items())
    except DateInvalid as refused:
        raise WindowInvalid(refused.message, field=refused.field) from refused
    return Period(start, end)


def _cursor(place: Place) -> str:
    at, receipt_id, position, key = place
    return cursor_of(_EVENTS, [at.isoformat(), receipt_id, position, key.hex])


def _place(cursor: str | None) -> Place | None:
    if cursor is None:
        return None
    at, receipt_id, position, key = place_of(_EVENTS, cursor)
    return Place(datetime.fromisoformat(at), receipt_id, position, UUID(key))


def _event(event: SentEvent) -> Mapping[str, Any]:
    return {
        "key": event.key.hex,
        "id": event.id,
        "source": event.source,
        "type": event.type,
        "subject": event.subject,
        "time": event.occurred_at,
        "received_at": event.received_at,
        "quantity": None if event.quantity is None else decimal_text(event.quantity),
        "data": event.data,
    }


def _fate(fate: Fate, partner_id: int) -> Mapping[str, Any]:
    return {
        "key": fate.key,
        "id": fate.event_id,
        "source": fate.source,
        "type": fate.type,
        "time": fate.occurred_at,
        "received_at": fate.received_at,
        "request_id": fate.request_id,
        "fingerprint": fate.fingerprint,
        "extensions": fate.extensions,
        "standing": fate.standing.value,
        "why": fate.why,
        "meters": [
            {
                "code": reading.meter_code,
                "outcome": reading.outcome.value,
                "detail": reading.detail,
                "value": None if reading.value is None else decimal_text(reading.value),
                "day": reading.day,
                "replaced_by": _theirs(reading.replaced_by, partner_id),
            }
            for reading in fate.readings
        ],
        "revisions": [
            {"number": each.number, "kind": each.kind, "recorded_at": each.recorded_at}
            for each in fate.revisions
        ],
        "conflicts": [
            {"fingerprint": each.fingerprint, "received_at": each.received_at}
            for each in fate.conflicts
        ],
    }


def _theirs(key: UUID | None, partner_id: int) -> str | None:
    """The key of an event, if the partner sent it."""
    return key.hex if key is not None and is_sent_by(key, partner_id) else None
