"""What must always be true of facts and their places in the feed."""

from core.invariants import InvariantResult, invariant, rows_breaking


@invariant("E1", "Every event has its place in the feed, or waits for it.")
def every_event_is_told_or_waits() -> InvariantResult:
    return rows_breaking(
        examined="SELECT count(*) FROM eventing_outboxevent",
        violating="""
            SELECT event.public_id
            FROM eventing_outboxevent AS event
            LEFT JOIN eventing_feedentry AS entry ON entry.event_id = event.id
            LEFT JOIN eventing_untoldevent AS untold ON untold.event_id = event.id
            WHERE (entry.event_id IS NULL) = (untold.event_id IS NULL)
        """,
    )


@invariant("E2", "Places in the feed rise with the sequence of a subject, and leave none out.")
def places_rise_with_sequence() -> InvariantResult:
    return rows_breaking(
        examined="SELECT count(*) FROM eventing_feedentry",
        violating="""
            SELECT told.public_id
            FROM (
                SELECT event.public_id, event.sequence,
                       row_number() OVER (PARTITION BY event.subject ORDER BY entry.position)
                           AS told_as
                FROM eventing_feedentry AS entry
                JOIN eventing_outboxevent AS event ON event.id = entry.event_id
            ) AS told
            WHERE told.sequence <> told.told_as
        """,
    )
