"""An endpoint of the house, a clock that is moved, and events that happen."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from typing import Any

from django.db import transaction

from core.actor import Actor
from eventing.catalogue import CATALOGUE
from eventing.models import WebhookDelivery, WebhookEndpoint
from eventing.operations import endpoints, telling
from eventing.operations.delivering import Sender, work_endpoint
from eventing.operations.endpoints import EndpointTerms
from eventing.publish import publish
from eventing.sending.posting import PostBounds
from tests.cast import NOON

OLGA = Actor.system("olga")
WHY = "The test says so"
HAPPENED = "invoice.issued"


@dataclass
class Posts:
    """What is sent where, at instants that the test chooses."""

    at: datetime = NOON
    milliseconds: int = 2_000
    secrets: dict[int, list[str]] = field(default_factory=dict)

    def endpoint(self, url: str, *, partner: str = "", **terms: Any) -> WebhookEndpoint:
        """Add an endpoint that wants invoices, unless told otherwise."""
        wanted = {"types": (HAPPENED,)} | terms
        endpoint, made = endpoints.create(
            partner=partner,
            terms=EndpointTerms(url=url, **wanted),
            at=self.at,
            by=OLGA,
            reason=WHY,
        )
        self.secrets[endpoint.pk] = [made.secret]
        return endpoint

    def happens(self, *subjects: str, type: str = HAPPENED, account: str = "") -> None:
        """Something happens to each of these, one after the other."""
        for subject in subjects:
            with transaction.atomic():
                example = CATALOGUE[type].example
                publish(type, subject, example, at=self.at, account=account)
        telling.tell(at=self.at)

    def later(self, **wait: float) -> Posts:
        """Wait."""
        self.at += timedelta(**wait)
        return self

    def sends(self, endpoint: WebhookEndpoint, *, chance: Callable[[], int] = lambda: 0) -> int:
        """Send what is due to an endpoint; how many attempts that took."""
        sender = Sender(lambda: self.at, PostBounds(milliseconds=self.milliseconds), chance)
        return work_endpoint(endpoint.pk, sender=sender, until=self.at + timedelta(seconds=1))

    def states(self, endpoint: WebhookEndpoint) -> list[tuple[str, str]]:
        """Subject and what became of it, in the order it was queued."""
        rows = WebhookDelivery.objects.filter(endpoint=endpoint).order_by("pk")
        return [(each.subject, each.outcome or each.state) for each in rows]
