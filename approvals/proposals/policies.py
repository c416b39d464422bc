"""A further version of the approval policy as a proposal: what it asks for, and what it moves."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any, ClassVar

from accounts.models import Account
from accounts.queries.staff import holders_of
from approvals.kinds import (
    Acting,
    PreparedEffect,
    ProposedEffect,
    all_kinds,
    canonical_digest,
)
from approvals.operations import policies
from approvals.policy import Policy
from approvals.policy_document import policy_document, read_policy
from approvals.queries.policies import completed, present_policy


class ApprovalPolicyProposal:
    """Publish another version of the policy.

    Payload: `open_for_days`, `rules` and `limits`, as docs/approvals.md says.
    """

    name: ClassVar[str] = "approval_policy"
    title: ClassVar[str] = "Approval policy"
    reason_codes: ClassVar[Mapping[str, str]] = {
        "control": "A control is changed",
        "staffing": "Who decides has changed",
    }

    def read(self, payload: Mapping[str, Any]) -> dict[str, Any]:
        """The payload in its canonical form. Raises: PayloadInvalid."""
        return policy_document(_policy(payload, number=0))

    def bring_up_to_date(self, payload: Mapping[str, Any], *, at: datetime) -> None:
        """Nothing is worked out from usage."""

    def prepare(self, payload: Mapping[str, Any], acting: Acting) -> PreparedEffect:
        """The version it would publish."""
        return _PolicyChange(payload, acting, present_policy())


@dataclass(frozen=True, slots=True)
class _PolicyChange:
    payload: Mapping[str, Any]
    acting: Acting
    before: Policy

    @property
    def account(self) -> Account | None:
        """It concerns no customer."""
        return None

    def preview(self) -> ProposedEffect:
        """What would be decided otherwise than now."""
        after = completed(_policy(self.payload, number=self.before.number + 1))
        return ProposedEffect(
            amount=None,
            digest=canonical_digest([self.before.number, dict(self.payload)]),
            notes=[
                f"Version {after.number} takes the place of version {self.before.number}.",
                *_said(self.before, after),
                *_unsatisfied(after),
            ],
        )

    def carry_out(self, *, seen: str) -> str:
        """Publish it. Raises: ChangedSince where another was published meanwhile."""
        self.preview().require_seen(seen)
        made = policies.publish(
            document=self.payload,
            at=self.acting.at,
            by=self.acting.by,
            reason=self.acting.reason,
        )
        return made.public_id


def _policy(payload: Mapping[str, Any], *, number: int) -> Policy:
    return read_policy(payload, number=number, kinds=[kind.name for kind in all_kinds()])


def _said(before: Policy, after: Policy) -> Sequence[str]:
    """What is in one of them alone, row by row."""
    old, new = _rows(before), _rows(after)
    gone = [f"No more: {row}" for row in old if row not in new]
    return [*gone, *(f"New: {row}" for row in new if row not in old)]


def _rows(policy: Policy) -> Sequence[str]:
    """Every row of a policy as a sentence."""
    rows = [f"decided within {policy.open_for.days} days."]
    for rule in policy.rules:
        levels = ", then ".join(
            f"{level.persons} × {' or '.join(role.spoken for role in level.roles)}"
            for level in rule.levels
        )
        about = " or ".join(sorted(kind.replace("_", " ") for kind in rule.kinds))
        narrowed = [
            f"for {' or '.join(sorted(rule.reason_codes))}" if rule.reason_codes else "",
            f"of {' or '.join(sorted(rule.accounts))}" if rule.accounts else "",
            "up to " + ", ".join(f"{most} {code}" for code, most in sorted(rule.up_to.items()))
            if rule.up_to is not None
            else "",
        ]
        rows.append(" ".join(filter(None, [about, *narrowed])) + f": {levels}.")
    for limit in policy.limits:
        who = limit.role.spoken if limit.role else limit.person
        for what, bounds in (("one", limit.per_item), ("a day", limit.per_day)):
            if bounds is not None:
                most = ", ".join(f"{amount} {code}" for code, amount in sorted(bounds.items()))
                rows.append(f"{who} lets at most {most or 'nothing'} happen for {what}.")
    return rows


def _unsatisfied(policy: Policy) -> Sequence[str]:
    """Rows that nobody present could satisfy."""
    return [
        f"Nobody present can satisfy it for {' or '.join(sorted(rule.kinds))}: "
        f"{rule.needed} people are needed."
        for rule in policy.rules
        if len(holders_of({role for level in rule.levels for role in level.roles})) < rule.needed
    ]
