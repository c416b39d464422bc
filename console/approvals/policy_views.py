"""The approval policy as it holds: rows, limits, and where it could not be lived by."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import timedelta
from decimal import Decimal
from typing import Final

from django.http import HttpResponse
from django.shortcuts import render
from django.views.decorators.http import require_GET

from accounts.models import User
from accounts.permissions import roles_with
from approvals.kinds import kind_of
from approvals.policy import ApproverLimit, Policy
from approvals.queries.liveness import PolicyRow, policy_rows, silent_approvers
from approvals.queries.policies import present_policy, published_policies
from console.shell import formats
from console.shell.access import BILLING, StaffRequest, screen
from console.shell.permission_text import listed
from core.clock import now
from core.money import Money

QUIET: Final = timedelta(days=14)
VERSIONS_SHOWN: Final = 20


@dataclass(frozen=True, slots=True)
class PolicyLineTold:
    """One row of the policy in words; `stuck` says where nobody present could satisfy it."""

    kinds: Sequence[str]
    when: str
    asks: str
    levels: Sequence[str]
    stuck: str


@dataclass(frozen=True, slots=True)
class LimitTold:
    """One limit in words."""

    who: str
    per_item: str
    per_day: str


@require_GET
@screen(*BILLING)
def policy_page(request: StaffRequest) -> HttpResponse:
    """Who puts forward and who approves what, up to how much."""
    policy, at = present_policy(), now()
    context = {
        "policy": policy,
        "rows": [_told(each) for each in policy_rows(policy)],
        "limits": _limits(policy),
        "silent": silent_approvers(policy, since=at - QUIET),
        "quiet_days": QUIET.days,
        "versions": published_policies(most=VERSIONS_SHOWN),
        "now": at,
    }
    return render(request, "console/approvals/policy.html", context)


def _told(row: PolicyRow) -> PolicyLineTold:
    rule = row.rule
    narrowed = [
        listed([code.replace("_", " ") for code in sorted(rule.reason_codes)]),
        f"accounts {', '.join(sorted(rule.accounts))}" if rule.accounts else "",
        f"up to {_amounts(rule.up_to)}" if rule.up_to is not None else "",
    ]
    return PolicyLineTold(
        kinds=[kind_of(name).title for name in sorted(rule.kinds)],
        when=", ".join(filter(None, narrowed)) or "otherwise",
        asks=listed([role.spoken for role in roles_with(rule.propose)]),
        levels=[
            f"{level.persons} × {listed([role.spoken for role in level.roles])}"
            for level in rule.levels
        ],
        stuck=f"{rule.needed} people are needed, {row.present} there." if row.is_stuck else "",
    )


def _limits(policy: Policy) -> Sequence[LimitTold]:
    named = [each.person for each in policy.limits if each.person]
    people = {each.public_id: str(each) for each in User.objects.filter(public_id__in=named)}
    return [
        LimitTold(_who(each, people), _bound(each.per_item), _bound(each.per_day))
        for each in policy.limits
    ]


def _who(limit: ApproverLimit, people: Mapping[str, str]) -> str:
    return limit.role.spoken if limit.role else people.get(limit.person, limit.person)


def _bound(amounts: Mapping[str, Decimal] | None) -> str:
    return "no limit" if amounts is None else _amounts(amounts) or "nothing"


def _amounts(amounts: Mapping[str, Decimal]) -> str:
    return ", ".join(
        formats.money_text(Money(amount, code)) for code, amount in sorted(amounts.items())
    )
