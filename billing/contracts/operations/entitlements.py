"""Entitle a plan, a subscription or an account to a feature; end it. Two people decide it.

Lock order: the account, plan or subscription, then what it is entitled to.
"""

from __future__ import annotations

import re
from dataclasses import dataclass
from datetime import datetime

from accounts.models import Account
from billing.catalogue.models import Plan
from billing.contracts.models import Entitlement, Subscription
from billing.contracts.models.entitlements import NUMBER
from core.actor import Actor, acting_as
from core.db.integrity import constraint_errors
from core.db.transactions import transaction
from core.errors import Conflict, Invalid
from eventing.publish import publish
from usage.models import Meter


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
    meter: Meter | None = None


Entitled = Account | Plan | Subscription


def entitle(
    *, whose: Entitled, terms: EntitlementTerms, by: Actor, at: datetime, reason: str
) -> Entitlement:
    """Entitle an account, one subscription, or whoever is on a plan.

    Raises: EntitlementInvalid, EntitledAlready.
    """
    if not terms.feature or not terms.value.strip():
        raise EntitlementInvalid("Say the feature and its value.", field="feature")
    if terms.valid_until is not None and terms.valid_until <= terms.valid_from:
        raise EntitlementInvalid("It ends after it begins.", field="until")
    if terms.meter is not None and not re.fullmatch(NUMBER, terms.value.strip()):
        raise EntitlementInvalid("Of a meter a number is allowed.", field="value")
    errors = {
        "entitlement_once_per_account": EntitledAlready,
        "entitlement_once_per_subscription": EntitledAlready,
        "entitlement_once_per_plan": EntitledAlready,
    }
    with acting_as(by, reason=reason), transaction(), constraint_errors(errors):
        _lock(whose)
        made = Entitlement.objects.create(
            plan=whose if isinstance(whose, Plan) else None,
            account=whose if isinstance(whose, Account) else None,
            subscription=whose if isinstance(whose, Subscription) else None,
            meter=terms.meter,
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
        whose = entitlement.account or entitlement.plan or entitlement.subscription
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


def _lock(whose: Entitled) -> None:
    if isinstance(whose, Account):
        Account.objects.select_for_update(no_key=True).get(pk=whose.pk)
    elif isinstance(whose, Subscription):
        Account.objects.select_for_update(no_key=True).get(pk=whose.account_id)
    else:
        Plan.objects.select_for_update(no_key=True).get(pk=whose.pk)


def _tell(entitlement: Entitlement, at: datetime) -> None:
    ends, held = entitlement.valid_until, entitlement.subscription
    account = held.account if held else entitlement.account
    publish(
        "entitlement.changed",
        subject=entitlement.public_id,
        payload={
            "account": account.public_id if account else None,
            "feature": entitlement.feature,
            "value": entitlement.value,
            "from": entitlement.valid_from.isoformat(),
            "until": ends.isoformat() if ends else None,
        },
        at=at,
    )
