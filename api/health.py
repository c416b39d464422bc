"""What an orchestrator asks: is this process alive, and can it serve.

`/livez` touches nothing. `/readyz` looks at everything the product needs to keep up and says since
when what waits; only a missing database makes it answer 503. A lost broker or late work delays
things and loses none, so taking the web away for it would turn a delay into an outage.
"""

from __future__ import annotations

from datetime import datetime
from typing import Any

from celery import current_app
from django.db import DatabaseError, InterfaceError, connection
from django.http import HttpRequest, JsonResponse
from django.views.decorators.cache import never_cache
from django.views.decorators.http import require_safe
from kombu.exceptions import OperationalError

from billing.overview.queries.health import billing_checks
from core.clock import now
from core.health import Check, Health
from usage.queries.health import usage_checks

BROKER_TIMEOUT_S = 1


@require_safe
@never_cache
def alive(request: HttpRequest) -> JsonResponse:
    """This process answers."""
    return JsonResponse({"status": "alive"})


@require_safe
@never_cache
def ready(request: HttpRequest) -> JsonResponse:
    """Whether this process can serve, and what is late; 503 without a database."""
    checks = checks_at(now())
    worst = _worst(checks)
    status = {Health.OK: "ready", Health.LATE: "degraded", Health.DOWN: "unavailable"}[worst]
    return JsonResponse(
        {"status": status, "checks": [_said(check) for check in checks]},
        status=503 if worst is Health.DOWN else 200,
    )


def checks_at(at: datetime) -> list[Check]:
    """Every check; those that ask the database are left out where there is none."""
    database = _database()
    if database.health is Health.DOWN:
        return [database, _broker()]
    return [database, _broker(), *usage_checks(at=at), *billing_checks(at=at)]


def _database() -> Check:
    try:
        with connection.cursor() as cursor:
            cursor.execute("SELECT 1")
    except (DatabaseError, InterfaceError):
        return Check("database", Health.DOWN, "The database does not answer.")
    return Check("database", Health.OK, "The database answers.")


def _broker() -> Check:
    try:
        with current_app.connection_for_write(connect_timeout=BROKER_TIMEOUT_S) as broker:
            broker.ensure_connection(max_retries=1, timeout=BROKER_TIMEOUT_S)
    except (OperationalError, OSError):
        return Check("broker", Health.LATE, "The broker does not answer; nobody is woken up.")
    return Check("broker", Health.OK, "The broker answers.")


def _worst(checks: list[Check]) -> Health:
    found = {check.health for check in checks}
    return next(health for health in (Health.DOWN, Health.LATE, Health.OK) if health in found)


def _said(check: Check) -> dict[str, Any]:
    said = {"name": check.name, "health": check.health.value, "detail": check.detail}
    return said if check.since is None else said | {"since": check.since}
