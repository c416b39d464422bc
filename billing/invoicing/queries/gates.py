"""What keeps bills from being issued: a source that is behind, an amount nobody expects.

Asked for many drafts at once, with a fixed number of questions. Where no source is required and no
policy set, three: the rooms above ask one of those (`further_gates`).
"""

from collections import defaultdict
from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from decimal import Decimal
from fractions import Fraction
from typing import Protocol

from django.db.models import Sum

from billing.contracts.models import Subscription
from billing.invoicing.drafting.drafts import InvoiceDraft
from billing.invoicing.further_gates import further_held_back
from billing.invoicing.models import (
    BillRun,
    SanityPolicy,
    SanityRelease,
    SourceWaiver,
)
from billing.invoicing.queries.expected import Expected, expected
from core.errors import DomainError
from core.money import Money
from usage.models import SourceProgress


class SourceBehind(DomainError):
    """A source the bill's meters depend on has not said that it is complete by then."""

    code = "source_behind"
    title = "A source is behind"


class BillUnusual(DomainError):
    """The bill comes to more than the policy lets pass without anybody looking."""

    code = "bill_unusual"
    title = "The bill is unusual"


def held_back(
    drafts: Sequence[InvoiceDraft], *, run: BillRun | None = None
) -> dict[int, DomainError]:
    """Why drafts must not be issued, by their position; those that may are absent."""
    found: dict[int, DomainError] = {}
    found |= _unusual(drafts, run)
    found |= _behind(drafts)
    return further_held_back(drafts) | found


def _behind(drafts: Sequence[InvoiceDraft]) -> dict[int, DomainError]:
    """Also of drafts that come to nothing: what is not reported yet would be missed for good."""
    required = list(
        SourceProgress.objects.filter(is_required=True)
        .select_related("source")
        .order_by("source__name")
    )
    latest = max((draft.period.end for draft in drafts), default=None)
    behind = [each for each in required if latest and not _is_complete(each, latest)]
    if not behind:
        return {}
    sold = _meters_sold({draft.account_id for draft in drafts})
    waived = _waivers(behind)
    found: dict[int, DomainError] = {}
    for position, draft in enumerate(drafts):
        for each in behind:
            if (
                not _is_complete(each, draft.period.end)
                and _depends(each, sold.get(draft.account_id, frozenset()))
                and not _is_waived(waived.get(each.source_id, ()), draft)
            ):
                found[position] = _source_behind(each, draft)
                break
    return found


def _is_complete(progress: SourceProgress, end: datetime) -> bool:
    return progress.complete_through is not None and progress.complete_through >= end


def _depends(progress: SourceProgress, sold: Collection[str]) -> bool:
    return not progress.meter_codes or not set(progress.meter_codes).isdisjoint(sold)


def _meters_sold(account_ids: Collection[int]) -> dict[int, set[str]]:
    """The meters that plans of the accounts price; one query."""
    found: dict[int, set[str]] = defaultdict(set)
    rows = Subscription.objects.filter(account_id__one_of=account_ids).order_by()
    pairs = rows.values_list("account_id", "plan__versions__prices__meter__code").distinct()
    for account_id, code in pairs:
        if code is not None:
            found[account_id].add(code)
    return found


Waived = tuple[int | None, datetime]


def _waivers(behind: Sequence[SourceProgress]) -> dict[int, list[Waived]]:
    found: dict[int, list[Waived]] = defaultdict(list)
    rows = SourceWaiver.objects.filter(source__in=[each.source_id for each in behind])
    for source_id, account_id, at in rows.values_list("source_id", "account_id", "through_at"):
        found[source_id].append((account_id, at))
    return found


def _is_waived(waivers: Sequence[Waived], draft: InvoiceDraft) -> bool:
    return any(
        account_id in (None, draft.account_id) and through_at >= draft.period.end
        for account_id, through_at in waivers
    )


def _source_behind(progress: SourceProgress, draft: InvoiceDraft) -> SourceBehind:
    through = progress.complete_through
    said = f"is complete through {through:%Y-%m-%d %H:%M} UTC" if through else "has not said so far"
    return SourceBehind(
        f"{progress.source.name} {said}, and the period ends at "
        f"{draft.period.end:%Y-%m-%d %H:%M} UTC. Wait for it, or waive it with a reason.",
        source=progress.source.name,
    )


def policies_in_force() -> dict[str, SanityPolicy]:
    """The latest policy of each currency; one query."""
    rows = SanityPolicy.objects.order_by("currency", "-set_at", "-pk").distinct("currency")
    return {each.currency: each for each in rows}


def _unusual(drafts: Sequence[InvoiceDraft], run: BillRun | None) -> dict[int, DomainError]:
    policies = policies_in_force()
    judged = [
        (position, draft, policies[draft.currency])
        for position, draft in enumerate(drafts)
        if draft.currency in policies and draft.shows_something
    ]
    if not judged:
        return {}
    usual = expected(
        {
            draft.account_id
            for _, draft, policy in judged
            if policy.times_usual or policy.times_forecast
        }
    )
    spent = _billed_in(run) if any(policy.run_max_minor for _, _, policy in judged) else {}
    released = _released({draft.account_id for _, draft, _ in judged})
    found: dict[int, DomainError] = {}
    for position, draft, policy in judged:
        largest = max((abs(line.amount_minor) for line in draft.lines), default=0)
        figures = BillFigures(draft.currency, largest, draft.subtotal_minor)
        tripped = trips(figures, policy, usual.get(draft.account_id))
        so_far = spent.get(draft.currency, 0) + draft.subtotal_minor
        if tripped is None and policy.run_max_minor and so_far > policy.run_max_minor:
            tripped = _over("The run", so_far, policy.run_max_minor, draft.currency)
        if tripped and (draft.account_id, draft.period.start, draft.inputs_digest) not in released:
            found[position] = BillUnusual(f"{tripped} Look at it, and release it with a reason.")
        else:
            spent[draft.currency] = so_far
    return found


class BillBounds(Protocol):
    """What bounds a bill: a policy in force, or one that somebody thinks of."""

    @property
    def line_max_minor(self) -> int | None: ...
    @property
    def invoice_max_minor(self) -> int | None: ...
    @property
    def times_usual(self) -> Decimal | None: ...
    @property
    def times_forecast(self) -> Decimal | None: ...
    @property
    def usual_from_minor(self) -> int: ...


@dataclass(frozen=True, slots=True)
class BillFigures:
    """What is looked at of a bill, in minor units before tax; the largest line without its sign."""

    currency: str
    largest_line_minor: int
    total_minor: int


def trips(bill: BillFigures, bounds: BillBounds, usual: Expected | None) -> str | None:
    """The figure of a bill that is out of bounds, in words; a run is not looked at."""
    largest, currency = bill.largest_line_minor, bill.currency
    if bounds.line_max_minor and largest > bounds.line_max_minor:
        return _over("A line", largest, bounds.line_max_minor, currency)
    total = bill.total_minor
    if bounds.invoice_max_minor and total > bounds.invoice_max_minor:
        return _over("The invoice", total, bounds.invoice_max_minor, currency)
    if usual is None or total < bounds.usual_from_minor:
        return None
    return _beyond(total, bounds.times_usual, "usual", usual.usual, currency) or _beyond(
        total, bounds.times_forecast, "forecast", usual.forecast, currency
    )


def _beyond(
    total: int, times: Decimal | None, what: str, expected: Fraction | None, currency: str
) -> str | None:
    """Where a total is more than so many times what was expected; nothing has no multiple."""
    if not times or not expected or total <= expected * Fraction(times):
        return None
    factor = Decimal(total) * expected.denominator / Decimal(expected.numerator)
    return (
        f"The invoice comes to {Money.from_minor(total, currency)}, {factor:.1f} times the {what} "
        f"{Money.from_minor(round(expected), currency)}."
    )


def _over(what: str, minor: int, most: int, currency: str) -> str:
    return (
        f"{what} comes to {Money.from_minor(minor, currency)}, "
        f"more than {Money.from_minor(most, currency)}."
    )


def _billed_in(run: BillRun | None) -> dict[str, int]:
    """What a run came to so far, by currency, in minor units."""
    if run is None:
        return {}
    rows = run.items.filter(invoice__isnull=False).order_by().values_list("invoice__currency")
    return dict(rows.annotate(Sum("invoice__subtotal_minor")))


def _released(account_ids: Collection[int]) -> set[tuple[int, datetime, str]]:
    rows = SanityRelease.objects.filter(account_id__one_of=account_ids)
    return set(rows.values_list("account_id", "period_from", "inputs_digest"))


def tripped_by(problems: Mapping[int, DomainError]) -> list[str]:
    """What was said, in the order of the drafts."""
    return [problems[position].message for position in sorted(problems)]
