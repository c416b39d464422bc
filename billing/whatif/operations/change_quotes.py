"""Quotes of changes to subscriptions: what one would cost, kept, and carried out as it was seen.

The figures are made by the code that carries the change out, in a transaction that is undone, and
by the code that bills. They are the fees of the billing period the change falls in and of the next,
before tax; usage costs what it costs under the plan of its instant.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace
from datetime import date, datetime, timedelta
from typing import Any, Final

from django.db import transaction as django_transaction

from accounts.models import Account
from billing.catalogue.models import Plan
from billing.contracts.change_policy import policy_of
from billing.contracts.models import Subscription
from billing.contracts.models.changes import (
    ChangeTiming,
    SubscriptionChange,
    SubscriptionPause,
    SubscriptionVerb,
)
from billing.contracts.operations import changes
from billing.contracts.operations.changes import ChangeInvalid, ChangeWish
from billing.contracts.operations.subscriptions import version_in_force
from billing.contracts.queries.seats import bought_now
from billing.invoicing.drafting.calendar import AccountPeriod, BillingCalendar
from billing.invoicing.drafting.drafts import DraftLine
from billing.invoicing.drafting.rated import rated_lines
from billing.invoicing.drafting.snapshots import snapshots
from billing.invoicing.queries.cycles import end_of_cycles, yearly_fees
from billing.invoicing.queries.due import calendar_of, calendars
from billing.rating import LineKind
from billing.whatif.models import ChangeQuote
from core.actor import Actor, acting_as
from core.canonical_json import digest_of_plain
from core.db.transactions import transaction
from core.errors import Conflict, DomainError
from core.money import Money
from usage.days import day_starts

NOW_HOLDS: Final = timedelta(hours=1)
"""How long a quote of a change that takes effect at once may be carried out."""
LATER_HOLDS: Final = timedelta(days=7)


class QuoteExpired(Conflict):
    """The quote may not be carried out any more."""

    code = "quote_expired"
    title = "The quote has expired"


class QuoteStale(Conflict):
    """What was quoted is not what it comes to now; there is a new quote."""

    code = "quote_stale"
    title = "It comes to something else than was quoted"


@dataclass(frozen=True, slots=True)
class ChangeAsk:
    """What somebody wants: another plan, other seats, another account, or to cancel, pause, resume
    or reactivate; and when.

    `kind` None is a change of plan or of seats: which of two it is follows from the fees, or from
    how many there are. `quantity` are the seats of `price_code` from then on. `on` is a local day
    of the account, where the timing is a date.
    """

    timing: ChangeTiming
    kind: SubscriptionVerb | None = None
    to_plan: Plan | None = None
    on: date | None = None
    cause: SubscriptionPause.Cause = SubscriptionPause.Cause.CUSTOMER
    price_code: str = ""
    quantity: int | None = None
    to_account: Account | None = None


@dataclass(frozen=True, slots=True)
class PeriodFees:
    """The fees of one billing period before and after a change, in minor units, line by line."""

    start: datetime
    end: datetime
    before: Sequence[tuple[str, int]]
    after: Sequence[tuple[str, int]]

    @property
    def before_minor(self) -> int:
        """All fees as it is."""
        return sum(minor for _, minor in self.before)

    @property
    def after_minor(self) -> int:
        """All fees as it would be."""
        return sum(minor for _, minor in self.after)

    @property
    def document(self) -> dict[str, Any]:
        """As it is kept."""
        return {
            "from": self.start.isoformat(),
            "until": self.end.isoformat(),
            "before": [list(each) for each in self.before],
            "after": [list(each) for each in self.after],
        }


def quote(*, subscription: Subscription, ask: ChangeAsk, at: datetime, by: Actor) -> ChangeQuote:
    """Work out and keep what a change would come to.

    Raises: ChangeInvalid, ChangeNotAllowed, and what carrying it out raises.
    """
    calendar = calendar_of(calendars([subscription.account_id]), subscription.account_id)
    effective_at = _effective(calendar, subscription, ask, at)
    with transaction():
        locked = changes.lock(subscription, ask.to_account)
        wish = ChangeWish(
            ask.kind or _seats_kind(locked, ask, effective_at) or SubscriptionVerb.UPGRADE,
            effective_at,
            ask.to_plan,
            ask.cause,
            ask.price_code,
            ask.quantity,
            ask.to_account,
        )
        fees = _fees_of(locked, wish, calendar, by)
        kind = wish.kind if ask.to_plan is None else _kind_of(locked, wish, fees)
        policy_of(locked.plan.product_id, kind).require(ask.timing)
        effect = [each.document for each in fees]
        holds = NOW_HOLDS if ask.timing is ChangeTiming.NOW else LATER_HOLDS
        return ChangeQuote.objects.create(
            subscription=locked,
            kind=kind,
            timing=ask.timing,
            to_plan=ask.to_plan,
            cause=ask.cause,
            price_code=ask.price_code,
            quantity=ask.quantity,
            to_account=ask.to_account,
            effective_at=effective_at,
            currency=locked.account.currency,
            effect=effect,
            digest=_digest(kind, effective_at, effect),
            quoted_at=at,
            quoted_by=by.name,
            expires_at=at + holds,
        )


def execute(*, quote: ChangeQuote, at: datetime, by: Actor, reason: str) -> SubscriptionChange:
    """Carry out what was quoted, or leave it waiting for its day.

    Where it comes to something else by now nothing is done, and the refusal names both, the
    difference and a new quote. Raises: QuoteExpired, QuoteStale, ChangeDecided where it was carried
    out already, ChangeWaits, and what carrying it out raises.
    """
    if at >= quote.expires_at:
        raise QuoteExpired(
            f"It was good until {quote.expires_at:%Y-%m-%d %H:%M} UTC. Ask for a new one.",
            quote=quote.public_id,
        )
    wish = ChangeWish(
        SubscriptionVerb(quote.kind),
        quote.effective_at,
        quote.to_plan,
        SubscriptionPause.Cause(quote.cause),
        quote.price_code,
        quote.quantity,
        quote.to_account,
    )
    calendar = calendar_of(
        calendars([quote.subscription.account_id]), quote.subscription.account_id
    )
    with acting_as(by, reason=reason), transaction():
        locked = changes.lock(quote.subscription, quote.to_account)
        _require_unused(quote)
        fees = _fees_of(locked, wish, calendar, by)
        effect = [each.document for each in fees]
        if _digest(SubscriptionVerb(quote.kind), quote.effective_at, effect) == quote.digest:
            return changes.ask(
                subscription=locked, wish=wish, quote=quote.public_id, at=at, by=by, reason=reason
            )
    raise _stale(quote, fees, at=at, by=by)


def _require_unused(quote: ChangeQuote) -> None:
    used = SubscriptionChange.objects.filter(quote=quote.public_id).first()
    if used is not None:
        raise changes.ChangeDecided(
            f"This quote was carried out already: {used}.", change=used.public_id
        )


def _stale(
    quote: ChangeQuote, fees: Sequence[PeriodFees], *, at: datetime, by: Actor
) -> QuoteStale:
    """The refusal with what was quoted, what it is now, and a quote of that."""
    effect = [each.document for each in fees]
    fresh = ChangeQuote.objects.create(
        subscription=quote.subscription,
        kind=quote.kind,
        timing=quote.timing,
        to_plan=quote.to_plan,
        cause=quote.cause,
        price_code=quote.price_code,
        quantity=quote.quantity,
        to_account=quote.to_account,
        effective_at=quote.effective_at,
        currency=quote.currency,
        effect=effect,
        digest=_digest(SubscriptionVerb(quote.kind), quote.effective_at, effect),
        quoted_at=at,
        quoted_by=by.name,
        expires_at=at + (quote.expires_at - quote.quoted_at),
    )
    was, now = (
        Money.from_minor(minor, quote.currency) for minor in (quote.after_minor, fresh.after_minor)
    )
    return QuoteStale(
        f"Quoted were {was}, now it comes to {now}: {now - was} more. Nothing was changed. "
        f"{fresh.public_id} is a quote of that.",
        quoted=str(was),
        now=str(now),
        difference=str(now - was),
        quote=fresh.public_id,
    )


def _effective(
    calendar: BillingCalendar, subscription: Subscription, ask: ChangeAsk, at: datetime
) -> datetime:
    if ask.kind is None and ask.to_plan is None and ask.quantity is None:
        raise ChangeInvalid("Say what is to change.", field="kind")
    if ask.timing is ChangeTiming.NOW:
        this_second = at.replace(microsecond=0)
        # What began within this second is changed from its beginning on.
        return max(this_second, min(subscription.started_at, at))
    if ask.timing is ChangeTiming.PERIOD_END:
        from_then = max(at, subscription.started_at)
        cycle_end = end_of_cycles(subscription, calendar, at=from_then, price_code=ask.price_code)
        return cycle_end or calendar.period(calendar.number_at(from_then)).end
    if ask.on is None:
        raise ChangeInvalid("Say from which day on.", field="on")
    starts = day_starts(calendar.zones, ask.on)
    if starts <= at:
        raise ChangeInvalid("Name a day to come; now is another way.", field="on")
    return starts


def _fees_of(
    subscription: Subscription, wish: ChangeWish, calendar: BillingCalendar, by: Actor
) -> list[PeriodFees]:
    """The fees of the account in the period of the change and the next, as it is and as it would
    be, and those of the account it is transferred to; nothing is kept.
    """
    scopes = _two_periods(calendar, subscription.account, wish.effective_at)
    if wish.to_account is not None:
        theirs = calendar_of(calendars([wish.to_account.pk]), wish.to_account.pk)
        scopes += _two_periods(theirs, wish.to_account, wish.effective_at)
    before = _fees(scopes)
    with acting_as(by, reason="A quote"), django_transaction.atomic():
        changes.carry_out(subscription, wish, by=by, reason="A quote")
        after = _fees(scopes)
        django_transaction.set_rollback(True)
    return [
        PeriodFees(scope.period.start, scope.period.end, as_is, would_be)
        for scope, as_is, would_be in zip(scopes, before, after, strict=True)
    ]


def _two_periods(calendar: BillingCalendar, account: Account, at: datetime) -> list[AccountPeriod]:
    n = calendar.number_at(at)
    return [
        AccountPeriod(account.pk, calendar.period(each), calendar.zone_of(each))
        for each in (n, n + 1)
    ]


def _fees(scopes: Sequence[AccountPeriod]) -> list[list[tuple[str, int]]]:
    """Rated as a bill is, without usage: what runs on under no price is no matter of fees."""
    found = []
    for snapshot in snapshots(scopes, settled=False):
        if isinstance(snapshot, DomainError):
            raise snapshot
        unused = replace(snapshot, quantities=(), events=())
        found.append(_fees_on(rated_lines(unused)))
    return found


def _fees_on(lines: Sequence[DraftLine]) -> list[tuple[str, int]]:
    """What fees and seats come to, with what is taken off them and what is taken back."""
    kinds = (LineKind.FEE, LineKind.REVERSAL)
    # Without usage, what has a quantity are seats.
    fees = {line.key for line in lines if line.kind in kinds or (line.quantity and line.is_priced)}
    return [
        (line.description, line.amount_minor) for line in lines if line.key.split("/", 1)[0] in fees
    ]


def _seats_kind(
    subscription: Subscription, ask: ChangeAsk, effective_at: datetime
) -> SubscriptionVerb | None:
    if ask.quantity is None:
        return None
    now = bought_now(subscription, ask.price_code, effective_at)
    is_more = ask.quantity > now
    return SubscriptionVerb.MORE_SEATS if is_more else SubscriptionVerb.FEWER_SEATS


def _kind_of(
    subscription: Subscription, wish: ChangeWish, fees: Sequence[PeriodFees]
) -> SubscriptionVerb:
    """An upgrade costs more in fees of a whole period or, where fees are due for cycles, a year."""
    following, plan = fees[-1], wish.to_plan
    assert plan is not None
    per_year = yearly_fees(
        subscription, version_in_force(plan, wish.effective_at).pk, at=wish.effective_at
    )
    before, after = per_year or (following.before_minor, following.after_minor)
    is_dearer = after > before
    return SubscriptionVerb.UPGRADE if is_dearer else SubscriptionVerb.DOWNGRADE


def _digest(kind: SubscriptionVerb, effective_at: datetime, effect: Sequence[Any]) -> str:
    return digest_of_plain([str(kind), effective_at.isoformat(), list(effect)])
