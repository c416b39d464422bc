"""May this account …? Answered from intervals, in one indexed query, with when the answer ends.

The account's own word wins, then what its subscriptions say, then their plans, of those that are
not paused; of several of a rank the most that any of them says. An answer holds until `until`
without asking again, unless somebody changes what it rests on.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from decimal import Decimal, InvalidOperation
from typing import Any

from django.db import connection
from django.db.models import Q

from accounts.models import Account
from billing.contracts.models import Entitlement, Subscription

_CHECK = """
    WITH asked AS (
        SELECT account.id AS account_id FROM accounts_account AS account
        WHERE account.public_id = %(account)s
    ), own AS (
        SELECT entitled.value, entitled.valid_from, entitled.valid_until, entitled.public_id,
               entitled.meter_id, entitled.feature
        FROM asked JOIN contracts_entitlement AS entitled USING (account_id)
        WHERE entitled.feature = ANY(%(features)s)
          AND (entitled.valid_until IS NULL OR entitled.valid_until > %(at)s)
    ), planned AS (
        SELECT entitled.value, entitled.public_id, entitled.meter_id, entitled.feature,
               CASE WHEN entitled.plan_id IS NULL THEN 1 ELSE 2 END AS rank,
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
        CROSS JOIN LATERAL (
            SELECT * FROM contracts_entitlement
            WHERE plan_id = held.plan_id AND feature = ANY(%(features)s)
            UNION ALL
            SELECT * FROM contracts_entitlement
            WHERE subscription_id = held.id AND feature = ANY(%(features)s)
        ) AS entitled
        WHERE (held.ended_at IS NULL OR held.ended_at > %(at)s)
          AND (entitled.valid_until IS NULL OR entitled.valid_until > %(at)s)
    )
    SELECT 0 AS rank, value, public_id, valid_from, valid_until, NULL AS paused_until, meter_id,
           feature
    FROM own
    UNION ALL
    SELECT rank, value, public_id, valid_from, valid_until, nullif(paused_until, 'infinity'),
           meter_id, feature
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
    meter_id: int | None = None

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
    meter_id: int | None


def check(account_id: str, feature: str, *, at: datetime) -> EntitlementAnswer:
    """What an account, by its public id, is entitled to at an instant; one query."""
    return check_all(account_id, [feature], at=at)[0]


def check_all(account_id: str, features: Sequence[str], *, at: datetime) -> list[EntitlementAnswer]:
    """The same of several features, in their order; one query."""
    with connection.cursor() as cursor:
        asked: dict[str, Any] = {"account": account_id, "features": list(features), "at": at}
        cursor.execute(_CHECK, asked)
        rows = cursor.fetchall()
    said: dict[str, list[_EntitledRow]] = defaultdict(list)
    for rank, value, source, starts, ends, paused, meter_id, feature in rows:
        begins = max(starts, paused) if paused else starts
        said[feature].append(_EntitledRow(rank, value, source, begins, ends, meter_id))
    return [_answer(feature, said[feature], at) for feature in features]


def features_of(account: Account) -> list[str]:
    """Every feature that the account, a subscription or a plan of it was ever entitled to."""
    held = Subscription.objects.filter(account=account)
    rows = Entitlement.objects.filter(
        Q(account=account) | Q(subscription__in=held) | Q(plan__in=held.values("plan"))
    )
    return sorted(set(rows.values_list("feature", flat=True)))


def overrides_of(account: Account) -> list[Entitlement]:
    """The words of its own, and of its subscriptions, the latest first."""
    rows = Entitlement.objects.filter(Q(account=account) | Q(subscription__account=account))
    rows = rows.select_related("meter", "subscription__plan")
    return list(rows.order_by("-valid_from", "-pk")[:100])


def _answer(feature: str, said: Sequence[_EntitledRow], at: datetime) -> EntitlementAnswer:
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
        best.meter_id if best else None,
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
