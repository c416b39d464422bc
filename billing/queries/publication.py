"""What publishing a plan version looks at: its worked cases, its cautions, who is billed already.

The same answers before publishing, on the screen, as while publishing.
"""

from collections.abc import Collection
from datetime import datetime, timedelta

from django.db.models import Count, Max

from billing.drafting.pricebook import draft_book
from billing.models import Invoice, PlanVersion, PriceOverride
from billing.publication.cases import CaseResult, read_case, run_case
from billing.publication.review import VersionCaution, cautions
from core.errors import Conflict
from core.periods import local_midnight
from usage.models import Meter, MeterVersion
from usage.queries.seen import seen_dimensions

SEEN_WITHIN = timedelta(days=31)
"""How far back usage is looked at for the dimension values meters really see."""


class ExistingBilled(Conflict):
    """Existing subscribers would move on a day that is on an issued invoice."""

    code = "existing_billed"
    title = "That day is billed already"


def case_results(version: PlanVersion) -> list[CaseResult]:
    """The worked cases of a version, worked out by its rows as they are now, in their order."""
    book, meters = draft_book(version), meter_ids()
    return [
        run_case(
            read_case(case.name, case.given, case.expected, meters=meters), book, meters=meters
        )
        for case in version.cases.order_by("position", "pk")
    ]


def try_case(version: PlanVersion, name: str, given: object, expected: object) -> CaseResult:
    """Work out a case that is not stored, by the version's rows as they are now.

    Raises: DocumentRefused with every problem of the case.
    """
    meters = meter_ids()
    return run_case(
        read_case(name, given, expected, meters=meters), draft_book(version), meters=meters
    )


def version_cautions(version: PlanVersion, *, at: datetime) -> list[VersionCaution]:
    """What is legal in a version but seldom meant, also beside the usage of the last 31 days."""
    book = draft_book(version)
    meters = {price.meter_id for price in book.prices if price.meter_id is not None}
    found = cautions(
        book,
        seen=seen_dimensions(meters, since=at - SEEN_WITHIN),
        dimensions=_pricing_dimensions(meters),
    )
    found += _of_agreements(version, {price.code for price in book.prices}, at=at)
    if not version.cases.exists():
        detail = "The version has no worked case: nothing holds its prices to what was meant."
        found.append(VersionCaution("", "", "no_worked_case", detail))
    return found


def require_unbilled(version: PlanVersion) -> None:
    """Refuse a version that would change the price of time that is on an issued invoice.

    Raises: ExistingBilled.
    """
    day = version.existing_from
    if day is None:
        return
    ends = (
        Invoice.objects.filter(
            state=Invoice.State.ISSUED,
            account__subscriptions__plan=version.plan_id,
            account__subscriptions__plan_version__number__lt=version.number,
        )
        .values_list("zone")
        .annotate(until=Max("period_until"), accounts=Count("account", distinct=True))
        .order_by()
    )
    late = [
        (until, accounts) for zone, until, accounts in ends if until > local_midnight(day, zone)
    ]
    if late:
        until = max(until for until, _ in late)
        raise ExistingBilled(
            f"Existing subscribers cannot move on {day}: subscribers are billed until "
            f"{until:%Y-%m-%d %H:%M} UTC. Choose a later day; what was billed wrongly is corrected "
            "after a simulation.",
            version=version.public_id,
        )


def billed_problem(version: PlanVersion) -> ExistingBilled | None:
    """Why existing subscribers cannot move to the version on its day; None when they can."""
    try:
        require_unbilled(version)
    except ExistingBilled as problem:
        return problem
    return None


def meter_ids() -> dict[str, int]:
    """The meters there are, by code; one query."""
    return dict(Meter.objects.values_list("code", "pk"))


def _pricing_dimensions(meter_ids: Collection[int]) -> dict[int, set[str]]:
    found: dict[int, set[str]] = {}
    rows = MeterVersion.objects.filter(meter_id__in=meter_ids)
    for meter_id, names in rows.values_list("meter_id", "dimensions"):
        found.setdefault(meter_id, set()).update(names)
    return found


def _of_agreements(
    version: PlanVersion, codes: Collection[str], *, at: datetime
) -> list[VersionCaution]:
    """Prices agreed with subscriptions that would move to this version, which it does not have."""
    if version.existing_from is None:
        return []
    orphaned = (
        PriceOverride.objects.filter(subscription__plan=version.plan_id)
        .exclude(price_code__in=codes)
        .exclude(valid_until__lte=at)
        .exclude(subscription__ended_at__lte=at)
        .values_list("price_code")
        .annotate(count=Count("pk"))
        .order_by("price_code")
    )
    return [
        VersionCaution(
            code,
            "",
            "agreement_orphaned",
            f"{count} subscription{'s have' if count != 1 else ' has'} an agreed price for {code}, "
            "which this version does not have.",
        )
        for code, count in orphaned
    ]
