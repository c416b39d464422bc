"""Entitle a plan or an account to a feature, from an instant on; end it. Two people decide it.

Lock order: the account or the plan, then what it is entitled to.
"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime

from accounts.models import Account
from billing.catalogue.models import Plan
from billing.contracts.models import Entitlement
from core.actor import Actor, acting_as
from core.db.integrity import constraint_errors
from core.db.transactions import transaction
from core.errors import Conflict, Invalid
from eventing.publish import publish


class EntitlementInvalid(Invalid):
    """It is of nothing, or ends before it begins."""

    code = "entitlement_invalid"
    title = "That entitles to nothing"


class EntitledAlready(Conflict):
    """Another value holds for some of the time; it is ended first."""

    code = "entitled_already"
    title = "Another value holds then"


@dataclass(frozen=True, slots=True)
class EntitlementTerms:
    """What somebody is entitled to; the fields are those of `Entitlement`."""

    feature: str
    value: str
    valid_from: datetime
    valid_until: datetime | None = None


def entitle(
    *, whose: Account | Plan, terms: EntitlementTerms, by: Actor, at: datetime, reason: str
) -> Entitlement:
    """Entitle an account, or whoever is on a plan. Raises: EntitlementInvalid, EntitledAlready."""
    if not terms.feature or not terms.value.strip():
        raise EntitlementInvalid("Say the feature and its value.", field="feature")
    if terms.valid_until is not None and terms.valid_until <= terms.valid_from:
        raise EntitlementInvalid("It ends after it begins.", field="until")
    errors = {
        "entitlement_once_per_account": EntitledAlready,
        "entitlement_once_per_plan": EntitledAlready,
    }
    with acting_as(by, reason=reason), transaction(), constraint_errors(errors):
        _lock(whose)
        made = Entitlement.objects.create(
            plan=whose if isinstance(whose, Plan) else None,
            account=whose if isinstance(whose, Account) else None,
            feature=terms.feature,
            value=terms.value.strip(),
            valid_from=terms.valid_from,
            valid_until=terms.valid_until,
            granted_by=by.name,
            reason=reason,
        )
        _tell(made, at)
    return made


def end(*, entitlement: Entitlement, until: datetime, at: datetime, by: Actor, reason: str) -> None:
    """End what somebody is entitled to, from an instant to come on. Raises: EntitlementInvalid."""
    with acting_as(by, reason=reason), transaction():
        whose = entitlement.account or entitlement.plan
        assert whose is not None  # entitlement_of_one
        _lock(whose)
        locked = Entitlement.objects.select_for_update(of=("self",)).get(pk=entitlement.pk)
        over = locked.valid_until is not None and locked.valid_until <= until
        if until < at or until <= locked.valid_from or over:
            raise EntitlementInvalid(
                "It ends at an instant to come, after it begins and before it ends by itself.",
                field="until",
            )
        locked.valid_until = until
        locked.save()
        _tell(locked, at)


def _lock(whose: Account | Plan) -> None:
    if isinstance(whose, Account):
        Account.objects.select_for_update(no_key=True).get(pk=whose.pk)
    else:
        Plan.objects.select_for_update(no_key=True).get(pk=whose.pk)


def _tell(entitlement: Entitlement, at: datetime) -> None:
    ends = entitlement.valid_until
    publish(
        "entitlement.changed",
        subject=entitlement.public_id,
        payload={
            "account": entitlement.account.public_id if entitlement.account else None,
            "feature": entitlement.feature,
            "value": entitlement.value,
            "from": entitlement.valid_from.isoformat(),
            "until": ends.isoformat() if ends else None,
        },
        at=at,
    )
