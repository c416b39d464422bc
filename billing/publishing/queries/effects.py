"""What a plan version would do to the bills of those who have the plan now. Nothing is saved."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime

from django.db.models import Q

from accounts.models import Account
from billing.catalogue.models import PlanVersion
from billing.catalogue.queries.price_book import draft_book
from billing.contracts.models import Subscription
from billing.invoicing.drafting.assumptions import Assumption
from billing.invoicing.drafting.calendar import AccountPeriod
from billing.invoicing.drafting.drafts import InvoiceDraft
from billing.invoicing.queries.due import calendars
from billing.invoicing.queries.invoices import Party
from billing.whatif.comparison import Compared, compare
from core.money import Money

TOP = 20


@dataclass(frozen=True, slots=True)
class AccountEffect:
    """The bill of one account so far this period, as it is and as it would be."""

    account: Party
    before: Money
    after: Money

    @property
    def delta(self) -> Money:
        """What it would pay more, or less."""
        return self.after - self.before


@dataclass(frozen=True, slots=True)
class Unrated:
    """An account whose bill cannot be worked out, and why."""

    account: Party
    reason: str


@dataclass(frozen=True, slots=True)
class Effect:
    """The effect of a version on current subscriptions at this period's usage so far.

    `changed_count` counts the accounts whose bill differs; `top` are those with the largest
    difference, either way, largest first. Accounts that cannot be rated are in `unrated` only.
    """

    subscription_count: int
    account_count: int
    changed_count: int
    before: Money
    after: Money
    top: Sequence[AccountEffect]
    unrated: Sequence[Unrated]

    @property
    def delta(self) -> Money:
        """What all accounts together would pay more, or less."""
        return self.after - self.before


def subscribers(version: PlanVersion, at: datetime) -> list[int]:
    """The account of every subscription that has the plan at `at`; one query."""
    running = Subscription.objects.filter(
        Q(ended_at__isnull=True) | Q(ended_at__gt=at), plan=version.plan_id, started_at__lte=at
    )
    return list(running.values_list("account_id", flat=True))


def effect(version: PlanVersion, at: datetime, *, top: int = TOP) -> Effect:
    """Rate the running period of everybody who has the plan at `at`, under its terms and under the
    version, draft or not, as if it held for the whole period.

    Usage counts up to `at`, as it was built last; fees are those of the whole period. A fixed
    number of queries for every 250 accounts.
    """
    account_ids = subscribers(version, at)
    accounts = {
        pk: Party(public_id, name)
        for pk, public_id, name in Account.objects.filter(pk__in=account_ids).values_list(
            "pk", "public_id", "name"
        )
    }
    assuming = Assumption(plans={version.plan_id: draft_book(version)})
    zero = Money.zero(version.plan.currency)
    effects, unrated = [], []
    for each in compare(_running_periods(account_ids, at), assuming):
        account = accounts[each.scope.account_id]
        if each.problem is not None:
            unrated.append(Unrated(account, each.problem.message))
        else:
            effects.append(account_effect(account, each, zero.currency))
    changed = [each for each in effects if each.before != each.after]
    return Effect(
        subscription_count=len(account_ids),
        account_count=len(set(account_ids)),
        changed_count=len(changed),
        before=sum((each.before for each in effects), zero),
        after=sum((each.after for each in effects), zero),
        top=sorted(changed, key=lambda each: (-abs(each.delta.minor), each.account.name))[:top],
        unrated=unrated,
    )


def _running_periods(account_ids: Sequence[int], at: datetime) -> list[AccountPeriod]:
    found = []
    for account_id, calendar in sorted(calendars(account_ids).items()):
        number = calendar.number_at(at)
        period, zone = calendar.period(number), calendar.zone_of(number)
        found.append(AccountPeriod(account_id, period, zone, until=at))
    return found


def account_effect(account: Party, compared: Compared, currency: str) -> AccountEffect:
    """One account's bill rated twice, both of them drafts."""
    before, after = (
        Money.from_minor(each.subtotal_minor, currency)
        for each in (compared.before, compared.after)
        if isinstance(each, InvoiceDraft)
    )
    return AccountEffect(account, before, after)
