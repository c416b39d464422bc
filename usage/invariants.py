"""What must always be true of events, quarantine, roll-ups and intervals.

Uniqueness, append-only tables and overlaps are the database's; these look for what it cannot see.
"""

from __future__ import annotations

from core.invariants import SAMPLE_SIZE, InvariantResult, invariant, rows_breaking
from usage.derivation.period_totals import ADDED_UP, LISTS
from usage.derivation.rebuild import compare


@invariant("I1", "Every event and every held event has its identity, with its own instant.")
def every_event_has_its_identity() -> InvariantResult:
    return rows_breaking(
        examined="""
            SELECT (SELECT count(*) FROM usage_event)
                 + (SELECT count(*) FROM usage_quarantinedevent)
        """,
        violating="""
            SELECT event.key FROM usage_event AS event
            LEFT JOIN usage_eventkey AS known ON known.key = event.key
            WHERE known.occurred_at IS DISTINCT FROM event.occurred_at
               OR known.receipt_id IS DISTINCT FROM event.receipt_id
            UNION ALL
            SELECT held.key FROM usage_quarantinedevent AS held
            LEFT JOIN usage_eventkey AS known ON known.key = held.key
            WHERE known.occurred_at IS DISTINCT FROM held.occurred_at
        """,
    )


@invariant("I1", "Every identity is an event, or is held or dropped in quarantine; never both.")
def every_identity_is_one_event() -> InvariantResult:
    return rows_breaking(
        examined="SELECT count(*) FROM usage_eventkey",
        violating="""
            SELECT known.key FROM usage_eventkey AS known
            LEFT JOIN usage_event AS event
              ON event.key = known.key AND event.occurred_at = known.occurred_at
            LEFT JOIN usage_quarantinedevent AS held
              ON held.key = known.key AND held.state <> 'released'
            WHERE (event.key IS NULL) = (held.key IS NULL)
        """,
    )


@invariant("I2", "What receipts say was accepted, held and in conflict is stored.")
def receipts_are_kept_word_for_word() -> InvariantResult:
    return rows_breaking(
        examined="SELECT count(*) FROM usage_receipt",
        violating="""
            SELECT receipt.id FROM usage_receipt AS receipt
            LEFT JOIN (SELECT receipt_id, count(*) FROM usage_eventkey GROUP BY receipt_id)
                   AS known(receipt_id, n) ON known.receipt_id = receipt.id
            LEFT JOIN (SELECT receipt_id, count(*) FROM usage_quarantinedevent GROUP BY receipt_id)
                   AS held(receipt_id, n) ON held.receipt_id = receipt.id
            LEFT JOIN (SELECT receipt_id, count(*) FROM usage_eventconflict GROUP BY receipt_id)
                   AS clash(receipt_id, n) ON clash.receipt_id = receipt.id
            WHERE coalesce(known.n, 0) <> receipt.accepted_count + receipt.quarantined_count
               OR coalesce(held.n, 0) <> receipt.quarantined_count
               OR coalesce(clash.n, 0) > receipt.conflict_count
        """,
    )


@invariant("I3", "Every request's verdicts add up to what was sent.")
def verdicts_add_up() -> InvariantResult:
    return rows_breaking(
        examined="SELECT count(*) FROM usage_receipt",
        violating="""
            SELECT id FROM usage_receipt
            WHERE sent_count <> accepted_count + duplicate_count + conflict_count
                              + quarantined_count + rejected_count
        """,
    )


@invariant("I5", "An event's instant lies in the UTC day of its partition.")
def events_lie_in_their_partition() -> InvariantResult:
    return rows_breaking(
        examined="SELECT count(*) FROM usage_event",
        violating="""
            SELECT key FROM usage_event
            WHERE tableoid <> 'usage_event_default'::regclass
              AND tableoid::regclass::text
                  <> 'usage_event_' || to_char(occurred_at AT TIME ZONE 'UTC', 'YYYYMMDD')
        """,
    )


@invariant("I6", "Roll-ups and intervals are what raw events say, to the digit.")
def derived_is_what_raw_events_say() -> InvariantResult:
    examined, found = 0, []
    for comparison in compare():
        examined += comparison.examined
        found += [each.what for each in comparison.differences]
    return InvariantResult(examined, len(found), tuple(found[:SAMPLE_SIZE]))


@invariant("I6", "What is kept of a period is what its days add up to.")
def kept_periods_are_their_days() -> InvariantResult:
    return rows_breaking(
        examined="SELECT count(*) FROM usage_usageperiod",
        violating=f"""
            WITH asked AS (SELECT account_id, day_from, day_until FROM usage_usageperiod),
                 added AS ({ADDED_UP})
            SELECT kept.id FROM usage_usageperiod AS kept
            JOIN added USING (account_id, day_from, day_until)
            WHERE ({_figures_of("kept")}) IS DISTINCT FROM ({_figures_of("added")})
        """,  # noqa: S608  composed of statements of ours
    )


def _figures_of(name: str) -> str:
    """All lists, with the states of each line in one order."""
    lists = ", ".join(f"{name}.{column}" for column in LISTS if column != "states")
    return f"""
        {lists}, ARRAY(
            SELECT (SELECT jsonb_agg(state ORDER BY state) FROM jsonb_array_elements(states) state)
            FROM unnest({name}.states) WITH ORDINALITY AS line(states, number) ORDER BY number)
    """  # noqa: S608  composed of statements of ours


@invariant("I6", "No quantity is below 0 where its meter counts from 0 up.")
def quantities_are_not_negative() -> InvariantResult:
    return rows_breaking(
        examined="SELECT count(*) FROM usage_usageday",
        violating="""
            SELECT kept.id FROM usage_usageday AS kept
            WHERE kept.quantity < 0 AND NOT EXISTS (
                SELECT FROM usage_meterversion AS version
                WHERE version.meter_id = kept.meter_id AND version.signed)
        """,
    )


@invariant("U1", "A state that still holds belongs to a meter that still reads and an owner.")
def no_state_holds_for_ever() -> InvariantResult:
    return rows_breaking(
        examined="SELECT count(*) FROM usage_interval",
        violating="""
            SELECT held.id FROM usage_interval AS held
            JOIN usage_meter AS meter ON meter.id = held.meter_id
            WHERE held.ended_at IS NULL
              AND (meter.retired_at IS NOT NULL OR NOT EXISTS (
                  SELECT FROM accounts_resourceownership AS owner
                  WHERE owner.resource_id = held.resource_id AND owner.owned_until IS NULL))
        """,
    )


@invariant("U2", "Intervals of one state never overlap, and a change of state leaves no gap.")
def states_tile() -> InvariantResult:
    return rows_breaking(
        examined="SELECT count(*) FROM usage_interval",
        violating="""
            SELECT id FROM (
                SELECT id, started_at, opened_by,
                       lag(ended_at) OVER timeline AS before, lag(closed_by) OVER timeline AS by
                FROM usage_interval
                WINDOW timeline AS (PARTITION BY resource_id, meter_id, state_key
                                    ORDER BY started_at)
            ) AS held
            WHERE held.before > held.started_at
               OR (held.by = held.opened_by AND held.before <> held.started_at)
        """,
    )
