"""Lists of the catalogue as files: versions of plans, and meters."""

from __future__ import annotations

from typing import Final

from console.shell.sheets import Sheet

VERSIONS: Final = Sheet(
    "plans",
    {
        "plan_id": "plan.public_id",
        "plan": "plan.name",
        "code": "plan.code",
        "product": "plan.product",
        "currency": "plan.currency",
        "retired_at": "plan.retired_at",
        "version": "version.number",
        "version_id": "version.public_id",
        "state": "version.state",
        "for_new_from": "version.effective_from",
        "published_at": "version.published_at",
        "subscribers": "version.subscriber_count",
    },
)
METERS: Final = Sheet(
    "meters",
    {
        "id": "public_id",
        "code": "code",
        "name": "name",
        "counted_by": "aggregation",
        "unit": "unit",
        "retired_at": "retired_at",
    },
)
