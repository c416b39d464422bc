"""Let bills pass that a gate keeps back, by name and with a reason; and say what the gates are."""

from dataclasses import asdict, dataclass
from datetime import datetime
from decimal import Decimal
from functools import partial

from accounts.models import Account
from billing.invoicing.drafting.calendar import AccountPeriod
from billing.invoicing.drafting.drafts import InvoiceDraft
from billing.invoicing.drafting.late_usage import drafts
from billing.invoicing.models import BillRunItem, SanityPolicy, SanityRelease, SourceWaiver
from billing.invoicing.operations.bill_runs import retry_parked
from billing.invoicing.queries.bounds import bounds_stamp, bounds_texts
from billing.invoicing.queries.gates import BillUnusual, held_back, policies_in_force
from core.actor import Actor, acting_as
from core.db.locks import alone
from core.db.stamps import require_last_seen
from core.db.trail import FieldChange
from core.db.transactions import transaction
from core.errors import Conflict, Invalid
from core.money import is_currency_code
from core.periods import Period
from eventing.publish import publish
from usage.derivation.refresh import refresh
from usage.models import Source

TIMES_BELOW = 100
"""What the column of a multiple holds."""


class NothingToRelease(Conflict):
    """The bill is not kept back for being unusual."""

    code = "nothing_to_release"
    title = "Nothing keeps this bill back"


class SanityPolicyInvalid(Invalid):
    """A bound is not above 0, or a multiple not above 1."""

    code = "sanity_policy_invalid"
    title = "The policy is not valid"


@dataclass(frozen=True, slots=True)
class SanityBounds:
    """Fields as on `SanityPolicy`; amounts in minor units of the currency, before tax."""

    line_max_minor: int | None = None
    invoice_max_minor: int | None = None
    run_max_minor: int | None = None
    times_usual: Decimal | None = None
    times_forecast: Decimal | None = None
    usual_from_minor: int = 0

    def check(self) -> None:
        """Raises: SanityPolicyInvalid."""
        for name in ("line_max_minor", "invoice_max_minor", "run_max_minor"):
            minor = getattr(self, name)
            if minor is not None and minor <= 0:
                raise SanityPolicyInvalid("A bound is above 0, or empty.", field=name)
        for name in ("times_usual", "times_forecast"):
            times = getattr(self, name)
            if times is not None and not _is_multiple(times):
                raise SanityPolicyInvalid(
                    f"A multiple is above 1 and below {TIMES_BELOW}, with two decimals at most.",
                    field=name,
                )
        if self.usual_from_minor < 0:
            raise SanityPolicyInvalid("It is 0 or more.", field="usual_from_minor")


def _is_multiple(times: Decimal) -> bool:
    return times.is_finite() and 1 < times < TIMES_BELOW and times == round(times, 2)


def set_policy(
    *,
    currency: str,
    bounds: SanityBounds,
    at: datetime,
    by: Actor,
    reason: str,
    made_from: str | None = None,
) -> SanityPolicy:
    """Put a policy in force for a currency, instead of the one before.

    `made_from` is the stamp of the one that was looked at (`bounds_stamp`).
    Raises: SanityPolicyInvalid, ChangedSince, StampUnreadable.
    """
    if currency != currency.upper() or not is_currency_code(currency):
        raise SanityPolicyInvalid("This is no currency.", field="currency")
    bounds.check()
    with acting_as(by, reason=reason), transaction():
        alone(f"sanity/{currency}")
        last = policies_in_force().get(currency)
        if made_from is not None:
            require_last_seen(made_from, int(bounds_stamp(last)), partial(_since, last))
        policy = SanityPolicy.objects.create(
            currency=currency, set_by=by.name, set_at=at, reason=reason, **asdict(bounds)
        )
        publish(
            "sanity_policy.set", subject=policy.public_id, payload={"currency": currency}, at=at
        )
    return policy


def _since(last: SanityPolicy | None, seen: int) -> list[FieldChange]:
    """What holds now and is not as it was seen."""
    old, new = bounds_texts(SanityPolicy.objects.filter(pk=seen).first()), bounds_texts(last)
    return [
        FieldChange(name, old.get(name, ""), value)
        for name, value in new.items()
        if old.get(name, "") != value
    ]


def waive_source(
    *,
    source: Source,
    through_at: datetime,
    account: Account | None = None,
    at: datetime,
    by: Actor,
    reason: str,
) -> SourceWaiver:
    """Let bills of periods that ended by `through_at` pass without a source, one account's or all.

    Parked bills pass when their run is retried. The same again by the same person for the same
    reason is the waiver that is there.
    """
    with acting_as(by, reason=reason), transaction():
        alone(f"waiver/{source.pk}")
        known = SourceWaiver.objects.filter(
            source=source, account=account, through_at=through_at, waived_by=by.name, reason=reason
        ).first()
        if known is not None:
            return known
        waiver = SourceWaiver.objects.create(
            source=source,
            account=account,
            through_at=through_at,
            waived_by=by.name,
            waived_at=at,
            reason=reason,
        )
        publish(
            "source.waived",
            subject=waiver.public_id,
            payload={"source": source.name, "through": through_at.isoformat(), "reason": reason},
            at=at,
        )
    return waiver


def release(*, item: BillRunItem, at: datetime, by: Actor, reason: str) -> SanityRelease:
    """Let a parked bill pass as it is now, and put it back to work; another amount trips again.

    Raises: NothingToRelease, UsageUnsettled.
    """
    refresh([item.account_id])
    with acting_as(by, reason=reason), transaction():
        Account.objects.select_for_update(no_key=True).get(pk=item.account_id)
        period = Period(item.period_from, item.period_until)
        (draft,) = drafts([AccountPeriod(item.account_id, period, item.zone)], issued_at=at)
        problem = None
        if isinstance(draft, InvoiceDraft):
            problem = held_back([draft], run=item.run).get(0)
        if not isinstance(draft, InvoiceDraft) or not isinstance(problem, BillUnusual):
            raise NothingToRelease("The bill is not unusual as it is now; retry it.")
        made = SanityRelease.objects.create(
            account_id=item.account_id,
            period_from=period.start,
            inputs_digest=draft.inputs_digest,
            figure=problem.message,
            released_by=by.name,
            released_at=at,
            reason=reason,
        )
        publish(
            "bill.released",
            subject=made.public_id,
            payload={"figure": problem.message, "by": by.name, "reason": reason},
            at=at,
        )
        retry_parked(run=item.run, at=at, by=by, reason=reason, item_ids=[item.pk])
    return made
