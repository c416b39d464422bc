"""What must always hold of licences and their pools."""

from core.invariants import InvariantResult, invariant, rows_breaking


@invariant("P1", "What a window of a pool holds, gave and lost is what its movements sum to.")
def buckets_are_their_movements() -> InvariantResult:
    return rows_breaking(
        examined="SELECT count(*) FROM licences_poolbucket",
        violating="""
        SELECT bucket.public_id FROM licences_poolbucket AS bucket
        LEFT JOIN licences_movement AS movement ON movement.bucket_id = bucket.id
        GROUP BY bucket.id
        HAVING bucket.granted <> coalesce(sum(movement.units) FILTER (WHERE kind IN
                ('grant', 'amend', 'roll_in', 'roll_out', 'credit_back', 'revoke')), 0)
            OR bucket.drawn <> coalesce(-sum(movement.units) FILTER (WHERE kind IN
                ('draw', 'draw_adjustment', 'draw_reversal')), 0)
            OR bucket.lapsed <> coalesce(-sum(movement.units) FILTER (WHERE kind = 'expiry'), 0)
            OR bucket.trued_up <> coalesce(-sum(movement.units) FILTER (WHERE kind = 'true_up'), 0)
            OR bucket.balance <> coalesce(sum(movement.units), 0)
        """,
    )


@invariant("P2", "What undoes a movement undoes one of the same window, and no more than it was.")
def reversals_fit_what_they_reverse() -> InvariantResult:
    return rows_breaking(
        examined="SELECT count(*) FROM licences_movement WHERE reverses_id IS NOT NULL",
        violating="""
        SELECT min(first.public_id) FROM licences_movement AS first
        JOIN licences_movement AS undoing ON undoing.reverses_id = first.id
        GROUP BY first.id
        HAVING bool_or(undoing.bucket_id <> first.bucket_id)
            OR sum(undoing.units) > -first.units
        """,
    )


@invariant("P3", "What rolls out of a window rolls into another of the same pool.")
def rolls_come_in_pairs() -> InvariantResult:
    return rows_breaking(
        examined="SELECT count(*) FROM licences_movement WHERE kind IN ('roll_in', 'roll_out')",
        violating="""
        SELECT min(movement.public_id) FROM licences_movement AS movement
        JOIN licences_poolbucket AS bucket ON bucket.id = movement.bucket_id
        WHERE movement.kind IN ('roll_in', 'roll_out')
        GROUP BY bucket.commitment_id, movement.effective_at
        HAVING sum(movement.units) <> 0
        """,
    )


@invariant("P4", "What an issued invoice says it draws from a pool is what stands as drawn for it.")
def issued_draws_are_booked() -> InvariantResult:
    return rows_breaking(
        examined="SELECT count(*) FROM invoicing_invoiceline WHERE kind = 'pool_draw'",
        violating="""
        WITH told AS (
            SELECT invoice.public_id AS document, sum((draw->>'units')::numeric) AS units
            FROM invoicing_invoiceline AS line
            JOIN invoicing_invoice AS invoice ON invoice.id = line.invoice_id
            LEFT JOIN invoicing_invoicevoid AS void ON void.invoice_id = invoice.id
            CROSS JOIN LATERAL jsonb_array_elements(line.explanation->2->0->'draws') AS draw
            WHERE line.kind = 'pool_draw' AND invoice.state = 'issued' AND void.id IS NULL
                AND line.explanation->2->0->>'step' = 'pool'
            GROUP BY invoice.public_id
        ), booked AS (
            SELECT document, -sum(units) AS units FROM licences_movement
            WHERE document <> '' GROUP BY document
        )
        SELECT coalesce(told.document, booked.document)
        FROM told FULL JOIN booked ON booked.document = told.document
        WHERE coalesce(told.units, 0) <> coalesce(booked.units, 0)
        """,
    )
