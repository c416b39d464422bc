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
from billing.invoicing.queries.invoices import Party
from billing.invoicing.queries.month_to_date import scopes_at
from billing.whatif.comparison import BillChange, bill_change, compare
from core.money import Money, MoneyChange

TOP = 20


@dataclass(frozen=True, slots=True, kw_only=True)
class Effect(MoneyChange):
    """The effect of a version on current subscriptions at this period's usage so far.

    `changed_count` counts the accounts whose bill differs; `top` are those with the largest
    difference, either way, largest first. Accounts that cannot be rated are in `unrated` only;
    `deltas` are the differences of all others, those without any among them.
    """

    subscription_count: int
    account_count: int
    changed_count: int
    top: Sequence[BillChange]
    deltas: Sequence[Money]
    unrated: Sequence[BillChange]


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
    bills = [
        bill_change(accounts[each.scope.account_id], each, zero.currency)
        for each in compare(scopes_at(account_ids, at), assuming)
    ]
    rated = [each for each in bills if not each.problem]
    changed = [each for each in rated if each.before != each.after]
    return Effect(
        subscription_count=len(account_ids),
        account_count=len(set(account_ids)),
        changed_count=len(changed),
        before=sum((each.before for each in rated), zero),
        after=sum((each.after for each in rated), zero),
        top=sorted(changed, key=lambda each: (-abs(each.delta.minor), each.account.name))[:top],
        deltas=[each.delta for each in rated],
        unrated=[each for each in bills if each.problem],
    )
