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


@invariant("E3", "At most two secrets of an endpoint hold, and an endpoint that lives has one.")
def two_secrets_at_most() -> InvariantResult:
    return rows_breaking(
        examined="SELECT count(*) FROM eventing_webhookendpoint",
        violating="""
            SELECT endpoint.public_id
            FROM eventing_webhookendpoint AS endpoint
            LEFT JOIN eventing_webhooksecret AS secret ON secret.endpoint_id = endpoint.id
                      AND (secret.ends_at IS NULL OR secret.ends_at > now())
            GROUP BY endpoint.id
            HAVING count(secret.id) > 2
                   OR (count(secret.id) = 0 AND endpoint.state <> 'deleted')
        """,
    )


@invariant("E4", "Nothing waits for an endpoint that is disabled or deleted, but is held or ended.")
def nothing_waits_for_who_is_off() -> InvariantResult:
    return rows_breaking(
        examined="SELECT count(*) FROM eventing_webhookdelivery",
        violating="""
            SELECT delivery.public_id
            FROM eventing_webhookdelivery AS delivery
            JOIN eventing_webhookendpoint AS endpoint ON endpoint.id = delivery.endpoint_id
            WHERE (endpoint.state <> 'enabled' AND delivery.state = 'ready')
               OR (endpoint.state = 'deleted' AND delivery.outcome = 'held')
        """,
    )


@invariant("E5", "What is delivered has an attempt that says so.")
def what_is_delivered_was_answered() -> InvariantResult:
    return rows_breaking(
        examined="SELECT count(*) FROM eventing_webhookdelivery WHERE outcome = 'delivered'",
        violating="""
            SELECT delivery.public_id
            FROM eventing_webhookdelivery AS delivery
            WHERE delivery.outcome = 'delivered' AND NOT EXISTS (
                SELECT FROM eventing_webhookattempt AS attempt
                WHERE attempt.delivery_id = delivery.id AND attempt.error = ''
            )
        """,
    )
