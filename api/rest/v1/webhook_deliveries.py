"""/api/v1/webhook-deliveries: what was sent to a partner's endpoints, and what came of it."""

from __future__ import annotations

import json
from collections.abc import Mapping
from typing import Any, ClassVar

from django.db.models import Prefetch, QuerySet
from drf_spectacular.utils import extend_schema, extend_schema_field
from rest_framework import serializers
from rest_framework.decorators import action
from rest_framework.request import Request
from rest_framework.response import Response

from accounts.models import CredentialScope
from api.rest.resources import WritableResource
from api.rest.v1.events_feed import EVENT
from api.rest.v1.webhook_bodies import WebhookReason
from api.tokens import PartnerPrincipal
from core.clock import now
from eventing.filters import DeliveryFilters
from eventing.models import WebhookAttempt, WebhookDelivery, WebhookEndpoint
from eventing.operations import replaying
from eventing.queries.contents import body_of_delivery


class AttemptSerializer(serializers.ModelSerializer[WebhookAttempt]):
    """One time it was sent. The contents are null where they were expunged."""

    request_headers = serializers.JSONField(
        source="content.request_headers", allow_null=True, default=None, read_only=True
    )
    response_headers = serializers.JSONField(
        source="content.response_headers", allow_null=True, default=None, read_only=True
    )
    response_body = serializers.CharField(
        source="content.response_body", allow_null=True, default=None, read_only=True
    )

    class Meta:
        model = WebhookAttempt
        fields = (
            "number", "began_at", "took_ms", "address", "status", "error", "said",
            "request_headers", "response_headers", "response_body",
        )  # fmt: skip


class DeliverySerializer(serializers.ModelSerializer[WebhookDelivery]):
    """An event on its way. `event` is null of an example, and `body` once it is expunged."""

    id = serializers.CharField(source="public_id", read_only=True)
    endpoint = serializers.CharField(source="endpoint.public_id", read_only=True)
    event = serializers.CharField(
        source="event.public_id", read_only=True, allow_null=True, default=None
    )
    next_attempt_at = serializers.SerializerMethodField()
    attempts = AttemptSerializer(source="tried", many=True, read_only=True)
    body = serializers.SerializerMethodField()

    class Meta:
        model = WebhookDelivery
        fields = (
            "id", "endpoint", "event", "type", "subject", "state", "outcome", "queued_at",
            "next_attempt_at", "parked_reason", "expunged_at", "body", "attempts",
        )  # fmt: skip

    @extend_schema_field({"type": ["string", "null"], "format": "date-time"})
    def get_next_attempt_at(self, delivery: WebhookDelivery) -> Any:
        return delivery.not_before if delivery.state == WebhookDelivery.State.READY else None

    @extend_schema_field({"oneOf": [EVENT, {"type": "null"}]})
    def get_body(self, delivery: WebhookDelivery) -> Mapping[str, Any] | None:
        if delivery.expunged_at is not None:
            return None
        body: Mapping[str, Any] = json.loads(body_of_delivery(delivery))
        return body


class WebhookDeliveryResource(WritableResource):
    """Deliveries to the partner's own endpoints, deleted ones too."""

    serializer_class = DeliverySerializer
    required_scope = CredentialScope.WEBHOOKS_READ
    writing_scope = CredentialScope.WEBHOOKS_WRITE
    orders: ClassVar[dict[str, str]] = {"queued_at": "queued_at"}
    filters = DeliveryFilters

    def readable(self, principal: PartnerPrincipal) -> QuerySet[WebhookDelivery]:
        mine = WebhookEndpoint.objects.filter(partner=principal.public_id)
        tried = WebhookAttempt.objects.select_related("content").order_by("number")
        return (
            WebhookDelivery.objects.filter(endpoint__in=mine)
            .select_related("endpoint", "event")
            .prefetch_related(Prefetch("tried", queryset=tried))
        )

    @extend_schema(request=WebhookReason, responses={200: DeliverySerializer})
    @action(detail=True, methods=["post"])
    def resend(self, request: Request, public_id: str) -> Response:
        """Send it again, under the same id."""
        principal, said = self.said_in(request, WebhookReason(data=request.data))
        delivery = self.named(principal, public_id)
        replaying.resend(delivery=delivery, at=now(), by=principal.actor, reason=said["reason"])
        return self.answer(delivery)

    @extend_schema(request=WebhookReason, responses={200: DeliverySerializer})
    @action(detail=True, methods=["post"])
    def expunge(self, request: Request, public_id: str) -> Response:
        """Take what was said out of the log, both ways; that it was sent stays."""
        principal, said = self.said_in(request, WebhookReason(data=request.data))
        delivery = self.named(principal, public_id)
        replaying.expunge(delivery=delivery, at=now(), by=principal.actor, reason=said["reason"])
        return self.answer(delivery)
