"""Who is told of errors and traces, where the environment names somebody; nobody otherwise.

Owns what leaves the house that way: no body of a request, no header, no cookie, no person, no value
of a statement. An error carries the ids that log lines carry, so that the three can be joined:
request_id, and the name of a task.
"""

from __future__ import annotations

from typing import Any

import structlog
from django.conf import settings

from core.db.limits import ProcessKind


def start_telemetry(kind: ProcessKind) -> None:
    """Send what this process has to say to whom the settings name. Once, after the last fork."""
    if settings.SENTRY_DSN:
        _send_errors(kind)
    if settings.TRACES_ENDPOINT:
        _send_traces(kind)


def _send_errors(kind: ProcessKind) -> None:
    import sentry_sdk

    sentry_sdk.init(
        dsn=settings.SENTRY_DSN,
        release=settings.VERSION,
        environment=settings.ENVIRONMENT_NAME or "production",
        send_default_pii=False,
        # A frame's variables hold amounts, names and keys.
        include_local_variables=False,
        max_request_body_size="never",
        before_send=scrubbed,
    )
    sentry_sdk.set_tag("process", str(kind))


def scrubbed(event: Any, _hint: Any) -> Any:
    """The event without what could name a customer, and with the ids of our log lines."""
    request = event.get("request", {})
    for part in ("headers", "cookies", "data", "env", "query_string"):
        request.pop(part, None)
    event.pop("user", None)
    # What led up to it would hold statements with their values.
    event.pop("breadcrumbs", None)
    ids = structlog.contextvars.get_contextvars()
    event["tags"] = {**event.get("tags", {}), **{name: str(value) for name, value in ids.items()}}
    return event


def _send_traces(kind: ProcessKind) -> None:
    from opentelemetry import trace
    from opentelemetry.exporter.otlp.proto.http.trace_exporter import OTLPSpanExporter
    from opentelemetry.instrumentation.celery import CeleryInstrumentor
    from opentelemetry.instrumentation.django import DjangoInstrumentor
    from opentelemetry.instrumentation.psycopg import PsycopgInstrumentor
    from opentelemetry.sdk.resources import Resource
    from opentelemetry.sdk.trace import TracerProvider
    from opentelemetry.sdk.trace.export import BatchSpanProcessor

    resource = Resource.create(
        {"service.name": f"counterfoil-{kind}", "service.version": settings.VERSION}
    )
    provider = TracerProvider(resource=resource)
    provider.add_span_processor(BatchSpanProcessor(OTLPSpanExporter()))
    trace.set_tracer_provider(provider)
    if kind is ProcessKind.WEB:
        DjangoInstrumentor().instrument()
    CeleryInstrumentor().instrument()  # type: ignore[no-untyped-call]
    PsycopgInstrumentor().instrument()
