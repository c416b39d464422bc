"""Usage of an account: what was switched on and off, corrected, held, and what came late."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Final

from billing.invoicing.models import LateUsageDecision
from billing.overview.queries.history import ChangedField, Entry, Opened
from billing.overview.queries.quarantine import reason_text
from billing.overview.queries.timeline.sources import (
    OWNED,
    TimelineKind,
    TimelineSource,
    of_invoices,
)
from core.decimals import decimal_text
from core.money import Money
from usage.models import EventRevision, Interval, QuarantinedEvent

_CORRECTED = f"""SELECT said.recorded_at AS at, said.id AS ref, said.recorded_at AS known
    FROM usage_eventrevision AS said
    JOIN usage_event AS event ON event.key = said.key AND event.occurred_at = said.occurred_at
    {OWNED.format(about="event", at="event.occurred_at")}"""  # noqa: S608  constants
_STATE = """SELECT state.{at} AS at, state.id AS ref, coalesce((
        SELECT receipt.received_at FROM usage_event AS event
        JOIN usage_receipt AS receipt ON receipt.id = event.receipt_id
        WHERE event.key = state.{by} AND event.occurred_at = state.{at}), state.{at}) AS known
    FROM usage_interval AS state {owned}"""
_ON = _STATE.format(at="started_at", by="opened_by", owned=OWNED).format(
    about="state", at="state.started_at"
)
_OFF = (
    _STATE.format(at="ended_at", by="closed_by", owned=OWNED).format(
        about="state", at="state.ended_at"
    )
    + """
    WHERE NOT EXISTS (SELECT FROM usage_interval AS next WHERE next.resource_id = state.resource_id
                      AND next.meter_id = state.meter_id AND next.state_key = state.state_key
                      AND next.started_at = state.ended_at)"""
)
_HELD = """SELECT held.{at} AS at, held.id AS ref, held.{at} AS known
    FROM usage_quarantinedevent AS held
    JOIN accounts_resource AS resource ON resource.platform_id = held.subject
    JOIN accounts_resourceownership AS owner ON owner.resource_id = resource.id
    AND owner.account_id = %(account)s AND owner.owned_from <= held.occurred_at
    AND (owner.owned_until IS NULL OR owner.owned_until > held.occurred_at)"""


def _corrections(refs: Sequence[int]) -> Mapping[int, Entry]:
    return {
        each.pk: Entry(
            each.recorded_at,
            each.actor_name,
            f"Event {each.get_kind_display()}",
            each.reason,
            [ChangedField("Occurred", None, each.occurred_at)],
            opens=Opened("event", str(each.key)),
        )
        for each in EventRevision.objects.filter(pk__in=refs)
    }


def _late(refs: Sequence[int]) -> Mapping[int, Entry]:
    rows = LateUsageDecision.objects.filter(pk__in=refs).select_related("invoice")
    return {
        each.pk: Entry(
            each.decided_at,
            each.decided_by,
            f"Late usage of {each.invoice} {each.get_fate_display().lower()}",
            each.reason,
            opens=Opened("invoice", each.invoice.public_id),
            amount=Money.from_minor(each.amount_minor, each.invoice.currency),
        )
        for each in rows
    }


def _states(refs: Sequence[int], verb: str) -> Mapping[int, Entry]:
    rows = Interval.objects.filter(pk__in=refs).select_related("resource", "dimension_set")
    found = {}
    for each in rows:
        said = {**each.dimension_set.presentation, **each.dimension_set.pricing}
        state = ", ".join(said.values())
        what = f"{each.resource.name}: {decimal_text(each.quantity)} × {state} {verb}".replace(
            " ×  ", " "
        )
        key = each.opened_by if verb == "on" else each.closed_by
        opens = Opened("event", str(key)) if key else Opened("resource", each.resource.public_id)
        found[each.pk] = Entry(each.started_at, "the platform", what, "", opens=opens)
    return found


def _held(refs: Sequence[int]) -> Mapping[int, Entry]:
    rows = QuarantinedEvent.objects.filter(pk__in=refs).select_related("source")
    return {
        each.pk: Entry(
            each.received_at,
            each.source.name,
            f"Event {each.event_id} of {each.subject} held: {reason_text(each.reason)}",
            "",
            [ChangedField("Occurred", None, each.occurred_at)],
            opens=Opened("event", str(each.key)),
        )
        for each in rows
    }


def _settled(refs: Sequence[int]) -> Mapping[int, Entry]:
    rows = QuarantinedEvent.objects.filter(pk__in=refs)
    return {
        each.pk: Entry(
            each.decided_at or each.received_at,
            each.decided_by,
            f"Held event {each.event_id} of {each.subject} {each.get_state_display()}",
            each.decided_reason,
            opens=Opened("event", str(each.key)),
        )
        for each in rows
    }


USAGE_FACTS: Final = (
    TimelineSource("on", TimelineKind.USAGE, _ON, lambda refs: _states(refs, "on")),
    TimelineSource("off", TimelineKind.USAGE, _OFF, lambda refs: _states(refs, "ended")),
    TimelineSource("correction", TimelineKind.CORRECTIONS, _CORRECTED, _corrections),
    TimelineSource("held", TimelineKind.CORRECTIONS, _HELD.format(at="received_at"), _held),
    TimelineSource(
        "settled",
        TimelineKind.CORRECTIONS,
        _HELD.format(at="decided_at") + " WHERE held.decided_at IS NOT NULL",
        _settled,
    ),
    TimelineSource(
        "late",
        TimelineKind.CORRECTIONS,
        of_invoices("invoicing_lateusagedecision", "decided_at"),
        _late,
    ),
)
