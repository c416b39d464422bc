"""Roles that were proposed and wait for a second person."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime

from accounts.models import RoleGrant, User
from accounts.permissions import Permission, Role, permitted

SHOWN = 20


@dataclass(frozen=True, slots=True)
class ProposedRole:
    """A role somebody is proposed for; `id` is that of its record."""

    id: int
    person: str
    role: str
    proposed_by: str
    since: datetime
    reason: str


def waiting_for(user: User) -> Sequence[ProposedRole]:
    """The proposals this person may decide, oldest first; one query, none for whoever approves no
    roles. Nobody decides about themselves, or what they proposed.
    """
    if not permitted(user, Permission.ROLE_APPROVE):
        return ()
    rows = (
        RoleGrant.objects.filter(state=RoleGrant.State.PROPOSED)
        .exclude(person=user)
        .exclude(proposed_by=user)
        .select_related("person", "proposed_by")
        .order_by("proposed_at", "pk")[:SHOWN]
    )
    return [
        ProposedRole(
            id=row.pk,
            person=str(row.person),
            role=Role(row.role).spoken,
            proposed_by=str(row.proposed_by),
            since=row.proposed_at,
            reason=row.proposal_reason,
        )
        for row in rows
    ]
