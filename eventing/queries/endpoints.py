"""Endpoints and what was sent to them, for whoever looks after them."""

from __future__ import annotations

import json
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any, Final

from django.db.models import (
    Avg,
    Count,
    IntegerField,
    Max,
    OuterRef,
    Prefetch,
    Q,
    QuerySet,
    Subquery,
)
from django.db.models.functions import Coalesce

from core.db.keyset_pages import Page, PageOrder, Position, page_of
from core.errors import NotFound
from eventing.filters import DeliveryFilters
from eventing.models import WebhookAttempt, WebhookDelivery, WebhookEndpoint
from eventing.queries.contents import body_of_delivery

STATISTICS_OF: Final = timedelta(hours=24)
_LOG = PageOrder("pk", then=())
# By what partial indexes hold: a log of millions is never gone through.
_WAITING: Final[dict[str, Any]] = {"state__in": ["ready", "leased"]}
_HELD: Final[dict[str, Any]] = {"state": "parked", "outcome": "held"}


class EndpointNotFound(NotFound):
    """There is no such endpoint."""

    code = "endpoint_not_found"
    title = "There is no such endpoint"


class DeliveryNotFound(NotFound):
    """There is no such delivery."""

    code = "delivery_not_found"
    title = "There is no such delivery"


@dataclass(frozen=True, slots=True)
class EndpointRow:
    """An endpoint and what waits for it."""

    endpoint: WebhookEndpoint
    waiting: int
    held: int

    @property
    def is_failing(self) -> bool:
        return self.endpoint.is_enabled and self.endpoint.health.failing_since is not None


@dataclass(frozen=True, slots=True)
class SendingFigures:
    """What was sent to an endpoint in the last day, and what waits."""

    attempts: int
    succeeded: int
    average_ms: int
    slowest_ms: int
    waiting: int
    held: int
    given_up: int


@dataclass(frozen=True, slots=True)
class ShownDelivery:
    """A delivery with its attempts; `body` is None once it is expunged."""

    delivery: WebhookDelivery
    attempts: Sequence[WebhookAttempt]
    body: str | None


def endpoint_rows() -> list[EndpointRow]:
    """Endpoints that were not deleted; those that need somebody first."""
    sent = WebhookDelivery.objects.filter(endpoint=OuterRef("pk"))
    rows = (
        WebhookEndpoint.objects.exclude(state=WebhookEndpoint.State.DELETED)
        .select_related("health")
        .annotate(
            _waiting=_number_of(sent.filter(**_WAITING)), _held=_number_of(sent.filter(**_HELD))
        )
        .order_by("pk")
    )
    found = [EndpointRow(each, each._waiting, each._held) for each in rows]
    return sorted(found, key=lambda row: (row.endpoint.is_enabled, not row.is_failing))


def find_endpoint(public_id: str) -> WebhookEndpoint:
    """Raises: EndpointNotFound."""
    found = (
        WebhookEndpoint.objects.select_related("health").filter(public_id=public_id[:64]).first()
    )
    if found is None:
        raise EndpointNotFound(f"No endpoint is called {public_id[:64]!r}.")
    return found


def figures_of(endpoint: WebhookEndpoint, *, at: datetime) -> SendingFigures:
    """What was sent in the last day, and what waits now."""
    tried = WebhookAttempt.objects.filter(
        delivery__endpoint=endpoint, began_at__gte=at - STATISTICS_OF
    ).aggregate(
        attempts=Count("pk"),
        succeeded=Count("pk", filter=Q(error="")),
        average=Avg("took_ms"),
        slowest=Max("took_ms"),
    )
    parked = endpoint.deliveries.filter(state=WebhookDelivery.State.PARKED)
    counted = dict(parked.order_by().values_list("outcome").annotate(Count("pk")))
    return SendingFigures(
        attempts=tried["attempts"],
        succeeded=tried["succeeded"],
        average_ms=round(tried["average"] or 0),
        slowest_ms=tried["slowest"] or 0,
        waiting=endpoint.deliveries.filter(**_WAITING).count(),
        held=counted.get(WebhookDelivery.Outcome.HELD, 0),
        given_up=counted.get(WebhookDelivery.Outcome.GIVEN_UP, 0),
    )


def delivery_page(
    endpoint: WebhookEndpoint, *, filters: DeliveryFilters | None, position: Position
) -> Page[WebhookDelivery]:
    """What was sent to an endpoint, the latest first, each with its last attempt."""
    last = WebhookAttempt.objects.order_by("-number")
    rows: QuerySet[WebhookDelivery] = endpoint.deliveries.all()
    if filters is not None:
        rows = filters.narrow(rows)
    rows = rows.prefetch_related(Prefetch("tried", queryset=last, to_attr="tried_last"))
    return page_of(rows, order=_LOG, position=position)


def find_delivery(public_id: str) -> WebhookDelivery:
    """Raises: DeliveryNotFound."""
    found = (
        WebhookDelivery.objects.select_related("endpoint", "event")
        .filter(public_id=public_id[:64])
        .first()
    )
    if found is None:
        raise DeliveryNotFound(f"No delivery is called {public_id[:64]!r}.")
    return found


def shown_delivery(delivery: WebhookDelivery) -> ShownDelivery:
    """A delivery with what was said, the latest attempt first."""
    attempts = delivery.tried.select_related("content").order_by("-number")
    body = None if delivery.expunged_at else _spaced(body_of_delivery(delivery))
    return ShownDelivery(delivery, list(attempts), body)


def _spaced(body: bytes) -> str:
    read: Mapping[str, object] = json.loads(body)
    return json.dumps(read, indent=2, ensure_ascii=False)


def _number_of(rows: QuerySet[WebhookDelivery]) -> Coalesce:
    """How many of one endpoint's deliveries these are, in the endpoint's own row."""
    counted = rows.order_by().values("endpoint").annotate(number=Count("pk")).values("number")
    return Coalesce(Subquery(counted, output_field=IntegerField()), 0)
