"""Meter versions as the values usage.aggregate works with: the one bridge from rows to rules."""

from __future__ import annotations

from usage.aggregate.rules import Aggregation, Bucket, Rule
from usage.expressions import Expression, stored_expression
from usage.models import Meter, MeterVersion


def all_rules() -> list[Rule]:
    """Every version of every meter, by meter and number."""
    versions = MeterVersion.objects.select_related("meter").order_by("meter__code", "number")
    return [rule_of(version, version.meter) for version in versions]


def rules_by_meter() -> dict[int, list[Rule]]:
    """Every version, grouped by meter, in order of number."""
    found: dict[int, list[Rule]] = {}
    for rule in all_rules():
        found.setdefault(rule.meter_id, []).append(rule)
    return found


def rule_of(version: MeterVersion, meter: Meter) -> Rule:
    """One version as a rule."""
    return Rule(
        meter_id=meter.pk,
        meter_code=meter.code,
        version=version.number,
        event_type=version.event_type,
        aggregation=Aggregation(meter.aggregation),
        value_property=version.value_property,
        value=_compiled(version.value_expression),
        filter=_compiled(version.filter_expression),
        dimensions=tuple(version.dimensions),
        presentation=tuple(version.presentation),
        state_key=tuple(version.state_key),
        member_property=version.member_property,
        operation_property=version.operation_property,
        group_property=version.group_property,
        bucket=Bucket(version.bucket) if version.bucket else None,
        percentile=version.percentile or 95,
        sample_seconds=version.sample_seconds or 300,
        carries_over=meter.carries_over,
        scale=version.scale,
        signed=version.signed,
        max_value=version.max_value,
        effective_from=version.effective_from,
        effective_until=version.effective_until,
    )


def _compiled(text: str) -> Expression | None:
    return stored_expression(text) if text else None
