"""Publish a plan version: from then on it is frozen, and subscriptions can use it."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime

from django.db.models import Exists, OuterRef, QuerySet

from accounts.models import Account
from billing.catalogue.models import PlanVersion
from billing.catalogue.operations.plans import AnotherVersionThen, lock_draft
from billing.contracts.models import Subscription
from billing.publishing.cautions import VersionCaution
from billing.publishing.queries.publication import (
    case_results,
    require_as_checked,
    require_unbilled,
    version_cautions,
)
from billing.publishing.worked_cases import CaseResult
from core.actor import Actor, acting_as
from core.db.integrity import constraint_errors
from core.db.transactions import transaction
from core.errors import FieldError, Invalid
from eventing.publish import publish as publish_event


class VersionEmpty(Invalid):
    """A version without prices was to be published."""

    code = "plan_version_empty"
    title = "A plan version needs a price"


class WorkedCaseFailed(Invalid):
    """A worked case of the version does not come to what it says; `errors` names every place."""

    code = "worked_case_failed"
    title = "A worked case does not hold"


class _SubscribedMeanwhile(Exception):
    """A subscription of an account that is not locked began while its plan was waited for."""


@dataclass(frozen=True, slots=True)
class Publication:
    """A version that was published, what to look at in its prices, and its cases, which held."""

    version: PlanVersion
    cautions: Sequence[VersionCaution]
    cases: Sequence[CaseResult]


def publish(
    *, version: PlanVersion, at: datetime, by: Actor, reason: str, made_from: str | None = None
) -> Publication:
    """Freeze a version, so that subscriptions can use it; answers with what to look at.

    `made_from` is the stamp of the check it was decided on, `checked_stamp` of
    `billing.publishing.queries.publication`; None, for a job that looked at nothing, is whatever
    there is.

    Raises: VersionFrozen, ChangedSince, VersionEmpty, WorkedCaseFailed, ExistingBilled,
    AnotherVersionThen; then nothing changes.
    """
    with (
        acting_as(by, reason=reason),
        constraint_errors({"plan_version_effective_once": AnotherVersionThen}),
    ):
        while True:
            try:
                return _publish_locked(version, at=at, made_from=made_from)
            except _SubscribedMeanwhile:
                # The locks are gone. From the plan on nobody subscribes any more, but accounts come
                # first in the order of locks.
                continue


def _publish_locked(version: PlanVersion, *, at: datetime, made_from: str | None) -> Publication:
    with transaction():
        # No bill run closes the time of its subscribers meanwhile.
        subscribers = _lock_subscribers(version)
        locked = lock_draft(version)
        if not subscribers >= set(_subscribers(version).values_list("pk", flat=True)):
            raise _SubscribedMeanwhile
        if made_from is not None:
            require_as_checked(locked, made_from, at=at)
        if not locked.prices.exists():
            raise VersionEmpty(f"{locked} has no price.", version=locked.public_id)
        results = case_results(locked)
        _require_cases_hold(locked, results)
        require_unbilled(locked)
        locked.state = PlanVersion.State.PUBLISHED
        locked.published_at = at
        locked.save()
        publish_event(
            "plan_version.published",
            subject=locked.public_id,
            payload={
                "plan": locked.plan.code,
                "number": locked.number,
                "existing_from": locked.existing_from and locked.existing_from.isoformat(),
            },
            at=at,
        )
        return Publication(locked, version_cautions(locked, at=at), results)


def _subscribers(version: PlanVersion) -> QuerySet[Account]:
    return Account.objects.filter(
        Exists(Subscription.objects.filter(account=OuterRef("pk"), plan=version.plan_id))
    )


def _lock_subscribers(version: PlanVersion) -> set[int]:
    accounts = _subscribers(version).select_for_update(no_key=True).order_by("pk")
    return set(accounts.values_list("pk", flat=True))


def _require_cases_hold(version: PlanVersion, results: Sequence[CaseResult]) -> None:
    failed = [result for result in results if not result.holds]
    if not failed:
        return
    errors = [
        FieldError(f"/cases/{position}{each.pointer}", each.code, f"{result.name}: {each.detail}")
        for position, result in enumerate(results)
        for each in result.differences
    ]
    more = f" {len(failed) - 1} more cases fail." if len(failed) > 1 else ""
    raise WorkedCaseFailed(
        f"{errors[0].detail}{more}",
        errors=errors,
        version=version.public_id,
        cases=[result.name for result in failed],
    )
