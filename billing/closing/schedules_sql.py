"""The statements of recognition: sets of charges at once, as a month closes over thousands.

What they compute is the rule of docs/closing.md: cumulative by day, rounded once half away from
zero, the last day taking the remainder.
"""

from typing import Final

UNSCHEDULED: Final = """
    WITH lines AS (
        SELECT invoice.id AS invoice_id, split_part(line.key, '/', 1) AS charge_key,
               line.position, line.kind, line.amount_minor, price.code AS price,
               product.code AS product,
               (line.period_from AT TIME ZONE invoice.zone)::date AS first_on,
               ((line.period_until - interval '1 microsecond') AT TIME ZONE invoice.zone)::date
                   AS last_on
        FROM invoicing_invoice AS invoice
        JOIN invoicing_invoiceline AS line ON line.invoice_id = invoice.id
        LEFT JOIN catalogue_price AS price ON price.id = line.price_id
        LEFT JOIN catalogue_planversion AS version ON version.id = price.plan_version_id
        LEFT JOIN catalogue_plan AS plan ON plan.id = version.plan_id
        LEFT JOIN catalogue_product AS product ON product.id = plan.product_id
        WHERE invoice.state = 'issued' AND invoice.consolidated_on_id IS NULL AND NOT EXISTS (
            SELECT FROM closing_revenueschedule AS schedule WHERE schedule.invoice_id = invoice.id)
    ), policed AS (
        SELECT lines.*, first_value(coalesce(
                   %(prices)s::jsonb->>price, %(products)s::jsonb->>product,
                   %(kinds)s::jsonb->>kind, 'daily'))
               OVER (PARTITION BY invoice_id, charge_key ORDER BY position) AS method
        FROM lines
    ), summed AS (
        SELECT invoice_id, charge_key, method,
               CASE method WHEN 'at_end' THEN last_on ELSE first_on END AS first_on,
               CASE method WHEN 'at_start' THEN first_on ELSE last_on END AS last_on,
               sum(amount_minor) AS amount_minor
        FROM policed GROUP BY 1, 2, 3, 4, 5
    )
    SELECT invoice_id, charge_key, method, first_on, last_on, amount_minor,
           sum(amount_minor) OVER (PARTITION BY invoice_id, charge_key) AS charge_minor,
           sum(amount_minor) OVER (PARTITION BY invoice_id, charge_key ORDER BY first_on, last_on)
               - amount_minor AS before_minor
    FROM summed ORDER BY invoice_id, charge_key, first_on, last_on
"""
"""Charges of issued invoices without a schedule; those of nothing included, to be left out."""


def _share(amount: str, part: str, whole: str) -> str:
    """amount * part / whole, exact, rounded half away from zero; part and whole of one sign."""
    return (
        f"(sign(({amount})::numeric)"
        f" * div(2 * abs(({amount})::numeric) * abs(({part})::numeric) + abs(({whole})::numeric),"
        f" 2 * abs(({whole})::numeric)))"
    )


_CREDITED_THROUGH = _share("credited", "before_minor + amount_minor", "charge_minor")
_CREDITED_BEFORE = _share("credited", "before_minor", "charge_minor")
_BY_DAY = _share("net", "%(until)s::date - first_on", "last_on - first_on + 1")
_BY_USE = _share("net", "(used_by_month->>%(month)s)::bigint", "amount_minor")

CHANGES: Final = f"""
    WITH chosen AS (
        SELECT schedule.*, invoice.currency,
               invoice.issued_at < %(ends_at)s AS is_billed,
               EXISTS (
                   SELECT FROM invoicing_invoicevoid AS void
                   WHERE void.invoice_id = invoice.id
                     AND (void.effective_at < %(ends_at)s OR invoice.issued_at >= %(ends_at)s)
               ) AS is_void,
               coalesce((
                   SELECT sum(line.amount_minor) FROM invoicing_creditnote AS note
                   JOIN invoicing_creditnoteline AS line ON line.note_id = note.id
                   WHERE note.invoice_id = invoice.id AND line.charge_key = schedule.charge_key
                     AND (note.issued_at < %(ends_at)s OR invoice.issued_at >= %(ends_at)s)
               ), 0) AS credited
        FROM closing_revenueschedule AS schedule
        JOIN invoicing_invoice AS invoice ON invoice.id = schedule.invoice_id
        WHERE schedule.id > %(new_after)s
           OR (schedule.first_on < %(until)s AND schedule.last_on >= %(month)s::date)
           OR (invoice.issued_at >= %(starts_at)s AND invoice.issued_at < %(ends_at)s)
           OR EXISTS (SELECT FROM invoicing_creditnote AS note
                      WHERE note.invoice_id = invoice.id AND note.issued_at >= %(starts_at)s
                        AND note.issued_at < %(ends_at)s)
           OR EXISTS (SELECT FROM invoicing_invoicevoid AS void
                      WHERE void.invoice_id = invoice.id AND void.effective_at >= %(starts_at)s
                        AND void.effective_at < %(ends_at)s)
    ), netted AS (
        SELECT chosen.*, CASE
            WHEN is_void THEN 0
            WHEN charge_minor <= 0 OR credited = 0 THEN amount_minor
            ELSE amount_minor - ({_CREDITED_THROUGH} - {_CREDITED_BEFORE}) END AS net
        FROM chosen
    ), earned AS (
        SELECT netted.*, CASE
            WHEN last_on < %(until)s::date THEN net
            WHEN first_on >= %(until)s::date THEN 0
            WHEN used_by_month ? %(month)s THEN {_BY_USE}
            ELSE {_BY_DAY} END AS earned
        FROM netted
    ), wanted AS (
        SELECT id, currency, earned,
               CASE WHEN is_billed THEN net - earned ELSE 0 END AS deferred,
               CASE WHEN is_billed THEN 0 ELSE earned END AS unbilled
        FROM earned
    ), known AS (
        SELECT entry.schedule_id, sum(entry.recognised_minor) AS earned,
               sum(entry.deferred_minor) AS deferred, sum(entry.unbilled_minor) AS unbilled
        FROM closing_revenueentry AS entry
        JOIN closing_revenuerecognition AS recognition ON recognition.id = entry.recognition_id
        WHERE recognition.month_on <= %(month)s::date
          AND entry.schedule_id IN (SELECT id FROM chosen)
        GROUP BY 1
    ), changed AS (
        SELECT wanted.currency, wanted.id,
               (wanted.earned - coalesce(known.earned, 0))::bigint AS earned,
               (wanted.deferred - coalesce(known.deferred, 0))::bigint AS deferred,
               (wanted.unbilled - coalesce(known.unbilled, 0))::bigint AS unbilled
        FROM wanted LEFT JOIN known ON known.schedule_id = wanted.id
    )
    SELECT currency, id, earned, deferred, unbilled FROM changed
    WHERE (earned, deferred, unbilled) <> (0, 0, 0)
    ORDER BY currency, id
"""  # noqa: S608  composed of statements of ours
"""What a month is short of, schedule by schedule: targets at its end less what is recognised.

What an invoice of a later month lost since by notes or a void counts at once; of one that was
billed by the month's end, in the month of the note or void.
"""
