"""Approve many proposals, each by itself: what fails leaves the others."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime

from accounts.models import User
from approvals.models import Proposal
from approvals.operations import deciding
from core.errors import DomainError


@dataclass(frozen=True, slots=True)
class BulkOutcome:
    """What became of one. `code` is `executed`, `approved` (others must approve too), an outcome
    such as `changed`, or that of the rule that refused it, whose words are `said`.
    """

    proposal: Proposal
    code: str
    said: str = ""

    @property
    def is_approved(self) -> bool:
        """Whether the person's approval was taken, and nothing went wrong after it."""
        return self.code in ("executed", "approved")


def approve_many(
    seen: Mapping[str, str], *, by: User, at: datetime, confirmed_at: datetime | None = None
) -> Sequence[BulkOutcome]:
    """Approve each of these on the seal that was seen, in transactions of their own; in the order
    in which they expire.
    """
    rows = Proposal.objects.select_related("account", "maker").filter(public_id__in=list(seen))
    return [
        _approved(each, seen[each.public_id], by=by, at=at, confirmed_at=confirmed_at)
        for each in sorted(rows, key=lambda each: (each.expires_at, each.pk))
    ]


def _approved(
    proposal: Proposal, seal: str, *, by: User, at: datetime, confirmed_at: datetime | None
) -> BulkOutcome:
    try:
        made = deciding.approve(
            proposal=proposal, seen=seal, by=by, at=at, confirmed_at=confirmed_at
        )
    except DomainError as refused:
        return BulkOutcome(proposal, refused.code, refused.message)
    if made is None:
        return BulkOutcome(proposal, "approved", "Another person must approve too.")
    return BulkOutcome(proposal, made.outcome, made.said)
