"""Define meters, revise how they read events, retire them.

Owns the rules of a definition. A version is immutable: revising makes the next one, from an instant
on. Nothing is billed for the time before unless the caller says so with an earlier instant.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, fields
from datetime import datetime
from itertools import pairwise

from django.db import connection

from core.actor import Actor, acting_as
from core.db.integrity import constraint_errors
from core.db.stamps import ChangedSince, number_seen
from core.db.trail import FieldChange, RecordChange
from core.db.transactions import transaction
from core.errors import Conflict, Invalid
from usage import account_locks
from usage.aggregate.rules import Aggregation
from usage.meter_terms import MeterTerms, check_terms, version_of
from usage.models import Meter, MeterVersion

__all__ = ["MeterTerms", "NewMeter", "define", "retire", "revise"]


class MeterCodeTaken(Conflict):
    """Meter codes name meters for ever."""

    code = "meter_code_taken"
    title = "A meter with this code exists"


class MeterRetired(Conflict):
    """A retired meter is not revised; define a new one."""

    code = "meter_retired"
    title = "The meter is retired"


class VersionNotLatest(Conflict):
    """Versions follow each other in time."""

    code = "meter_version_not_latest"
    title = "A version cannot start before the one it follows"


class MeaningChanged(Invalid):
    """A figure means the same under every version of its meter."""

    code = "meter_meaning_changed"
    title = "A version cannot change what the meter's figure means"


@dataclass(frozen=True, slots=True)
class NewMeter:
    """What a meter is for ever. `unit` is that of its quantity, such as GB or dyno-seconds."""

    code: str
    name: str
    unit: str
    aggregation: Aggregation
    carries_over: bool = False


_TERMS = (*(field.name for field in fields(MeterTerms)), "effective_from")

_MARK = """
    INSERT INTO usage_staleusage (account_id, resource_id, meter_id, day_from, day_until, marked_at)
    SELECT DISTINCT owner.account_id, owner.resource_id, %(meter)s::bigint,
           (%(since)s::timestamptz AT TIME ZONE 'UTC')::date - 1, NULL::date, %(at)s::timestamptz
    FROM accounts_resourceownership AS owner
    WHERE (owner.owned_until IS NULL OR owner.owned_until > %(since)s)
      AND (EXISTS (SELECT FROM usage_event AS event
                   JOIN usage_eventtype AS type ON type.id = event.type_id
                   WHERE event.resource_id = owner.resource_id AND event.occurred_at >= %(since)s
                     AND type.name = ANY(%(types)s))
           OR EXISTS (SELECT FROM usage_interval AS held
                      WHERE held.resource_id = owner.resource_id AND held.meter_id = %(meter)s
                        AND (held.ended_at IS NULL OR held.ended_at > %(since)s)))
    ON CONFLICT (account_id, resource_id, meter_id, day_from, day_until) DO NOTHING
"""


def define(
    new: NewMeter,
    terms: MeterTerms,
    *,
    at: datetime,
    by: Actor,
    reason: str,
    effective_from: datetime | None = None,
) -> Meter:
    """Make a meter that reads events with instants from `effective_from` on, by default `at`.

    An earlier instant makes it count what was accepted before; events held because nothing read
    them stay in quarantine until they are retried.

    Raises: MeterCodeTaken, TermsInvalid.
    """
    check_terms(new.aggregation, new.carries_over, terms)
    with (
        acting_as(by, reason=reason),
        transaction(),
        constraint_errors({"usage_meter_code_key": MeterCodeTaken}),
    ):
        meter = Meter.objects.create(
            code=new.code,
            name=new.name,
            unit=new.unit,
            aggregation=new.aggregation.value,
            carries_over=new.carries_over,
        )
        since = effective_from or at
        _save(version_of(meter, 1, terms), effective_from=since, at=at, by=by, reason=reason)
        _mark_stale(meter, {terms.event_type}, since, at)
    return meter


def revise(
    *,
    meter: Meter,
    terms: MeterTerms,
    effective_from: datetime,
    at: datetime,
    by: Actor,
    reason: str,
    made_from: str | None = None,
) -> MeterVersion:
    """Make the next version, which reads events with instants from `effective_from` on.

    Where that lies in the past, the days since are built again. Pricing dimensions, filter, value
    and event type may change; what the figure means may not. `made_from` is the number of the
    version the terms were made from; None, for a job that looked at nothing, is the last.

    Raises: ChangedSince, MeterRetired, VersionNotLatest, MeaningChanged, TermsInvalid.
    """
    check_terms(Aggregation(meter.aggregation), meter.carries_over, terms)
    with acting_as(by, reason=reason), transaction():
        last = _latest(meter, made_from)
        if bool(last.operation_property) != bool(terms.operation_property) or (
            last.bucket != (terms.bucket or "")
        ):
            raise MeaningChanged(meter=meter.code)
        _close(last, effective_from, field="effective_from")
        version = _save(
            version_of(meter, last.number + 1, terms),
            effective_from=effective_from,
            at=at,
            by=by,
            reason=reason,
        )
        _mark_stale(meter, {terms.event_type, last.event_type}, effective_from, at)
    return version


def retire(
    *,
    meter: Meter,
    effective_until: datetime,
    at: datetime,
    by: Actor,
    reason: str,
    made_from: str | None = None,
) -> None:
    """End a meter: events from `effective_until` on are held as of a retired meter, and states
    that still hold end then. `made_from` as for `revise`.

    Raises: ChangedSince, MeterRetired, VersionNotLatest.
    """
    with acting_as(by, reason=reason), transaction():
        last = _latest(meter, made_from)
        _close(last, effective_until, field="effective_until")
        _mark_stale(meter, {last.event_type}, effective_until, at)
        meter.retired_at = effective_until
        meter.save(update_fields=["retired_at"])


def _latest(meter: Meter, made_from: str | None) -> MeterVersion:
    """The open version, with the meter locked against other changes."""
    Meter.objects.select_for_update().get(pk=meter.pk)
    versions = list(MeterVersion.objects.filter(meter=meter).order_by("number"))
    last = versions[-1] if versions else None
    if last is None or last.effective_until is not None:
        raise MeterRetired(f"Meter {meter.code} has ended.", meter=meter.code)
    if made_from is not None and number_seen(made_from, last.number) < last.number:
        raise _changed(versions[max(int(made_from) - 1, 0) :])
    return last


def _changed(versions: Sequence[MeterVersion]) -> ChangedSince:
    """What became of the first of these versions: the others, each with who made it."""
    changes = [
        RecordChange(
            at=each.created_at,
            kind="changed",
            actor_kind="",
            actor_id="",
            actor_name=each.created_by,
            reason=each.reason,
            request_id="",
            fields=_differences(before, each),
        )
        for before, each in pairwise(versions)
    ]
    seen, last = versions[0], versions[-1]
    return ChangedSince(
        stamp=str(last.number), differences=_differences(seen, last), changes=changes
    )


def _differences(before: MeterVersion, after: MeterVersion) -> tuple[FieldChange, ...]:
    shown = [(name, _shown(before, name), _shown(after, name)) for name in _TERMS]
    return (
        FieldChange("version", str(before.number), str(after.number)),
        *(FieldChange(name.replace("_", " "), old, new) for name, old, new in shown if old != new),
    )


def _shown(version: MeterVersion, name: str) -> str:
    value = getattr(version, name)
    return "" if value is None else ", ".join(value) if isinstance(value, list) else str(value)


def _close(version: MeterVersion, at: datetime, *, field: str) -> None:
    if at < version.effective_from:
        raise VersionNotLatest(
            f"Version {version.number} takes effect only at {version.effective_from.isoformat()}.",
            field=field,
        )
    version.effective_until = at
    version.save(update_fields=["effective_until"])


def _save(
    version: MeterVersion, *, effective_from: datetime, at: datetime, by: Actor, reason: str
) -> MeterVersion:
    version.effective_from = effective_from
    version.created_at, version.created_by, version.reason = at, by.name, reason
    version.save(force_insert=True)
    return version


def _mark_stale(meter: Meter, event_types: set[str], since: datetime, at: datetime) -> None:
    """Events booked meanwhile by the old rules are waited for; later ones see the new rules."""
    account_locks.exclude_all()
    with connection.cursor() as cursor:
        cursor.execute(
            _MARK, {"meter": meter.pk, "since": since, "at": at, "types": sorted(event_types)}
        )
