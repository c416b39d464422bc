"""May this account …? Answered from intervals, in one indexed query, with when the answer ends.

The account's own word wins; else what the plans say that it is on and that are not paused, the most
that any of them says. An answer holds until `until` without asking again, unless somebody changes
what it rests on.
"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime
from decimal import Decimal, InvalidOperation

from django.db import connection

_CHECK = """
    WITH asked AS (
        SELECT account.id AS account_id FROM accounts_account AS account
        WHERE account.public_id = %(account)s
    ), own AS (
        SELECT entitled.value, entitled.valid_from, entitled.valid_until, entitled.public_id
        FROM asked JOIN contracts_entitlement AS entitled USING (account_id)
        WHERE entitled.feature = %(feature)s
          AND (entitled.valid_until IS NULL OR entitled.valid_until > %(at)s)
    ), planned AS (
        SELECT entitled.value, entitled.public_id,
               greatest(entitled.valid_from, held.started_at) AS valid_from,
               least(entitled.valid_until, held.ended_at,
                     (SELECT min(pause.paused_from) FROM contracts_subscriptionpause AS pause
                      WHERE pause.subscription_id = held.id AND pause.paused_from > %(at)s))
                   AS valid_until,
               (SELECT max(coalesce(pause.paused_until, 'infinity'))
                FROM contracts_subscriptionpause AS pause
                WHERE pause.subscription_id = held.id AND pause.paused_from <= %(at)s
                  AND (pause.paused_until IS NULL OR pause.paused_until > %(at)s)) AS paused_until
        FROM asked
        JOIN contracts_subscription AS held USING (account_id)
        JOIN contracts_entitlement AS entitled ON entitled.plan_id = held.plan_id
        WHERE entitled.feature = %(feature)s
          AND (held.ended_at IS NULL OR held.ended_at > %(at)s)
          AND (entitled.valid_until IS NULL OR entitled.valid_until > %(at)s)
    )
    SELECT 0 AS rank, value, public_id, valid_from, valid_until, NULL AS paused_until FROM own
    UNION ALL
    SELECT 1, value, public_id, valid_from, valid_until, nullif(paused_until, 'infinity')
    FROM planned WHERE paused_until IS DISTINCT FROM 'infinity'
"""


@dataclass(frozen=True, slots=True)
class EntitlementAnswer:
    """What an account is entitled to at an instant; `until` None is for good as things stand.

    `value` None is nothing. `source` is the public id of what says so.
    """

    feature: str
    at: datetime
    value: str | None
    source: str
    until: datetime | None

    @property
    def is_allowed(self) -> bool:
        """Whether it has the feature at all: "false" and 0 are none."""
        return self.value is not None and self.value.lower() not in ("false", "0")


@dataclass(frozen=True, slots=True)
class _EntitledRow:
    rank: int
    value: str
    source: str
    starts: datetime
    ends: datetime | None


def check(account_id: str, feature: str, *, at: datetime) -> EntitlementAnswer:
    """What an account, by its public id, is entitled to at an instant; one query."""
    with connection.cursor() as cursor:
        cursor.execute(_CHECK, {"account": account_id, "feature": feature, "at": at})
        rows = cursor.fetchall()
    said = [
        _EntitledRow(rank, value, source, max(starts, paused) if paused else starts, ends)
        for rank, value, source, starts, ends, paused in rows
    ]
    now = [each for each in said if each.starts <= at]
    best = min(now, key=lambda each: (each.rank, -_size(each.value), each.source), default=None)
    bounds = [each.ends for each in now if each.ends is not None]
    bounds += [each.starts for each in said if each.starts > at]
    return EntitlementAnswer(
        feature,
        at,
        best.value if best else None,
        best.source if best else "",
        min(bounds, default=None),
    )


def _size(value: str) -> Decimal:
    """How much a value is, for choosing the most of several plans."""
    if value.lower() in ("true", "false"):
        return Decimal(value.lower() == "true")
    try:
        number = Decimal(value)
    except InvalidOperation:
        return Decimal(0)
    return number if number.is_finite() else Decimal(0)
