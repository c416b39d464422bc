"""/metrics: what Prometheus reads. Counted from the rows when it is asked, so that every process
says the same, and a process that was started a moment ago knows all.

Open to whoever has METRICS_TOKEN; without that setting there is no such page. A number that could
not be had is left out, and `counterfoil_up` says that it was.
"""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import suppress
from typing import Any

from celery import current_app
from django.conf import settings
from django.db import DatabaseError, InterfaceError
from django.http import Http404, HttpRequest, HttpResponse
from django.utils.crypto import constant_time_compare
from django.views.decorators.cache import never_cache
from django.views.decorators.http import require_safe
from kombu.exceptions import OperationalError
from prometheus_client import CollectorRegistry, generate_latest
from prometheus_client.core import GaugeMetricFamily
from prometheus_client.exposition import CONTENT_TYPE_LATEST

from api.health import checks_at
from audit.queries.waiting import seal_measures
from billing.overview.queries.measures import billing_measures
from core.clock import now
from core.db.server_measures import server_measures
from core.health import Health
from core.measures import MEASURES, WatchedNumber
from duty.queries.looks import rule_measures
from usage.queries.measures import usage_measures

BROKER_TIMEOUT_S = 1


@require_safe
@never_cache
def metrics(request: HttpRequest) -> HttpResponse:
    """Every measure in Prometheus' text format; 401 without the token."""
    if not settings.METRICS_TOKEN:
        raise Http404
    offered = request.headers.get("Authorization", "").removeprefix("Bearer ")
    if not constant_time_compare(offered, settings.METRICS_TOKEN):
        answer = HttpResponse("METRICS_TOKEN is wanted.\n", "text/plain", status=401)
        answer["WWW-Authenticate"] = "Bearer"
        return answer
    registry = CollectorRegistry()
    registry.register(_Collector())
    return HttpResponse(generate_latest(registry), content_type=CONTENT_TYPE_LATEST)


class _Collector:
    """prometheus-client's way to ask: families of one name each."""

    def collect(self) -> Iterator[GaugeMetricFamily]:
        families: dict[str, GaugeMetricFamily] = {}
        for measure in _measures():
            family = families.get(measure.name)
            if family is None:
                family = GaugeMetricFamily(
                    measure.name, MEASURES[measure.name], labels=list(measure.labels)
                )
                families[measure.name] = family
            family.add_metric(list(measure.labels.values()), float(measure.value))
        return iter(families.values())


def _measures() -> Iterator[WatchedNumber]:
    at = now()
    checks = checks_at(at)
    yield WatchedNumber("counterfoil_up", int(checks[0].health is not Health.DOWN))
    for check in checks:
        is_late = check.health is not Health.OK
        yield WatchedNumber("counterfoil_late", int(is_late), {"check": check.name})
    yield from _messages()
    with suppress(DatabaseError, InterfaceError):
        yield from usage_measures(at=at)
        yield from billing_measures(at=at)
        yield from rule_measures(at=at)
        yield from seal_measures(at=at)
        yield from server_measures()


def _messages() -> Iterator[WatchedNumber]:
    """How many messages wait in the broker; nothing where it does not answer, or cannot say."""
    with (
        suppress(OperationalError, OSError, AttributeError, NotImplementedError),
        current_app.connection_for_read(connect_timeout=BROKER_TIMEOUT_S) as broker,
    ):
        broker.ensure_connection(max_retries=1, timeout=BROKER_TIMEOUT_S)
        channel: Any = broker.default_channel
        for queue in current_app.amqp.queues:
            yield WatchedNumber(
                "counterfoil_queue_messages", channel._size(queue), {"queue": queue}
            )
