"""Published terms that will reach an account's subscriptions: from when, and what they change."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace
from datetime import datetime

from accounts.models import Account
from billing.catalogue.models import PlanVersion
from billing.catalogue.queries.price_book import draft_book
from billing.contracts.queries.tenures import versions_held
from billing.invoicing.drafting.assumptions import Assumption
from billing.invoicing.queries.invoices import Party
from billing.invoicing.queries.month_to_date import scope_at
from billing.whatif.comparison import BillChange, bill_change, compare


@dataclass(frozen=True, slots=True)
class ComingTerms:
    """A version that takes over a subscription at an instant to come.

    `effect` is the running period's bill so far under it, as if it held already; None where that is
    not asked or cannot be worked out, and `problem` then says why not.
    """

    plan: str
    version_id: str
    version: int
    starts_at: datetime
    effect: BillChange | None = None
    problem: str = ""


def coming_terms(account: Account, *, at: datetime) -> list[ComingTerms]:
    """What will take over the account's running subscriptions, the next first; four queries."""
    held = versions_held([account.pk])
    starts = {
        span.version_id: span.start
        for tenure in held.by_account.get(account.pk, ())
        for span in held.versions_of(tenure)
        if span.start > at and span.version_id != tenure.version_id
    }
    if not starts:
        return []
    versions = PlanVersion.objects.filter(pk__in=starts).select_related("plan")
    found = [
        ComingTerms(version.plan.name, version.public_id, version.number, starts[version.pk])
        for version in versions
    ]
    return sorted(found, key=lambda each: (each.starts_at, each.plan))


def with_effects(
    coming: Sequence[ComingTerms], account: Account, *, at: datetime
) -> list[ComingTerms]:
    """The same with what each makes of the running period's bill so far."""
    return [_with_effect(each, account, at) for each in coming]


def _with_effect(terms: ComingTerms, account: Account, at: datetime) -> ComingTerms:
    scope = scope_at(account, at)
    version = PlanVersion.objects.select_related("plan").get(public_id=terms.version_id)
    assert scope is not None  # it has a subscription
    (compared,) = compare([scope], Assumption(plans={version.plan_id: draft_book(version)}))
    if compared.problem is not None:
        return replace(terms, problem=compared.problem.message)
    party = Party(account.public_id, account.name)
    return replace(terms, effect=bill_change(party, compared, account.currency))
