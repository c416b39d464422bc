"""Let somebody else decide in one's name for a time, and end that before its time."""

from __future__ import annotations

from datetime import datetime

from accounts.models import User
from approvals.models import Delegation
from approvals.operations.versions import require_readable
from core.actor import require_said
from core.db.integrity import constraint_errors
from core.db.transactions import transaction
from core.errors import Conflict, Forbidden, Invalid
from eventing.publish import publish


class DelegationChained(Conflict):
    """A deputy would have a deputy, or decide for somebody who is one."""

    code = "delegation_chained"
    title = "A deputy has no deputy"


class DelegationGiven(Conflict):
    """Somebody decides in this name in that time already."""

    code = "delegation_given_already"
    title = "There is a deputy in that time"


class DelegationInvalid(Invalid):
    """To oneself, for no time, in the past, or to somebody who has left."""

    code = "delegation_invalid"
    title = "Not a delegation"


class DelegationEnded(Conflict):
    """It is over."""

    code = "delegation_ended"
    title = "The delegation is over"


class DelegationOfAnother(Forbidden):
    """Only whose name it is ends it, or gives it."""

    code = "delegation_of_another"
    title = "It is in another's name"


def delegate(
    *,
    to: User,
    valid_from: datetime,
    valid_until: datetime,
    by: User,
    at: datetime,
    reason: str,
) -> Delegation:
    """Have `to` decide in the name of `by` during [valid_from, valid_until).

    The deputy lets happen what both might, and never what either put forward.

    Raises: DelegationInvalid, DelegationChained, DelegationGiven, ReasonMissing.
    """
    require_said(reason, "Say why.")
    require_readable({"reason": reason})
    if to.pk == by.pk:
        raise DelegationInvalid("Nobody is their own deputy.", field="deputy")
    if not to.is_active:
        raise DelegationInvalid(f"{to} has left.", field="deputy")
    if valid_until <= max(valid_from, at):
        raise DelegationInvalid(
            "It must end after it begins, and not before now.", field="valid_until"
        )
    refusals = {
        "delegation_one_hop": DelegationChained,
        "delegation_one_deputy": DelegationGiven,
    }
    with transaction(), constraint_errors(refusals):
        made = Delegation.objects.create(
            of=by,
            deputy=to,
            valid_from=valid_from,
            valid_until=valid_until,
            given_at=at,
            reason=reason,
        )
        publish(
            "delegation.given",
            subject=made.public_id,
            payload={"of": by.public_id, "deputy": to.public_id},
            at=at,
        )
    return made


def end_early(*, delegation: Delegation, by: User, at: datetime) -> Delegation:
    """End one's own before its time; what was decided under it stands.

    Raises: DelegationOfAnother, DelegationEnded.
    """
    with transaction():
        locked = Delegation.objects.select_for_update(of=("self",)).get(pk=delegation.pk)
        if locked.of_id != by.pk:
            raise DelegationOfAnother(f"{locked.of} gave it.")
        if locked.ended_at is not None or locked.valid_until <= at:
            raise DelegationEnded("It is over already.")
        locked.ended_at = max(at, locked.valid_from)
        locked.save(update_fields=["ended_at"])
        publish("delegation.ended", subject=locked.public_id, payload={}, at=at)
    return locked
