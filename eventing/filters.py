"""What lists of endpoints and deliveries can be narrowed by."""

from django_filters import ChoiceFilter

from core.filtering import IdFilter, NounFilters, TextFilter
from eventing.models import WebhookDelivery, WebhookEndpoint

LIVE_STATES = [each for each in WebhookEndpoint.State.choices if each[0] != "deleted"]


class EndpointFilters(NounFilters):
    """By whether anything is sent."""

    state = ChoiceFilter(choices=LIVE_STATES)

    class Meta:
        model = WebhookEndpoint
        fields: tuple[str, ...] = ()


class DeliveryFilters(NounFilters):
    """By endpoint, event, type, subject, and what became of it."""

    endpoint = IdFilter("endpoint__public_id", prefix="whe")
    event = IdFilter("event__public_id", prefix="evt")
    type = TextFilter("type", max_length=100)
    subject = TextFilter("subject", max_length=64)
    state = ChoiceFilter(choices=WebhookDelivery.State.choices)
    outcome = ChoiceFilter(choices=WebhookDelivery.Outcome.choices)

    class Meta:
        model = WebhookDelivery
        fields: tuple[str, ...] = ()
