"""What is sent to the addresses of webhooks: every field is known."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any, Final

from rest_framework import serializers

from api.rest.v1.payment_bodies import InstantText, StrictBody
from eventing.models import WebhookDelivery, WebhookEndpoint
from eventing.models.webhooks import URL_LENGTH_MAX
from eventing.operations.endpoints import EndpointTerms
from eventing.operations.replaying import ReplayWish

TYPES_MOST: Final = 200
IDS_MOST: Final = 200


class EndpointBody(StrictBody):
    """What an endpoint is."""

    url = serializers.CharField(max_length=URL_LENGTH_MAX)
    types = serializers.ListField(
        child=serializers.CharField(max_length=100), default=list, max_length=TYPES_MOST
    )
    description = serializers.CharField(max_length=200, default="", allow_blank=True)
    contact = serializers.EmailField(default="", allow_blank=True)
    signature = serializers.ChoiceField(
        choices=WebhookEndpoint.Signature.choices, default=WebhookEndpoint.Signature.STANDARD
    )
    is_ordered = serializers.BooleanField(default=False)


class WebhookReason(StrictBody):
    """Why."""

    reason = serializers.CharField(max_length=500)


class SecretEnd(WebhookReason):
    """Which secret ends now."""

    secret = serializers.CharField(max_length=64)


class ExampleWish(StrictBody):
    """An example of which type."""

    type = serializers.CharField(max_length=100)


class RecoverySince(WebhookReason):
    """From when on what was missed is sent."""

    since = InstantText()


class ReplayBody(WebhookReason):
    """Which deliveries are sent again; all that is said must hold."""

    since = InstantText(required=False)
    until = InstantText(required=False)
    types = serializers.ListField(
        child=serializers.CharField(max_length=100), default=list, max_length=TYPES_MOST
    )
    outcomes = serializers.ListField(
        child=serializers.ChoiceField(choices=WebhookDelivery.Outcome.choices),
        default=list,
        max_length=4,
    )
    deliveries = serializers.ListField(
        child=serializers.CharField(max_length=64), default=list, max_length=IDS_MOST
    )


def terms_of(said: Mapping[str, Any]) -> EndpointTerms:
    """The terms a body asks for."""
    return EndpointTerms(**{name: said[name] for name in EndpointTerms.__slots__})


def terms_with(endpoint: WebhookEndpoint, said: Mapping[str, Any]) -> EndpointTerms:
    """The terms of an endpoint with those a body changes; what it leaves out stays."""
    present = {name: getattr(endpoint, name) for name in EndpointTerms.__slots__}
    return EndpointTerms(**present | dict(said))


def wish_of(said: Mapping[str, Any]) -> ReplayWish:
    """Which deliveries a body means."""
    return ReplayWish(
        since=said.get("since"),
        until=said.get("until"),
        types=said["types"],
        outcomes=said["outcomes"],
        ids=said["deliveries"],
    )
