"""The policy that holds, and those that did."""

from __future__ import annotations

from collections.abc import Collection, Mapping, Sequence
from dataclasses import replace

from approvals.models import ApprovalPolicy
from approvals.policy import HOUSE_POLICY, Policy
from approvals.policy_document import read_policy


def present_policy() -> Policy:
    """The policy that holds; one query."""
    last = ApprovalPolicy.objects.order_by("-number").first()
    return _read(last) if last is not None else HOUSE_POLICY


def published_policies(*, most: int) -> Sequence[ApprovalPolicy]:
    """Those that were published, the last one first; one query."""
    return list(ApprovalPolicy.objects.order_by("-number")[:most])


def policies_of(numbers: Collection[int]) -> Mapping[int, Policy]:
    """The policies of these numbers; one query, none where the house's own is all that is asked."""
    wanted = set(numbers) - {HOUSE_POLICY.number}
    rows = ApprovalPolicy.objects.filter(number__in=wanted) if wanted else ()
    return {HOUSE_POLICY.number: HOUSE_POLICY} | {row.number: _read(row) for row in rows}


def completed(policy: Policy) -> Policy:
    """A policy with the house's own rows for kinds that it does not name, such as a new one."""
    named = {kind for rule in policy.rules for kind in rule.kinds}
    others = [
        replace(rule, kinds=rule.kinds - named) for rule in HOUSE_POLICY.rules if rule.kinds - named
    ]
    return replace(policy, rules=(*policy.rules, *others))


def _read(row: ApprovalPolicy) -> Policy:
    kinds = [kind for rule in row.document["rules"] for kind in rule["kinds"]]
    return completed(read_policy(row.document, number=row.number, kinds=kinds))
