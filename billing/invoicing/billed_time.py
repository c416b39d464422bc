"""Which time of an account is billed, and so closed: issued, or looked at and came to nothing.

The one answer for planning, for late usage at the door, and for every change that is given a date
(`accounts.billed_time`, which asks here). A period that is parked leaves a hole, also between two
that are issued.
"""

from collections import defaultdict
from collections.abc import Collection, Sequence
from datetime import datetime

from django.db import connection
from django.db.models import Max

from billing.invoicing.models import BilledSpan
from core.db.arrays import array
from core.db.transactions import transaction_required
from core.periods import Period

# What touches the new periods is taken away and comes back joined with them.
_CLOSE = """
    WITH closed AS (
        SELECT * FROM unnest(%(accounts)s::bigint[], %(starts)s::timestamptz[],
                             %(ends)s::timestamptz[])
                 AS given (account_id, billed_from, billed_until)
    ), touching AS (
        DELETE FROM invoicing_billedspan AS kept USING closed
        WHERE kept.account_id = closed.account_id
          AND kept.billed_from <= closed.billed_until AND kept.billed_until >= closed.billed_from
        RETURNING kept.account_id, kept.billed_from, kept.billed_until
    )
    INSERT INTO invoicing_billedspan (account_id, billed_from, billed_until)
    SELECT account_id, lower(span), upper(span)
    FROM (
        SELECT account_id, unnest(range_agg(tstzrange(billed_from, billed_until))) AS span
        FROM (SELECT * FROM closed UNION ALL SELECT * FROM touching) AS pieces
        GROUP BY account_id
    ) AS joined
"""


@transaction_required()
def close(periods: Collection[tuple[int, Period]]) -> None:
    """Note that these periods of accounts are billed. The accounts must be locked."""
    if not periods:
        return
    with connection.cursor() as cursor:
        cursor.execute(
            _CLOSE,
            {
                "accounts": array([account_id for account_id, _ in periods]),
                "starts": array([period.start for _, period in periods]),
                "ends": array([period.end for _, period in periods]),
            },
        )


def billed_time(account_ids: Collection[int]) -> dict[int, Sequence[Period]]:
    """What is billed of each account that has anything billed, in order of time; one query."""
    found: dict[int, list[Period]] = defaultdict(list)
    rows = BilledSpan.objects.filter(account_id__one_of=set(account_ids)).order_by("billed_from")
    for account_id, start, end in rows.values_list("account_id", "billed_from", "billed_until"):
        found[account_id].append(Period(start, end))
    return dict(found)


def billed_until(account_ids: Collection[int]) -> dict[int, datetime]:
    """From when on nothing is billed of each account that has anything billed; one query.

    What begins then and runs on reaches into nothing that is closed.
    """
    rows = BilledSpan.objects.filter(account_id__one_of=set(account_ids)).order_by()
    return dict(rows.values_list("account_id").annotate(until=Max("billed_until")))


def unbilled_parts(span: Period, billed: Sequence[Period]) -> list[Period]:
    """What of a span of time is not billed, in order; `billed` as `billed_time` has it."""
    parts, start = [], span.start
    for period in billed:
        if period.end <= start:
            continue
        if period.start >= span.end:
            break
        if start < period.start:
            parts.append(Period(start, period.start))
        start = period.end
    return [*parts, Period(start, span.end)] if start < span.end else parts
