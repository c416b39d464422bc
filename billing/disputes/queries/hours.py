"""Versions of the hours of service."""

from __future__ import annotations

from typing import Final

from billing.disputes.models import ServiceHours

SHOWN: Final = 50


def hours_versions() -> list[ServiceHours]:
    """The last versions, the one in force first; one query. There is always one."""
    return list(ServiceHours.objects.order_by("-version")[:SHOWN])
