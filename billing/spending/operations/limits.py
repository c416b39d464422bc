"""Set a budget or a limit, raise or lower it, end it. Two people decide it.

What is set anew takes the place of what stands; a stop goes on or not by what was spent when it
was looked at last. Lock order: account, limits.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime

from accounts.models import Account, Resource
from billing.spending.models import SpendingLimit, SpendingMark, SpendingResume, SpendingWatch
from billing.spending.models.limits import STOP_AT
from billing.spending.operations.telling import Reached, resume, tell_reached
from core.actor import Actor, acting_as
from core.db.transactions import transaction
from core.errors import Conflict, Invalid
from core.periods import Period
from eventing.publish import publish

MARKS_MAX = 12
MARK_MAX = 1_000
AMOUNT_MAX = 10**15


class SpendingLimitInvalid(Invalid):
    """The amount, a mark or the app is none that can be limited; the field is named."""

    code = "spending_limit_invalid"
    title = "That is no limit"


class SpendingLimitEnded(Conflict):
    """It was ended, or another took its place."""

    code = "spending_limit_ended"
    title = "The limit holds no more"


@dataclass(frozen=True, slots=True)
class LimitTerms:
    """What may be spent; the fields are those of `SpendingLimit`."""

    amount_minor: int
    stops: bool
    marks: Sequence[int] = (80, 100)
    pace_percent: int | None = None
    resource: Resource | None = None


def set_limit(
    *, account: Account, terms: LimitTerms, at: datetime, by: Actor, reason: str
) -> SpendingLimit:
    """Let an account spend so much of a billing period, from now on. Raises: SpendingLimitInvalid.

    Of the same app and kind it takes the place of what stands. What was stopped goes on where the
    new amount is more than was spent.
    """
    _check(account, terms, at)
    with acting_as(by, reason=reason), transaction():
        Account.objects.select_for_update(no_key=True).get(pk=account.pk)
        before = _standing(account, terms)
        if before is not None:
            if before.valid_from >= at:
                raise SpendingLimitInvalid("One was set at that instant already.", field="amount")
            _end(before, at)
        made = SpendingLimit.objects.create(
            account=account,
            resource=terms.resource,
            stops=terms.stops,
            amount_minor=terms.amount_minor,
            currency=account.currency,
            marks=sorted({*terms.marks, *((STOP_AT,) if terms.stops else ())}),
            pace_percent=terms.pace_percent,
            valid_from=at,
            set_by=by.name,
            reason=reason,
        )
        _tell_set(made, before, at)
        _take_over(made, before, at=at, by=by)
    return made


def end_limit(*, limit: SpendingLimit, at: datetime, by: Actor, reason: str) -> None:
    """Let it hold no more; what it stopped goes on. Raises: SpendingLimitEnded."""
    with acting_as(by, reason=reason), transaction():
        Account.objects.select_for_update(no_key=True).get(pk=limit.account_id)
        locked = SpendingLimit.objects.select_for_update(of=("self",)).get(pk=limit.pk)
        if locked.valid_until is not None or locked.valid_from >= at:
            raise SpendingLimitEnded("It was ended already, or another took its place.")
        _end(locked, at)
        publish(
            "spending_limit.ended",
            subject=locked.public_id,
            payload={"account": limit.account.public_id},
            at=at,
            account=limit.account.public_id,
        )
        stop = open_stop(locked)
        if stop is not None:
            resume(stop, SpendingResume.Because.ENDED, at=at, by=by.name)


def open_stop(limit: SpendingLimit) -> SpendingMark | None:
    """The stop of a limit that nothing has resumed."""
    return limit.reached.filter(is_stop=True, resume__isnull=True).order_by("-pk").first()


def _standing(account: Account, terms: LimitTerms) -> SpendingLimit | None:
    rows = SpendingLimit.objects.select_for_update(of=("self",)).filter(
        account=account, resource=terms.resource, stops=terms.stops, valid_until__isnull=True
    )
    return rows.first()


def _end(limit: SpendingLimit, at: datetime) -> None:
    limit.valid_until = at
    limit.save()


def _take_over(
    made: SpendingLimit, before: SpendingLimit | None, *, at: datetime, by: Actor
) -> None:
    """A stop of what stood before ends, or is one of the new limit without a gap."""
    stop = None if before is None else open_stop(before)
    if stop is None:
        return
    watch = SpendingWatch.objects.filter(pk=made.account_id, window_from=stop.window_from).first()
    scope = made.resource.public_id if made.resource else ""
    spent = stop.spent_minor if watch is None else watch.spent.get(scope, 0)
    if spent < made.amount_minor:
        resume(stop, SpendingResume.Because.RAISED, at=at, by=by.name)
        return
    resume(stop, SpendingResume.Because.REPLACED, at=at, by=by.name)
    window = Period(stop.window_from, stop.window_until)
    tell_reached(made, [Reached(SpendingMark.Kind.SHARE, STOP_AT, spent)], window, at=at)


def _check(account: Account, terms: LimitTerms, at: datetime) -> None:
    if not 0 < terms.amount_minor <= AMOUNT_MAX:
        raise SpendingLimitInvalid("Say an amount above 0.", field="amount")
    if len(terms.marks) > MARKS_MAX or any(not 0 < mark <= MARK_MAX for mark in terms.marks):
        raise SpendingLimitInvalid(
            f"Say up to {MARKS_MAX} marks, from 1 to {MARK_MAX} per cent.", field="marks"
        )
    if terms.pace_percent is not None and not 100 < terms.pace_percent <= MARK_MAX:
        raise SpendingLimitInvalid(
            f"A pace is more than 100 and up to {MARK_MAX} per cent.", field="pace_percent"
        )
    app = terms.resource
    if app is not None and not _is_owned(app, account, at):
        raise SpendingLimitInvalid(
            f"{account.name} has no {app.platform_id} now.", field="resource"
        )


def _is_owned(app: Resource, account: Account, at: datetime) -> bool:
    owned = app.ownerships.filter(account=account, owned_from__lte=at)
    return any(each.owned_until is None or each.owned_until > at for each in owned)


def _tell_set(made: SpendingLimit, before: SpendingLimit | None, at: datetime) -> None:
    account = made.account.public_id
    publish(
        "spending_limit.set",
        subject=made.public_id,
        payload={
            "account": account,
            "resource": made.resource.public_id if made.resource else None,
            "stops": made.stops,
            "amount": made.amount.as_fact,
            "marks": list(made.marks),
            "replaces": before.public_id if before else None,
        },
        at=at,
        account=account,
    )
