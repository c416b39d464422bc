"""The terms of a meter's latest version, as the operations take them."""

from __future__ import annotations

from usage.aggregate.rules import Bucket
from usage.meter_terms import MeterTerms
from usage.models import Meter


def latest_terms(meter: Meter) -> MeterTerms:
    """What the latest version says, in force or still to come; one query."""
    version = meter.versions.latest("number")
    return MeterTerms(
        event_type=version.event_type,
        value_property=version.value_property,
        value_expression=version.value_expression,
        filter_expression=version.filter_expression,
        dimensions=tuple(version.dimensions),
        presentation=tuple(version.presentation),
        state_key=tuple(version.state_key),
        member_property=version.member_property,
        operation_property=version.operation_property,
        group_property=version.group_property,
        bucket=Bucket(version.bucket) if version.bucket else None,
        percentile=version.percentile,
        sample_seconds=version.sample_seconds,
        scale=version.scale,
        signed=version.signed,
        max_value=version.max_value,
    )
