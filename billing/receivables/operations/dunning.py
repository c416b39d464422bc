"""Take the step of dunning that is due, and keep promises to pay.

What is due is worked out again under the payer's lock when it is sent, so that what was paid in
between is never asked for.
"""

import logging
from collections.abc import Sequence
from datetime import date, datetime

from accounts.models import Account
from billing.receivables.dunning.deciding import RESUME, DueStep, due_step
from billing.receivables.models import DunningNotice, PaymentPromise
from billing.receivables.operations.payments import NoMoney
from billing.receivables.operations.settling import Recorded, lock_payer
from billing.receivables.policies.dunning import DunningPolicy
from billing.receivables.queries.dunning import payers_to_look_at, standings, zones_of_payers
from billing.receivables.queries.rule_versions import dunning_policies
from core.actor import Actor, require_said
from core.db.transactions import transaction
from core.errors import Invalid
from core.isolating import isolated
from core.money import Money
from core.periods import local_day
from eventing.publish import publish

logger = logging.getLogger(__name__)
PAYERS_AT_ONCE = 200
PROMISE_DAYS_MAX = 60
_FACTS = {
    "remind": "dunning.reminded",
    "warn": "dunning.warned",
    "suspend": "dunning.suspended",
    "delete": "dunning.given_up",
    RESUME: "dunning.resumed",
}


class PromiseOutOfRange(Invalid):
    """A promise is for a day from today on, and not for one far away."""

    code = "promise_out_of_range"
    title = "The day of the promise is out of range"


def sweep(*, at: datetime, by: Actor) -> int:
    """Take every step that is due; returns how many. An account that fails stops no other."""

    taken: list[DunningNotice] = []

    def work(accounts: Sequence[Account]) -> None:
        notices = [take_step(account=account, at=at, by=by) for account in accounts]
        taken.extend(notice for notice in notices if notice is not None)

    policies = dunning_policies(at=at)
    payers = payers_to_look_at(at=at)
    for start in range(0, len(payers), PAYERS_AT_ONCE):
        some = payers[start : start + PAYERS_AT_ONCE]
        found = standings(some, at=at)
        accounts = Account.objects.filter(pk__one_of=some).order_by("pk")
        due = [each for each in accounts if due_step(policies.of(each.kind), found[each.pk])]
        for account in due:
            isolated([account], work, set_aside=_set_aside)
    return len(taken)


def _set_aside(account: Account, problem: Exception) -> None:
    logger.error("dunning_failed", exc_info=problem, extra={"account": account.public_id})


def take_step(*, account: Account, at: datetime, by: Actor) -> DunningNotice | None:
    """Take the step that is due for an account, by what it owes under its lock; none if none."""
    with transaction():
        lock_payer(account.pk)
        policy = dunning_policies(at=at).of(account.kind)
        standing = standings([account.pk], at=at)[account.pk]
        due = due_step(policy, standing)
        if due is None:
            return None
        notice = _notice(account, due, policy, standing.today, at=at, by=by)
        publish(
            _FACTS[due.action],
            subject=account.public_id,
            payload={
                "notice": notice.public_id,
                "on": standing.today.isoformat(),
                "asked": notice.asked,
                "since": due.base.due_on.isoformat() if due.base else None,
            },
            at=at,
            account=account.public_id,
        )
    return notice


def _notice(
    account: Account, due: DueStep, policy: DunningPolicy, today: date, *, at: datetime, by: Actor
) -> DunningNotice:
    return DunningNotice.objects.create(
        account=account,
        action=due.action,
        on_day=today,
        step_days=due.step.days if due.step else None,
        base_on=due.base.due_on if due.base else None,
        base_invoice_id=due.base.invoice_id if due.base else None,
        asked=[
            Money.from_minor(minor, currency).as_fact
            for currency, minor in sorted(due.asked.items())
        ],
        policy_code=policy.code,
        policy_number=policy.number,
        sent_at=at,
        sent_by=by.name,
    )


def promise(
    *, account: Account, amount_minor: int, promised_on: date, recorded: Recorded
) -> PaymentPromise:
    """A payer promises an amount of its currency by the end of a day; nothing is sent until then.

    The last promise counts. Raises: NoMoney, PromiseOutOfRange, ReasonMissing.
    """
    require_said(recorded.reason, "Say who promised it, and how.")
    if amount_minor <= 0:
        raise NoMoney("Say an amount above 0.", field="amount")
    with transaction():
        lock_payer(account.pk)
        zone = zones_of_payers([account.pk], at=recorded.at)[account.pk]
        ahead = (promised_on - local_day(recorded.at, zone)).days
        if not 0 <= ahead <= PROMISE_DAYS_MAX:
            raise PromiseOutOfRange(
                f"A day from today to {PROMISE_DAYS_MAX} days ahead can be promised.",
                field="promised_on",
            )
        made = PaymentPromise.objects.create(
            account=account,
            currency=account.currency,
            amount_minor=amount_minor,
            promised_on=promised_on,
            made_at=recorded.at,
            recorded_by=recorded.by.name,
            reason=recorded.reason,
        )
        publish(
            "payment.promised",
            subject=account.public_id,
            payload={
                "promise": made.public_id,
                "amount": made.amount.as_fact,
                "by": promised_on.isoformat(),
            },
            at=recorded.at,
            account=account.public_id,
        )
    return made
