"""Whether the policy can be lived by: what nobody present could satisfy, who never votes."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime

from django.db.models import Max

from accounts.models import User
from accounts.queries.staff import holders_of
from approvals.models import Decision
from approvals.policy import ApprovalRule, Policy


@dataclass(frozen=True, slots=True)
class PolicyRow:
    """One row of the policy, and how many present people could approve it."""

    rule: ApprovalRule
    present: int

    @property
    def is_stuck(self) -> bool:
        """Whether nobody present could satisfy it."""
        return self.present < self.rule.needed


@dataclass(frozen=True, slots=True)
class ApproverSeen:
    """Somebody who may approve, and when they last said a word; None is never."""

    person: User
    last_at: datetime | None


def policy_rows(policy: Policy) -> Sequence[PolicyRow]:
    """The rows with who is there for them; one query for each set of roles."""
    known: dict[frozenset[str], int] = {}
    rows = []
    for rule in policy.rules:
        roles = frozenset(role for level in rule.levels for role in level.roles)
        if roles not in known:
            known[roles] = len(holders_of(roles))
        rows.append(PolicyRow(rule, known[roles]))
    return rows


def silent_approvers(policy: Policy, *, since: datetime) -> Sequence[ApproverSeen]:
    """Active people who could approve and said nothing since an instant; three queries."""
    roles = {role for rule in policy.rules for level in rule.levels for role in level.roles}
    holders = holders_of(roles)
    last = dict(
        Decision.objects.filter(person__in=holders)
        .exclude(vote=Decision.Vote.WITHDRAW)
        .values_list("person")
        .annotate(Max("decided_at"))
        .order_by()
    )
    silent = [key for key in holders if key not in last or last[key] < since]
    people = User.objects.filter(pk__in=silent).order_by("first_name", "username")
    return [ApproverSeen(person, last.get(person.pk)) for person in people]
