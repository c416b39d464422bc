"""/api/v1/webhook-endpoints: where a partner's events are sent. It keeps them by itself.

A secret is answered once, when it is made. What the staff does with endpoints is the same by the
same operations.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any, ClassVar

from django.db.models import QuerySet
from drf_spectacular.utils import extend_schema, extend_schema_field
from rest_framework import serializers
from rest_framework.decorators import action
from rest_framework.request import Request
from rest_framework.response import Response

from accounts.models import CredentialScope
from api.preconditions import etag_of, matching, stamp_from
from api.rest.resources import WritableResource, principal_of, refuse_unknown
from api.rest.v1.webhook_bodies import (
    EndpointBody,
    ExampleWish,
    RecoverySince,
    ReplayBody,
    SecretEnd,
    WebhookReason,
    terms_of,
    terms_with,
    wish_of,
)
from api.tokens import PartnerPrincipal
from core.clock import now
from core.db.stamps import Seen, stamp_of
from eventing.filters import EndpointFilters
from eventing.models import WebhookEndpoint
from eventing.operations import endpoints, replaying

_OVER_THE_API = "Asked for over the API"


class EndpointSerializer(serializers.ModelSerializer[WebhookEndpoint]):
    """An endpoint, and how it has been answering. `secrets` are those that hold, without their
    text; `types` is empty where it wants everything.
    """

    id = serializers.CharField(source="public_id", read_only=True)
    failing_since = serializers.DateTimeField(source="health.failing_since", allow_null=True)
    paused_until = serializers.DateTimeField(source="health.paused_until", allow_null=True)
    secrets = serializers.SerializerMethodField()

    class Meta:
        model = WebhookEndpoint
        fields = (
            "id", "url", "description", "contact", "types", "signature", "is_ordered", "state",
            "state_since", "state_reason", "created_at", "failing_since", "paused_until", "secrets",
        )  # fmt: skip

    @extend_schema_field(
        {
            "type": "array",
            "items": {
                "type": "object",
                "required": ["id", "made_at", "ends_at"],
                "properties": {
                    "id": {"type": "string"},
                    "made_at": {"type": "string", "format": "date-time"},
                    "ends_at": {"type": ["string", "null"], "format": "date-time"},
                },
            },
        }
    )
    def get_secrets(self, endpoint: WebhookEndpoint) -> Sequence[Mapping[str, Any]]:
        at = now()
        held = [each for each in endpoint.secrets.all() if each.holds(at)]
        return [
            {"id": each.public_id, "made_at": each.made_at, "ends_at": each.ends_at}
            for each in sorted(held, key=lambda each: each.pk)
        ]


class NewSecret(EndpointSerializer):
    """An endpoint with its new secret, which is not shown again."""

    secret = serializers.CharField(source="_shown_once", read_only=True)

    class Meta(EndpointSerializer.Meta):
        fields = (*EndpointSerializer.Meta.fields, "secret")  # type: ignore[assignment]


class CountSerializer(serializers.Serializer[Any]):
    """How many are sent."""

    count = serializers.IntegerField()


class ExampleSerializer(serializers.Serializer[Any]):
    """The delivery that carries it."""

    delivery = serializers.CharField()


class WebhookEndpointResource(WritableResource):
    """The partner's own endpoints."""

    serializer_class = EndpointSerializer
    required_scope = CredentialScope.WEBHOOKS_READ
    writing_scope = CredentialScope.WEBHOOKS_WRITE
    secrets_in = frozenset({"create", "rotate_secret"})
    orders: ClassVar[dict[str, str]] = {"created_at": "created_at"}
    filters = EndpointFilters

    def readable(self, principal: PartnerPrincipal) -> QuerySet[WebhookEndpoint]:
        mine = WebhookEndpoint.objects.filter(partner=principal.public_id)
        live = mine.exclude(state=WebhookEndpoint.State.DELETED)
        return live.select_related("health").prefetch_related("secrets")

    def retrieve(self, request: Request, *args: Any, **kwargs: Any) -> Response:
        refuse_unknown(request, ())
        endpoint: WebhookEndpoint = self.get_object()
        # The stamp is read before what is shown, never after.
        etag = etag_of(stamp_of(Seen.row(endpoint)))
        return Response(self.get_serializer(self.get_object()).data, headers={"ETag": etag})

    @extend_schema(request=EndpointBody, responses={201: NewSecret})
    def create(self, request: Request) -> Response:
        """Add an endpoint; the answer holds its secret, once."""
        principal, said = self.said_in(request, EndpointBody(data=request.data))
        endpoint, made = endpoints.create(
            partner=principal.public_id,
            terms=terms_of(said),
            at=now(),
            by=principal.actor,
            reason=_OVER_THE_API,
        )
        return self._with_secret(endpoint, made.secret, status=201)

    @extend_schema(request=EndpointBody(partial=True), responses={200: EndpointSerializer})
    def partial_update(self, request: Request, public_id: str) -> Response:
        """Change some of it; `If-Match` says what the change was made from."""
        principal, said = self.said_in(request, EndpointBody(data=request.data, partial=True))
        endpoint = self.named(principal, public_id)
        made_from = stamp_from(request)
        with matching():
            changed = endpoints.revise(
                endpoint=endpoint,
                terms=terms_with(endpoint, said),
                made_from=made_from,
                at=now(),
                by=principal.actor,
                reason=_OVER_THE_API,
            )
        answer = self.answer(changed)
        answer["ETag"] = etag_of(stamp_of(Seen.row(changed)))
        return answer

    @extend_schema(responses={204: None})
    def destroy(self, request: Request, public_id: str) -> Response:
        """End it for good, with all that waits for it."""
        refuse_unknown(request, ())
        principal = principal_of(request)
        endpoint = self.named(principal, public_id)
        endpoints.delete(endpoint=endpoint, at=now(), by=principal.actor, reason=_OVER_THE_API)
        return Response(status=204)

    @extend_schema(request=WebhookReason, responses={201: NewSecret})
    @action(detail=True, methods=["post"], url_path="rotate-secret")
    def rotate_secret(self, request: Request, public_id: str) -> Response:
        """Make another secret; the one before signs too for 24 hours."""
        principal, said = self.said_in(request, WebhookReason(data=request.data))
        endpoint = self.named(principal, public_id)
        made = endpoints.rotate_secret(
            endpoint=endpoint, at=now(), by=principal.actor, reason=said["reason"]
        )
        return self._with_secret(endpoint, made.secret, status=201)

    @extend_schema(request=SecretEnd, responses={200: EndpointSerializer})
    @action(detail=True, methods=["post"], url_path="end-secret")
    def end_secret(self, request: Request, public_id: str) -> Response:
        """End a secret that was replaced, now."""
        principal, said = self.said_in(request, SecretEnd(data=request.data))
        endpoint = self.named(principal, public_id)
        endpoints.end_secret(
            endpoint=endpoint,
            secret=said["secret"],
            at=now(),
            by=principal.actor,
            reason=said["reason"],
        )
        return self.answer(endpoint)

    @extend_schema(request=WebhookReason, responses={200: EndpointSerializer})
    @action(detail=True, methods=["post"])
    def disable(self, request: Request, public_id: str) -> Response:
        """Send nothing more; what happens is held."""
        principal, said = self.said_in(request, WebhookReason(data=request.data))
        endpoint = self.named(principal, public_id)
        endpoints.disable(endpoint=endpoint, at=now(), by=principal.actor, reason=said["reason"])
        return self.answer(endpoint)

    @extend_schema(request=WebhookReason, responses={200: EndpointSerializer})
    @action(detail=True, methods=["post"])
    def enable(self, request: Request, public_id: str) -> Response:
        """Send again; what is held waits for *recover*."""
        principal, said = self.said_in(request, WebhookReason(data=request.data))
        endpoint = self.named(principal, public_id)
        endpoints.enable(endpoint=endpoint, at=now(), by=principal.actor, reason=said["reason"])
        return self.answer(endpoint)

    @extend_schema(request=ExampleWish, responses={201: ExampleSerializer})
    @action(detail=True, methods=["post"], url_path="send-example")
    def send_example(self, request: Request, public_id: str) -> Response:
        """Send what events of a type look like."""
        principal, said = self.said_in(request, ExampleWish(data=request.data))
        delivery = replaying.send_example(
            endpoint=self.named(principal, public_id),
            type=said["type"],
            at=now(),
            by=principal.actor,
            reason=_OVER_THE_API,
        )
        return Response({"delivery": delivery.public_id}, status=201)

    @extend_schema(request=RecoverySince, responses={200: CountSerializer})
    @action(detail=True, methods=["post"])
    def recover(self, request: Request, public_id: str) -> Response:
        """Send what the endpoint did not get of what happened since an instant."""
        principal, said = self.said_in(request, RecoverySince(data=request.data))
        count = replaying.recover(
            endpoint=self.named(principal, public_id),
            since=said["since"],
            at=now(),
            by=principal.actor,
            reason=said["reason"],
        )
        return Response({"count": count})

    @extend_schema(request=ReplayBody, responses={200: CountSerializer})
    @action(detail=True, methods=["post"])
    def replay(self, request: Request, public_id: str) -> Response:
        """Send again what was delivered, held or given up, by what it is."""
        principal, said = self.said_in(request, ReplayBody(data=request.data))
        count = replaying.replay(
            endpoint=self.named(principal, public_id),
            wish=wish_of(said),
            at=now(),
            by=principal.actor,
            reason=said["reason"],
        )
        return Response({"count": count})

    def _with_secret(self, endpoint: WebhookEndpoint, secret: str, *, status: int) -> Response:
        shown: Any = self.readable(principal_of(self.request)).get(pk=endpoint.pk)
        shown._shown_once = secret
        return Response(NewSecret(shown).data, status=status)
